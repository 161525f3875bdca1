//! Handing a message to WhatsApp.

use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use trunkline_model::limits::MENTIONS_MAX;
use trunkline_model::message::{Content, MediaKind, SendMessage};
use wacore_binary::{Jid, JidExt as _};
use whatsapp_rust::features::{ChatStateType, ContactError};
use whatsapp_rust::{ErrorChainExt as _, IqError, SendError as ClientSendError, SendOptions};

use super::Session;
use super::secret::message_secret;
use crate::error::SendError;
use crate::message::{Beside, Parts, address_of, build};
use crate::metrics::{SEND_SECONDS, SENDS};

impl Session {
    /// Encrypts a message and hands the stanza to the socket, under an id that was chosen before.
    ///
    /// `Ok` means handed over, not taken: [`crate::SessionEvent::ServerAck`] follows. The ratchet steps that it uses were
    /// leased on disk before. The same id may be sent again after a lost connection or a crash; recipients show it once.
    /// Media was uploaded before: see [`Session::upload`].
    ///
    /// # Errors
    /// [`SendError`], which says whether another attempt makes sense.
    pub async fn send(&self, wa_id: &str, message: &SendMessage, beside: Beside) -> Result<(), SendError> {
        let begun = Instant::now();
        // The protocol crate's send is a large state machine; one box keeps it out of the callers' frames.
        let sent = Box::pin(self.hand_over(wa_id, message, beside)).await;
        let outcome = sent.as_ref().map_or_else(SendError::reason, |()| "handed_over");
        counter!(SENDS, "outcome" => outcome).increment(1);
        histogram!(SEND_SECONDS).record(begun.elapsed().as_secs_f64());
        sent
    }

    async fn hand_over(&self, wa_id: &str, message: &SendMessage, beside: Beside) -> Result<(), SendError> {
        let client = &self.inner.client;
        if !self.is_connected() {
            return Err(SendError::retryable("not_connected", "the session is not connected to WhatsApp"));
        }
        let to = address_of(&message.to)
            .ok_or_else(|| SendError::permanent("invalid_recipient", "this is no place to send to"))?;
        let to = if to.is_status_broadcast() { to } else { self.reachable(to).await? };
        let vote = match (&message.content, &beside.poll) {
            (Content::PollVote(vote), Some(poll)) => Some(self.seal_vote(&to, vote, poll).await?),
            _ => None,
        };
        let parts = Parts {
            uploaded: beside.media,
            now_ms: wacore::time::now_millis(),
            secret: message_secret(client, wa_id),
            everybody: self.everybody(&to, message).await?,
            vote,
        };
        let built = build(message, parts)?;
        if to.is_status_broadcast() {
            return self.post_status(wa_id, (&message.options.audience, &beside.contacts), built).await;
        }
        self.show_typing(&to, message).await;
        let options = SendOptions::default().with_message_id(wa_id);
        client
            .send_message_with_options(to, built, options)
            .await
            .map(drop)
            .map_err(|error| send_error(&error))
    }

    /// Everybody in the group, for a message that mentions all of them.
    async fn everybody(&self, to: &Jid, message: &SendMessage) -> Result<Vec<String>, SendError> {
        if !message.options.mention_all || !to.is_group() {
            return Ok(Vec::new());
        }
        let found = self.inner.client.groups().query_info(to).await;
        let info = found.map_err(|error| SendError::retryable("group_unknown", error.to_string()))?;
        Ok(info.participants.iter().take(MENTIONS_MAX).map(Jid::to_non_ad_string).collect())
    }

    /// Shows that somebody is typing, or recording, for as long as the caller wants. A chat that does not show it gets the
    /// message all the same.
    async fn show_typing(&self, to: &Jid, message: &SendMessage) {
        let typing = Duration::from_millis(message.options.typing_ms.into());
        if typing.is_zero() {
            return;
        }
        let records = matches!(&message.content, Content::Media(media) if media.kind == MediaKind::Voice);
        let state = if records { ChatStateType::Recording } else { ChatStateType::Composing };
        if let Err(error) = self.inner.client.chatstate().send(to, state).await {
            tracing::debug!(%error, "typing was not shown");
        }
        tokio::time::sleep(typing).await;
    }

    /// Where a message to a person really goes, or that there is nobody.
    ///
    /// Asked once for each new contact: the protocol crate itself would send to a number without WhatsApp as far as this
    /// account's own phone, and no further.
    async fn reachable(&self, to: Jid) -> Result<Jid, SendError> {
        if to.is_group() || to.is_newsletter() || self.knows_devices(&to).await? {
            return Ok(to);
        }
        match self.inner.client.contacts().is_on_whatsapp(std::slice::from_ref(&to)).await {
            Ok(found) => match found.first() {
                Some(person) if !person.is_registered && person.contact_error.is_none() => {
                    Err(SendError::permanent("not_on_whatsapp", "the number has no WhatsApp account"))
                }
                // Some countries' numbers are written in two ways; the service knows one of them.
                Some(person) if person.is_registered && person.jid.is_pn() && to.is_pn() => {
                    Ok(person.jid.to_non_ad())
                }
                _ => Ok(to),
            },
            // The question is a courtesy: where the service does not answer it, the send itself finds out.
            Err(ContactError::Iq(IqError::ServerError { .. } | IqError::ParseError(_))) => Ok(to),
            Err(error) => Err(SendError::retryable("recipient_unknown", error.to_string())),
        }
    }

    async fn knows_devices(&self, person: &Jid) -> Result<bool, SendError> {
        let stored = |user: &str| {
            let devices = crate::backend::has_device_list(&self.inner.space, user);
            devices.map_err(|error| SendError::retryable("store", error.to_string()))
        };
        if stored(&person.user)? {
            return Ok(true);
        }
        match self.inner.client.get_lid_pn_entry(person).await {
            Ok(Some(entry)) => Ok(stored(&entry.lid)? || stored(&entry.phone_number)?),
            _ => Ok(false),
        }
    }
}

/// What a failed send means. The protocol crate's typed errors first, then a refusal of the service anywhere in the chain.
pub(super) fn send_error(error: &ClientSendError) -> SendError {
    match error {
        ClientSendError::NotLoggedIn | ClientSendError::Client(_) => {
            SendError::retryable("not_connected", error.to_string())
        }
        ClientSendError::InvalidRequest(detail) => SendError::permanent("invalid_message", detail.clone()),
        other => match other.server_rejection() {
            Some(rejection) => refusal(rejection.code, rejection.backoff),
            None => SendError::retryable("protocol", other.to_string()),
        },
    }
}

/// What a refused request on the way of a send means: of group members, devices or pre-keys.
fn refusal(code: u16, backoff_seconds: Option<u32>) -> SendError {
    let detail = format!("WhatsApp refuses with {code}");
    let error = match code {
        401 | 403 => SendError::permanent("not_a_member", detail),
        404 => SendError::permanent("recipient_not_found", detail),
        // The device list was outdated; the protocol crate dropped it and asks again next time.
        406 => SendError::retryable("devices_changed", detail),
        429 => SendError::retryable("rate_limited", detail),
        _ => SendError::retryable("refused", detail),
    };
    SendError { retry_after_ms: backoff_seconds.map(|seconds| u64::from(seconds) * 1_000), ..error }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::anyhow;

    use super::*;
    use crate::error::SendErrorKind::{Permanent, Retryable};

    #[test]
    fn refusals_on_the_way_of_a_send() {
        let check = |code: u16, expected| assert_eq!(refusal(code, None).kind, expected, "{code}");
        check(403, Permanent { reason: "not_a_member" });
        check(404, Permanent { reason: "recipient_not_found" });
        check(406, Retryable { reason: "devices_changed" });
        check(429, Retryable { reason: "rate_limited" });
        check(500, Retryable { reason: "refused" });
        assert_eq!(refusal(429, Some(7)).retry_after_ms, Some(7_000));
    }

    #[test]
    fn typed_errors_decide_first() {
        let check = |error: ClientSendError, reason: &str, retryable: bool| {
            let sent = send_error(&error);
            assert_eq!((sent.reason(), sent.is_retryable()), (reason, retryable));
        };
        check(ClientSendError::NotLoggedIn, "not_connected", true);
        check(ClientSendError::InvalidRequest("x".into()), "invalid_message", false);
        check(ClientSendError::Internal(anyhow::anyhow!("no")), "protocol", true);
        let server =
            |code| IqError::ServerError { code, text: String::new(), error_type: None, backoff: None };
        check(ClientSendError::Iq(server(403)), "not_a_member", false);
        check(ClientSendError::Internal(anyhow::Error::new(server(406))), "devices_changed", true);
        check(ClientSendError::Iq(IqError::Timeout), "protocol", true);
    }
}
