//! Sessions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use trunkline_model::Failure;
use trunkline_model::command::InstanceView;
use trunkline_model::instance::InstanceState;

use crate::dialects::wasaas::session_id;
use crate::json::time::Time;
use crate::qr::{self, Format};

/// The member of an instance's metadata that holds what people call it.
pub(in crate::dialects::wasaas) const NAME: &str = "name";

/// A session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Session")]
pub(in crate::dialects::wasaas) struct SessionJson {
    id: String,
    name: String,
    /// `connecting`, `qr`, `connected`, `disconnected` or `logged_out`.
    status: &'static str,
    /// The code to scan, as the address of a picture; null when there is none to be scanned.
    qr: Option<String>,
    /// The code to type on the phone that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pairing_code: Option<String>,
    phone_number: Option<String>,
    /// Not known here.
    last_connected_at: Option<Time>,
    created_at: Time,
}

impl SessionJson {
    pub(in crate::dialects::wasaas) fn of(view: &InstanceView) -> SessionJson {
        SessionJson {
            id: session_id(view.id),
            name: name(view),
            status: status(view.state),
            qr: None,
            pairing_code: None,
            phone_number: view.linked.as_ref().and_then(|linked| linked.phone.clone()),
            last_connected_at: None,
            created_at: Time(view.created_at_ms),
        }
    }

    /// With the code on show.
    ///
    /// # Errors
    /// `INTERNAL` for one that cannot be drawn.
    pub(in crate::dialects::wasaas) fn with_qr(self, text: Option<&str>) -> Result<SessionJson, Failure> {
        Ok(SessionJson { qr: text.map(picture).transpose()?, ..self })
    }

    pub(in crate::dialects::wasaas) fn with_code(self, pairing_code: Option<String>) -> SessionJson {
        SessionJson { pairing_code, ..self }
    }
}

/// A QR code as the address of a picture that has it inside (RFC 2397).
pub(in crate::dialects::wasaas) fn picture(text: &str) -> Result<String, Failure> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(qr::draw(text, Format::Png)?)))
}

/// What people call a session.
fn name(view: &InstanceView) -> String {
    let metadata: Option<Value> = view.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let said = metadata.and_then(|metadata| metadata.get(NAME)?.as_str().map(str::to_owned));
    said.or_else(|| view.name.clone()).unwrap_or_else(|| session_id(view.id))
}

/// The service's word for a state.
pub(in crate::dialects::wasaas) fn status(state: InstanceState) -> &'static str {
    use InstanceState as State;
    match state {
        State::Open => "connected",
        State::AwaitingScan | State::AwaitingPasskey => "qr",
        State::Pairing | State::Connecting | State::Syncing | State::BackingOff => "connecting",
        State::New | State::Conflict | State::Restricted | State::Stopped | State::Parked => "disconnected",
        State::LoggedOut | State::Deleted => "logged_out",
    }
}

/// Something that was removed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Removed")]
pub(in crate::dialects::wasaas) struct RemovedJson {
    id: String,
    deleted: bool,
}

impl RemovedJson {
    pub(in crate::dialects::wasaas) fn of(id: String) -> RemovedJson {
        RemovedJson { id, deleted: true }
    }
}

/// A code that links a session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PairingCode")]
pub(in crate::dialects::wasaas) struct PairingJson {
    code: String,
    /// The same.
    pairing_code: String,
    phone_number: String,
}

impl PairingJson {
    pub(in crate::dialects::wasaas) fn of(code: String, phone_number: String) -> PairingJson {
        PairingJson { pairing_code: code.clone(), code, phone_number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_word_of_the_service() {
        let words = ["connecting", "qr", "connected", "disconnected", "logged_out"];
        for native in InstanceState::ALL {
            assert!(words.contains(&status(native)), "{native:?}");
        }
    }

    #[test]
    fn a_code_is_a_picture_in_an_address() {
        let address = picture("2@abc").expect("it is drawn");
        let data = address.strip_prefix("data:image/png;base64,").expect("an address");
        assert!(STANDARD.decode(data).expect("base64").starts_with(b"\x89PNG"));
    }
}
