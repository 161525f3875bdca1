//! The hooks of instances, by dialect: what one that is begun for a new instance may say, and who may see and change one.

use trunkline_model::command::{EndpointCommand, EndpointReply};
use trunkline_model::delivery::{Endpoint, HookChange, HookId, RetrySchedule};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, Scope};

use super::{wasaas, wsapi};
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;

/// What a dialect's hooks are like.
pub(crate) struct HookForm {
    /// The events that one may name.
    pub(crate) events: &'static [&'static str],
    /// Longest that a delivery takes, in milliseconds.
    pub(crate) timeout_ms: u32,
    /// When a failed one is tried again.
    pub(crate) schedule: RetrySchedule,
}

/// The form of a dialect's hooks; `None` for one whose instances begin without.
pub(crate) fn hook_form(dialect: Dialect) -> Option<HookForm> {
    match dialect {
        Dialect::Wsapi => Some(wsapi::hook_form()),
        Dialect::Wasaas => Some(wasaas::hook_form()),
        Dialect::Native | Dialect::Wastack | Dialect::Aduta | Dialect::Wessaal => None,
    }
}

/// Whether a caller may see the secrets of an instance's hook and say where it goes: who may do so of any webhook of the account, and
/// the customer whose key of the dialect is that of the instance.
pub(crate) fn minds_hook<G: Gateway>(
    call: &Call<'_, G>,
    dialect: Dialect,
    instance: Option<InstanceId>,
) -> bool {
    let principal = &call.principal;
    let is_its_own = || {
        let bound = principal.instances.as_deref().unwrap_or_default();
        principal.dialect == Some(dialect) && instance.is_some_and(|id| bound.contains(&id))
    };
    Scope::WebhooksWrite.is_granted_by(&principal.scopes) || is_its_own()
}

/// Refuses a caller who may not say where events go. `instance` is there already, or about to be made.
///
/// # Errors
/// `FORBIDDEN`.
pub(crate) fn permit_hook<G: Gateway>(
    call: &Call<'_, G>,
    dialect: Dialect,
    instance: Option<InstanceId>,
) -> Result<(), Failure> {
    if minds_hook(call, dialect, instance) {
        return Ok(());
    }
    let detail = format!("the key lacks the scope {}", Scope::WebhooksWrite.as_str());
    Err(Failure::new(ErrorCode::Forbidden, detail))
}

/// The hook of an instance.
pub(crate) async fn get_hook<G: Gateway>(
    call: &Call<'_, G>,
    id: HookId,
) -> Result<Option<Box<Endpoint>>, Failure> {
    match call.endpoints(EndpointCommand::GetHook(id)).await? {
        EndpointReply::Hook(hook) => Ok(hook),
        _ => Err(unexpected()),
    }
}

/// Changes the hook of an instance.
///
/// # Errors
/// What the engine refuses it for; `url` is the name that the address has in the dialect.
pub(crate) async fn change_hook<G: Gateway>(
    call: &Call<'_, G>,
    id: HookId,
    (change, url): (HookChange, &str),
) -> Result<(), Failure> {
    let asked = call.endpoints(EndpointCommand::ChangeHook(id, Box::new(change))).await;
    asked.map(drop).map_err(|mut failure| {
        if failure.code != ErrorCode::Validation {
            return failure;
        }
        for field in failure.fields.iter_mut().filter(|field| field.field == "url") {
            url.clone_into(&mut field.field);
        }
        Failure::invalid(failure.fields)
    })
}

/// A text of a hook; an empty one is none.
pub(crate) fn hook_text(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
