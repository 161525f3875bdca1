//! How a session that is not linked comes to its code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trunkline_model::command::{Command, Expiring, PairingView};
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::Ask;
use super::shown::session::{ProgressJson, QrJson, word};
use crate::act;
use crate::call::{pairing_in, unexpected};
use crate::dialects::pairing::awaiting;
use crate::gateway::Gateway;
use crate::json::time::Time;
use crate::limits::ADUTA_CONNECT_WAIT_MS_MAX;
use crate::qr::{self, Format};

/// Connects a session. One that is not linked is waited for until it shows a code, but not for long.
pub(super) async fn connect<G: Gateway>(
    ask: &Ask<'_, G>,
    session: InstanceId,
    as_image: bool,
) -> Result<ProgressJson, Failure> {
    let view = act::order(&ask.call, session, Command::Connect).await?;
    if view.linked.is_some() {
        return Ok(progress(view.state));
    }
    let has_code = |view: &PairingView| view.qr.is_some();
    match awaiting(ask, &view, (ADUTA_CONNECT_WAIT_MS_MAX, has_code)).await {
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
