//! The connection.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::InstanceView;
use trunkline_model::instance::InstanceState;

use super::id_of;

/// That requests are served.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HealthJson {
    pub(crate) status: &'static str,
}

/// That something goes on by itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProgressJson {
    pub(crate) status: &'static str,
}

/// A code to scan or to type.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeJson {
    code: String,
    /// The same, as the first generation calls that of a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_code: Option<String>,
}

impl CodeJson {
    pub(crate) fn of_qr(text: &str) -> CodeJson {
        CodeJson { code: text.to_owned(), qr_code: Some(text.to_owned()) }
    }

    /// An 8-character code, with the dash that phones show.
    pub(crate) fn of_pairing(code: &str) -> CodeJson {
        let code = match code.split_at_checked(4) {
            Some((head, tail)) if code.len() == 8 => format!("{head}-{tail}"),
            _ => code.to_owned(),
        };
        CodeJson { code, qr_code: None }
    }
}

/// Where the connection stands, in the words of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusJson {
    is_connected: bool,
    connected: bool,
    is_logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    /// The state in Trunkline's own word.
    status: &'static str,
}

impl StatusJson {
    pub(crate) fn of(view: &InstanceView) -> StatusJson {
        let connected = is_connected(view.state);
        StatusJson {
            is_connected: connected,
            connected,
            is_logged_in: view.linked.is_some(),
            device_id: view.linked.as_ref().map(id_of),
            status: view.state.as_str(),
        }
    }
}

/// Whether a socket is open and logged in.
pub(crate) fn is_connected(state: InstanceState) -> bool {
    matches!(state, InstanceState::Syncing | InstanceState::Open)
}
