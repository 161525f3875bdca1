//! Sending a message again that failed: as a new message, under the WhatsApp id of the old one. Whatever WhatsApp still did with the
//! old one, a receiver shows both as one.

use trunkline_model::command::SendRequest;
use trunkline_model::message::{Lane, MessageStatus, SendMessage};
use trunkline_model::record::{self, table};
use trunkline_model::{ErrorCode, Failure, MessageId};

use super::archive::{AcceptedArchive, archive, key_hash};
use super::message::{Replier, answer};
use super::state::Instance;
use super::views::no_message;
use crate::shard::store_failure;

impl Instance {
    /// Accepts a message that failed once more. Asked again within a day, it is answered with the message that was made.
    pub(super) fn resend(&mut self, id: MessageId, reply: Replier) {
        match self.failed_message(id) {
            Ok(message) => self.accept(message, reply),
            Err(failure) => answer(reply, Err(failure)),
        }
    }

    fn failed_message(&self, id: MessageId) -> Result<AcceptedArchive, Failure> {
        let failed = self.load(id)?.ok_or_else(|| no_message(id))?;
        if failed.status != MessageStatus::Failed {
            let detail = format!(
                "Only a message that failed is sent again; this one is `{}`.",
                failed.status.as_str()
            );
            return Err(Failure::new(ErrorCode::MessageState, detail));
        }
        let suffix = id.get().to_be_bytes();
        let stored = self.context.ledger.get(&self.key(table::MESSAGE_BODY, &suffix));
        let stored = stored.map_err(|error| store_failure(&error))?.ok_or_else(|| match failed.lane {
            Lane::Otp => {
                let detail = "The text of what was sent in lane `otp` is not kept; send it as a new message.";
                Failure::new(ErrorCode::MessageState, detail)
            }
            _ => no_message(id),
        })?;
        let message: SendMessage = record::decode(&stored).map_err(|error| {
            tracing::error!(instance = %self.id(), %error, "a message that is to be sent again cannot be read");
            Failure::new(ErrorCode::Internal, "The message cannot be read.")
        })?;
        let again = archive(SendRequest { message, idempotency_key: None })?;
        // Its own key: no request's key looks like this one.
        let key_hash = Some(key_hash(&format!("\0resend {id}")));
        Ok(AcceptedArchive { key_hash, wa_id: Some(failed.wa_id), ..again })
    }
}
