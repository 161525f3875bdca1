//! What new instances begin with.

use hyper::StatusCode;
use trunkline_model::account::InstanceDefaults;
use trunkline_model::command::{AccountCommand as Ask, AccountReply};
use trunkline_model::settings::InstanceSettings;
use trunkline_model::{ErrorCode, Failure, Scope};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::defaults::{InstanceDefaultsBody, InstanceDefaultsJson};
use crate::reply::{self, Answer};

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    Ok(show(&*read(call).await?))
}

pub(super) async fn set<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: InstanceDefaultsBody = body.json(call.headers).await?;
    let before = read(call).await?;
    let wanted = body.read(&before)?;
    // They say where events go, as webhooks do.
    if wanted.hooks != before.hooks && !Scope::WebhooksWrite.is_granted_by(&call.principal.scopes) {
        let detail = format!("The key lacks the scope `{}` for hooks.", Scope::WebhooksWrite.as_str());
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    let kept = defaults_in(call.of_account(Ask::SetInstanceDefaults(Box::new(wanted))).await?)?;
    Ok(show(&kept))
}

async fn read<G: Gateway>(call: &Call<'_, G>) -> Result<Box<InstanceDefaults>, Failure> {
    defaults_in(call.of_account(Ask::GetInstanceDefaults).await?)
}

fn defaults_in(reply: AccountReply) -> Result<Box<InstanceDefaults>, Failure> {
    match reply {
        AccountReply::InstanceDefaults(defaults) => Ok(defaults),
        _ => Err(unexpected()),
    }
}

fn show(defaults: &InstanceDefaults) -> Answer {
    let settings = InstanceSettings::default().with(defaults.settings.clone());
    reply::json(StatusCode::OK, &InstanceDefaultsJson::of(defaults, &settings))
}
