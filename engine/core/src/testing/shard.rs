//! A shard without a thread of its own: its supervisor and actors on the test's runtime, over a ledger that can refuse. Nobody
//! answers at the address that is dialled.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ractor::{Actor, ActorRef};
use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};
use trunkline_model::command::{Command, InstanceView, MessageView, Reply, SendRequest};
use trunkline_model::delivery::{DialectFormat, Telling, Told};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::gate::Pace;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::inbound::Party;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{Content, Lane, SendMessage, SendOptions, Text};
use trunkline_model::record::{self, InstancePointer, InstanceRecord, table};
use trunkline_model::{AccountId, EndpointId, Failure, InstanceId, MessageId, WorkspaceId};
use trunkline_store::{Batch, CommitClass, Ledger};
use trunkline_whatsapp::{Endpoints, SessionEvent, SessionKit, SessionKitConfig};

use super::TestLedger;
use crate::account::{Accounts, Belongings};
use crate::credits::CallLane;
use crate::delivery::{Couriers, Dispatcher, EventWriter, Registry, ShardSide};
use crate::directory::{Credit, Directory, Route};
use crate::instance::{Ask, InstanceMsg, Letter, archive};
use crate::media::{BlobStore, MediaFetcher, Transfers};
use crate::place::{instance_key, slot_key};
use crate::planner::Planner;
use crate::shard::{ShardContext, ShardSupervisor, SupervisorMsg, parts};
use crate::spawn::{SessionSpawner, Spawner, TaskKind};

/// How long anything may take on a busy machine. Nothing waits this long unless the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens")
}

/// Where an answer will be.
pub(crate) type Answered = oneshot::Receiver<Result<Reply, Failure>>;

/// The instance of most tests.
pub(crate) const INSTANCE: InstanceId = InstanceId(7);

/// A running shard.
pub(crate) struct TestShard {
    pub(crate) ledger: Arc<TestLedger>,
    pub(crate) context: Arc<ShardContext>,
    pub(crate) supervisor: ActorRef<SupervisorMsg>,
    dispatcher: Arc<Dispatcher>,
    _dir: TempDir,
}

/// Where a connection is made and nobody ever answers: who connects is connecting until told otherwise.
fn silent_service() -> String {
    static LISTENER: LazyLock<TcpListener> =
        LazyLock::new(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
    let address = LISTENER.local_addr().expect("an address");
    format!("wss://{address}/ws/chat")
}

/// An instance that is linked and does nothing by itself.
pub(crate) fn resting() -> InstanceRecord {
    InstanceRecord {
        id: INSTANCE,
        account: ROOT_ACCOUNT,
        workspace: WorkspaceId::default_of(ROOT_ACCOUNT),
        name: Some("shop".to_owned()),
        metadata: None,
        state: InstanceState::Stopped,
        reason: None,
        scheduled_at_ms: None,
        linked: Some(Party { jid: "7@s.whatsapp.net".to_owned(), ..Party::default() }),
        created_at_ms: 1,
    }
}

/// What a node finds of an instance when it starts.
pub(crate) fn stored(record: &InstanceRecord) -> Batch {
    let pointer = InstancePointer { instance: record.id };
    let directory_key = slot_key(record.id.slot(), table::INSTANCE_DIRECTORY, &record.id.0.to_be_bytes());
    let mut batch = Batch::new();
    batch.put(directory_key, record::encode(&pointer).expect("small"));
    batch.put(instance_key(record.id, table::INSTANCE, b""), record::encode(record).expect("small"));
    batch
}

/// A text to somebody, with an idempotency key.
pub(crate) fn text(body: &str, key: &str) -> Command {
    let message = SendMessage {
        to: "+966501234567".parse().expect("a phone"),
        content: Content::Text(Text::plain(body)),
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    };
    Command::Send(Box::new(SendRequest { message, idempotency_key: Some(key.to_owned()) }))
}

impl TestShard {
    /// Starts over a fresh directory that holds `records` and whatever else is in `batch`.
    pub(crate) async fn start(records: &[InstanceRecord], batch: Batch) -> TestShard {
        let dir = TempDir::new().expect("a directory");
        let ledger = super::ledger(&dir);
        for before in records.iter().map(stored).chain([batch]) {
            ledger.commit(before, CommitClass::First).await.expect("durable");
        }
        let (context, dispatcher) = context(&ledger, &dir);
        let arguments = (Arc::clone(&context), records.to_vec());
        let (supervisor, _) = Actor::spawn(None, ShardSupervisor, arguments).await.expect("it starts");
        TestShard { ledger, context, supervisor, dispatcher, _dir: dir }
    }

    /// Starts its deliveries.
    pub(crate) fn deliver(&self) -> Arc<Registry> {
        let walking = Arc::clone(&self.dispatcher).run_walks(Arc::downgrade(&self.context));
        self.context.spawner.spawn(TaskKind::Critical, "webhook-walk", walking);
        let running = Arc::clone(&self.dispatcher).run(Arc::downgrade(&self.context));
        self.context.spawner.spawn(TaskKind::Critical, "dispatcher", running);
        let ledger: Arc<dyn Ledger> = self.ledger.clone();
        let side = ShardSide { ledger, dispatcher: Arc::clone(&self.dispatcher) };
        let registry = Arc::clone(&self.context.registry);
        registry.begin(Box::new([side]), Box::new(|_, _, _| {}));
        registry
    }

    pub(crate) fn route(&self, instance: InstanceId) -> Option<Route> {
        self.context.directory.route(instance)
    }

    /// Asks an instance as a front end does.
    pub(crate) async fn call(&self, instance: InstanceId, command: Command) -> Result<Reply, Failure> {
        in_time(self.ask(instance, command).await).await.expect("the actor answers")
    }

    /// As [`TestShard::call`], without waiting for the answer.
    pub(crate) async fn ask(&self, instance: InstanceId, command: Command) -> Answered {
        // A message goes the way that it takes from the front end's thread.
        let ask = match command {
            Command::Send(request) => Ask::Accept(Box::new(archive(*request).expect("it is valid"))),
            command => Ask::Command(command),
        };
        self.ask_for(instance, ask).await
    }

    /// As [`TestShard::ask`], for any question.
    pub(crate) async fn ask_for(&self, instance: InstanceId, ask: Ask) -> Answered {
        let route = self.route(instance).expect("it is there");
        let (reply, answered) = oneshot::channel();
        let letter = Letter { ask, reply, credit: Credit::for_test() };
        if let Some(summons) = route.lanes.put(CallLane::Front, letter).expect("the lanes are open") {
            summons.deliver(instance, &self.supervisor).expect("somebody wakes it");
        }
        answered
    }

    /// Its actor, which is started for this if it sleeps.
    pub(crate) async fn actor(&self, instance: InstanceId) -> ActorRef<InstanceMsg> {
        let reader = || self.route(instance).and_then(|route| route.lanes.reader());
        if reader().is_none() {
            self.view(instance).await;
        }
        reader().expect("the actor lives")
    }

    pub(crate) fn is_dormant(&self, instance: InstanceId) -> bool {
        self.route(instance).expect("it is there").lanes.is_dormant()
    }

    /// Lets time pass for the shard's timers.
    pub(crate) async fn pass(&self, ms: u64) {
        crate::clock::advance(ms);
        self.context.timers.ring().await;
    }

    /// Says what a session would.
    pub(crate) async fn tell(&self, instance: InstanceId, generation: u64, event: SessionEvent) {
        let credit = Arc::new(Semaphore::new(1)).acquire_owned().await.expect("it is open");
        let message = InstanceMsg::Session { generation, event: Box::new(event), credit };
        self.actor(instance).await.cast(message).expect("the actor lives");
    }

    /// The instance as it shows itself.
    pub(crate) async fn view(&self, instance: InstanceId) -> InstanceView {
        match self.call(instance, Command::GetInstance).await {
            Ok(Reply::Instance(view)) => *view,
            other => panic!("{other:?}"),
        }
    }

    /// Sends and gives what was accepted.
    pub(crate) async fn send(&self, command: Command) -> Result<MessageView, Failure> {
        match self.call(INSTANCE, command).await? {
            Reply::Message(view) => Ok(*view),
            other => panic!("{other:?}"),
        }
    }

    /// Makes the actor panic once, and waits for its successor, or until there is none.
    pub(crate) async fn fail_once(&self, instance: InstanceId) {
        let before = self.actor(instance).await.get_id();
        self.ledger.panic_at_next_read();
        let id = MessageId::from_u64(1).expect("small");
        let answered = self.ask_for(instance, Ask::Settled(id)).await;
        assert!(in_time(answered).await.is_err(), "the actor did not fail");
        in_time(async {
            let stands = |route: Route| route.lanes.reader().is_none_or(|actor| actor.get_id() == before);
            while self.route(instance).is_some_and(stands) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Whether the store has a row.
    pub(crate) fn has(&self, table: u8, suffix: &[u8]) -> bool {
        self.ledger.get(&instance_key(INSTANCE, table, suffix)).expect("it reads").is_some()
    }

    /// Waits until everything that was written is on disk.
    pub(crate) async fn settle(&self) {
        crate::patient::barrier(&*self.ledger).await.expect("durable");
    }
}

fn context(ledger: &Arc<TestLedger>, dir: &TempDir) -> (Arc<ShardContext>, Arc<Dispatcher>) {
    let sealer = ledger.sealer();
    let directory = Arc::new(Directory::new(1));
    let registry = Registry::new(ledger.sealer(), Arc::clone(&directory));
    let dispatcher = Dispatcher::new(0, Arc::clone(&registry));
    let planner =
        Planner::new(vec![Arc::clone(ledger) as Arc<dyn Ledger>], ledger.sealer(), Arc::clone(&directory));
    let polls = Arc::new(parts::Polls::new(0));
    let spawner = Spawner::new(Arc::new(|fatal| panic!("{fatal}")), Arc::clone(&polls));
    let store: Arc<dyn Ledger> = Arc::clone(ledger) as Arc<dyn Ledger>;
    let endpoints = Endpoints { websocket_url: silent_service(), ..Endpoints::default() };
    let whatsapp = SessionKitConfig { endpoints, ..SessionKitConfig::default() };
    let sessions = Arc::new(SessionSpawner::new(spawner.clone(), Arc::clone(&directory)));
    let kit = SessionKit::new(whatsapp, Arc::clone(&store), Arc::clone(&sealer), sessions).expect("a kit");
    let memory = parts::MemoryPolicy { budget_bytes: u64::MAX, quiet_ms: 1 };
    let pace =
        Pace { per_second: 50, per_second_of_address: 50, burst: 50, under_way_max: 50, in_advance_max: 50 };
    let context = Arc::new(ShardContext {
        shard: 0,
        sequences: parts::Sequences::new(Arc::clone(&store)),
        turns: parts::Turns::new(pace),
        ledger: store,
        sealer,
        kit,
        spawner,
        polls,
        timers: parts::Timers::default(),
        bulk_turns: parts::BulkTurns::new(0),
        dormitory: parts::Dormitory::new(0),
        governor: parts::Governor::new(0, memory, Arc::clone(&directory)),
        accounts: Accounts::new(Box::new(Nothing)),
        directory,
        blobs: Arc::new(
            BlobStore::open(dir.path().join("blobs"), trunkline_spool::Backend::Std, u64::MAX)
                .expect("a directory"),
        ),
        transfers: Transfers::default(),
        fetcher: MediaFetcher::new(true).expect("a client"),
        couriers: Couriers::new(true).expect("a client"),
        write_events: Arc::new(Numbers),
        inbox: Arc::clone(&dispatcher.inbox),
        registry,
        planner,
        ended_in_order: AtomicBool::new(false),
    });
    (context, dispatcher)
}

/// Nobody has anything.
struct Nothing;

impl Belongings for Nothing {
    fn instances(&self, _: AccountId, _: Option<WorkspaceId>) -> usize {
        0
    }

    fn endpoints(&self, _: AccountId) -> usize {
        0
    }

    fn has_instance(&self, _: AccountId, _: InstanceId) -> bool {
        false
    }

    fn check_hooks(&self, _: &[trunkline_model::account::HookDefaults]) -> Result<(), Failure> {
        Ok(())
    }
}

/// Writes events as their numbers.
pub(crate) struct Numbers;

impl EventWriter for Numbers {
    fn one(&self, _: AccountId, _: InstanceId, event: &Event) -> Vec<u8> {
        event.sequence.to_string().into_bytes()
    }

    fn many(&self, _: AccountId, _: InstanceId, events: &[&Event]) -> Vec<u8> {
        let numbers: Vec<String> = events.iter().map(|event| event.sequence.to_string()).collect();
        numbers.join(",").into_bytes()
    }

    fn id(&self, _: InstanceId, sequence: u64) -> String {
        sequence.to_string()
    }

    /// A dialect that has the events of states, and no other.
    fn is_told(&self, _: &DialectFormat, event: &Event) -> bool {
        matches!(
            event.body,
            EventBody::StateChanged { to: InstanceState::Stopped | InstanceState::Deleted, .. }
        )
    }

    fn in_dialect(&self, telling: &Telling<'_>) -> Option<Told> {
        let body = format!("{} {}", telling.name.unwrap_or_default(), telling.event.sequence);
        let is_told = self.is_told(telling.format, telling.event);
        is_told.then(|| Told { body: body.into_bytes(), headers: Vec::new() })
    }

    fn test(&self, _: AccountId, _: EndpointId, _: i64) -> Vec<u8> {
        b"test".to_vec()
    }
}
