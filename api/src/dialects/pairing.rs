//! Waiting until pairing has come so far that there is something to show.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use trunkline_model::command::{Command, PairingView};
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure};

use super::Ask;
use crate::call::pairing_in;
use crate::gateway::{EventTail, Gateway};
use crate::limits::CODE_WAIT_MS_MAX;

/// Connects the instance of the request, which is not linked, and waits until pairing is as `ready` wants it.
///
/// # Errors
/// `INSTANCE_STATE` for one that is linked, `TIMEOUT` when it does not come, `UNAVAILABLE` when too many wait.
pub(crate) async fn awaiting<G: Gateway>(
    ask: &Ask<'_, G>,
    ready: impl Fn(&PairingView) -> bool,
) -> Result<PairingView, Failure> {
    let view = ask.instance().await?;
    if view.linked.is_some() {
        let detail = "It is linked to a number already.";
        return Err(Failure::in_state(ErrorCode::InstanceState, view.state, detail));
    }
    let deadline = Instant::now() + Duration::from_millis(CODE_WAIT_MS_MAX);
    // Made before anything is asked, so that nothing falls between the two.
    let mut tail = ask.call.front.gateway.tail(view.id);
    if matches!(view.state, InstanceState::New | InstanceState::LoggedOut | InstanceState::Parked) {
        ask.tell(Command::Connect).await?;
    }
    let mut waiting = None;
    loop {
        let view = pairing_in(ask.tell(Command::GetPairing).await?)?;
        if ready(&view) {
            return Ok(view);
        }
        if waiting.is_none() {
            waiting = Some(ask.place_to_wait()?);
        }
        let news = ask.call.unless_stopping(timeout_at(deadline, tail.next())).await;
        if !matches!(news, Some(Ok(Some(_)))) {
            return Err(Failure::new(ErrorCode::Timeout, "No code came in time. Try again."));
        }
    }
}
