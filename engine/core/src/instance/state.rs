//! What an instance actor holds in memory.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use ractor::ActorRef;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use trunkline_model::budget::CheckBudget;
use trunkline_model::command::PairingView;
use trunkline_model::credit::Voucher;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::Outbox;
use trunkline_model::record::{InstanceRecord, MessageRecord};
use trunkline_model::settings::InstanceSettings;
use trunkline_model::{InstanceId, MessageId};
use trunkline_store::Key;
use trunkline_whatsapp::Session;

use super::doze::Drowse;
use super::lanes::Lanes;
use super::message::{InstanceMsg, Replier};
use crate::chats::RetentionSweep;
use crate::directory::StateCell;
use crate::limits::{MESSAGES_PER_POLL, SESSION_EVENT_CREDITS};
use crate::log::{Boundary, EventLog};
use crate::place::instance_key;
use crate::shard::{Breather, Permit, ShardContext, TimerKey};

/// The state of one instance.
///
/// Invariant: a message that carries an older `generation` or `state_generation` is void.
pub(crate) struct Instance {
    pub(super) context: Arc<ShardContext>,
    pub(super) myself: ActorRef<InstanceMsg>,
    /// Cuts a run of messages into polls.
    pub(super) breather: Breather,
    pub(super) record: InstanceRecord,
    /// How it behaves by itself.
    pub(super) settings: Arc<InstanceSettings>,
    pub(super) cell: Arc<StateCell>,
    pub(super) log: Arc<EventLog>,
    /// What waits in front of this actor.
    pub(super) lanes: Arc<Lanes>,
    pub(super) drowse: Drowse,
    pub(super) sweep_timer: Option<TimerKey>,
    /// How far the pass over old messages has come.
    pub(super) retention: RetentionSweep,
    /// Where the events begin that the account's retention leaves.
    pub(super) boundary: Boundary,
    /// What is left of the questions about people, once somebody asked.
    pub(super) check_budget: Option<CheckBudget>,
    pub(super) exit_timer: Option<TimerKey>,
    /// Counts connections; what carries an older number is void.
    pub(super) generation: u64,
    /// Counts states; a timer of an earlier state is void.
    pub(super) state_generation: u64,
    pub(super) session: Option<Session>,
    /// Bounds what the session may put into the mailbox.
    pub(super) session_credits: Arc<Semaphore>,
    pub(super) attempts: u32,
    /// Leave to log in, while it does.
    pub(super) permit: Option<Permit>,
    pub(super) open_since_ms: Option<u64>,
    pub(super) panicked_at_ms: Vec<u64>,
    pub(super) pairing: PairingView,
    pub(super) outbox: Outbox,
    pub(super) outbox_loaded: bool,
    /// When the outbox timer rings, to arm it only for an earlier time.
    pub(super) outbox_due_ms: Option<u64>,
    /// Whether a turn for a bulk message was asked for and is not here yet.
    pub(super) bulk_turn_asked: bool,
    pub(super) statuses: Statuses,
    /// Acceptances under way by the hash of their idempotency key.
    pub(super) accepting: HashMap<[u8; 32], Accepting>,
    /// Messages whose acceptance is under way.
    pub(super) being_accepted: HashSet<MessageId>,
    /// What those were paid with.
    pub(super) being_paid: HashSet<Voucher>,
    /// Who waits for a message to settle.
    pub(super) waiters: HashMap<MessageId, Vec<Replier>>,
    pub(super) shutting_down: bool,
    /// Logouts that WhatsApp has not confirmed yet.
    pub(super) logouts: u32,
    /// A deletion is under way.
    pub(super) removing: bool,
    /// The task that loads the stored session.
    pub(super) opening: Option<AbortHandle>,
    /// WhatsApp is being asked for the account's limits.
    pub(super) learning_limits: bool,
}

/// An acceptance whose commit is under way.
pub(super) struct Accepting {
    pub(super) body_sha256: [u8; 32],
    pub(super) repliers: Vec<Replier>,
}

/// Records of messages that are under way, or whose status is newer in memory than on disk.
#[derive(Default)]
pub(super) struct Statuses {
    /// Record, and the epoch of its last write while it had one.
    pub(super) records: HashMap<MessageId, (MessageRecord, Option<u64>)>,
    pub(super) by_wa_id: HashMap<String, MessageId>,
    /// When acknowledgements are overdue, in steady milliseconds.
    pub(super) ack_due: BTreeSet<(u64, MessageId)>,
    /// Writes under way, oldest first.
    pub(super) writes: VecDeque<(u64, MessageId)>,
    pub(super) epoch: u64,
}

impl Instance {
    pub(super) fn new(args: super::InstanceArgs, myself: ActorRef<InstanceMsg>) -> (Instance, super::Birth) {
        let super::InstanceArgs { context, record, settings, log, lanes, cell, birth } = args;
        let pairing = no_pairing(record.state);
        let instance = Instance {
            context,
            myself,
            breather: Breather::every(MESSAGES_PER_POLL),
            record,
            settings,
            cell,
            log,
            lanes,
            drowse: Drowse::default(),
            sweep_timer: None,
            retention: RetentionSweep::default(),
            boundary: Boundary::default(),
            check_budget: None,
            exit_timer: None,
            generation: 0,
            state_generation: 0,
            session: None,
            session_credits: Arc::new(Semaphore::new(SESSION_EVENT_CREDITS)),
            attempts: 0,
            permit: None,
            open_since_ms: None,
            panicked_at_ms: Vec::new(),
            pairing,
            outbox: Outbox::default(),
            outbox_loaded: false,
            outbox_due_ms: None,
            bulk_turn_asked: false,
            statuses: Statuses::default(),
            accepting: HashMap::new(),
            being_accepted: HashSet::new(),
            being_paid: HashSet::new(),
            waiters: HashMap::new(),
            shutting_down: false,
            logouts: 0,
            removing: false,
            opening: None,
            learning_limits: false,
        };
        (instance, birth)
    }

    pub(super) fn id(&self) -> InstanceId {
        self.record.id
    }

    /// Where the instance stands.
    pub(super) fn stands(&self) -> InstanceState {
        self.record.state
    }

    /// A key of this instance.
    pub(super) fn key(&self, table: u8, suffix: &[u8]) -> Key {
        instance_key(self.id(), table, suffix)
    }
}

/// Nothing to scan, type or confirm.
pub(super) fn no_pairing(state: InstanceState) -> PairingView {
    PairingView {
        state,
        qr: None,
        code: None,
        code_for: None,
        passkey_request_json: None,
        passkey_confirmation: None,
    }
}
