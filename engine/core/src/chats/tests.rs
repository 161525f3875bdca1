//! What an instance knows of chats follows from its events, whatever is still on its way to the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use tempfile::TempDir;
use trunkline_model::chat::{
    ChatChange, ChatChanged, ContactChange, ContactChanged, MessageRef, RetentionRecord,
};
use trunkline_model::command::{ChatFilter, MessageQuery, MessageSearch, Span, StoredMessage};
use trunkline_model::event::EventBody;
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMessage, Party};
use trunkline_model::message::{Content, Lane, MessageStatus, SendMessage, SendOptions, Text};
use trunkline_model::record::{self, MessageRecord, table};
use trunkline_model::{Address, InstanceId, MessageId};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange, Ledger};

use super::{ChatReader, Note, RetentionSweep};
use crate::clock;
use crate::log::{Entries, EventLog};
use crate::place::instance_key;
use crate::testing::{self, TestLedger};

const INSTANCE: InstanceId = InstanceId(7);
const HOUR_MS: i64 = 3_600_000;

struct Desk {
    ledger: Arc<TestLedger>,
    log: Arc<EventLog>,
    reader: ChatReader,
    _dir: TempDir,
}

fn party(phone: Option<&str>, lid: Option<&str>) -> Party {
    let jid = match (phone, lid) {
        (_, Some(lid)) => format!("{lid}@lid"),
        (Some(phone), None) => format!("{phone}@s.whatsapp.net"),
        (None, None) => "120363021033254949@g.us".to_owned(),
    };
    Party { jid, phone: phone.map(str::to_owned), lid: lid.map(str::to_owned), name: None }
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn message(from: &Party, text: &str, time_ms: i64) -> EventBody {
    EventBody::MessageReceived(Box::new(InboundMessage {
        wa_id: text.to_owned(),
        chat: from.clone(),
        sender: from.clone(),
        from_me: false,
        is_group: false,
        time_ms,
        from_offline_queue: false,
        content: InboundContent::Text { body: text.to_owned() },
        quote: None,
        mentions: Vec::new(),
        marks: InboundMarks::default(),
    }))
}

impl Desk {
    fn new() -> Desk {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let shared: Arc<dyn Ledger> = ledger.clone();
        let log = Arc::new(
            EventLog::open(Arc::clone(&shared), INSTANCE, Arc::default(), Arc::default()).expect("it opens"),
        );
        Desk { reader: ChatReader::new(shared, INSTANCE), ledger, log, _dir: dir }
    }

    async fn write(&self, entries: impl Into<Entries>) {
        let appended = self.log.append(Batch::new(), entries, CommitClass::First).expect("it is queued");
        appended.durable().await.expect("durable");
    }

    async fn receive(&self, from: &Party, text: &str, time_ms: i64) {
        self.write(vec![(message(from, text, time_ms), false)]).await;
    }

    fn rows(&self) -> BTreeMap<u8, usize> {
        let all = KeyRange::owner(INSTANCE.slot().0, INSTANCE.0);
        let mut rows = BTreeMap::new();
        for (key, _) in self.ledger.scan(all, Direction::Forward, 100_000).expect("a scan") {
            *rows.entry(key.table()).or_default() += 1;
        }
        rows
    }

    async fn texts(&self, chat: &str) -> Vec<String> {
        let query = MessageQuery { limit: 100, ..MessageQuery::default() };
        let page = self.reader.messages(&address(chat), &query, |_| true).await;
        page.expect("a page").0.into_iter().filter_map(|message| message.text).collect()
    }
}

#[tokio::test]
async fn a_message_of_a_known_chat_adds_two_rows() {
    let desk = Desk::new();
    let nora = party(Some("966501234567"), Some("77"));
    desk.receive(&nora, "a", HOUR_MS).await;
    let before = desk.rows();
    let expected = [
        (table::EVENT, 1),
        (table::CHAT, 1),
        (table::CHAT_ACTIVITY, 1),
        (table::CHAT_MESSAGE, 1),
        (table::CONTACT, 1),
        (table::PERSON_ALIAS, 1),
    ];
    assert_eq!(before, BTreeMap::from(expected));
    // Written rows, not rows that stay: the batch holds the event, the place and the chat.
    let mut batch = Batch::new();
    let pending = super::Pending::default();
    let mut sheet = super::Sheet::new(&*desk.ledger, INSTANCE, &pending);
    let event = trunkline_model::event::Event {
        sequence: 2,
        time_ms: 0,
        backfilled: false,
        body: message(&nora, "b", HOUR_MS + 1),
    };
    sheet.follow(&event).expect("it follows");
    sheet.fill(&mut batch);
    assert_eq!(batch.len(), 2);
}

#[tokio::test]
async fn messages_on_their_way_to_the_disk_count() {
    let desk = Desk::new();
    let nora = party(Some("966501234567"), None);
    let queued: Vec<_> = (0..20)
        .map(|number| {
            let body = message(&nora, &number.to_string(), HOUR_MS + number);
            desk.log.append(Batch::new(), vec![(body, false)], CommitClass::First).expect("queued")
        })
        .collect();
    for appended in queued {
        appended.durable().await.expect("durable");
    }
    let chat = desk.reader.chat(&address("966501234567")).expect("it reads").expect("a chat");
    assert_eq!((chat.unread, chat.last_message_ms), (20, Some(HOUR_MS + 19)));
    desk.write(vec![Note::Read(nora, 5)]).await;
    let chat = desk.reader.chat(&address("966501234567")).expect("it reads").expect("a chat");
    assert_eq!(chat.unread, 15);
}

#[tokio::test]
async fn a_refused_batch_leaves_nothing_behind() {
    let desk = Desk::new();
    let nora = party(Some("966501234567"), None);
    desk.ledger.refuse(Some(|| trunkline_store::StoreError::Busy { retry_after_ms: 1 }));
    let refused = desk.log.append(Batch::new(), vec![(message(&nora, "a", 1), false)], CommitClass::First);
    assert!(refused.is_err());
    desk.ledger.refuse(None);
    desk.receive(&nora, "a", 1).await;
    let chat = desk.reader.chat(&address("966501234567")).expect("it reads").expect("a chat");
    assert_eq!(chat.unread, 1);
}

#[tokio::test]
async fn a_person_who_came_by_lid_and_by_number_is_one() {
    let desk = Desk::new();
    desk.receive(&party(None, Some("77")), "by lid", HOUR_MS).await;
    desk.receive(&party(Some("966501234567"), None), "by number", 2 * HOUR_MS).await;
    let chats = async || {
        let page = desk.reader.chats(None, &ChatFilter::default(), 10).await.expect("a page").0;
        page.into_iter().map(|chat| chat.chat.jid).collect::<Vec<_>>()
    };
    assert_eq!(chats().await, ["966501234567@s.whatsapp.net", "77@lid"]);
    desk.receive(&party(Some("966501234567"), Some("77")), "by both", 3 * HOUR_MS).await;
    assert_eq!(chats().await, ["966501234567@s.whatsapp.net"]);
    for name in ["966501234567", "77@lid"] {
        let chat = desk.reader.chat(&address(name)).expect("it reads").expect("a chat");
        assert_eq!((chat.unread, chat.chat.lid.as_deref()), (3, Some("77")), "{name}");
        assert_eq!(desk.texts(name).await, ["by both", "by number", "by lid"], "{name}");
    }
    let mut lid = party(None, Some("77"));
    desk.log.complete(&mut lid);
    assert_eq!(lid.phone.as_deref(), Some("966501234567"));
    let (contacts, _) = desk.reader.contacts(None, None, 10).await.expect("a page");
    assert_eq!(contacts.len(), 1);
}

#[tokio::test]
async fn chats_are_listed_by_their_newest_message_page_by_page() {
    let desk = Desk::new();
    // Several chats an hour, in an order that is not that of their ids.
    let mut expected = Vec::new();
    for number in 0..40_i64 {
        let phone = format!("96650{:07}", (number * 7_919) % 1_000_003);
        let time_ms = HOUR_MS * (number / 7) + (number * 31) % 7 + 1;
        desk.receive(&party(Some(&phone), None), "x", time_ms).await;
        expected.push((time_ms, format!("{phone}@s.whatsapp.net")));
    }
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let expected: Vec<String> = expected.into_iter().map(|(_, jid)| jid).collect();
    for limit in [1, 3, 7, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = desk.reader.chats(after.as_ref(), &ChatFilter::default(), limit).await;
            let (chats, next) = page.expect("a page");
            assert!(chats.len() <= limit);
            found.extend(chats.into_iter().map(|chat| chat.chat.jid));
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "{limit} a page");
    }
    let archived = ChatFilter { archived: Some(true), ..ChatFilter::default() };
    assert_eq!(desk.reader.chats(None, &archived, 10).await.expect("a page"), (Vec::new(), None));
}

#[tokio::test]
async fn what_comes_back_as_a_change_is_told_once() {
    let desk = Desk::new();
    let nora = party(Some("966501234567"), None);
    desk.receive(&nora, "a", 1).await;
    let message = MessageRef { wa_id: "a".to_owned(), from_me: false, participant: None };
    let changes = [
        ChatChange::Archived(true),
        ChatChange::Starred { message: message.clone(), on: true },
        ChatChange::MessageDeleted(message),
        ChatChange::Cleared,
        ChatChange::Deleted,
    ];
    for change in changes {
        let body =
            || EventBody::ChatChanged(Box::new(ChatChanged { chat: nora.clone(), change: change.clone() }));
        let before = desk.log.newest();
        let begun_ms = clock::wall_ms();
        desk.write(Entries::news(body(), begun_ms)).await;
        desk.write(Entries::news(body(), begun_ms)).await;
        assert_eq!(desk.log.newest(), before + 1, "{change:?}");
    }
    assert_eq!(desk.reader.chat(&address("966501234567")).expect("it reads"), None);
    let saved = ContactChange::Saved { full_name: Some("Nora".to_owned()), first_name: None };
    let body = || {
        EventBody::ContactChanged(Box::new(ContactChanged { person: nora.clone(), change: saved.clone() }))
    };
    let before = desk.log.newest();
    desk.write(Entries::news(body(), 0)).await;
    desk.write(Entries::news(body(), 0)).await;
    assert_eq!(desk.log.newest(), before + 1);
    assert!(desk.reader.contact(&address("966501234567")).expect("somebody").saved);
}

#[tokio::test]
async fn old_messages_leave_their_chats_and_the_search() {
    let desk = Desk::new();
    let now_ms = clock::wall_ms();
    let day_ms = 24 * HOUR_MS;
    for (index, phone) in ["966500000001", "966500000002"].into_iter().enumerate() {
        let from = party(Some(phone), None);
        desk.receive(&from, &format!("old {index}"), now_ms - 9 * day_ms).await;
        desk.receive(&from, &format!("new {index}"), now_ms - day_ms).await;
    }
    let mut batch = Batch::new();
    let kept = record::encode(&RetentionRecord { days: 3 }).expect("small");
    batch.put(instance_key(INSTANCE, table::RETENTION, b""), kept);
    desk.ledger.commit(batch, CommitClass::First).await.expect("durable");
    let found = search(&desk, None).await;
    assert_eq!(found, ["new 1", "new 0"]);
    let mut sweep = RetentionSweep::default();
    let mut over = false;
    while !over {
        let (batch, last) = sweep.step(&desk.reader).expect("a step");
        desk.ledger.commit(batch, CommitClass::First).await.expect("durable");
        over = last;
    }
    assert_eq!(desk.rows()[&table::CHAT_MESSAGE], 2);
    assert_eq!(desk.texts("966500000001").await, ["new 0"]);
}

async fn search(desk: &Desk, text: Option<&str>) -> Vec<String> {
    let query = MessageQuery { limit: 2, span: Span::default(), after: None };
    let mut search = MessageSearch { text: text.map(str::to_owned), chat: None, query };
    let mut found: Vec<StoredMessage> = Vec::new();
    loop {
        let (page, next) = desk.reader.search(&search).await.expect("a page");
        found.extend(page);
        match next {
            Some(next) => search.query.after = Some(next),
            None => return found.into_iter().filter_map(|message| message.text).collect(),
        }
    }
}

#[tokio::test]
async fn a_search_finds_what_arrived_and_what_was_sent() {
    let desk = Desk::new();
    let nora = party(Some("966501234567"), None);
    for number in 0..5 {
        desk.receive(&nora, &format!("Order {number}"), HOUR_MS + number).await;
    }
    let id = MessageId::from_u64(42).expect("small");
    let record = MessageRecord {
        id,
        wa_id: "W".to_owned(),
        to: nora.jid.clone(),
        kind: "text".to_owned(),
        lane: Lane::Interactive,
        status: MessageStatus::Sent,
        status_times_ms: BTreeMap::from([
            (MessageStatus::Pending, 2 * HOUR_MS),
            (MessageStatus::Sent, 2 * HOUR_MS + 1),
        ]),
        attempts: 1,
        error: None,
        metadata: None,
        voucher: None,
    };
    let body = SendMessage {
        to: address("966501234567"),
        content: Content::Text(Text::plain("your order is on its way")),
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    };
    let mut batch = Batch::new();
    let suffix = id.get().to_be_bytes();
    batch.put(instance_key(INSTANCE, table::MESSAGE, &suffix), record::encode(&record).expect("small"));
    batch.put(instance_key(INSTANCE, table::MESSAGE_BODY, &suffix), record::encode(&body).expect("small"));
    let status = trunkline_model::event::StatusChange {
        message: id,
        wa_id: "W".to_owned(),
        chat: nora.clone(),
        status: MessageStatus::Sent,
        error: None,
        participant: None,
        metadata: None,
    };
    let entries = Entries {
        bodies: vec![(EventBody::MessageStatus(status), false)],
        notes: vec![Note::Sent { id, to: nora.jid.clone(), time_ms: 2 * HOUR_MS }],
        news_since_ms: None,
    };
    let appended = desk.log.append(batch, entries, CommitClass::First).expect("queued");
    appended.durable().await.expect("durable");
    assert_eq!(search(&desk, Some("ORDER")).await.len(), 6);
    assert_eq!(search(&desk, Some("order 3")).await, ["Order 3"]);
    assert_eq!(search(&desk, Some("nothing")).await, Vec::<String>::new());
    assert_eq!(
        desk.texts("966501234567").await.first().map(String::as_str),
        Some("your order is on its way")
    );
}
