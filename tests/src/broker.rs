//! Message brokers as users run them: the real servers, as processes on loopback with data of their own, killed like in a power cut
//! and started again on the same data.

mod nats;
mod rabbitmq;
mod server;

use std::path::Path;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use self::nats::NatsServer;
use self::rabbitmq::RabbitMqServer;
use crate::gateway::GatewayEvent;
use crate::limits::{BROKER_START_TIMEOUT, COUNTER_POLL_INTERVAL, GATEWAY_EVENT_TIMEOUT};

/// Name to log in with.
pub const BROKER_USER: &str = "trunkline";
/// Password to log in with.
pub const BROKER_PASSWORD: &str = "the-brokers-of-the-tests-alone";
/// First part of every subject and routing key.
const TOPIC: &str = "whatsapp";

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerKind {
    /// nats-server, with JetStream.
    Nats,
    /// rabbitmq-server.
    RabbitMq,
}

/// A running server. Dropping it kills it.
pub struct Broker(Server);

enum Server {
    Nats(NatsServer),
    RabbitMq(RabbitMqServer),
}

/// A message that a broker holds.
#[derive(Debug, Clone)]
pub struct Published {
    /// The event; `None` in a test.
    pub event: Option<GatewayEvent>,
    /// What the broker knows it by.
    pub message_id: String,
    /// Subject or routing key.
    pub to: String,
    /// The event's id, by the header.
    pub event_id: String,
    /// Whether it is marked as a replay.
    pub replayed: bool,
}

impl Broker {
    /// Starts a server that holds nothing, in a directory of its own below `directory`.
    pub async fn start(kind: BrokerKind, directory: &Path) -> Broker {
        let server = match kind {
            BrokerKind::Nats => Server::Nats(NatsServer::start(directory)),
            BrokerKind::RabbitMq => Server::RabbitMq(RabbitMqServer::start(directory)),
        };
        let broker = Broker(server);
        broker.until_it_answers().await;
        broker
    }

    /// The body of `webhooks.create` for this server: it is tried again soon, unless `settings` say otherwise.
    pub fn with(&self, settings: Value) -> Value {
        let mut body = match &self.0 {
            Server::Nats(nats) => json!({
                "type": "nats",
                "url": nats.url(),
                "subject": format!("{TOPIC}.{{account}}.{{instance}}.{{type}}"),
            }),
            Server::RabbitMq(rabbitmq) => json!({
                "type": "rabbitmq",
                "url": rabbitmq.url(),
                "exchange": rabbitmq::EXCHANGE,
                "routing_key": format!("{TOPIC}.{{account}}.{{instance}}.{{type}}"),
            }),
        };
        body["username"] = json!(BROKER_USER);
        body["password"] = json!(BROKER_PASSWORD);
        body["timeout_ms"] = json!(5_000);
        body["retry"] = json!({"base_ms": 100, "cap_ms": 500});
        for (name, value) in settings.as_object().unwrap_or_else(|| panic!("settings are an object")) {
            body[name] = value.clone();
        }
        body
    }

    /// Where an event of an instance goes.
    pub fn place_of(event: &GatewayEvent) -> String {
        format!("{TOPIC}.{}.{}.{}", event.account, event.instance, event.kind)
    }

    /// Makes the stream, or the exchange and a queue, that take everything.
    pub async fn make_destination(&self) {
        match &self.0 {
            Server::Nats(nats) => nats.make_stream(&format!("{TOPIC}.>")).await,
            Server::RabbitMq(rabbitmq) => rabbitmq.make_queue(&format!("{TOPIC}.#")).await,
        }
    }

    /// Everything that was published, in order; nothing while the server does not run.
    pub async fn published(&self) -> Vec<Published> {
        match &self.0 {
            Server::Nats(nats) => nats.published().await.unwrap_or_default(),
            Server::RabbitMq(rabbitmq) => rabbitmq.published().await,
        }
    }

    /// Waits for a message that `accept` likes.
    pub async fn expect(&self, what: &str, accept: impl Fn(&Published) -> bool) -> Published {
        let mut seen = Vec::new();
        let looking = timeout(GATEWAY_EVENT_TIMEOUT, async {
            loop {
                seen = self.published().await;
                if let Some(found) = seen.iter().find(|published| accept(published)) {
                    return found.clone();
                }
                sleep(COUNTER_POLL_INTERVAL).await;
            }
        });
        let found = looking.await;
        found.unwrap_or_else(|_| panic!("{what} was not published; there were {seen:#?}"))
    }

    /// Waits until it holds this text.
    pub async fn expect_text(&self, text: &str) -> Published {
        let is_it =
            |published: &Published| published.event.as_ref().and_then(GatewayEvent::text) == Some(text);
        self.expect(&format!("text {text:?}"), is_it).await
    }

    /// Ends the server at once.
    pub fn kill9(&mut self) {
        match &mut self.0 {
            Server::Nats(nats) => nats.kill9(),
            Server::RabbitMq(rabbitmq) => rabbitmq.kill9(),
        }
    }

    /// Starts it again on the same data, at the same address.
    pub async fn restart(&mut self) {
        match &mut self.0 {
            Server::Nats(nats) => nats.launch(),
            Server::RabbitMq(rabbitmq) => rabbitmq.launch(),
        }
        self.until_it_answers().await;
    }

    async fn until_it_answers(&self) {
        let answering = timeout(BROKER_START_TIMEOUT, async {
            while !self.answers().await {
                sleep(COUNTER_POLL_INTERVAL).await;
            }
        });
        if answering.await.is_err() {
            panic!("the broker does not answer after {BROKER_START_TIMEOUT:?}; its log:\n{}", self.log());
        }
    }

    async fn answers(&self) -> bool {
        match &self.0 {
            Server::Nats(nats) => nats.client().await.is_some(),
            Server::RabbitMq(rabbitmq) => rabbitmq.client().await.is_some(),
        }
    }

    fn log(&self) -> String {
        match &self.0 {
            Server::Nats(nats) => nats.log(),
            Server::RabbitMq(rabbitmq) => rabbitmq.log(),
        }
    }
}

/// The event in a message; `None` in a test.
fn event_in(body: &[u8]) -> Option<GatewayEvent> {
    let json: Value = serde_json::from_slice(body).unwrap_or_else(|error| panic!("not JSON: {error}"));
    if json["type"] == "webhook.test" {
        return None;
    }
    Some(serde_json::from_value(json).unwrap_or_else(|error| panic!("no event: {error}")))
}
