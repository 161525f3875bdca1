//! What a phone tells companions of the past: conversations out of its inbox and sent messages, names, mappings.

use std::collections::BTreeMap;

use buffa::MessageField;
use wacore_binary::{Jid, JidExt};
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::message::{
    HistorySyncNotification, HistorySyncType as NotificationType, ProtocolMessage,
};
use waproto::whatsapp::{
    Conversation, HistorySync, HistorySyncMsg, MessageKey, PhoneNumberToLIDMapping, Pushname, WebMessageInfo,
};

use super::compose;
use super::directory::Directory;
use super::inbox::InboxMessage;
use super::limits::{HISTORY_CONVERSATIONS_MAX, HISTORY_MESSAGES_PER_CONVERSATION_MAX};
use super::{Phone, live};
use crate::crypto::history::deflate;
use crate::crypto::media::{MediaKind, encrypt};

/// Sorts of history messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HistoryKind {
    /// The first one: names of chats and their newest messages; travels inline.
    Bootstrap,
    /// Messages; travels as a file.
    Recent,
    /// Display names; travels inline.
    PushNames,
    /// What a companion asked for; travels as a file.
    OnDemand,
}

impl HistoryKind {
    /// What a new companion gets, in this order.
    pub(super) const WELCOME: [Self; 3] = [Self::Bootstrap, Self::Recent, Self::PushNames];

    fn content_type(self) -> HistorySyncType {
        match self {
            Self::Bootstrap => HistorySyncType::INITIAL_BOOTSTRAP,
            Self::Recent => HistorySyncType::RECENT,
            Self::PushNames => HistorySyncType::PUSH_NAME,
            Self::OnDemand => HistorySyncType::ON_DEMAND,
        }
    }

    fn notification_type(self) -> NotificationType {
        match self {
            Self::Bootstrap => NotificationType::INITIAL_BOOTSTRAP,
            Self::Recent => NotificationType::RECENT,
            Self::PushNames => NotificationType::PUSH_NAME,
            Self::OnDemand => NotificationType::ON_DEMAND,
        }
    }

    fn is_inline(self) -> bool {
        matches!(self, Self::Bootstrap | Self::PushNames)
    }
}

/// What a companion asked for on demand.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The conversation.
    pub(super) chat: Jid,
    /// The oldest message that it has.
    pub(super) oldest_id: String,
    /// When that was written, in seconds since the Unix epoch.
    pub(super) oldest_s: u64,
    /// At most so many messages before it.
    pub(super) messages: usize,
}

impl Phone {
    /// A history message; files are stored on the way. `None` when the service stores no file.
    pub(super) fn history_notification(
        &mut self,
        kind: HistoryKind,
        chunk_order: u32,
        directory: &mut dyn Directory,
    ) -> Option<ProtocolMessage> {
        let history = self.history(kind, chunk_order, directory);
        self.announce_history(kind, history, directory)
    }

    /// As [`Phone::history_notification`], of what a companion asked for.
    pub(super) fn wanted_history(
        &mut self,
        wanted: &Wanted,
        directory: &mut dyn Directory,
    ) -> Option<ProtocolMessage> {
        let mut history = self.history(HistoryKind::OnDemand, 1, directory);
        let account = self.account_of(&wanted.chat, directory);
        history.conversations.retain(|conversation| {
            let chat = conversation.id.parse::<Jid>();
            chat.is_ok_and(|chat| self.account_of(&chat, directory) == account)
        });
        for conversation in &mut history.conversations {
            let is_older = |entry: &HistorySyncMsg| {
                entry.message.key.id.as_deref() != Some(&*wanted.oldest_id)
                    && entry.message.message_timestamp.unwrap_or(0) <= wanted.oldest_s
            };
            conversation.messages.retain(is_older);
            conversation.messages.truncate(wanted.messages);
        }
        self.announce_history(HistoryKind::OnDemand, history, directory)
    }

    fn announce_history(
        &mut self,
        kind: HistoryKind,
        history: HistorySync,
        directory: &mut dyn Directory,
    ) -> Option<ProtocolMessage> {
        let chunk_order = history.chunk_order.unwrap_or(1);
        let payload = deflate(&history);
        let mut notification = HistorySyncNotification {
            sync_type: Some(kind.notification_type()),
            chunk_order: Some(chunk_order),
            progress: Some(100),
            ..Default::default()
        };
        if kind.is_inline() {
            notification.file_length = Some(payload.len() as u64);
            notification.initial_hist_bootstrap_inline_payload = Some(payload);
        } else {
            let media_key = live(&mut self.signal, &self.ring).random::<32>();
            let sealed = encrypt(&payload, &media_key, MediaKind::History);
            let stored = directory.put_blob(MediaKind::History, sealed.bytes);
            if stored.direct_path.is_empty() {
                return None;
            }
            notification.direct_path = Some(stored.direct_path);
            notification.enc_handle = Some(stored.handle);
            notification.media_key = Some(media_key.to_vec());
            notification.file_sha256 = Some(sealed.sha256.to_vec());
            notification.file_enc_sha256 = Some(sealed.enc_sha256.to_vec());
            notification.file_length = Some(sealed.plain_bytes);
        }
        Some(ProtocolMessage {
            r#type: Some(ProtocolType::HISTORY_SYNC_NOTIFICATION),
            history_sync_notification: MessageField::some(notification),
            ..Default::default()
        })
    }

    fn history(&self, kind: HistoryKind, chunk_order: u32, directory: &dyn Directory) -> HistorySync {
        let mut history = HistorySync {
            sync_type: kind.content_type(),
            chunk_order: Some(chunk_order),
            progress: Some(100),
            ..Default::default()
        };
        let own = (self.seed.pn.as_str(), self.seed.lid.as_str());
        if kind == HistoryKind::PushNames {
            history.pushnames = vec![Pushname {
                id: Some(Jid::pn(own.0).to_string()),
                pushname: Some(self.seed.push_name.clone()),
            }];
            return history;
        }
        history.phone_number_to_lid_mappings = vec![mapping(own.0, own.1)];
        for (chat, messages) in self.conversations(directory) {
            let mut conversation = conversation(&chat, messages);
            if let Some((pn, lid)) = names_of(&chat, directory) {
                history.phone_number_to_lid_mappings.push(mapping(&pn, &lid));
                conversation.pn_jid = Some(Jid::pn(pn).to_string());
                conversation.lid_jid = Some(Jid::lid(lid).to_string());
            }
            history.conversations.push(conversation);
        }
        history
    }

    /// Messages by conversation, oldest first, bounded both ways.
    fn conversations(&self, directory: &dyn Directory) -> Vec<(Jid, Vec<WebMessageInfo>)> {
        let mut by_account: BTreeMap<String, (Jid, Vec<WebMessageInfo>)> = BTreeMap::new();
        let received = self.inbox.messages().rev().map(|message| {
            let info = self.whole_message(&message.id).unwrap_or_else(|| from_inbox(message));
            (message.chat.clone(), info)
        });
        let sent = self.sent.iter().rev().filter(|(_, sent)| !sent.form.peer);
        let sent = sent.filter_map(|(id, sent)| Some((sent.chat.clone(), self.whole_message(id)?)));
        for (chat, info) in received.chain(sent) {
            let account = self.account_of(&chat, directory);
            let full = by_account.len() >= HISTORY_CONVERSATIONS_MAX;
            if full && !by_account.contains_key(&account) {
                continue;
            }
            let (_, messages) = by_account.entry(account).or_insert_with(|| (chat, Vec::new()));
            if messages.len() < 2 * HISTORY_MESSAGES_PER_CONVERSATION_MAX {
                messages.push(info);
            }
        }
        let mut conversations: Vec<_> = by_account.into_values().collect();
        for (_, messages) in &mut conversations {
            messages.sort_by_key(|info| info.message_timestamp);
            let surplus = messages.len().saturating_sub(HISTORY_MESSAGES_PER_CONVERSATION_MAX);
            messages.drain(..surplus);
        }
        conversations
    }
}

fn conversation(chat: &Jid, messages: Vec<WebMessageInfo>) -> Conversation {
    let newest = messages.last().and_then(|info| info.message_timestamp);
    // Newest first, as clients expect conversations to be.
    let messages = messages.into_iter().rev().enumerate().map(|(order, info)| HistorySyncMsg {
        message: MessageField::some(info),
        msg_order_id: Some(order as u64),
    });
    Conversation {
        id: chat.to_string(),
        messages: messages.collect(),
        conversation_timestamp: newest,
        last_msg_timestamp: newest,
        unread_count: Some(0),
        ..Default::default()
    }
}

/// What is left of a message that is not kept whole: its text.
fn from_inbox(message: &InboxMessage) -> WebMessageInfo {
    let participant = message.chat.is_group().then(|| message.from.to_non_ad_string());
    WebMessageInfo {
        key: MessageField::some(MessageKey {
            remote_jid: Some(message.chat.to_string()),
            from_me: Some(message.from_me),
            id: Some(message.id.clone()),
            participant: participant.clone(),
        }),
        message: MessageField::some(compose::text(message.text.clone().unwrap_or_default()).message),
        message_timestamp: Some(message.received_s),
        participant,
        ..Default::default()
    }
}

/// Both names of a person.
fn names_of(chat: &Jid, directory: &dyn Directory) -> Option<(String, String)> {
    if chat.is_lid() {
        Some((directory.pn_of(&chat.user)?, chat.user.to_string()))
    } else if chat.is_pn() {
        Some((chat.user.to_string(), directory.lid_of(&chat.user)?))
    } else {
        None
    }
}

fn mapping(pn: &str, lid: &str) -> PhoneNumberToLIDMapping {
    PhoneNumberToLIDMapping {
        pn_jid: Some(Jid::pn(pn).to_string()),
        lid_jid: Some(Jid::lid(lid).to_string()),
    }
}
