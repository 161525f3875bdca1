//! NATS JetStream. A message is delivered when the server says which stream has it; the event's id as message id lets the server
//! drop what it has already.
//!
//! The client's tasks, one for the connection and one for what it has to tell, run beside ours: they end with the connection, and
//! what they hold is bounded by the capacities below.

use std::error::Error;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::context::{Context, ContextBuilder, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::{
    Auth, AuthError, ConnectError, ConnectErrorKind, ConnectOptions, Event, HeaderMap, ServerAddr,
    ServerError,
};
use parking_lot::Mutex;
use trunkline_model::delivery::{NatsTarget, Outcome};

use super::address::{Address, BadAddress, Scheme};
use super::broker::{Broker, BrokerCourier, ENDPOINT_HEADER, EVENT_HEADER, Message, REPLAY_HEADER};
use super::{Couriers, failed, tls, told};
use crate::limits::{
    BROKER_PING, NATS_ACKS_IN_FLIGHT, NATS_COMMANDS_QUEUED, NATS_READ_BYTES, NATS_REPLIES_QUEUED,
};

const SCHEMES: &[Scheme] =
    &[Scheme { name: "nats", tls: false, port: 4222 }, Scheme { name: "tls", tls: true, port: 4222 }];

/// Goes to a NATS server.
pub(crate) type NatsCourier = BrokerCourier<Nats>;

impl NatsCourier {
    pub(super) fn of(target: &NatsTarget, couriers: &Couriers) -> NatsCourier {
        BrokerCourier::new(Nats::new(target, couriers.allow_private), couriers)
    }
}

/// Checks what can be seen of a target.
pub(super) fn check(target: &NatsTarget, allow_private: bool) -> Result<(), BadAddress> {
    address(target, allow_private).map(drop)
}

fn address(target: &NatsTarget, allow_private: bool) -> Result<Address, BadAddress> {
    let address = Address::parse(&target.url, SCHEMES, allow_private)?;
    if address.path.is_empty() { Ok(address) } else { Err(BadAddress::Parts) }
}

/// A NATS server.
pub(crate) struct Nats {
    target: NatsTarget,
    allow_private: bool,
}

/// A connection to it.
pub(crate) struct NatsLink {
    context: Context,
    /// What the server complained of last, which it says about none of the messages.
    complaint: Arc<Mutex<Option<String>>>,
}

impl Broker for Nats {
    type Link = NatsLink;

    fn template(&self) -> &str {
        &self.target.subject
    }

    async fn connect(&self, limit: Duration) -> Result<NatsLink, Outcome> {
        let address = address(&self.target, self.allow_private).map_err(|bad| refused_address(&bad))?;
        let places = address.resolve(self.allow_private).await?;
        let complaint = Arc::new(Mutex::new(None));
        let is_up = Arc::new(AtomicBool::new(false));
        let options = self.options(&address, places.len(), (&complaint, &is_up))?;
        let servers = servers(&address, &places)?;
        let options = options.connection_timeout(limit).request_timeout(Some(limit));
        let client = options.connect(servers).await.map_err(|error| unconnected(&error))?;
        is_up.store(true, Ordering::Release);
        let context = ContextBuilder::new()
            .timeout(limit)
            .ack_timeout(limit)
            .max_ack_inflight(NATS_ACKS_IN_FLIGHT)
            .backpressure_on_inflight(true)
            .build(client);
        Ok(NatsLink { context, complaint })
    }

    fn is_up(&self, link: &NatsLink) -> bool {
        link.context.client().connection_state() == State::Connected
    }

    async fn publish(&self, link: &NatsLink, messages: Vec<Message>) -> Result<(), Outcome> {
        if let Some(message) = messages.iter().find(|message| !is_subject(&message.to)) {
            return Err(told("refused", &format!("`{}` is not a subject", message.to)));
        }
        let mut acks = Vec::with_capacity(messages.len());
        for message in messages {
            let (subject, publish) = (message.to.clone(), published(message));
            let sent = link.context.send_publish(subject.clone(), publish).await;
            acks.push((sent.map_err(|error| self.refused(link, &subject, &error))?, subject));
        }
        for (ack, subject) in acks {
            ack.await.map_err(|error| self.refused(link, &subject, &error))?;
        }
        Ok(())
    }

    fn silence(&self, link: &NatsLink) -> Outcome {
        match link.complaint.lock().take() {
            // A server answers nothing to who may not publish, but it says so.
            Some(complaint) if complaint.to_ascii_lowercase().contains("permissions violation") => {
                told("unauthorized", &complaint)
            }
            Some(complaint) => told("timeout", &complaint),
            None => failed("timeout"),
        }
    }
}

impl Nats {
    pub(super) fn new(target: &NatsTarget, allow_private: bool) -> Nats {
        Nats { target: target.clone(), allow_private }
    }

    fn options(
        &self,
        address: &Address,
        places: usize,
        (complaint, is_up): (&Arc<Mutex<Option<String>>>, &Arc<AtomicBool>),
    ) -> Result<ConnectOptions, Outcome> {
        let mut auth = Auth::new();
        auth.username.clone_from(&self.target.username);
        auth.password.clone_from(&self.target.password);
        auth.token.clone_from(&self.target.token);
        let (complaint, is_up) = (Arc::clone(complaint), Arc::clone(is_up));
        // The client would mend a connection by itself and send what waits, though what was on its way is lost; see `broker`. Who
        // gets no credentials a second time gives up at once.
        let once = move |_nonce: Vec<u8>| {
            let lost = is_up.load(Ordering::Acquire);
            ready(if lost { Err(AuthError::new("the connection was lost")) } else { Ok(auth.clone()) })
        };
        let listen = move |event: Event| {
            if let Event::ServerError(error) = event {
                let words = match error {
                    ServerError::Other(words) => words,
                    other => other.to_string(),
                };
                *complaint.lock() = Some(words);
            }
            ready(())
        };
        // The name is what the certificate has to be for; the server is dialled by the address that was checked. It is not told the
        // name (SNI): NATS begins in plain text, so nothing that stands before a server can choose by it.
        let tls = tls::config_for(&address.host).map_err(|why| told("unreachable", &why))?;
        let options = ConnectOptions::with_auth_callback(once)
            .event_callback(listen)
            .name("trunkline")
            .tls_client_config(tls)
            .ping_interval(BROKER_PING)
            .client_capacity(NATS_COMMANDS_QUEUED)
            .subscription_capacity(NATS_REPLIES_QUEUED)
            .read_buffer_capacity(NATS_READ_BYTES)
            // Servers that this one names were not checked.
            .ignore_discovered_servers()
            .retain_servers_order()
            .max_reconnects(places);
        Ok(options)
    }

    fn refused(&self, link: &NatsLink, subject: &str, error: &PublishError) -> Outcome {
        match error.kind() {
            PublishErrorKind::StreamNotFound => {
                told("refused", &format!("no stream takes the subject `{subject}`"))
            }
            PublishErrorKind::TimedOut => self.silence(link),
            PublishErrorKind::BrokenPipe => failed("broken"),
            _ if !self.is_up(link) => failed("broken"),
            _ => told("refused", &words(error)),
        }
    }
}

fn refused_address(bad: &BadAddress) -> Outcome {
    told("address_refused", &bad.to_string())
}

fn servers(address: &Address, places: &[SocketAddr]) -> Result<Vec<ServerAddr>, Outcome> {
    let server = |place: &SocketAddr| format!("{}://{place}", address.scheme.name).parse::<ServerAddr>();
    let servers: Result<Vec<ServerAddr>, _> = places.iter().map(server).collect();
    servers.map_err(|error| told("unreachable", &error.to_string()))
}

fn unconnected(error: &ConnectError) -> Outcome {
    let word = match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => "unauthorized",
        ConnectErrorKind::TimedOut => "timeout",
        _ => "unreachable",
    };
    told(word, &words(error))
}

/// The innermost cause, in its own words.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn published(message: Message) -> PublishMessage {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, message.once);
    headers.insert(EVENT_HEADER, message.id);
    headers.insert(ENDPOINT_HEADER, message.endpoint);
    if message.replayed {
        headers.insert(REPLAY_HEADER, "true");
    }
    PublishMessage::build().payload(message.body.into()).headers(headers)
}

/// Whether a server would take it for a subject to publish to: tokens between dots, without wildcards.
fn is_subject(subject: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && token.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"*>".contains(c))
    };
    subject.split('.').all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        for good in ["events", "wa.acc_1.message.sent", "a-b.c_d", "é.$JS"] {
            assert!(is_subject(good), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "a\tb", "a\r\nPUB x"] {
            assert!(!is_subject(bad), "{bad:?}");
        }
    }

    #[test]
    fn an_address_has_no_path() {
        let check = |url: &str| {
            let target = NatsTarget {
                url: url.to_owned(),
                subject: String::new(),
                username: None,
                password: None,
                token: None,
            };
            check(&target, false)
        };
        assert_eq!(check("nats://broker.example"), Ok(()));
        assert_eq!(check("tls://broker.example:1/"), Ok(()));
        assert_eq!(check("nats://broker.example/a"), Err(BadAddress::Parts));
        assert_eq!(check("nats://127.0.0.1"), Err(BadAddress::Private));
        assert!(matches!(check("amqp://broker.example"), Err(BadAddress::Scheme(_))));
    }
}
