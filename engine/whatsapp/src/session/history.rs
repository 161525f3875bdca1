//! Older messages: what the phone is asked for when somebody wants them, and what it sends by itself after linking where the
//! instance wants that.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use trunkline_model::chat::MessageRef;
use trunkline_model::inbound::{InboundMessage, Party};
use wacore::runtime::Runtime as _;
use wacore::types::events::{Event, LazyHistorySync};
use wacore_binary::{Jid, JidExt as _};
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::{Conversation, WebMessageInfo};
use whatsapp_rust::Client;

use super::chats::read;
use super::hook::{complete, complete_named};
use super::run::Link;
use super::{Session, SessionEvent};
use crate::error::{SessionError, shorten};
use crate::limits::{HISTORY_ANSWER_TIMEOUT, HISTORY_MESSAGES_PER_COMMIT};
use crate::message::{party, received};

impl Session {
    /// Asks the phone for messages that are older than one of a chat. They come through [`super::InboundSink::backfill`] while this
    /// connection lasts.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn request_history(
        &self,
        chat: &str,
        oldest: &MessageRef,
        oldest_ms: i64,
        messages: u32,
    ) -> Result<(), SessionError> {
        self.connected()?;
        let chat = read(chat)?;
        let client = &self.inner.client;
        let wanted = i32::try_from(messages).unwrap_or(i32::MAX);
        let waiting = Waiting::begin(self.inner.link.clone(), client);
        let asked =
            client.fetch_message_history(&chat, &oldest.wa_id, oldest.from_me, oldest_ms, wanted).await;
        if let Err(error) = asked {
            return Err(SessionError::Protocol(shorten(error.to_string())));
        }
        let runtime = self.inner.link.runtime.clone();
        let timer = runtime.sleep(HISTORY_ANSWER_TIMEOUT);
        runtime.spawn_detached(Box::pin(async move {
            timer.await;
            drop(waiting);
        }));
        Ok(())
    }
}

/// Somebody waits for an answer of the phone: as long as that is so, history is taken.
struct Waiting {
    link: Arc<Link>,
    client: std::sync::Weak<Client>,
}

impl Waiting {
    fn begin(link: Arc<Link>, client: &Arc<Client>) -> Waiting {
        link.history_waits.fetch_add(1, Ordering::Relaxed);
        client.set_skip_history_sync(false);
        Waiting { link, client: Arc::downgrade(client) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let last = self.link.history_waits.fetch_sub(1, Ordering::Relaxed) == 1;
        if let (true, Some(client)) = (last, self.client.upgrade()) {
            client.set_skip_history_sync(!self.link.takes_history);
        }
    }
}

/// What a phone sends by itself after linking that has messages in it.
const AFTER_LINKING: [HistorySyncType; 3] =
    [HistorySyncType::INITIAL_BOOTSTRAP, HistorySyncType::RECENT, HistorySyncType::FULL];

/// Hands over what the phone sent on request, or by itself.
pub(super) fn take(link: Arc<Link>, event: Arc<Event>) {
    let runtime = link.runtime.clone();
    runtime.spawn_detached(Box::pin(async move {
        let (Some(client), Event::HistorySync(history)) = (link.client.upgrade(), &*event) else { return };
        let is = |kind: HistorySyncType| history.sync_type() == kind as i32;
        let by_itself = link.takes_history && AFTER_LINKING.into_iter().any(is);
        if !by_itself && !is(HistorySyncType::ON_DEMAND) {
            return;
        }
        let is_last = is(HistorySyncType::RECENT) && history.progress().is_none_or(|percent| percent >= 100);
        match hand_over(&link, &client, history).await {
            Ok(()) if by_itself && is_last => link.tell(SessionEvent::HistoryTaken),
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "older messages were not taken"),
        }
    }));
}

async fn hand_over(link: &Link, client: &Client, history: &LazyHistorySync) -> Result<(), SessionError> {
    let mut stream = history.stream();
    let failed = |error: &dyn std::fmt::Display| SessionError::Protocol(shorten(error.to_string()));
    while let Some(conversation) = stream.next_conversation().map_err(|error| failed(&error))? {
        let mut messages = Vec::new();
        for entry in &conversation.messages {
            if let Some(info) = entry.message.as_option()
                && let Some(message) = message(client, &conversation, info).await
            {
                messages.push(message);
            }
        }
        // Phones list the newest first; a log reads better the other way round.
        messages.sort_by_key(|message| message.time_ms);
        for some in messages.chunks(HISTORY_MESSAGES_PER_COMMIT) {
            link.sink.backfill(some.to_vec()).await.map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

async fn message(
    client: &Client,
    conversation: &Conversation,
    info: &WebMessageInfo,
) -> Option<InboundMessage> {
    let mut read = received(info.message.as_option()?)?;
    let key = info.key.as_option()?;
    let jid = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Jid>().ok());
    let chat_jid = jid(&key.remote_jid).or_else(|| conversation.id.parse().ok())?;
    let from_me = key.from_me.unwrap_or(false);
    let author = match (from_me, chat_jid.is_group()) {
        (true, _) if chat_jid.is_lid() => client.lid().or_else(|| client.pn())?,
        (true, _) => client.pn()?,
        (false, true) => jid(&key.participant).or_else(|| jid(&info.participant))?,
        (false, false) => chat_jid.clone(),
    };
    let mut chat = party(&chat_jid, None, None);
    let mut sender: Party = party(&author, None, info.push_name.as_deref());
    complete(client, &chat_jid, &mut chat).await;
    complete(client, &author, &mut sender).await;
    complete_named(client, &mut read.quote, &mut read.mentions).await;
    let time_s = i64::try_from(info.message_timestamp.unwrap_or(0)).ok()?;
    Some(InboundMessage {
        wa_id: key.id.clone()?,
        chat,
        sender,
        from_me,
        is_group: chat_jid.is_group(),
        time_ms: time_s.checked_mul(1_000)?,
        from_offline_queue: false,
        content: read.content,
        quote: read.quote,
        mentions: read.mentions,
        marks: read.marks,
    })
}
