//! A session's webhook: the hook of its instance in this dialect. Whether it is enabled is whether it is not paused.

use trunkline_model::delivery::{Endpoint, HookChange, HookId, PauseReason, RetrySchedule};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId};

use super::body::session::HookWish;
use crate::call::Call;
use crate::dialects::{change_hook, get_hook, hook_text, minds_hook, permit_hook};
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

/// Refuses a caller who may not say where events go. `instance` is there already, or about to be made.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn permit<G: Gateway>(
    call: &Call<'_, G>,
    instance: Option<InstanceId>,
    wish: &HookWish,
) -> Result<(), Failure> {
    if wish.is_some() { permit_hook(call, Dialect::Aduta, instance) } else { Ok(()) }
}

/// The webhook of a session, without a secret that its caller may not see.
pub(super) async fn read<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<Hook, Failure> {
    let endpoint = get_hook(call, hook_id(instance)).await?;
    let Some((target, format)) = endpoint.as_deref().and_then(Endpoint::hook) else {
        return Ok(Hook::default());
    };
    Ok(Hook {
        url: hook_text(&target.url),
        secret: hook_text(&target.secret).filter(|_| minds_hook(call, Dialect::Aduta, Some(instance))),
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
    let before = get_hook(call, hook_id(instance)).await?;
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
    change_hook(call, hook_id(instance), (change, "webhook_url")).await
}

/// A secret that nobody guesses: 128 random bits in hexadecimal.
fn make_secret() -> Result<String, Failure> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random)
        .map_err(|_| Failure::new(ErrorCode::Internal, "The system gave no random numbers."))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
