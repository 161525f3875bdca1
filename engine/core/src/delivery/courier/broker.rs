//! What the couriers to message brokers share: events become messages, a connection is made when there is something to say and kept
//! while the courier lives, and a parcel is delivered when the broker has confirmed every message of it.
//!
//! A connection is never mended: one that broke in the middle of a parcel would lose what was on its way and pass on what came
//! after, and the broker would have the events in another order than the log. It is dropped, and the parcel goes out again on a new
//! one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use trunkline_model::delivery::{Endpoint, Outcome, Verdict};

use super::{Couriers, Parcel, delivered, failed, told};
use crate::clock;
use crate::delivery::EventWriter;

/// Names of the headers of a message.
pub(super) const EVENT_HEADER: &str = "Trunkline-Event";
pub(super) const ENDPOINT_HEADER: &str = "Trunkline-Webhook";
pub(super) const REPLAY_HEADER: &str = "Trunkline-Replay";

/// Stands for the instance of a test message, which has none.
const NO_INSTANCE: &str = "none";

/// One event for a broker.
pub(crate) struct Message {
    /// Subject or routing key.
    pub(super) to: String,
    /// The event's type.
    pub(super) kind: &'static str,
    /// The event's public id.
    pub(super) id: String,
    /// What a broker that drops duplicates knows it by: the same for each attempt, another for each replay and each webhook, whose
    /// subjects may lead into one stream.
    pub(super) once: String,
    /// The endpoint's id.
    pub(super) endpoint: String,
    /// When it happened, in milliseconds since the Unix epoch.
    pub(super) time_ms: i64,
    pub(super) replayed: bool,
    pub(super) body: Vec<u8>,
}

/// A kind of broker.
pub(crate) trait Broker: Send + Sync {
    /// A connection to one. Its end is what frees it.
    type Link: Send + Sync;

    /// Subject or routing key, with places for the event's properties.
    fn template(&self) -> &str;

    /// Connects. `limit` is how long the broker may take for anything.
    fn connect(&self, limit: Duration) -> impl Future<Output = Result<Self::Link, Outcome>> + Send;

    /// Whether the connection can be used.
    fn is_up(&self, link: &Self::Link) -> bool;

    /// Publishes in order, and waits until the broker has confirmed everything.
    fn publish(
        &self,
        link: &Self::Link,
        messages: Vec<Message>,
    ) -> impl Future<Output = Result<(), Outcome>> + Send;

    /// The outcome when the broker has not confirmed in time.
    fn silence(&self, link: &Self::Link) -> Outcome;
}

/// Goes to one broker.
pub(crate) struct BrokerCourier<B: Broker> {
    broker: B,
    /// One connection for all lanes of the endpoint. Whoever makes it is waited for.
    link: Mutex<Option<Arc<Held<B::Link>>>>,
    /// Places for connections of the shard.
    places: Arc<Semaphore>,
}

/// A connection and its place among those of the shard.
struct Held<L> {
    link: L,
    _place: OwnedSemaphorePermit,
}

impl<B: Broker> BrokerCourier<B> {
    pub(super) fn new(broker: B, couriers: &Couriers) -> BrokerCourier<B> {
        BrokerCourier { broker, link: Mutex::new(None), places: Arc::clone(&couriers.links) }
    }

    pub(super) async fn deliver(&self, write: &dyn EventWriter, parcel: &Parcel<'_>) -> (Verdict, Outcome) {
        let messages = messages(self.broker.template(), write, parcel);
        match self.hand_over(parcel.endpoint, messages).await {
            Ok(()) => (Verdict::Delivered, delivered(None)),
            Err(outcome) => (Verdict::Retry { after_ms: None }, outcome),
        }
    }

    pub(super) async fn test(&self, endpoint: &Endpoint, body: Vec<u8>) -> Outcome {
        const KIND: &str = "webhook.test";
        let id = format!("test_{:016x}", clock::random_u64());
        let to = filled(self.broker.template(), &endpoint.account.to_string(), NO_INSTANCE, KIND);
        let message = Message {
            to,
            kind: KIND,
            once: id.clone(),
            id,
            endpoint: endpoint.id.to_string(),
            time_ms: clock::wall_ms(),
            replayed: false,
            body,
        };
        self.hand_over(endpoint, vec![message]).await.err().unwrap_or_else(|| delivered(None))
    }

    async fn hand_over(&self, endpoint: &Endpoint, messages: Vec<Message>) -> Result<(), Outcome> {
        let limit = Duration::from_millis(u64::from(endpoint.timeout_ms));
        let deadline = Instant::now() + limit;
        let connecting = Box::pin(self.link(limit));
        let link = timeout_at(deadline, connecting).await.map_err(|_| failed("timeout"))??;
        match timeout_at(deadline, self.broker.publish(&link.link, messages)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(outcome)) => {
                if !self.broker.is_up(&link.link) {
                    self.forget(&link).await;
                }
                Err(outcome)
            }
            // What was not confirmed may still be on its way.
            Err(_) => {
                self.forget(&link).await;
                Err(self.broker.silence(&link.link))
            }
        }
    }

    async fn link(&self, limit: Duration) -> Result<Arc<Held<B::Link>>, Outcome> {
        let mut kept = self.link.lock().await;
        if let Some(held) = kept.as_ref().filter(|held| self.broker.is_up(&held.link)) {
            return Ok(Arc::clone(held));
        }
        *kept = None;
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| told("busy", "The node has too many connections to brokers."))?;
        let link = Arc::new(Held { link: self.broker.connect(limit).await?, _place: place });
        *kept = Some(Arc::clone(&link));
        Ok(link)
    }

    async fn forget(&self, link: &Arc<Held<B::Link>>) {
        let mut kept = self.link.lock().await;
        if kept.as_ref().is_some_and(|other| Arc::ptr_eq(link, other)) {
            *kept = None;
        }
    }
}

fn messages(template: &str, write: &dyn EventWriter, parcel: &Parcel<'_>) -> Vec<Message> {
    let (account, instance) = (parcel.endpoint.account, parcel.instance);
    let (account_text, instance_text) = (account.to_string(), instance.to_string());
    let message = |event: &&trunkline_model::event::Event| {
        let (kind, id) = (event.body.kind(), write.id(instance, event.sequence));
        let once = match parcel.replay {
            Some(replay) => format!("{id}-{}-{replay:016x}", parcel.endpoint.id),
            None => format!("{id}-{}", parcel.endpoint.id),
        };
        Message {
            to: filled(template, &account_text, &instance_text, kind),
            kind,
            id,
            once,
            endpoint: parcel.endpoint.id.to_string(),
            time_ms: event.time_ms,
            replayed: parcel.replay.is_some(),
            body: write.one(account, instance, event),
        }
    };
    parcel.events.iter().map(message).collect()
}

/// Puts an event's properties into a subject or routing key. The dots of a type stay: each part is a token of its own.
fn filled(template: &str, account: &str, instance: &str, kind: &str) -> String {
    template.replace("{account}", account).replace("{instance}", instance).replace("{type}", kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled() {
        let check =
            |template: &str, expected: &str| assert_eq!(filled(template, "a", "i", "message.sent"), expected);
        check("events", "events");
        check("wa.{account}.{instance}.{type}", "wa.a.i.message.sent");
        check("{type}-{type}.{other}", "message.sent-message.sent.{other}");
    }
}
