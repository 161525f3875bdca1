//! The log numbers without gaps and receives exactly once, whatever the store answers.

use std::sync::Arc;

use tempfile::TempDir;
use trunkline_model::InstanceId;
use trunkline_model::event::EventBody;
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMessage, Party};
use trunkline_store::{Batch, CommitClass, Ledger, StoreError};
use trunkline_whatsapp::InboundSink;

use super::{CommitInbound, EventLog};
use crate::testing::{self, TestLedger};

const INSTANCE: InstanceId = InstanceId(7);

fn open(ledger: &Arc<TestLedger>) -> Arc<EventLog> {
    let ledger: Arc<dyn Ledger> = ledger.clone();
    Arc::new(EventLog::open(ledger, INSTANCE, Arc::default(), Arc::default()).expect("the log opens"))
}

fn event(code: &str) -> (EventBody, bool) {
    (EventBody::QrIssued { code: code.into(), expires_at_ms: 0 }, false)
}

fn message(wa_id: &str) -> InboundMessage {
    InboundMessage {
        wa_id: wa_id.into(),
        chat: Party { jid: "1@lid".into(), ..Party::default() },
        sender: Party { jid: "1@lid".into(), ..Party::default() },
        from_me: false,
        is_group: false,
        time_ms: 0,
        from_offline_queue: false,
        content: InboundContent::Text { body: "hello".into() },
        quote: None,
        mentions: Vec::new(),
        marks: InboundMarks::default(),
    }
}

fn sequences(log: &EventLog) -> Vec<u64> {
    log.read(0, 100).expect("the log reads").iter().map(|event| event.sequence).collect()
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_and_a_refused_batch_leaves_no_gap() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let append =
        |log: &Arc<EventLog>, code: &str| log.append(Batch::new(), vec![event(code)], CommitClass::First);
    append(&log, "a").expect("queued").durable().await.expect("durable");
    ledger.refuse(Some(|| StoreError::Busy { retry_after_ms: 1 }));
    assert!(append(&log, "refused").is_err());
    ledger.refuse(None);
    let both = log.append(Batch::new(), vec![event("b"), event("c")], CommitClass::Soon).expect("queued");
    both.durable().await.expect("durable");
    assert_eq!((sequences(&log), log.newest()), (vec![1, 2, 3], 3));

    drop(log);
    ledger.close();
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    assert_eq!(log.newest(), 3);
    append(&log, "d").expect("queued").durable().await.expect("durable");
    assert_eq!(sequences(&log), [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_watch_never_shows_an_event_that_is_not_readable() {
    let dir = TempDir::new().expect("a directory");
    let log = open(&testing::ledger(&dir));
    let mut newest = log.shared_newest().subscribe();
    let first = log.append(Batch::new(), vec![event("a")], CommitClass::First).expect("queued");
    let second = log.append(Batch::new(), vec![event("b")], CommitClass::First).expect("queued");
    // Waited for out of order: the mark must not go back.
    second.durable().await.expect("durable");
    first.durable().await.expect("durable");
    assert_eq!(*newest.borrow_and_update(), 2);
    assert_eq!(sequences(&log), [1, 2]);
}

/// The look at the answer takes it; a second look at a commit that was that fast panicked.
#[test]
fn an_answer_that_is_there_at_once_is_taken_once() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    ledger.answer_at_once();
    let appended = log.append(Batch::new(), vec![event("a")], CommitClass::First).expect("queued");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(appended.durable()).expect("durable");
    assert_eq!((log.newest(), sequences(&log)), (1, vec![1]));
}

#[tokio::test]
async fn a_message_delivered_twice_is_one_event() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    sink.commit(vec![message("A"), message("B")]).await.expect("committed");
    sink.commit(vec![message("B"), message("C")]).await.expect("committed");
    assert_eq!(sequences(&log), [1, 2, 3]);
    // The same id of another sender is another message.
    let mut other = message("A");
    other.sender.jid = "2@lid".into();
    sink.commit(vec![other]).await.expect("committed");
    assert_eq!(log.newest(), 4);
}

#[tokio::test]
async fn a_failed_commit_is_not_acknowledged_and_the_next_delivery_counts() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    ledger.refuse(Some(|| StoreError::Closed));
    sink.commit(vec![message("A")]).await.expect_err("nothing is acknowledged");
    ledger.refuse(None);
    sink.commit(vec![message("A")]).await.expect("committed");
    assert_eq!(sequences(&log), [1]);
}

/// A second delivery while the first commit is under way is neither written again nor acknowledged before that is durable.
#[tokio::test]
async fn deliveries_that_overlap_are_one_event() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    let again = async {
        let acknowledged = sink.commit(vec![message("A")]).await;
        (acknowledged, log.read(0, 10).expect("the log reads").len())
    };
    let (first, (second, durable_then)) = tokio::join!(sink.commit(vec![message("A")]), again);
    first.and(second).expect("both are acknowledged");
    assert_eq!((durable_then, sequences(&log)), (1, vec![1]));
}

/// A batch of the protocol crate may be larger than a batch of the store: such a backlog could never be acknowledged.
#[tokio::test]
async fn a_backlog_larger_than_a_batch_is_committed_in_order() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    let long = |number: usize| InboundMessage {
        content: InboundContent::Text { body: "x".repeat(64 << 10) },
        from_offline_queue: true,
        ..message(&number.to_string())
    };
    let backlog: Vec<_> = (0..80).map(long).collect();
    sink.commit(backlog.clone()).await.expect("committed");
    let ids = |log: &EventLog| -> Vec<String> {
        let events = log.read(0, 100).expect("the log reads");
        events.into_iter().map(|event| received(event.body).wa_id).collect()
    };
    let expected: Vec<_> = (0..80).map(|number| number.to_string()).collect();
    assert_eq!(ids(&log), expected);
    sink.commit(backlog).await.expect("known");
    assert_eq!(log.newest(), 80);
}

fn received(body: EventBody) -> InboundMessage {
    match body {
        EventBody::MessageReceived(message) => *message,
        other => panic!("{other:?}"),
    }
}

/// What was committed before a later part failed stays, and is not written again.
#[tokio::test]
async fn a_backlog_that_is_cut_short_goes_on_where_it_stopped() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    let long = |wa_id: &str| InboundMessage {
        content: InboundContent::Text { body: "x".repeat(700 << 10) },
        ..message(wa_id)
    };
    let backlog = vec![long("A"), long("B"), long("C")];
    ledger.refuse_after(2, || StoreError::Closed);
    sink.commit(backlog.clone()).await.expect_err("the third part is refused");
    assert_eq!((log.newest(), sequences(&log)), (2, vec![1, 2]));
    ledger.refuse(None);
    sink.commit(backlog).await.expect("committed");
    assert_eq!(sequences(&log), [1, 2, 3]);
}

/// One message that fits no batch would hold up everything behind it for ever.
#[tokio::test]
async fn a_message_that_fits_nowhere_arrives_without_its_content() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    let huge = InboundMessage {
        content: InboundContent::Contacts { vcards: vec!["x".repeat(5 << 20)] },
        ..message("A")
    };
    sink.commit(vec![huge, message("B")]).await.expect("committed");
    let events = log.read(0, 10).expect("the log reads");
    let contents: Vec<_> = events.into_iter().map(|event| received(event.body).content).collect();
    let left_out = InboundContent::Other { kind: "too_large".into() };
    assert_eq!(contents, [left_out, InboundContent::Text { body: "hello".into() }]);
}

/// A session that is cut while it commits: its batch is on disk, and the marks that it left must not stop the next session.
#[tokio::test]
async fn a_delivery_that_was_cut_off_is_told_apart_from_one_that_failed() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let first = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    let mut delivery = Box::pin(first.commit(vec![message("A")]));
    assert!(futures_util::poll!(&mut delivery).is_pending(), "it is queued");
    drop(delivery);
    let next = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    next.commit(vec![message("A")]).await.expect("it was on its way");
    assert_eq!((log.newest(), sequences(&log)), (1, vec![1]));

    ledger.refuse(Some(|| StoreError::Busy { retry_after_ms: 60_000 }));
    let mut delivery = Box::pin(next.commit(vec![message("B")]));
    assert!(futures_util::poll!(&mut delivery).is_pending(), "it waits for the store");
    drop(delivery);
    ledger.refuse(None);
    next.commit(vec![message("B")]).await.expect_err("nobody knew what became of it");
    next.commit(vec![message("B")]).await.expect("now it is known");
    assert_eq!(sequences(&log), [1, 2]);
}

#[tokio::test]
async fn a_closed_log_takes_nothing_and_acknowledges_nothing() {
    let dir = TempDir::new().expect("a directory");
    let ledger = testing::ledger(&dir);
    let log = open(&ledger);
    let sink = CommitInbound::new(ledger.clone(), log.clone(), INSTANCE);
    log.close();
    sink.commit(vec![message("A")]).await.expect_err("the instance is being erased");
    assert!(log.append(Batch::new(), vec![event("a")], CommitClass::First).is_err());
    let everything = trunkline_store::KeyRange::owner(INSTANCE.slot().0, INSTANCE.0);
    let rows = ledger.scan(everything, trunkline_store::Direction::Forward, 10).expect("it reads");
    assert_eq!(rows, []);
}
