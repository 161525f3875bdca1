//! Hands events over to an endpoint, and says how that went.

mod http;
mod nats;
mod rabbitmq;
mod signature;

use trunkline_model::delivery::{Endpoint, Outcome, Target, TargetKind, Verdict};
use trunkline_model::event::Event;
use trunkline_model::{Failure, FieldError, InstanceId};

use crate::engine::EngineError;
use crate::limits::BROKER_EVENTS_IN_FLIGHT;
use crate::media::{GuardedClient, Refused};
use crate::shard::ShardContext;

/// What the couriers of a shard share.
pub(crate) struct Couriers {
    http: GuardedClient,
    allow_private: bool,
}

impl Couriers {
    /// Couriers that go to private addresses only where that is allowed.
    ///
    /// # Errors
    /// [`EngineError::Http`] when no HTTP client can be made.
    pub(crate) fn new(allow_private: bool) -> Result<Couriers, EngineError> {
        Ok(Couriers { http: GuardedClient::new(allow_private, 0)?, allow_private })
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
    pub(crate) replayed: bool,
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
            Target::Nats(target) => {
                Courier::Nats(nats::NatsCourier::new(target.clone(), context.couriers.allow_private))
            }
            Target::RabbitMq(target) => Courier::RabbitMq(rabbitmq::RabbitMqCourier::new(
                target.clone(),
                context.couriers.allow_private,
            )),
            Target::Pull => Courier::None,
        }
    }

    /// Most events of one delivery: a broker takes them one by one but confirms them together.
    pub(crate) fn events_per_delivery(&self, endpoint: &Endpoint) -> usize {
        match endpoint.target.kind() {
            TargetKind::Nats | TargetKind::RabbitMq => BROKER_EVENTS_IN_FLIGHT,
            TargetKind::Http | TargetKind::Pull => {
                endpoint.batching.map_or(1, |batching| usize::from(batching.events_max).max(1))
            }
        }
    }

    /// Delivers a parcel within the endpoint's time limit.
    pub(crate) async fn deliver(&self, context: &ShardContext, parcel: &Parcel<'_>) -> (Verdict, Outcome) {
        match (self, &parcel.endpoint.target) {
            (Courier::Http, Target::Http(target)) => http::deliver(context, target, parcel).await,
            (Courier::Nats(nats), _) => nats.deliver(context, parcel).await,
            (Courier::RabbitMq(rabbitmq), _) => rabbitmq.deliver(context, parcel).await,
            (Courier::Http | Courier::None, _) => (Verdict::Retry { after_ms: None }, failed("unreachable")),
        }
    }
}

/// Delivers something that no log has.
pub(crate) async fn test(context: &ShardContext, endpoint: &Endpoint, body: Vec<u8>) -> Outcome {
    match &endpoint.target {
        Target::Http(target) => http::test(context, target, endpoint, body).await,
        Target::Nats(target) => {
            nats::NatsCourier::new(target.clone(), context.couriers.allow_private).test(endpoint, body).await
        }
        Target::RabbitMq(target) => {
            let courier = rabbitmq::RabbitMqCourier::new(target.clone(), context.couriers.allow_private);
            courier.test(endpoint, body).await
        }
        Target::Pull => failed("unreachable"),
    }
}

fn delivered(status: Option<u16>) -> Outcome {
    Outcome { word: "delivered".to_owned(), status, snippet: None }
}

fn failed(word: &str) -> Outcome {
    Outcome { word: word.to_owned(), status: None, snippet: None }
}

/// The failure of a webhook whose address cannot be used.
pub(crate) fn unusable(refused: &Refused) -> Failure {
    Failure::invalid(vec![FieldError::new("url", refused.to_string())])
}
