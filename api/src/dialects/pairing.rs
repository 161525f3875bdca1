//! Codes that link an instance: to be scanned, to be typed in, and the wait until there is one.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use trunkline_model::command::{Command, Expiring, InstanceView, PairingView};
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure};

use super::Ask;
use crate::call::{pairing_in, unexpected};
use crate::gateway::{EventTail, Gateway};
use crate::json::time::now_ms;
use crate::limits::CODE_WAIT_MS_MAX;

/// The QR code of an instance, which is connected for it where that is needed.
///
/// # Errors
/// As [`awaiting`].
pub(crate) async fn code_to_scan<G: Gateway>(
    ask: &Ask<'_, G>,
    instance: &InstanceView,
) -> Result<Expiring, Failure> {
    let ready = |view: &PairingView| view.qr.is_some();
    awaiting(ask, instance, (CODE_WAIT_MS_MAX, ready)).await?.qr.ok_or_else(unexpected)
}

/// The 8-character code for a number, in digits: the one that is on show, if it is for that number.
///
/// # Errors
/// As [`awaiting`]; `INSTANCE_STATE` while a code for another number is on show.
pub(crate) async fn code_to_type<G: Gateway>(
    ask: &Ask<'_, G>,
    instance: &InstanceView,
    phone: &str,
) -> Result<Expiring, Failure> {
    let ready = |view: &PairingView| view.state == InstanceState::AwaitingScan;
    let view = awaiting(ask, instance, (CODE_WAIT_MS_MAX, ready)).await?;
    match view.code.filter(|code| code.expires_at_ms > now_ms()) {
        Some(code) if view.code_for.as_deref() == Some(phone) => Ok(code),
        Some(_) => {
            let detail = "A code for another number is on show; wait until it has expired.";
            Err(Failure::in_state(ErrorCode::InstanceState, view.state, detail))
        }
        None => {
            let command = Command::RequestPairingCode { phone: phone.to_owned() };
            pairing_in(ask.call.command(instance.id, command).await?)?.code.ok_or_else(unexpected)
        }
    }
}

/// Connects an instance that is not linked, and waits so many milliseconds at the most until pairing is as `ready` wants it.
///
/// # Errors
/// `INSTANCE_STATE` for one that is linked, `TIMEOUT` when it does not come, `UNAVAILABLE` when too many wait.
pub(crate) async fn awaiting<G: Gateway>(
    ask: &Ask<'_, G>,
    instance: &InstanceView,
    (wait_ms_max, ready): (u64, impl Fn(&PairingView) -> bool),
) -> Result<PairingView, Failure> {
    if instance.linked.is_some() {
        let detail = "It is linked to a number already.";
        return Err(Failure::in_state(ErrorCode::InstanceState, instance.state, detail));
    }
    let deadline = Instant::now() + Duration::from_millis(wait_ms_max);
    // Made before anything is asked, so that nothing falls between the two.
    let mut tail = ask.call.front.gateway.tail(instance.id);
    if matches!(instance.state, InstanceState::New | InstanceState::LoggedOut | InstanceState::Parked) {
        ask.call.command(instance.id, Command::Connect).await?;
    }
    let mut waiting = None;
    loop {
        let view = pairing_in(ask.call.command(instance.id, Command::GetPairing).await?)?;
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

/// What happens in an instance that cannot be paired, for services that call it a wrong request.
pub(crate) fn as_malformed(failure: Failure) -> Failure {
    match failure.code {
        ErrorCode::InstanceState => Failure::new(ErrorCode::MalformedRequest, failure.detail),
        _ => failure,
    }
}

/// An 8-character code with the dash that phones show.
pub(crate) fn dashed(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((head, tail)) if code.len() == 8 => format!("{head}-{tail}"),
        _ => code.to_owned(),
    }
}
