//! Stanzas that WhatsApp answers with an `<ack>` and not with an IQ.

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::time::timeout;
use wacore_binary::{Node, OwnedNodeRef};
use whatsapp_rust::{ClientError, NodeFilter};

use super::{Session, iq_error, refused};
use crate::error::{SessionError, shorten};
use crate::limits::ACK_TIMEOUT;

impl Session {
    /// Sends a stanza and waits for WhatsApp's acknowledgement of it, which is returned.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Timeout`], or the refusal in the acknowledgement.
    pub(super) async fn send_confirmed(
        &self,
        id: &str,
        stanza: Node,
    ) -> Result<Arc<OwnedNodeRef>, SessionError> {
        let client = &self.inner.client;
        // Before the stanza leaves: the answer may be here before the call returns.
        let waiter = client.wait_for_node(NodeFilter::tag("ack").attr("id", id));
        client.send_node(stanza).await.map_err(|error| client_error(&error))?;
        let ack = timeout(ACK_TIMEOUT, waiter).await.map_err(|_| SessionError::Timeout)?;
        let ack = ack.map_err(|_| SessionError::NotConnected)?;
        let error = ack.get_attr("error").map(|code| code.as_str().into_owned());
        match error.filter(|code| !code.is_empty()) {
            None => Ok(ack),
            Some(code) => Err(match code.parse() {
                Ok(code) => refused(code, ""),
                Err(_) => SessionError::Refused(shorten(code)),
            }),
        }
    }
}

/// An id for a stanza of our own.
///
/// # Errors
/// [`SessionError::Protocol`] when the operating system has no randomness.
pub(super) fn stanza_id() -> Result<String, SessionError> {
    let mut random = [0; 12];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| SessionError::Protocol("there is no randomness".to_owned()))?;
    Ok(hex::encode_upper(random))
}

/// What a failed hand-over of a stanza means.
pub(super) fn client_error(error: &ClientError) -> SessionError {
    match error {
        ClientError::NotConnected
        | ClientError::Socket(_)
        | ClientError::EncryptSend(_)
        | ClientError::NotLoggedIn => SessionError::NotConnected,
        ClientError::Iq(error) => iq_error(error),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}
