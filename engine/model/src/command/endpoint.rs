//! Endpoints: where an account's events go. These commands are an account's, not an instance's.

use crate::delivery::{
    Batching, BreakerState, DeadLetterRecord, DeliveryRecord, Endpoint, Filter, HookChange, HookId,
    LaneCounts, Outcome, Rehearsal, RetrySchedule, Target,
};
use crate::event::Event;
use crate::id::{EndpointId, InstanceId};

/// What is asked of an account's endpoints.
#[derive(Debug, Clone, PartialEq)]
pub enum EndpointCommand {
    /// Makes one. Answered by [`EndpointReply::Endpoint`].
    Create(Box<NewEndpoint>),
    /// A page of them in the order of their ids. Answered by [`EndpointReply::Endpoints`].
    List {
        /// Consumers that pull, or those that events are pushed to.
        pulling: bool,
        /// Only those after this one.
        after: Option<EndpointId>,
        /// Most of the page.
        limit: usize,
    },
    /// One of them. Answered by [`EndpointReply::Endpoint`].
    Get(EndpointId),
    /// Changes one. Answered by [`EndpointReply::Endpoint`].
    Update(EndpointId, Box<UpdateEndpoint>),
    /// Removes one with its places and letters. Answered by [`EndpointReply::Done`].
    Delete {
        /// Which one.
        id: EndpointId,
        /// Whether it is taken for a consumer that pulls, or for one that events are pushed to.
        pulling: bool,
    },
    /// Delivers nothing until it is resumed. Answered by [`EndpointReply::Endpoint`].
    Pause(EndpointId),
    /// Goes on where it stopped. Answered by [`EndpointReply::Endpoint`].
    Resume(EndpointId),
    /// Gives a webhook a new key; the old one signs as well for so many milliseconds. Answered by [`EndpointReply::Secret`].
    RotateSecret(EndpointId, u64),
    /// Delivers an event that is in no log, once. Answered by [`EndpointReply::Tested`].
    Test(EndpointId),
    /// The same of a webhook in the form of a dialect, with an event that the dialect has. Answered by [`EndpointReply::Tested`].
    Rehearse(EndpointId, Box<Rehearsal>),
    /// The newest attempts. Answered by [`EndpointReply::Deliveries`].
    Deliveries {
        /// Whose.
        id: EndpointId,
        /// Only of this instance.
        instance: Option<InstanceId>,
        /// Only those that failed.
        failed: bool,
        /// Most of them.
        limit: usize,
    },
    /// A page of the events that were given up. Answered by [`EndpointReply::DeadLetters`].
    DeadLetters {
        /// Whose.
        id: EndpointId,
        /// Only those after this one, in the order of instance and sequence number.
        after: Option<(InstanceId, u64)>,
        /// Most of the page.
        limit: usize,
    },
    /// Delivers events again. Answered by [`EndpointReply::Replaying`].
    Replay(EndpointId, Replay),
    /// The next events for a consumer that pulls, waiting for them so many milliseconds. Answered by [`EndpointReply::Events`].
    Pull {
        /// Whose.
        id: EndpointId,
        /// Most events.
        limit: usize,
        /// Longest wait for the first one, in milliseconds.
        wait_ms: u64,
    },
    /// A consumer has these events and all before them. Answered by [`EndpointReply::Done`].
    Ack(EndpointId, Vec<(InstanceId, u64)>),
    /// The hook of an instance, without how it goes. Answered by [`EndpointReply::Hook`].
    GetHook(HookId),
    /// Changes the hook of an instance, or makes it. Answered by [`EndpointReply::Hook`].
    ChangeHook(HookId, Box<HookChange>),
}

/// Answers to [`EndpointCommand`].
#[derive(Debug, Clone, PartialEq)]
pub enum EndpointReply {
    /// Done.
    Done,
    /// An endpoint, secrets included; the front end masks them.
    Endpoint(Box<EndpointView>),
    /// A page, and whether more follow.
    Endpoints(Vec<EndpointView>, bool),
    /// A webhook's new key.
    Secret(String),
    /// How a test delivery went.
    Tested(TestResult),
    /// Attempts, newest first.
    Deliveries(Vec<DeliveryRecord>),
    /// Events that were given up, and whether more follow.
    DeadLetters(Vec<DeadLetter>, bool),
    /// How many events are delivered again.
    Replaying(u64),
    /// Events, each instance's in order.
    Events(Vec<(InstanceId, Event)>),
    /// A hook, secrets included; `None` of an instance that never had one.
    Hook(Option<Box<Endpoint>>),
}

/// An endpoint that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// What people call it.
    pub name: Option<String>,
    /// Where events go. A webhook without a secret is given one.
    pub target: Target,
    /// Which events.
    pub filter: Filter,
    /// Several events in one delivery.
    pub batching: Option<Batching>,
    /// Instances at the same time, on each shard.
    pub concurrency: u16,
    /// Longest that one delivery may take, in milliseconds.
    pub timeout_ms: u32,
    /// When a failed delivery is tried again.
    pub schedule: RetrySchedule,
}

/// Changes to an endpoint: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateEndpoint {
    /// New name; `Some(None)` removes it.
    pub name: Option<Option<String>>,
    /// New target, of the same kind. A webhook whose secret is empty keeps the one that it has.
    pub target: Option<Target>,
    /// New event types.
    pub events: Option<Vec<String>>,
    /// New instances; `Some(None)` is every one.
    pub instances: Option<Option<Vec<InstanceId>>>,
    /// New kinds of conversations.
    pub chat_kinds: Option<Vec<crate::delivery::ChatKind>>,
    /// New batching; `Some(None)` ends it.
    pub batching: Option<Option<Batching>>,
    /// New concurrency.
    pub concurrency: Option<u16>,
    /// New time limit, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// New schedule.
    pub schedule: Option<RetrySchedule>,
}

/// An endpoint as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointView {
    /// What it is.
    pub endpoint: Endpoint,
    /// How it goes.
    pub health: EndpointHealth,
}

/// How the delivery to an endpoint goes: sums over its instances.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndpointHealth {
    /// What became of events so far.
    pub counts: LaneCounts,
    /// Events that wait.
    pub pending: u64,
    /// When the oldest of them happened, in milliseconds since the Unix epoch.
    pub oldest_pending_ms: Option<i64>,
    /// The breaker on the shard where it is worst; `None` for a consumer that pulls.
    pub breaker: Option<BreakerState>,
    /// How the last attempt since the start of the process ended.
    pub last_outcome: Option<Outcome>,
    /// When an endpoint took something last, since the start of the process, in milliseconds since the Unix epoch.
    pub last_success_ms: Option<i64>,
}

/// How a test delivery went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub latency_ms: u32,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Whose event.
    pub instance: InstanceId,
    /// The event; `None` when the log has forgotten it.
    pub event: Option<Event>,
    /// Its sequence number.
    pub sequence: u64,
    /// What happened to it.
    pub record: DeadLetterRecord,
}

/// Which events are delivered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// These.
    Events(Vec<(InstanceId, u64)>),
    /// Those of an instance, or of every one, from a time up to another, in milliseconds since the Unix epoch.
    Times {
        /// Only of this instance.
        instance: Option<InstanceId>,
        /// The first.
        from_ms: i64,
        /// The end, which is not in it.
        to_ms: i64,
    },
    /// Those of an instance after a sequence number.
    After(InstanceId, u64),
    /// Every one that was given up.
    DeadLetters,
    /// Those of an instance that tell of something from before it was online.
    Backfilled(InstanceId),
}
