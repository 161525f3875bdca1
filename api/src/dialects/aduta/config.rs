//! A session's webhook: the hook of its instance in this dialect. Whether it is enabled is whether it is not paused.

use trunkline_model::command::{EndpointCommand, EndpointReply};
use trunkline_model::delivery::{Endpoint, HookChange, HookId, PauseReason, RetrySchedule};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, Scope};

use super::body::session::HookWish;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;

/// Longest that a delivery takes, in milliseconds; the service says nothing of it.
const TIMEOUT_MS: u32 = 10_000;

/// A session's webhook, as its caller may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) url: Option<String>,
    pub(crate) secret: Option<String>,
    /// The events that are told; none for all that 7aduta has.
    pub(crate) events: Vec<String>,
    /// Whether events are sent.
    pub(crate) enabled: bool,
    /// When it was changed, in milliseconds since the Unix epoch.
    pub(crate) changed_at_ms: Option<i64>,
}

fn hook_id(instance: InstanceId) -> HookId {
    HookId { instance, dialect: Dialect::Aduta }
}

/// Whether a caller may see the secret of a session's webhook and say where events go: who may do so of any webhook of the account, and
/// the customer whose key is that of the session.
fn minds_hook<G: Gateway>(call: &Call<'_, G>, instance: Option<InstanceId>) -> bool {
    let principal = &call.principal;
    let is_its_own = || {
        let bound = principal.instances.as_deref().unwrap_or_default();
        principal.dialect == Some(Dialect::Aduta) && instance.is_some_and(|id| bound.contains(&id))
    };
    Scope::WebhooksWrite.is_granted_by(&principal.scopes) || is_its_own()
}

/// Refuses a caller who may not say where events go. `instance` is there already, or about to be made.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn permit<G: Gateway>(
    call: &Call<'_, G>,
    instance: Option<InstanceId>,
    wish: &HookWish,
) -> Result<(), Failure> {
    if !wish.is_some() || minds_hook(call, instance) {
        return Ok(());
    }
    let detail = format!("the key lacks the scope {}", Scope::WebhooksWrite.as_str());
    Err(Failure::new(ErrorCode::Forbidden, detail))
}

async fn endpoint<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
) -> Result<Option<Box<Endpoint>>, Failure> {
    match call.endpoints(EndpointCommand::GetHook(hook_id(instance))).await? {
        EndpointReply::Hook(hook) => Ok(hook),
        _ => Err(unexpected()),
    }
}

/// The webhook of a session, without a secret that its caller may not see.
pub(super) async fn read<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<Hook, Failure> {
    let endpoint = endpoint(call, instance).await?;
    let Some((target, format)) = endpoint.as_deref().and_then(Endpoint::hook) else {
        return Ok(Hook::default());
    };
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(Hook {
        url: given(&target.url),
        secret: given(&target.secret).filter(|_| minds_hook(call, Some(instance))),
        events: format.events.clone(),
        enabled: endpoint.as_deref().is_some_and(Endpoint::is_at_work),
        changed_at_ms: endpoint.as_deref().map(|endpoint| endpoint.changed_at_ms),
    })
}

/// Changes the webhook of a session. One that never had a secret is given one.
///
/// # Errors
/// `FORBIDDEN`, `VALIDATION`, or what the engine refuses it for.
pub(super) async fn change<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    wish: HookWish,
) -> Result<(), Failure> {
    permit(call, Some(instance), &wish)?;
    if !wish.is_some() {
        return Ok(());
    }
    let before = endpoint(call, instance).await?;
    let before = before.as_deref();
    let was_paused = before
        .and_then(|endpoint| endpoint.pause)
        .is_some_and(|pause| pause.reason == PauseReason::Requested);
    let secret = match (wish.secret, before) {
        (None, None) => Some(make_secret()?),
        (secret, _) => secret,
    };
    let change = HookChange {
        url: wish.url,
        secret,
        events: wish.events,
        headers: None,
        timeout_ms: TIMEOUT_MS,
        schedule: RetrySchedule::STANDARD,
        enabled: wish.enabled.unwrap_or(!was_paused),
    };
    let asked = call.endpoints(EndpointCommand::ChangeHook(hook_id(instance), Box::new(change))).await;
    asked.map(drop).map_err(in_our_words)
}

/// A secret that nobody guesses: 128 random bits in hexadecimal.
fn make_secret() -> Result<String, Failure> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random)
        .map_err(|_| Failure::new(ErrorCode::Internal, "The system gave no random numbers."))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A refusal of the engine with the names that fields have here.
fn in_our_words(mut failure: Failure) -> Failure {
    if failure.code != ErrorCode::Validation {
        return failure;
    }
    for field in failure.fields.iter_mut().filter(|field| field.field == "url") {
        "webhook_url".clone_into(&mut field.field);
    }
    Failure::invalid(failure.fields)
}
