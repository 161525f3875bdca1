//! Chats, as front ends ask about them and as WhatsApp tells of them.

use std::sync::Arc;

use trunkline_model::chat::{
    ChatChange, ChatChanged, LabelChanged, LabelRecord, MessageRef, RetentionRecord,
};
use trunkline_model::command::{ChatCommand, LabelChanges, LabelView, Reply, StoredBody};
use trunkline_model::event::EventBody;
use trunkline_model::inbound::Party;
use trunkline_model::record::{self, table};
use trunkline_model::{Address, ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass};
use trunkline_whatsapp::{AppStateChange, Session};

use super::call::session_failure;
use super::message::{Replier, answer};
use super::state::Instance;
use crate::chats::{ChatReader, Note, retention_days};
use crate::clock;
use crate::log::{Entries, EventLog};
use crate::shard::store_failure;

type Result<T> = std::result::Result<T, Failure>;

impl Instance {
    /// Reads what is on disk of this instance's chats and people.
    pub(super) fn chat_reader(&self) -> ChatReader {
        ChatReader::new(Arc::clone(&self.context.ledger), self.id())
    }

    /// Answers a command about chats.
    pub(super) async fn chat(&mut self, command: ChatCommand, reply: Replier) {
        let reader = self.chat_reader();
        let result = match command {
            ChatCommand::List { after, filter, limit } => {
                let page = reader.chats(after.as_ref(), &filter, limit).await;
                page.map(|(chats, next)| Reply::Chats { chats, next })
            }
            ChatCommand::Get(chat) => view(&reader, &chat),
            ChatCommand::Change(chat, changes) => return self.change_chat(chat, changes, reply),
            ChatCommand::Act(chat, change) => return self.act_on_chat(chat, change, reply),
            ChatCommand::ListMessages(chat, query) => {
                let page = reader.messages(&chat, &query, |_| true).await;
                page.map(|(messages, next)| Reply::StoredMessages { messages, next })
            }
            ChatCommand::Search(search) => {
                let page = reader.search(&search).await;
                page.map(|(messages, next)| Reply::StoredMessages { messages, next })
            }
            ChatCommand::RequestHistory { chat, messages } => {
                return self.request_history(&chat, messages, reply);
            }
            ChatCommand::ListLabels => reader.labels().map(Reply::Labels),
            ChatCommand::CreateLabel(label) => match next_label(&reader) {
                Ok(id) => return self.put_label(id, label, reply),
                Err(failure) => Err(failure),
            },
            ChatCommand::UpdateLabel(id, changes) => match reader.label(&id) {
                Ok(label) => return self.put_label(id, changed(label, changes), reply),
                Err(failure) => Err(failure),
            },
            ChatCommand::DeleteLabel(id) => match reader.label(&id) {
                Ok(_) => return self.delete_label(id, reply),
                Err(failure) => Err(failure),
            },
            ChatCommand::GetRetention => retention_days(&reader).map(Reply::Retention),
            ChatCommand::SetRetention(days) => self.set_retention(days).await,
        };
        answer(reply, result);
    }

    /// Changes a chat, one thing after the other; the answer shows it as it is on disk then.
    fn change_chat(&self, chat: Address, changes: Vec<ChatChange>, reply: Replier) {
        let (reader, log) = (self.chat_reader(), Arc::clone(&self.log));
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                apply(&session, &log, &reader, (&chat, &changes)).await?;
                view(&reader, &chat)
            })
        });
    }

    fn act_on_chat(&self, chat: Address, change: ChatChange, reply: Replier) {
        let (reader, log) = (self.chat_reader(), Arc::clone(&self.log));
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                apply(&session, &log, &reader, (&chat, &[change])).await?;
                Ok(Reply::Done)
            })
        });
    }

    fn put_label(&self, id: String, label: LabelRecord, reply: Replier) {
        let changed = LabelChanged { id: id.clone(), label: Some(label.clone()) };
        self.change_label(changed, Reply::Label(LabelView { id, label }), reply);
    }

    fn delete_label(&self, id: String, reply: Replier) {
        self.change_label(LabelChanged { id, label: None }, Reply::Done, reply);
    }

    fn change_label(&self, changed: LabelChanged, done: Reply, reply: Replier) {
        let log = Arc::clone(&self.log);
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let begun_ms = clock::wall_ms();
                session.change_label(&changed).await.map_err(|error| session_failure(&error))?;
                durable(&log, Entries::news(EventBody::LabelChanged(Box::new(changed)), begun_ms)).await?;
                Ok(done)
            })
        });
    }

    /// Asks the phone for messages that are older than the oldest one that is here.
    fn request_history(&self, chat: &Address, messages: u32, reply: Replier) {
        let reader = self.chat_reader();
        let oldest = reader.oldest(chat).and_then(|oldest| {
            let detail = "This chat has no message here that the phone could go back from.";
            oldest.ok_or_else(|| Failure::new(ErrorCode::ChatNotFound, detail))
        });
        let (oldest, addressed) = match oldest.and_then(|oldest| Ok((oldest, reader.addressed(chat)?))) {
            Ok(found) => found,
            Err(failure) => return answer(reply, Err(failure)),
        };
        let message = reference(&oldest.message);
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let asked = session.request_history(&addressed, &message, oldest.time_ms, messages).await;
                asked.map(|()| Reply::HistoryRequested).map_err(|error| session_failure(&error))
            })
        });
    }

    async fn set_retention(&self, days: Option<u32>) -> Result<Reply> {
        let key = self.key(table::RETENTION, b"");
        let mut batch = Batch::new();
        match days {
            Some(days) => {
                let bytes = record::encode(&RetentionRecord { days })
                    .map_err(|_| Failure::new(ErrorCode::Internal, "The retention could not be stored."))?;
                batch.put(key, bytes);
            }
            None => batch.delete(key),
        }
        write(&self.log, batch, Entries::default()).await?;
        Ok(Reply::Retention(days))
    }

    /// Tells the authors that messages were read.
    pub(super) fn mark_read(
        &self,
        chat: String,
        participant: Option<String>,
        wa_ids: Vec<String>,
        reply: Replier,
    ) {
        let (reader, log) = (self.chat_reader(), Arc::clone(&self.log));
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                // A person's chat is known by two names; the author waits for an answer to the one that was used.
                let addressed = match chat.parse::<Address>() {
                    Ok(address) => reader.addressed(&address)?,
                    Err(_) => chat.clone(),
                };
                let marked = session.mark_read(&addressed, participant.as_deref(), &wa_ids).await;
                marked.map_err(|error| session_failure(&error))?;
                let read = u32::try_from(wa_ids.len()).unwrap_or(u32::MAX);
                durable(&log, Entries::from(vec![Note::Read(Party::of_jid(&chat), read)])).await?;
                Ok(Reply::Done)
            })
        });
    }

    /// Another device of the account read messages.
    pub(super) async fn read_elsewhere(&mut self, chat: Party, messages: usize) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        self.append(Batch::new(), vec![Note::Read(chat, messages)], CommitClass::Soon).await;
    }

    /// When the present connection opened, in milliseconds since the Unix epoch.
    fn opened_at_ms(&self) -> Option<i64> {
        let open_ms = clock::steady_ms().saturating_sub(self.open_since_ms?);
        Some(clock::wall_ms().saturating_sub_unsigned(open_ms))
    }

    /// Something changed of what the account's devices share.
    pub(super) async fn changed(&mut self, change: AppStateChange, is_past: bool, at_ms: i64) {
        // The first sync of a collection is marked as the past, also when what is in it was made a moment ago.
        let is_past = is_past && self.opened_at_ms().is_none_or(|opened_at_ms| at_ms < opened_at_ms);
        let entries = match change {
            AppStateChange::Chat(mut changed) => {
                self.log.complete(&mut changed.chat);
                complete_author(&self.log, &mut changed.change);
                match is_past {
                    true => Entries::from(vec![Note::Chat(changed)]),
                    false => Entries::news(EventBody::ChatChanged(Box::new(changed)), at_ms),
                }
            }
            AppStateChange::Contact(mut changed) => {
                self.log.complete(&mut changed.person);
                match is_past {
                    true => Entries::from(vec![Note::Contact(changed)]),
                    false => Entries::news(EventBody::ContactChanged(Box::new(changed)), at_ms),
                }
            }
            AppStateChange::Label(changed) => match is_past {
                true => Entries::from(vec![Note::Label(changed)]),
                false => Entries::news(EventBody::LabelChanged(Box::new(changed)), at_ms),
            },
        };
        self.append(Batch::new(), entries, CommitClass::Soon).await;
    }
}

/// Has WhatsApp make each change, and writes it.
async fn apply(
    session: &Session,
    log: &Arc<EventLog>,
    reader: &ChatReader,
    (chat, changes): (&Address, &[ChatChange]),
) -> Result<()> {
    let addressed = reader.addressed(chat)?;
    let party = reader.party(&reader.key_of(chat)?)?;
    for change in changes {
        if let ChatChange::Labelled { label, on: true } = change {
            reader.label(label)?;
        }
        let begun_ms = clock::wall_ms();
        session.change_chat(&addressed, change).await.map_err(|error| session_failure(&error))?;
        let mut changed = ChatChanged { chat: party.clone(), change: change.clone() };
        complete_author(log, &mut changed.change);
        durable(log, Entries::news(EventBody::ChatChanged(Box::new(changed)), begun_ms)).await?;
    }
    Ok(())
}

/// Adds the other name of the author of the message that a change is about.
fn complete_author(log: &EventLog, change: &mut ChatChange) {
    if let ChatChange::Starred { message, .. } | ChatChange::MessageDeleted(message) = change
        && let Some(author) = &mut message.participant
    {
        log.complete(author);
    }
}

/// Writes what was done, and waits until it is on disk: what a 2xx says must survive.
pub(super) async fn durable(log: &Arc<EventLog>, entries: Entries) -> Result<()> {
    write(log, Batch::new(), entries).await
}

async fn write(log: &Arc<EventLog>, batch: Batch, entries: Entries) -> Result<()> {
    let appended = log.append_patiently(batch, entries, CommitClass::First).await;
    let written = match appended {
        Ok(appended) => appended.durable().await,
        Err(error) => Err(error),
    };
    written.map_err(|error| store_failure(&error))
}

fn view(reader: &ChatReader, chat: &Address) -> Result<Reply> {
    let view = reader.chat(chat)?;
    view.map(|view| Reply::Chat(Box::new(view)))
        .ok_or_else(|| Failure::new(ErrorCode::ChatNotFound, "This instance knows no such chat."))
}

/// The message as the phone knows it.
fn reference(message: &StoredBody) -> MessageRef {
    match message {
        StoredBody::Received { message, .. } => MessageRef {
            wa_id: message.wa_id.clone(),
            from_me: message.from_me,
            participant: message.is_group.then(|| message.sender.clone()),
        },
        StoredBody::Sent(view) => MessageRef { wa_id: view.wa_id.clone(), from_me: true, participant: None },
    }
}

/// The number after the largest one that a label has.
fn next_label(reader: &ChatReader) -> Result<String> {
    let labels = reader.labels()?;
    let largest = labels.iter().filter_map(|label| label.id.parse::<u64>().ok()).max();
    Ok(largest.unwrap_or(0).saturating_add(1).to_string())
}

fn changed(label: LabelRecord, changes: LabelChanges) -> LabelRecord {
    LabelRecord { name: changes.name.unwrap_or(label.name), color: changes.color.unwrap_or(label.color) }
}
