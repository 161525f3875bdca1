//! Hands events over to an endpoint, and says how that went.

mod address;
mod broker;
mod http;
#[cfg(test)]
mod lifetime_tests;
mod nats;
mod rabbitmq;
mod signature;
mod tls;
mod transport;

use std::sync::Arc;

use tokio::sync::Semaphore;
use trunkline_model::delivery::{Endpoint, Outcome, Rehearsal, Target, TargetKind, Verdict};
use trunkline_model::event::Event;
use trunkline_model::{Failure, FieldError, InstanceId};

use crate::engine::EngineError;
use crate::limits::{
    BROKER_EVENTS_IN_FLIGHT, BROKER_LINKS_PER_SHARD_MAX, DELIVERIES_PER_SHARD_MAX, SNIPPET_BYTES_MAX,
};
use crate::media::{GuardedClient, check_url};
use crate::shard::ShardContext;

/// What the couriers of a shard share.
pub(crate) struct Couriers {
    http: GuardedClient,
    allow_private: bool,
    /// Deliveries under way, of all endpoints together.
    turns: Semaphore,
    /// Connections to brokers, of all endpoints together.
    links: Arc<Semaphore>,
}

impl Couriers {
    /// Couriers that go to private addresses only where that is allowed.
    ///
    /// # Errors
    /// [`EngineError::Http`] when no HTTP client can be made.
    pub(crate) fn new(allow_private: bool) -> Result<Couriers, EngineError> {
        Ok(Couriers {
            http: GuardedClient::new(allow_private, 0)?,
            allow_private,
            turns: Semaphore::new(DELIVERIES_PER_SHARD_MAX),
            links: Arc::new(Semaphore::new(BROKER_LINKS_PER_SHARD_MAX)),
        })
    }
}

/// One delivery.
#[derive(Clone, Copy)]
pub(crate) struct Parcel<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) instance: InstanceId,
    /// One at least, in the order of the log.
    pub(crate) events: &'a [&'a Event],
    /// From 1.
    pub(crate) attempt: u32,
    /// The number of the replay that it belongs to.
    pub(crate) replay: Option<u64>,
}

/// Goes to one endpoint, and keeps what it needs for that.
pub(crate) enum Courier {
    Http,
    Nats(nats::NatsCourier),
    RabbitMq(rabbitmq::RabbitMqCourier),
    /// Nobody goes to a consumer that pulls.
    None,
}

impl Courier {
    pub(crate) fn new(context: &ShardContext, endpoint: &Endpoint) -> Courier {
        match &endpoint.target {
            Target::Http(_) => Courier::Http,
            Target::Nats(target) => Courier::Nats(nats::NatsCourier::of(target, &context.couriers)),
            Target::RabbitMq(target) => {
                Courier::RabbitMq(rabbitmq::RabbitMqCourier::of(target, &context.couriers, &context.spawner))
            }
            Target::Pull => Courier::None,
        }
    }

    /// Most events of one delivery, after `taken` events of the same turn. A broker takes them one by one but confirms them
    /// together, and may refuse one and take the next, which would then be before it: so the first goes alone, and as long as all
    /// are taken twice as many go each time.
    pub(crate) fn events_per_delivery(&self, endpoint: &Endpoint, taken: usize) -> usize {
        match endpoint.target.kind() {
            TargetKind::Nats | TargetKind::RabbitMq => BROKER_EVENTS_IN_FLIGHT.min(taken + 1),
            TargetKind::Http | TargetKind::Pull => {
                endpoint.batching.map_or(1, |batching| usize::from(batching.events_max).max(1))
            }
        }
    }

    /// Delivers a parcel within the endpoint's time limit.
    pub(crate) async fn deliver(&self, context: &ShardContext, parcel: &Parcel<'_>) -> (Verdict, Outcome) {
        // Never closed.
        let _turn = context.couriers.turns.acquire().await;
        match (self, &parcel.endpoint.target) {
            (Courier::Http, Target::Http(target)) => http::deliver(context, target, parcel).await,
            (Courier::Nats(nats), _) => nats.deliver(&*context.write_events, parcel).await,
            (Courier::RabbitMq(rabbitmq), _) => rabbitmq.deliver(&*context.write_events, parcel).await,
            (Courier::Http | Courier::None, _) => (Verdict::Retry { after_ms: None }, failed("unreachable")),
        }
    }
}

/// Delivers something that no log has.
pub(crate) async fn test(context: &ShardContext, endpoint: &Endpoint, body: Vec<u8>) -> Outcome {
    match &endpoint.target {
        Target::Http(target) => http::test(context, target, endpoint, body).await,
        Target::Nats(target) => nats::NatsCourier::of(target, &context.couriers).test(endpoint, body).await,
        Target::RabbitMq(target) => {
            let courier = rabbitmq::RabbitMqCourier::of(target, &context.couriers, &context.spawner);
            courier.test(endpoint, body).await
        }
        Target::Pull => failed("unreachable"),
    }
}

/// Delivers an event that no log has in the form of the endpoint's dialect.
pub(crate) async fn rehearse(context: &ShardContext, endpoint: &Endpoint, rehearsal: &Rehearsal) -> Outcome {
    match endpoint.hook() {
        Some((target, format)) => http::rehearse(context, (target, format), endpoint, rehearsal).await,
        None => failed("unreachable"),
    }
}

fn delivered(status: Option<u16>) -> Outcome {
    Outcome { word: "delivered".to_owned(), status, snippet: None }
}

fn failed(word: &str) -> Outcome {
    Outcome { word: word.to_owned(), status: None, snippet: None }
}

/// A failure, with the beginning of what the other side said of it.
fn told(word: &str, words: &str) -> Outcome {
    let snippet = words[..words.floor_char_boundary(SNIPPET_BYTES_MAX)].to_owned();
    Outcome { word: word.to_owned(), status: None, snippet: Some(snippet) }
}

/// Checks what can be seen in the address of a target. Names are checked when they are resolved.
///
/// # Errors
/// [`trunkline_model::ErrorCode::Validation`] when the address cannot be used.
pub(crate) fn check_target(target: &Target, allow_private: bool) -> Result<(), Failure> {
    let bad = match target {
        Target::Http(target) => return check_address(&target.url, allow_private),
        Target::Nats(target) => nats::check(target, allow_private).err().map(|bad| bad.to_string()),
        Target::RabbitMq(target) => rabbitmq::check(target, allow_private).err().map(|bad| bad.to_string()),
        Target::Pull => None,
    };
    bad.map_or(Ok(()), |why| Err(wrong_address(why)))
}

/// As [`check_target`], of a webhook.
///
/// # Errors
/// As [`check_target`].
pub(crate) fn check_address(url: &str, allow_private: bool) -> Result<(), Failure> {
    check_url(url, allow_private).map(drop).map_err(|refused| wrong_address(refused.to_string()))
}

fn wrong_address(why: String) -> Failure {
    Failure::invalid(vec![FieldError::new("url", why)])
}
