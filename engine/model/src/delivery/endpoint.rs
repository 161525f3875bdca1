//! What an endpoint is.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

use super::filter::Filter;
use crate::id::{AccountId, EndpointId};
use crate::retry::{Backoff, Jitter};

/// Where an account's events go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose events.
    pub account: AccountId,
    /// What people call it.
    pub name: Option<String>,
    /// Where to.
    pub target: Target,
    /// Which of them.
    pub filter: Filter,
    /// Several events in one delivery; `None` delivers each by itself.
    pub batching: Option<Batching>,
    /// Instances whose events are under way at the same time, on each shard. One instance's are never.
    pub concurrency: u16,
    /// Longest that one delivery may take, in milliseconds.
    pub timeout_ms: u32,
    /// When a failed delivery is tried again, and for how long.
    pub schedule: RetrySchedule,
    /// Why nothing is delivered, while that is so.
    pub pause: Option<Pause>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When somebody last changed or resumed it, in milliseconds since the Unix epoch: failures from before do not count.
    pub changed_at_ms: i64,
}

/// An endpoint at rest. Its target carries secrets, so it is kept sealed: addresses and headers may hold credentials as well.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct EndpointRecord {
    /// Its id.
    pub id: EndpointId,
    /// Whose events.
    pub account: AccountId,
    /// What people call it.
    pub name: Option<String>,
    /// The archive of its [`Target`], sealed.
    pub target_sealed: Vec<u8>,
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
    /// Why nothing is delivered.
    pub pause: Option<Pause>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When somebody last changed or resumed it, in milliseconds since the Unix epoch.
    pub changed_at_ms: i64,
}

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Target {
    /// An HTTP or HTTPS address that takes POST requests.
    Http(HttpTarget),
    /// A JetStream of a NATS server.
    Nats(NatsTarget),
    /// An exchange of a RabbitMQ server.
    RabbitMq(RabbitMqTarget),
    /// Nowhere: a consumer comes for them and acknowledges.
    Pull,
}

/// The kinds of [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetKind {
    /// [`Target::Http`].
    Http,
    /// [`Target::Nats`].
    Nats,
    /// [`Target::RabbitMq`].
    RabbitMq,
    /// [`Target::Pull`].
    Pull,
}

impl TargetKind {
    /// Every kind.
    pub const ALL: [TargetKind; 4] =
        [TargetKind::Http, TargetKind::Nats, TargetKind::RabbitMq, TargetKind::Pull];

    /// The word that the native API and the metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            TargetKind::Http => "http",
            TargetKind::Nats => "nats",
            TargetKind::RabbitMq => "rabbitmq",
            TargetKind::Pull => "pull",
        }
    }
}

impl Target {
    /// Which kind it is.
    pub fn kind(&self) -> TargetKind {
        match self {
            Target::Http(_) => TargetKind::Http,
            Target::Nats(_) => TargetKind::Nats,
            Target::RabbitMq(_) => TargetKind::RabbitMq,
            Target::Pull => TargetKind::Pull,
        }
    }
}

/// A webhook.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct HttpTarget {
    /// HTTP or HTTPS address.
    pub url: String,
    /// Key of the HMAC-SHA256 signature.
    pub secret: String,
    /// The key before, while both sign.
    pub old_secret: Option<OldSecret>,
    /// Headers of its own, by name.
    pub headers: Vec<(String, String)>,
    /// How an event is written and signed.
    pub format: Format,
}

/// A key that was replaced, and signs beside its successor for a while.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct OldSecret {
    /// The key.
    pub secret: String,
    /// Until when it signs, in milliseconds since the Unix epoch.
    pub until_ms: i64,
}

/// How events are written and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Format {
    /// The native API's envelope and signature.
    Native,
}

/// A JetStream. The server's stream has to take the subjects; Trunkline makes none.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct NatsTarget {
    /// `nats://` or `tls://` address of a server.
    pub url: String,
    /// Subject, in which `{account}`, `{instance}` and `{type}` stand for those of the event.
    pub subject: String,
    /// Name to log in with.
    pub username: Option<String>,
    /// Password to log in with.
    pub password: Option<String>,
    /// Token to log in with instead.
    pub token: Option<String>,
}

/// An exchange. It has to be there; Trunkline makes none.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct RabbitMqTarget {
    /// `amqp://` or `amqps://` address with virtual host, without credentials.
    pub url: String,
    /// Name to log in with.
    pub username: String,
    /// Password to log in with.
    pub password: String,
    /// Name of the exchange; empty is the default one.
    pub exchange: String,
    /// Routing key, in which `{account}`, `{instance}` and `{type}` stand for those of the event.
    pub routing_key: String,
}

macro_rules! debug_without_secrets {
    ($($name:ident { $($shown:ident),* })*) => {$(
        impl std::fmt::Debug for $name {
            /// Without addresses and credentials.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )*};
}

debug_without_secrets! {
    HttpTarget { format }
    OldSecret { until_ms }
    NatsTarget { subject }
    RabbitMqTarget { exchange, routing_key }
}

/// Several events of one instance in one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Batching {
    /// Most events of a delivery.
    pub events_max: u16,
    /// Longest that an event waits for company, in milliseconds.
    pub wait_ms: u32,
}

/// When a failed delivery is tried again.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum RetrySchedule {
    /// Twice as long each time, with jitter.
    Exponential {
        /// Before the second attempt, in milliseconds.
        base_ms: u32,
        /// No delay is longer, in milliseconds.
        cap_ms: u32,
        /// After so long from the first attempt the event is a dead letter, in milliseconds.
        give_up_after_ms: u64,
    },
    /// These delays, then the event is a dead letter, and the endpoint is paused.
    Steps {
        /// Each delay, in milliseconds.
        delays_ms: Vec<u32>,
    },
}

impl RetrySchedule {
    /// The schedule of an endpoint that asks for no other: from a second to ten minutes, for a day.
    pub const STANDARD: RetrySchedule =
        RetrySchedule::Exponential { base_ms: 1_000, cap_ms: 600_000, give_up_after_ms: 24 * 3_600_000 };

    /// Longest wait between two attempts, in milliseconds; what the endpoint itself asks for may be longer.
    pub fn longest_delay_ms(&self) -> u64 {
        match self {
            // Jitter adds a quarter at most.
            RetrySchedule::Exponential { cap_ms, .. } => u64::from(*cap_ms) + u64::from(*cap_ms) / 4,
            RetrySchedule::Steps { delays_ms } => delays_ms.iter().max().map_or(0, |ms| u64::from(*ms)),
        }
    }

    /// How long to wait after `attempts` failures (from 1), the first of which was `tried_for_ms` ago; `None` gives up. `jitter` is
    /// any random number.
    pub fn delay_ms(&self, attempts: u32, tried_for_ms: u64, jitter: u32) -> Option<u64> {
        match self {
            RetrySchedule::Exponential { base_ms, cap_ms, give_up_after_ms } => {
                let backoff = Backoff {
                    base_ms: u64::from(*base_ms),
                    cap_ms: u64::from(*cap_ms),
                    attempts_max: None,
                    jitter: Jitter::Added(25),
                };
                let delay_ms = backoff.spread_ms(attempts, jitter);
                (tried_for_ms < *give_up_after_ms).then_some(delay_ms)
            }
            RetrySchedule::Steps { delays_ms } => {
                let index = usize::try_from(attempts.saturating_sub(1)).ok()?;
                delays_ms.get(index).map(|delay_ms| u64::from(*delay_ms))
            }
        }
    }

    /// Whether an event that was given up pauses the endpoint even when others are taken.
    pub fn pauses_when_exhausted(&self) -> bool {
        matches!(self, RetrySchedule::Steps { .. })
    }
}

/// Why nothing is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Pause {
    /// The reason.
    pub reason: PauseReason,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// The reasons of a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum PauseReason {
    /// Asked for through the API.
    Requested,
    /// An event was tried for as long as the schedule says, and nothing else was taken meanwhile.
    Failing,
    /// The endpoint answered 410 Gone.
    Gone,
}

impl PauseReason {
    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            PauseReason::Requested => "requested",
            PauseReason::Failing => "failing",
            PauseReason::Gone => "gone",
        }
    }
}

/// Where somebody begins who follows all instances of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowFrom {
    /// With what happens from now on.
    Now,
    /// With the events of a time, in milliseconds since the Unix epoch. Logs of different instances have no common order: what
    /// was recorded shortly before may come again.
    Time {
        /// The time.
        ms: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_are_taken_one_by_one() {
        let schedule = RetrySchedule::Steps { delays_ms: vec![60_000, 300_000] };
        let delays = [1, 2, 3].map(|attempts| schedule.delay_ms(attempts, 0, 7));
        assert_eq!(delays, [Some(60_000), Some(300_000), None]);
    }

    proptest! {
        #[test]
        fn the_standard_schedule_ends_after_a_day_and_not_before(attempts in 1u32..1_000, jitter: u32, ms in 0u64..200_000_000) {
            let delay = RetrySchedule::STANDARD.delay_ms(attempts, ms, jitter);
            prop_assert_eq!(delay.is_some(), ms < 24 * 3_600_000);
            prop_assert!(delay.is_none_or(|ms| (1_000..=750_000).contains(&ms)));
        }
    }
}
