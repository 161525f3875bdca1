//! Pairing: codes on show, phone numbers, passkey assertions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::command::{Expiring, PairingView, PasskeyAssertion};
use trunkline_model::{Address, Failure};

use super::fields::{Base64, Problems};
use super::raw::{RawObject, embed};
use super::time::Time;
use crate::limits::PASSKEY_PART_BYTES_MAX;

/// Body of `pairing.code`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PairingPhone")]
pub(crate) struct PhoneBody {
    phone: String,
}

impl PhoneBody {
    /// Digits of the phone number.
    ///
    /// # Errors
    /// `VALIDATION` when it is not one.
    pub(crate) fn read(self) -> Result<String, Failure> {
        let mut problems = Problems::default();
        let phone = match problems.keep("phone", self.phone.parse::<Address>()) {
            Some(Address::Phone(digits)) => Some(digits),
            Some(_) => {
                problems.add("phone", "is a WhatsApp id; give the phone number");
                None
            }
            None => None,
        };
        problems.or(phone)
    }
}

/// Body of `pairing.passkey`: a WebAuthn assertion, its parts in base64url.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasskeyAssertion")]
pub(crate) struct PasskeyBody {
    credential_id: Base64,
    client_data_json: Base64,
    authenticator_data: Base64,
    signature: Base64,
    #[serde(default)]
    user_handle: Option<Base64>,
}

impl PasskeyBody {
    /// The assertion.
    ///
    /// # Errors
    /// `VALIDATION` when a part is empty or too long.
    pub(crate) fn read(self) -> Result<PasskeyAssertion, Failure> {
        let mut problems = Problems::default();
        let mut part = |name: &str, bytes: Base64| {
            if !(1..=PASSKEY_PART_BYTES_MAX).contains(&bytes.0.len()) {
                problems.add(name, format!("is empty or longer than {PASSKEY_PART_BYTES_MAX} bytes"));
            }
            bytes.0.to_vec()
        };
        let assertion = PasskeyAssertion {
            credential_id: part("credential_id", self.credential_id),
            client_data_json: part("client_data_json", self.client_data_json),
            authenticator_data: part("authenticator_data", self.authenticator_data),
            signature: part("signature", self.signature),
            user_handle: self.user_handle.map(|bytes| part("user_handle", bytes)),
        };
        problems.or(Some(assertion))
    }
}

/// What pairing waits for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pairing")]
pub(crate) struct PairingJson<'a> {
    state: &'static str,
    qr: Option<ExpiringJson<'a>>,
    code: Option<ExpiringJson<'a>>,
    passkey: Option<PasskeyJson<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ExpiringCode")]
struct ExpiringJson<'a> {
    text: &'a str,
    expires_at: Time,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Passkey")]
struct PasskeyJson<'a> {
    #[schemars(with = "Option<RawObject>")]
    request: Option<&'a RawValue>,
    confirmation_code: Option<&'a str>,
}

impl<'a> PairingJson<'a> {
    pub(crate) fn of(view: &'a PairingView) -> PairingJson<'a> {
        let asked = view.passkey_request_json.is_some() || view.passkey_confirmation.is_some();
        PairingJson {
            state: view.state.as_str(),
            qr: view.qr.as_ref().map(ExpiringJson::of),
            code: view.code.as_ref().map(ExpiringJson::of),
            passkey: asked.then(|| PasskeyJson {
                request: embed(view.passkey_request_json.as_ref()),
                confirmation_code: view.passkey_confirmation.as_deref(),
            }),
        }
    }
}

impl<'a> ExpiringJson<'a> {
    fn of(expiring: &'a Expiring) -> ExpiringJson<'a> {
        ExpiringJson { text: &expiring.text, expires_at: Time(expiring.expires_at_ms) }
    }
}
