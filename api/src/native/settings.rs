//! How instances behave by themselves.

use hyper::StatusCode;
use trunkline_model::Failure;
use trunkline_model::command::{Command, Reply};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::settings::{SettingsJson, UpdateSettingsBody};
use crate::reply::{self, Answer};
use crate::route::SettingsOperation;

pub(super) async fn answer<G: Gateway>(
    operation: SettingsOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        SettingsOperation::Get => show(call, Command::GetSettings).await,
        SettingsOperation::Update => {
            let body: UpdateSettingsBody = call.body(body).await?;
            show(call, Command::UpdateSettings(Box::new(body.read()?))).await
        }
    }
}

async fn show<G: Gateway>(call: &Call<'_, G>, command: Command) -> Result<Answer, Failure> {
    match call.ask(command).await? {
        Reply::Settings(settings) => Ok(reply::json(StatusCode::OK, &SettingsJson::of(&settings))),
        _ => Err(unexpected()),
    }
}
