//! RabbitMQ. A message is delivered when the server has confirmed it and has not given it back: what no queue takes is refused.
//!
//! The client gives each connection a thread, and tasks on our runtime. They end with the connection: it is closed in order, and cut
//! off when the server does not answer to that. What they hold is bounded by the size of frames and by what a parcel holds.

use std::future::ready;
use std::io;
use std::time::Duration;

use async_rs::Runtime;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{
    AsyncTcpStream, BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Error,
    ErrorKind,
};
use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};
use trunkline_model::delivery::{Outcome, RabbitMqTarget};

use super::address::{Address, BadAddress, Scheme};
use super::broker::{Broker, BrokerCourier, ENDPOINT_HEADER, EVENT_HEADER, Message, REPLAY_HEADER};
use super::transport::{self, Pipe, Severable};
use super::{Couriers, failed, told};
use crate::limits::{AMQP_CHANNELS_MAX, AMQP_FRAME_BYTES_MAX, BROKER_CLOSE_MAX, BROKER_PING};
use crate::spawn::{Spawner, TaskKind};

const SCHEMES: &[Scheme] =
    &[Scheme { name: "amqp", tls: false, port: 5672 }, Scheme { name: "amqps", tls: true, port: 5671 }];
/// The virtual host of an address that names none.
const DEFAULT_VIRTUAL_HOST: &str = "/";
/// Delivery mode of messages that survive a restart of the server.
const PERSISTENT: u8 = 2;
/// Reply code of a connection that is closed in order.
const CLOSED_IN_ORDER: u16 = 200;

/// Goes to a RabbitMQ server.
pub(crate) type RabbitMqCourier = BrokerCourier<RabbitMq>;

impl RabbitMqCourier {
    pub(super) fn of(target: &RabbitMqTarget, couriers: &Couriers, spawner: &Spawner) -> RabbitMqCourier {
        BrokerCourier::new(RabbitMq::new(target, couriers.allow_private, spawner), couriers)
    }
}

/// Checks what can be seen of a target.
pub(super) fn check(target: &RabbitMqTarget, allow_private: bool) -> Result<(), BadAddress> {
    Address::parse(&target.url, SCHEMES, allow_private).map(drop)
}

/// A RabbitMQ server.
pub(crate) struct RabbitMq {
    target: RabbitMqTarget,
    allow_private: bool,
    spawner: Spawner,
}

/// A connection to it, with its only channel.
pub(crate) struct RabbitMqLink {
    /// `None` while it is being dropped.
    open: Option<(Connection, DropGuard)>,
    channel: Channel,
    spawner: Spawner,
}

impl Drop for RabbitMqLink {
    /// Closes in order, as far as the server goes along.
    fn drop(&mut self) {
        let Some((connection, cut)) = self.open.take() else { return };
        // Without a runtime the node is ending, and the connection is cut off.
        if tokio::runtime::Handle::try_current().is_ok() {
            self.spawner.spawn(TaskKind::Disposable, "broker-close", async move {
                let close = connection.close(CLOSED_IN_ORDER, "OK".into());
                drop(tokio::time::timeout(BROKER_CLOSE_MAX, close).await);
                drop(cut);
            });
        }
    }
}

impl Broker for RabbitMq {
    type Link = RabbitMqLink;

    fn template(&self) -> &str {
        &self.target.routing_key
    }

    async fn connect(&self, _limit: Duration) -> Result<RabbitMqLink, Outcome> {
        let address = Address::parse(&self.target.url, SCHEMES, self.allow_private)
            .map_err(|bad| told("address_refused", &bad.to_string()))?;
        let places = address.resolve(self.allow_private).await?;
        let stream = transport::connect(&address, &places)
            .await
            .map_err(|error| told("unreachable", &error.to_string()))?;
        let token = CancellationToken::new();
        // From here on: who stops waiting for the handshake cuts off the connection, and with it ends the client's thread.
        let cut = token.clone().drop_guard();
        let stream = Severable::new(stream, &token);
        let connection = open(self.uri(&address), stream).await.map_err(|error| unconnected(&error))?;
        let channel = connection.create_channel().await.map_err(|error| unconnected(&error))?;
        let confirm = channel.confirm_select(ConfirmSelectOptions::default());
        confirm.await.map_err(|error| unconnected(&error))?;
        Ok(RabbitMqLink { open: Some((connection, cut)), channel, spawner: self.spawner.clone() })
    }

    fn is_up(&self, link: &RabbitMqLink) -> bool {
        let connected = link.open.as_ref().is_some_and(|(connection, _)| connection.status().connected());
        connected && link.channel.status().connected()
    }

    async fn publish(&self, link: &RabbitMqLink, messages: Vec<Message>) -> Result<(), Outcome> {
        let exchange = short(&self.target.exchange)?;
        let mut confirms = Vec::with_capacity(messages.len());
        for message in messages {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let (key, properties) = (short(&message.to)?, properties(&message));
            let publish =
                link.channel.basic_publish(exchange.clone(), key, options, &message.body, properties);
            confirms.push(publish.await.map_err(|error| refused(&error))?);
        }
        for confirm in confirms {
            match confirm.await.map_err(|error| refused(&error))? {
                Confirmation::Ack(None) => {}
                Confirmation::Ack(Some(back)) | Confirmation::Nack(Some(back)) => {
                    return Err(told("refused", &format!("{} {}", back.reply_code, back.reply_text)));
                }
                Confirmation::Nack(None) => return Err(told("refused", "the server did not take it")),
                Confirmation::NotRequested => return Err(failed("broken")),
            }
        }
        Ok(())
    }

    fn silence(&self, _link: &RabbitMqLink) -> Outcome {
        failed("timeout")
    }
}

impl RabbitMq {
    pub(super) fn new(target: &RabbitMqTarget, allow_private: bool, spawner: &Spawner) -> RabbitMq {
        RabbitMq { target: target.clone(), allow_private, spawner: spawner.clone() }
    }

    fn uri(&self, address: &Address) -> AMQPUri {
        let virtual_host =
            if address.path.is_empty() { DEFAULT_VIRTUAL_HOST.to_owned() } else { address.path.clone() };
        AMQPUri {
            // Whether TLS lies below is not the client's business.
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: self.target.username.clone(),
                    password: self.target.password.clone(),
                },
                host: address.host.clone(),
                port: address.port,
            },
            vhost: virtual_host,
            query: AMQPQueryString {
                frame_max: Some(AMQP_FRAME_BYTES_MAX),
                channel_max: Some(AMQP_CHANNELS_MAX),
                heartbeat: u16::try_from(BROKER_PING.as_secs()).ok(),
                ..AMQPQueryString::default()
            },
        }
    }
}

/// Opens a connection over a stream. There is one stream: the client cannot connect again, and is not asked to.
async fn open(uri: AMQPUri, stream: Pipe) -> lapin::Result<Connection> {
    let only = Mutex::new(Some(stream));
    let dial = move |_uri: AMQPUri, _runtime: Runtime<transport::Kit>| {
        let stream = only.lock().take().map(AsyncTcpStream::Plain);
        ready(stream.ok_or_else(|| Error::from(io::Error::from(io::ErrorKind::NotConnected))))
    };
    let properties = ConnectionProperties::default().with_connection_name("trunkline".into());
    Connection::connector(uri, transport::runtime(), dial, properties).await
}

fn properties(message: &Message) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut header = |name: &str, value: &str| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    header(EVENT_HEADER, &message.id);
    header(ENDPOINT_HEADER, &message.endpoint);
    if message.replayed {
        header(REPLAY_HEADER, "true");
    }
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(message.id.as_str().into())
        .with_type(message.kind.into())
        .with_timestamp(u64::try_from(message.time_ms / 1_000).unwrap_or(0))
        .with_headers(headers)
}

/// Names of the protocol are short.
fn short(text: &str) -> Result<ShortString, Outcome> {
    ShortString::try_new(text).map_err(|error| told("refused", &error.to_string()))
}

fn unconnected(error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::ProtocolError(_) => refused(error),
        other => told("unreachable", &format!("{other:?}")),
    }
}

fn refused(error: &Error) -> Outcome {
    let ErrorKind::ProtocolError(said) = error.kind() else { return failed("broken") };
    let word = match said.kind() {
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => "unauthorized",
        AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => "unauthorized",
        // The operator closes connections by hand, or stops the server.
        AMQPErrorKind::Hard(AMQPHardError::CONNECTIONFORCED) => "broken",
        _ => "refused",
    };
    told(word, said.get_message().as_str())
}
