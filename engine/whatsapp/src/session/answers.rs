//! Answers to polls and invitations are sealed with a secret of the message that they answer. Here they are opened.

use trunkline_model::inbound::{InboundContent, InboundMessage, InboundVote};
use trunkline_model::limits::POLL_OPTIONS_MAX;
use wacore::event::decrypt_event_response_with_secret;
use wacore::poll::{PollVoteCiphertext, decrypt_poll_vote_with_secret};
use wacore::types::message::MessageSource;
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::event_response_message::EventResponseType;
use waproto::whatsapp::message::{EncEventResponseMessage, PollUpdateMessage};
use whatsapp_rust::Client;

use super::InboundSink;
use super::secret::message_secret;

/// Where the secrets of answered messages are.
pub(super) struct Secrets<'a> {
    /// Those of messages committed before.
    pub(super) sink: &'a dyn InboundSink,
    /// Those of messages that came just before.
    pub(super) batch: &'a [InboundMessage],
    /// Those of this number's own messages.
    pub(super) client: &'a Client,
}

impl Secrets<'_> {
    fn of(&self, wa_id: &str) -> Vec<u8> {
        let before = self.batch.iter().rev().find(|message| message.wa_id == wa_id);
        let fresh = before.and_then(|message| match &message.content {
            InboundContent::Poll(poll) => poll.secret.clone(),
            InboundContent::Event(event) => event.secret.clone(),
            _ => None,
        });
        let known = fresh.or_else(|| self.sink.secret_of(wa_id));
        known.unwrap_or_else(|| message_secret(self.client, wa_id).to_vec())
    }
}

/// What an answer says. `None` when it is no answer, or does not open.
pub(super) fn open(
    secrets: &Secrets<'_>,
    source: &MessageSource,
    message: &wa::Message,
) -> Option<InboundContent> {
    if let Some(vote) = message.poll_update_message.as_option() {
        return open_vote(secrets, source, vote).map(|vote| InboundContent::PollVote(Box::new(vote)));
    }
    open_rsvp(secrets, source, message.enc_event_response_message.as_option()?)
}

fn open_vote(
    secrets: &Secrets<'_>,
    source: &MessageSource,
    update: &PollUpdateMessage,
) -> Option<InboundVote> {
    let poll = update.poll_creation_message_key.as_option()?;
    let sealed = update.vote.as_option()?;
    let ciphertext =
        PollVoteCiphertext { enc_payload: sealed.enc_payload.as_deref()?, enc_iv: sealed.enc_iv.as_deref()? };
    let wa_id = poll.id.as_deref()?;
    let secret = secrets.of(wa_id);
    let selected = names(secrets.client, source, poll).into_iter().find_map(|(creator, voter)| {
        decrypt_poll_vote_with_secret(ciphertext, &secret, wa_id, &creator, &voter).ok()
    })?;
    let selected = selected.into_iter().take(POLL_OPTIONS_MAX).collect();
    Some(InboundVote { poll_wa_id: wa_id.to_owned(), selected })
}

fn open_rsvp(
    secrets: &Secrets<'_>,
    source: &MessageSource,
    sealed: &EncEventResponseMessage,
) -> Option<InboundContent> {
    let event = sealed.event_creation_message_key.as_option()?;
    let (payload, iv) = (sealed.enc_payload.as_deref()?, sealed.enc_iv.as_deref()?);
    let wa_id = event.id.as_deref()?;
    let secret = secrets.of(wa_id);
    let answer = names(secrets.client, source, event).into_iter().find_map(|(creator, guest)| {
        decrypt_event_response_with_secret(payload, iv, &secret, wa_id, &creator, &guest).ok()
    })?;
    let word = match answer.response? {
        EventResponseType::GOING => "going",
        EventResponseType::NOT_GOING => "not_going",
        EventResponseType::MAYBE => "maybe",
        _ => return None,
    };
    Some(InboundContent::EventAnswer {
        target_wa_id: wa_id.to_owned(),
        answer: word.to_owned(),
        extra_guests: answer.extra_guest_count.and_then(|guests| u32::try_from(guests).ok()).unwrap_or(0),
    })
}

/// Names that the author of the answered message and of the answer may have been sealed under. Each has two, and which was used
/// depends on how the conversation is addressed; a wrong pair does not open.
fn names(client: &Client, source: &MessageSource, answered: &wa::MessageKey) -> Vec<(String, String)> {
    let mine = [client.pn(), client.lid()];
    let senders = [Some(source.sender.clone()), source.sender_alt.clone()];
    // The key is written from the answer's side: its author made the message, or somebody else in a chat of two, or whom it
    // names in a group.
    let named = answered.participant.as_deref().and_then(|jid| jid.parse::<Jid>().ok());
    let own = |jids: &[Option<Jid>]| jids.iter().flatten().map(Jid::to_non_ad_string).collect::<Vec<_>>();
    let mut creators = own(&[named]);
    creators.extend(own(&mine));
    creators.extend(own(&senders));
    if source.is_from_me {
        creators.extend(own(&[Some(source.chat.clone()), source.recipient_alt.clone()]));
    }
    let mut answerers = own(&senders);
    if source.is_from_me {
        answerers.extend(own(&mine));
    }
    let pairs = creators
        .iter()
        .flat_map(|creator| answerers.iter().map(move |answerer| (creator.clone(), answerer.clone())));
    pairs.collect()
}
