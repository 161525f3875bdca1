//! How a session that is not linked comes to its code.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::{Instant, timeout_at};
use trunkline_model::command::{Command, Expiring, InstanceView, PairingView};
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::Ask;
use super::shown::session::{CodeJson, ProgressJson, QrJson, word};
use crate::act;
use crate::call::{pairing_in, unexpected};
use crate::gateway::{EventTail, Gateway};
use crate::json::time::{Time, now_ms};
use crate::limits::{ADUTA_CONNECT_WAIT_MS_MAX, CODE_WAIT_MS_MAX};
use crate::qr::{self, Format};

/// Connects a session. One that is not linked is waited for until it shows a code, but not for long.
pub(super) async fn connect<G: Gateway>(
    ask: &Ask<'_, G>,
    session: InstanceId,
    as_image: bool,
) -> Result<ProgressJson, Failure> {
    // Made before anything is asked, so that nothing falls between the two.
    let tail = ask.call.front.gateway.tail(session);
    let view = act::order(&ask.call, session, Command::Connect).await?;
    if view.linked.is_some() {
        return Ok(progress(view.state));
    }
    let has_code = |view: &PairingView| view.qr.is_some();
    match wait(ask, session, tail, (ADUTA_CONNECT_WAIT_MS_MAX, &has_code)).await {
        Ok(view) => match view.qr {
            Some(code) => {
                let qr_code = if as_image { picture(&code.text)? } else { code.text };
                let message = "Scan the QR code with the phone.";
                Ok(ProgressJson { status: "NEED_SCAN", qr_code: Some(qr_code), message })
            }
            None => Err(unexpected()),
        },
        // It goes on; the code comes with `/qrcode`.
        Err(failure) if matches!(failure.code, ErrorCode::Timeout | ErrorCode::Unavailable) => {
            let message = "The session is connecting; its QR code is not there yet.";
            Ok(ProgressJson { status: "CONNECTING", qr_code: None, message })
        }
        Err(failure) => Err(failure),
    }
}

/// Where a session stands, in a sentence.
pub(super) fn progress(state: InstanceState) -> ProgressJson {
    let status = word(state);
    let message = match status {
        "CONNECTED" => "The session is connected.",
        "CONNECTING" => "The session is connecting.",
        "LOGGED_OUT" => "The session is no longer linked.",
        _ => "The session is disconnected.",
    };
    ProgressJson { status, qr_code: None, message }
}

/// A QR code as something that a page can show.
fn picture(text: &str) -> Result<String, Failure> {
    let png = qr::draw(text, Format::Png)?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// The QR code that is on show.
///
/// # Errors
/// `INSTANCE_STATE` for a session that is not connecting, `ROUTE_NOT_FOUND` before its first code.
pub(super) async fn code_to_scan<G: Gateway>(
    ask: &Ask<'_, G>,
    session: InstanceId,
) -> Result<QrJson, Failure> {
    let view = pairing_in(ask.call.command(session, Command::GetPairing).await?)?;
    match (view.qr, word(view.state)) {
        (Some(Expiring { text, expires_at_ms }), "CONNECTING") => {
            Ok(QrJson { qr_code: text, expires_at: Time(expires_at_ms) })
        }
        (None, "CONNECTING") => {
            Err(Failure::new(ErrorCode::RouteNotFound, "There is no QR code yet; ask again in a moment."))
        }
        (_, status) => {
            let detail = format!("The session is {status}; it has a QR code while it is CONNECTING.");
            Err(Failure::in_state(ErrorCode::InstanceState, view.state, detail))
        }
    }
}

/// The 8-character code for a phone: the one that is on show, if it is for that phone.
///
/// # Errors
/// `INSTANCE_STATE` for a session that is linked, or shows a code to another phone; `TIMEOUT`.
pub(super) async fn code_to_type<G: Gateway>(
    ask: &Ask<'_, G>,
    (session, view): (InstanceId, &InstanceView),
    phone: String,
) -> Result<CodeJson, Failure> {
    let refused = |state, detail: &str| Err(Failure::in_state(ErrorCode::InstanceState, state, detail));
    if view.linked.is_some() {
        return refused(view.state, "The session is linked already.");
    }
    let tail = ask.call.front.gateway.tail(session);
    if matches!(view.state, InstanceState::New | InstanceState::LoggedOut | InstanceState::Parked) {
        act::order(&ask.call, session, Command::Connect).await?;
    }
    let waits_for_scan = |view: &PairingView| view.state == InstanceState::AwaitingScan;
    let shown = wait(ask, session, tail, (CODE_WAIT_MS_MAX, &waits_for_scan)).await?;
    let serves = |code: &Expiring| code.expires_at_ms > now_ms();
    match (shown.code.filter(serves), shown.code_for) {
        (Some(code), Some(of)) if of == phone => return Ok(CodeJson::of(&code.text)),
        (Some(_), _) => {
            return refused(shown.state, "A code for another phone is on show; wait until it has expired.");
        }
        (None, _) => {}
    }
    let command = Command::RequestPairingCode { phone };
    let view = pairing_in(ask.call.command(session, command).await?)?;
    view.code.map(|code| CodeJson::of(&code.text)).ok_or_else(unexpected)
}

/// Waits until pairing has come as far as it is to.
///
/// # Errors
/// `TIMEOUT` when it does not, `UNAVAILABLE` when too many wait.
async fn wait<G: Gateway>(
    ask: &Ask<'_, G>,
    session: InstanceId,
    mut tail: G::Tail,
    (wait_ms_max, ready): (u64, &dyn Fn(&PairingView) -> bool),
) -> Result<PairingView, Failure> {
    let deadline = Instant::now() + Duration::from_millis(wait_ms_max);
    let mut waiting = None;
    loop {
        let view = pairing_in(ask.call.command(session, Command::GetPairing).await?)?;
        if ready(&view) {
            return Ok(view);
        }
        if waiting.is_none() {
            waiting = Some(ask.place_to_wait()?);
        }
        let news = ask.call.unless_stopping(timeout_at(deadline, tail.next())).await;
        if !matches!(news, Some(Ok(Some(_)))) {
            return Err(Failure::new(ErrorCode::Timeout, "No code came in time; try again."));
        }
    }
}
