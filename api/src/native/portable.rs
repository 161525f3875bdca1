//! Credentials in and out.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::Failure;
use trunkline_model::account::AuditAction;
use trunkline_model::command::{Command, Reply};

use crate::body::{Memory, RequestBody};
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::instance::InstanceJson;
use crate::json::portable::{ExportBody, ExportJson, ImportBody};
use crate::limits::IMPORT_JSON_BYTES_MAX;
use crate::reply::{self, Answer};
use crate::route::PortableOperation;

pub(super) async fn answer<G: Gateway>(
    operation: PortableOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        PortableOperation::Export => export(call, body).await,
        PortableOperation::Import => import(call, body).await,
    }
}

async fn export<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: ExportBody = call.body(body).await?;
    let request = body.read(call.caller())?;
    match call.ask(Command::Export(Box::new(request))).await? {
        Reply::Exported(sealed) => Ok(reply::json(StatusCode::OK, &ExportJson::of(&sealed))),
        _ => Err(unexpected()),
    }
}

async fn import<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    // Held until the instance is made: the credentials are the most of it.
    let (body, _memory): (ImportBody, Memory) = body.held_json(call.headers, IMPORT_JSON_BYTES_MAX).await?;
    let request = body.read(call.caller())?;
    let view = call.front.gateway.import_instance(call.account(), request).await?;
    call.note_done(AuditAction::InstanceImported, view.id).await;
    let mut answer = reply::json(StatusCode::CREATED, &InstanceJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/instances/{}", view.id));
    Ok(answer)
}
