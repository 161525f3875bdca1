//! From a decrypted message to the owner's commit: only then does WhatsApp hear an acknowledgement.

use std::sync::Arc;

use async_trait::async_trait;
use metrics::counter;
use trunkline_model::inbound::{InboundContent, InboundMessage, InboundQuote, Party};
use trunkline_model::limits::MENTIONS_MAX;
use wacore::types::events::InboundMessage as Decrypted;
use wacore_binary::Jid;
use whatsapp_rust::anyhow;
use whatsapp_rust::{Client, InboundDurabilityHook};

use super::answers::{self, Secrets};
use super::translate::{chat, sender};
use crate::error::SinkError;
use crate::message::{received, unwrap};
use crate::metrics::{INBOUND_BATCHES, INBOUND_MESSAGES};

/// Takes what must be durable before WhatsApp hears an acknowledgement. Implemented by the engine.
#[async_trait]
pub trait InboundSink: Send + Sync + 'static {
    /// Commits every message, in order, or none.
    ///
    /// Returns `Ok` only when each of them is committed, now or earlier: a message can come again with the same chat,
    /// sender and id. Then they are acknowledged to WhatsApp. Must not wait for anything that this session has to do, such
    /// as a send.
    ///
    /// # Errors
    /// [`SinkError`]: none is acknowledged, WhatsApp delivers them again on the next connection.
    async fn commit(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError>;

    /// Commits older messages that the phone sent on request, without those that are known under either name of a person.
    ///
    /// # Errors
    /// [`SinkError`]: some of them may be committed; they can be asked for again.
    async fn backfill(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError>;
    /// The secret of a committed poll or invitation, which answers to it are opened with. `None` when there is no such message,
    /// or when this number sent it: then the secret is derived.
    fn secret_of(&self, wa_id: &str) -> Option<Vec<u8>> {
        let _ = wa_id;
        None
    }
}

/// The protocol crate's hook over an [`InboundSink`].
pub(super) struct CommitHook {
    pub(super) sink: Arc<dyn InboundSink>,
}

#[async_trait]
impl InboundDurabilityHook for CommitHook {
    async fn on_messages(&self, client: Arc<Client>, batch: &[Decrypted]) -> anyhow::Result<()> {
        Ok(commit(self.sink.as_ref(), &client, batch).await?)
    }
}

/// Translates a batch and commits it. What is not meant for people counts as committed.
pub(super) async fn commit(
    sink: &dyn InboundSink,
    client: &Client,
    batch: &[Decrypted],
) -> Result<(), SinkError> {
    let mut messages = Vec::with_capacity(batch.len());
    for decrypted in batch {
        if let Some(message) = read(sink, client, decrypted, &messages).await {
            counter!(INBOUND_MESSAGES, "kind" => kind(&message.content)).increment(1);
            messages.push(message);
        }
    }
    if messages.is_empty() {
        return Ok(());
    }
    let committed = sink.commit(messages).await;
    let outcome = if committed.is_ok() { "committed" } else { "refused" };
    counter!(INBOUND_BATCHES, "outcome" => outcome).increment(1);
    committed
}

/// A decrypted message in Trunkline's words, given those that came just before it.
async fn read(
    sink: &dyn InboundSink,
    client: &Client,
    decrypted: &Decrypted,
    batch: &[InboundMessage],
) -> Option<InboundMessage> {
    let info = &decrypted.info;
    let mut read = received(&decrypted.message)?;
    let source = &info.source;
    let secrets = Secrets { sink, batch, client };
    if let Some(opened) = answers::open(&secrets, source, unwrap(&decrypted.message)) {
        read.content = opened;
    }
    let mut chat = chat(source);
    let mut sender = sender(source, Some(&info.push_name));
    if !source.is_group {
        complete(client, &source.chat, &mut chat).await;
    }
    complete(client, &source.sender, &mut sender).await;
    complete_named(client, &mut read.quote, &mut read.mentions).await;
    Some(InboundMessage {
        wa_id: info.id.clone(),
        chat,
        sender,
        from_me: source.is_from_me,
        is_group: source.is_group,
        time_ms: info.timestamp.timestamp_millis(),
        from_offline_queue: info.is_offline,
        content: read.content,
        quote: read.quote,
        mentions: read.mentions,
        marks: read.marks,
    })
}

/// Adds the second name of a person from what this account has learned. A failed look-up leaves it unknown.
pub(super) async fn complete(client: &Client, jid: &Jid, person: &mut Party) {
    let is_person = jid.is_pn() || jid.is_lid();
    if !is_person || (person.phone.is_some() && person.lid.is_some()) {
        return;
    }
    if let Ok(Some(entry)) = client.get_lid_pn_entry(&jid.to_non_ad()).await {
        person.phone.get_or_insert_with(|| entry.phone_number.as_ref().to_owned());
        person.lid.get_or_insert_with(|| entry.lid.as_ref().to_owned());
    }
}

/// Adds the second names of the people whom a message names.
pub(super) async fn complete_named(
    client: &Client,
    quote: &mut Option<InboundQuote>,
    mentions: &mut [Party],
) {
    let quoted = quote.iter_mut().filter_map(|quote| quote.participant.as_mut());
    for person in quoted.chain(mentions.iter_mut().take(MENTIONS_MAX)) {
        if let Ok(jid) = person.jid.parse::<Jid>() {
            complete(client, &jid, person).await;
        }
    }
}

fn kind(content: &InboundContent) -> &'static str {
    match content {
        InboundContent::Text { .. } => "text",
        InboundContent::Media(media) => media.kind.as_str(),
        InboundContent::Reaction { .. } => "reaction",
        InboundContent::Revoke { .. } => "revoke",
        InboundContent::Edit { .. } => "edit",
        InboundContent::Location { .. } => "location",
        InboundContent::Contacts { .. } => "contacts",
        InboundContent::LiveLocation(_) => "live_location",
        InboundContent::Poll(_) => "poll",
        InboundContent::PollVote(_) => "poll_vote",
        InboundContent::Event(_) => "event",
        InboundContent::EventAnswer { .. } => "event_answer",
        InboundContent::Menu(_) => "menu",
        InboundContent::MenuChoice { .. } => "menu_choice",
        InboundContent::Pin { .. } => "pin",
        InboundContent::Keep { .. } => "keep",
        InboundContent::GroupInvite(_) => "group_invite",
        InboundContent::Other { .. } => "other",
    }
}
