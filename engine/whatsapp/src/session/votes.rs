//! Votes that this number gives: sealed with the secret of the poll, under the names that its author opens them with.

use buffa::MessageField;
use trunkline_model::message::PollVote;
use wacore::poll::{compute_option_hash, encrypt_poll_vote_with_secret};
use wacore::types::message::AddressingMode;
use wacore_binary::{Jid, JidExt as _};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::{PollEncValue, PollUpdateMessage};

use super::Session;
use super::secret::message_secret;
use crate::error::SendError;
use crate::message::AnsweredPoll;

impl Session {
    /// A vote in a poll of the chat `to`.
    ///
    /// # Errors
    /// [`SendError`], which says whether another attempt makes sense.
    pub(super) async fn seal_vote(
        &self,
        to: &Jid,
        vote: &PollVote,
        poll: &AnsweredPoll,
    ) -> Result<PollUpdateMessage, SendError> {
        let client = &self.inner.client;
        let unreadable = || SendError::permanent("poll_unknown", "the author of the poll cannot be read");
        let creator = match &poll.creator {
            Some(creator) => creator.parse::<Jid>().map_err(|_| unreadable())?.to_non_ad(),
            None => self.own_name(self.speaks_lid(to).await?)?,
        };
        let derived = || poll.creator.is_none().then(|| message_secret(client, &vote.poll_wa_id).to_vec());
        let secret = poll.secret.clone().or_else(derived).ok_or_else(unreadable)?;
        // Sealed under the kind of name that the poll's author has in it, or the author would derive another key.
        let voter = self.own_name(creator.is_lid())?;
        let chosen: Vec<Vec<u8>> =
            vote.options.iter().map(|option| compute_option_hash(option).to_vec()).collect();
        let (creator_name, voter_name) = (creator.to_string(), voter.to_string());
        let sealed =
            encrypt_poll_vote_with_secret(&chosen, &secret, &vote.poll_wa_id, &creator_name, &voter_name);
        let (payload, iv) =
            sealed.map_err(|error| SendError::permanent("invalid_message", error.to_string()))?;
        let key = wa::MessageKey {
            remote_jid: Some(to.to_string()),
            from_me: Some(poll.creator.is_none()),
            id: Some(vote.poll_wa_id.clone()),
            participant: to.is_group().then_some(creator_name),
        };
        Ok(PollUpdateMessage {
            poll_creation_message_key: MessageField::some(key),
            vote: MessageField::some(PollEncValue { enc_payload: Some(payload), enc_iv: Some(iv.to_vec()) }),
            sender_timestamp_ms: Some(wacore::time::now_millis()),
            ..PollUpdateMessage::default()
        })
    }

    /// Whether the members of a chat go by their LIDs in it.
    async fn speaks_lid(&self, chat: &Jid) -> Result<bool, SendError> {
        if !chat.is_group() {
            return Ok(chat.is_lid());
        }
        let found = self.inner.client.groups().query_info(chat).await;
        let info = found.map_err(|error| SendError::retryable("group_unknown", error.to_string()))?;
        Ok(info.addressing_mode == AddressingMode::Lid)
    }

    /// This account's LID, or its phone number where that is wanted or nothing else is known.
    fn own_name(&self, lid: bool) -> Result<Jid, SendError> {
        let client = &self.inner.client;
        let name = client.lid().filter(|_| lid).or_else(|| client.pn());
        let missing = || SendError::retryable("not_connected", "the session does not know its own number");
        name.map(|jid| jid.to_non_ad()).ok_or_else(missing)
    }
}
