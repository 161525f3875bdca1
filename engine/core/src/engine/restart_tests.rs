//! What a restart of the process makes of what it finds on disk. Nobody answers at the address that is dialled.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;
use trunkline_model::command::{Command, CreateInstance, InstanceView, Reply};
use trunkline_model::event::{CloseReason, Event, EventBody};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::inbound::Party;
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, InstancePointer, InstanceRecord, OutboxRow, table};
use trunkline_model::{ErrorCode, InstanceId, WorkspaceId};
use trunkline_store::{Batch, CommitClass, DataDir, Ledger, LocalLedger, Sealer, StoreOptions};
use trunkline_whatsapp::Endpoints;

use super::{Engine, EngineError};
use crate::config::EngineConfig;
use crate::place::{instance_key, slot_key};
use crate::{SessionKitConfig, clock, limits};

const EVENT_TIMEOUT: Duration = Duration::from_secs(20);
/// How far ahead the tests schedule: far enough to be seen waiting, near enough to wait for.
const AHEAD_MS: u64 = 1_500;

pub(super) fn config(dir: &Path) -> EngineConfig {
    let endpoints =
        Endpoints { websocket_url: "wss://127.0.0.1:1/ws/chat".to_owned(), ..Endpoints::default() };
    EngineConfig {
        data_dir: dir.join("data"),
        master_key_file: dir.join("key"),
        shards: 1,
        pin_threads: false,
        whatsapp: SessionKitConfig {
            endpoints,
            client_version: Some((2, 3_000, 1)),
            ..SessionKitConfig::default()
        },
        allow_private_fetch: false,
        memory_budget_bytes: limits::MEMORY_BUDGET_BYTES,
        client_quiet_ms: limits::QUIET_MS,
        media_spool: trunkline_spool::Backend::Std,
        media_quota_bytes: u64::MAX,
        bucket: None,
        reconnects_per_second: 1_000,
        instances_max: usize::MAX,
        write_events: Arc::new(crate::testing::shard::Numbers),
        on_fatal: Arc::new(|fatal| panic!("{fatal}")),
    }
}

fn linked(id: u64, state: InstanceState) -> InstanceRecord {
    let jid = format!("{id}@s.whatsapp.net");
    InstanceRecord {
        id: InstanceId(id),
        account: ROOT_ACCOUNT,
        workspace: WorkspaceId::default_of(ROOT_ACCOUNT),
        name: None,
        metadata: None,
        state,
        reason: None,
        scheduled_at_ms: None,
        linked: Some(Party { jid, phone: None, lid: None, name: None }),
        created_at_ms: i64::try_from(id).expect("a small id"),
    }
}

/// A data directory that an earlier life of the node left behind; `with_work` have a message in their outbox.
fn left_behind(config: &EngineConfig, records: &[InstanceRecord], with_work: &[InstanceId]) {
    let data_dir = DataDir::open_or_create(&config.data_dir).expect("a fresh directory");
    data_dir.claim_shards(config.shards).expect("a fresh directory");
    Sealer::open(&data_dir, &config.master_key_file).expect("a fresh key");
    let ledger = LocalLedger::open(&data_dir, 0, StoreOptions::default()).expect("the store opens");
    for some in records.chunks(1_000) {
        let mut batch = Batch::new();
        for record in some {
            let pointer = InstancePointer { instance: record.id };
            let directory_key =
                slot_key(record.id.slot(), table::INSTANCE_DIRECTORY, &record.id.0.to_be_bytes());
            batch.put(directory_key, record::encode(&pointer).expect("small"));
            batch.put(instance_key(record.id, table::INSTANCE, b""), record::encode(record).expect("small"));
        }
        for instance in with_work.iter().filter(|id| some.iter().any(|record| record.id == **id)) {
            let row = record::encode(&OutboxRow { chat: 1 }).expect("small");
            batch.put(instance_key(*instance, table::OUTBOX, &[1, 0, 0, 0, 0, 0, 0, 0, 1]), row);
        }
        ledger.commit(batch, CommitClass::First).wait().expect("durable");
    }
    ledger.close().expect("the store closes");
}

/// A started engine and a runtime to speak to it.
struct Node {
    engine: Engine,
    runtime: Runtime,
    _dir: TempDir,
}

impl Node {
    fn start(
        adapt: impl FnOnce(&mut EngineConfig),
        records: &[InstanceRecord],
        with_work: &[InstanceId],
    ) -> Result<Node, EngineError> {
        let dir = TempDir::new().expect("a directory");
        let mut config = config(dir.path());
        adapt(&mut config);
        left_behind(&config, records, with_work);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Ok(Node { engine: Engine::start(config)?, runtime, _dir: dir })
    }

    fn view(&self, id: u64) -> InstanceView {
        match self.runtime.block_on(self.engine.call(InstanceId(id), Command::GetInstance)) {
            Ok(Reply::Instance(view)) => *view,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until an instance connects; when that was.
    fn connecting_at_ms(&self, id: u64) -> i64 {
        let instance = InstanceId(id);
        let connects = |event: &Event| {
            matches!(event.body, EventBody::StateChanged { to: InstanceState::Connecting, .. })
        };
        let waiting = async {
            let mut tail = self.engine.tail(instance).expect("it is there");
            loop {
                let pull = Command::PullEvents { after: 0, limit: 50 };
                match self.engine.call(instance, pull).await {
                    Ok(Reply::Events { events, .. }) => {
                        if let Some(event) = events.into_iter().find(connects) {
                            return event.time_ms;
                        }
                    }
                    other => panic!("{other:?}"),
                }
                tail.next().await.expect("it stays");
            }
        };
        let waited = self.runtime.block_on(async { tokio::time::timeout(EVENT_TIMEOUT, waiting).await });
        waited.unwrap_or_else(|_| panic!("{id} did not connect: {:?}", self.view(id)))
    }

    fn stop(self) {
        self.runtime.block_on(self.engine.shutdown());
    }
}

#[test]
fn what_was_scheduled_is_not_tried_earlier() {
    let until_ms = clock::wall_ms().saturating_add_unsigned(AHEAD_MS);
    let scheduled = |id, state, reason| InstanceRecord {
        reason: Some(reason),
        scheduled_at_ms: Some(until_ms),
        ..linked(id, state)
    };
    let records = [
        scheduled(1, InstanceState::Restricted, CloseReason::TemporaryBan),
        scheduled(2, InstanceState::Conflict, CloseReason::Replaced),
        scheduled(3, InstanceState::BackingOff, CloseReason::ServiceUnavailable),
        linked(4, InstanceState::Open),
    ];
    let node = Node::start(|_| {}, &records, &[]).expect("it starts");
    for record in &records[..3] {
        let view = node.view(record.id.0);
        if clock::wall_ms() < until_ms {
            let expected = (record.state, record.reason, record.scheduled_at_ms);
            assert_eq!((view.state, view.reason, view.next_attempt_at_ms), expected);
        }
        assert!(node.connecting_at_ms(record.id.0) >= until_ms, "{:?} was tried early", record.state);
    }
    assert!(node.connecting_at_ms(4) < until_ms, "what was open connects at once");
    assert_eq!(node.engine.status().resume.total, 1, "the others come in their own time");
    node.stop();
}

#[test]
fn what_must_not_be_left_early_and_has_no_schedule_gets_one() {
    let (restricted, conflict) = (linked(1, InstanceState::Restricted), linked(2, InstanceState::Conflict));
    let node = Node::start(|_| {}, &[restricted, conflict], &[]).expect("it starts");
    let wait_ms = |id| node.view(id).next_attempt_at_ms.expect("it is scheduled") - clock::wall_ms();
    assert!((86_300_000..=86_400_000).contains(&wait_ms(1)), "a restriction of unknown length: a day");
    assert!((890_000..=900_000).contains(&wait_ms(2)), "a conflict: a quarter of an hour");
    node.stop();
}

#[test]
fn only_what_wants_a_connection_comes_back() {
    let resting =
        [InstanceState::New, InstanceState::Stopped, InstanceState::Parked, InstanceState::LoggedOut];
    let mut records: Vec<_> = (1..).zip(resting).map(|(id, state)| linked(id, state)).collect();
    records.push(InstanceRecord { linked: None, ..linked(9, InstanceState::AwaitingScan) });
    let node = Node::start(|_| {}, &records, &[]).expect("it starts");
    for (id, state) in (1..).zip(resting) {
        assert_eq!(node.view(id).state, state);
    }
    assert_eq!(node.view(9).state, InstanceState::New, "nobody holds a phone any more");
    let status = node.engine.status();
    assert!(status.resume.total == 0 && status.resume.done(), "{:?}", status.resume);
    node.stop();
}

#[test]
fn numbers_at_rest_come_back_without_an_actor_and_looking_at_them_changes_nothing() {
    let states =
        [InstanceState::New, InstanceState::Stopped, InstanceState::Parked, InstanceState::LoggedOut];
    let records: Vec<_> = (1..=40).zip(states.iter().cycle()).map(|(id, state)| linked(id, *state)).collect();
    let node = Node::start(|_| {}, &records, &[InstanceId(2)]).expect("it starts");
    let awake = || {
        let sleeps = |id: u64| node.engine.route(InstanceId(id)).expect("it is there").lanes.is_dormant();
        (1..=40).filter(|id| !sleeps(*id)).collect::<Vec<u64>>()
    };
    assert!(awake().is_empty(), "{:?}", awake());
    let listed =
        node.runtime.block_on(node.engine.list_instances(ROOT_ACCOUNT, (None, 100), Default::default()));
    let (views, more) = listed.expect("a list");
    assert!(views.len() == 40 && !more);
    assert!(
        views.iter().zip(&records).all(|(view, record)| view.id == record.id && view.state == record.state)
    );
    assert_eq!(views[1].outbox_depth, 1);
    let status = node.engine.status();
    assert_eq!(status.instances.iter().map(|(_, count)| count).sum::<usize>(), 40);
    assert!(awake().is_empty(), "{:?}", awake());
    let asked = node.runtime.block_on(node.engine.call(InstanceId(2), Command::Connect));
    assert!(asked.is_ok(), "{asked:?}");
    assert_eq!(awake(), [2]);
    node.connecting_at_ms(2);
    node.stop();
}

#[test]
fn numbers_with_queued_work_come_first_and_the_others_wait_for_their_turn() {
    // The later an id, the later it was active: without its work the first would be the last.
    let records: Vec<_> = (1..=9).map(|id| linked(id, InstanceState::Open)).collect();
    let slow = |config: &mut EngineConfig| config.reconnects_per_second = 1;
    let node = Node::start(slow, &records, &[InstanceId(1)]).expect("it starts");
    node.connecting_at_ms(1);
    let waits = |id| {
        let view = node.view(id);
        (view.state, view.reason, view.next_attempt_at_ms)
            == (InstanceState::BackingOff, Some(CloseReason::WaitingForTurn), None)
    };
    assert!(waits(2) && waits(3), "{:?} {:?}", node.view(2), node.view(3));
    let status = node.engine.status();
    assert_eq!((status.resume.total, status.shards[0].instances), (9, 9));
    assert!(!status.resume.done() && status.resume.waiting >= 2, "{:?}", status.resume);
    // Whoever deletes or stops a number takes its place away.
    let stopped = node.runtime.block_on(node.engine.call(InstanceId(2), Command::Disconnect));
    assert!(stopped.is_ok(), "{stopped:?}");
    assert_eq!(node.view(2).state, InstanceState::Stopped);
    assert_eq!(node.engine.status().resume.failed.get("given_up"), Some(&1));
    // Whoever asks for a connection does not wait for the others.
    let asked = node.runtime.block_on(node.engine.call(InstanceId(3), Command::Connect));
    assert!(asked.is_ok(), "{asked:?}");
    node.connecting_at_ms(3);
    node.stop();
}

#[test]
fn a_node_holds_no_more_than_it_has_room_for() {
    let records = [linked(1, InstanceState::Stopped), linked(2, InstanceState::Stopped)];
    let one = |config: &mut EngineConfig| config.instances_max = 1;
    match Node::start(one, &records, &[]) {
        Err(EngineError::TooManyInstances { found: 2, max: 1 }) => {}
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    }
    let two = |config: &mut EngineConfig| config.instances_max = 2;
    let node = Node::start(two, &records, &[]).expect("it starts");
    let made = node.engine.create_instance(ROOT_ACCOUNT, CreateInstance::default());
    let refused = node.runtime.block_on(made).expect_err("there is no room");
    assert_eq!((refused.code, refused.code.http_status()), (ErrorCode::NodeFull, 507));
    node.stop();
}
