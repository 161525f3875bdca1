//! Linking a device by code or passkey. The QR code needs no call: it comes as an event.

use std::sync::atomic::{AtomicBool, Ordering};

use trunkline_model::command::PasskeyAssertion;
use wacore::pair_code::{PairCodeError, PairCodeOptions};
use whatsapp_rust::pair_code::PairError;
use whatsapp_rust::passkey::{Assertion, PasskeyError, build_webauthn_assertion_json};

use super::{Session, iq_error};
use crate::error::{SessionError, shorten};
use crate::limits::{PAIRING_CODE_TTL, PAIRING_SOCKET_TIMEOUT};

/// A code to be typed on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// Eight characters, without a dash.
    pub code: String,
    /// How long the phone takes it, in milliseconds from now.
    pub valid_ms: u64,
}

/// While it lives, a refused code is the caller's to hear of, not the owner's.
struct CodeRequest<'a>(&'a AtomicBool);

impl<'a> CodeRequest<'a> {
    fn begin(flag: &'a AtomicBool) -> CodeRequest<'a> {
        flag.store(true, Ordering::Relaxed);
        CodeRequest(flag)
    }
}

impl Drop for CodeRequest<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Session {
    /// Asks for an 8-character code for this phone number. The run has to be under way; a socket is waited for. The same
    /// code comes as [`crate::SessionEvent::PairingCode`].
    ///
    /// # Errors
    /// [`SessionError::AlreadyLinked`], [`SessionError::Invalid`] when the number is none,
    /// [`SessionError::CodeOnShow`] while an earlier code serves, [`SessionError::Throttled`],
    /// [`SessionError::Refused`], [`SessionError::NotConnected`], [`SessionError::Timeout`].
    pub async fn request_pairing_code(&self, phone: &str) -> Result<PairingCode, SessionError> {
        let client = &self.inner.client;
        if client.pn().is_some() {
            return Err(SessionError::AlreadyLinked);
        }
        client.wait_for_socket(PAIRING_SOCKET_TIMEOUT).await.map_err(|_| SessionError::NotConnected)?;
        let options = PairCodeOptions { phone_number: phone.to_owned(), ..PairCodeOptions::default() };
        let answer = {
            let _under_way = CodeRequest::begin(&self.inner.link.code_requested);
            client.pair_with_code(options).await
        };
        match answer {
            Ok(code) => Ok(PairingCode { code, valid_ms: PAIRING_CODE_TTL.as_millis() as u64 }),
            Err(error) => Err(pairing_error(&error)),
        }
    }

    /// Hands over the assertion that [`crate::SessionEvent::PasskeyRequested`] asked for.
    ///
    /// # Errors
    /// [`SessionError::Passkey`] when no ceremony waits for one, or it fails.
    pub async fn answer_passkey(&self, assertion: PasskeyAssertion) -> Result<(), SessionError> {
        let assertion_json = build_webauthn_assertion_json(
            &assertion.credential_id,
            &assertion.client_data_json,
            &assertion.authenticator_data,
            &assertion.signature,
            assertion.user_handle.as_deref(),
        );
        let assertion = Assertion { assertion_json, credential_id: assertion.credential_id };
        self.inner.client.send_passkey_response(assertion).await.map_err(passkey_error)
    }

    /// Says that the code of [`crate::SessionEvent::PasskeyConfirmation`] is the same on both screens.
    ///
    /// # Errors
    /// [`SessionError::Passkey`] when there is nothing to confirm, or it fails.
    pub async fn confirm_passkey(&self) -> Result<(), SessionError> {
        self.inner.client.send_passkey_confirmation().await.map_err(passkey_error)
    }
}

fn pairing_error(error: &PairError) -> SessionError {
    let retry_after_ms = error.backoff().map(|pause| pause.as_millis() as u64);
    match error {
        PairError::PairCode(PairCodeError::CodeAlreadyOutstanding { remaining }) => {
            SessionError::CodeOnShow(remaining.as_secs())
        }
        PairError::PairCode(
            PairCodeError::PhoneNumberRequired
            | PairCodeError::PhoneNumberTooShort
            | PairCodeError::PhoneNumberNotInternational,
        ) => SessionError::Invalid("the phone number needs 7 to 15 digits with the country code".to_owned()),
        PairError::RequestFailed(iq) => match (iq_error(iq), retry_after_ms) {
            // The service answers 400 for a number that asks too often as well.
            (SessionError::Refused(detail), Some(pause)) => {
                SessionError::Throttled { retry_after_ms: Some(pause), detail }
            }
            (other, _) => other,
        },
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

fn passkey_error(error: PasskeyError) -> SessionError {
    SessionError::Passkey(shorten(error.to_string()))
}
