//! What the clients of brokers leave behind: nothing. They spawn tasks and threads of their own, which have to end with the
//! connection, whatever the server does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use trunkline_model::delivery::{NatsTarget, RabbitMqTarget};

use super::broker::Broker;
use super::nats::Nats;
use super::rabbitmq::RabbitMq;
use crate::shard::Polls;
use crate::spawn::Spawner;

const LIMIT: Duration = Duration::from_secs(20);
/// How long a client waits for a server that says nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// A server on loopback; `serve` has each connection.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(serve));
    port
}

fn nats(port: u16) -> Nats {
    let target = NatsTarget {
        url: format!("nats://127.0.0.1:{port}"),
        subject: "events".to_owned(),
        username: None,
        password: None,
        token: None,
    };
    Nats::new(&target, true)
}

/// Greets as a NATS server does, and answers the first ping.
fn greet_as_nats(stream: &TcpStream) -> std::io::Result<BufReader<TcpStream>> {
    let mut to = stream.try_clone()?;
    to.write_all(
        b"INFO {\"server_id\":\"test\",\"version\":\"2.9.10\",\"headers\":true,\"max_payload\":1048576}\r\n",
    )?;
    let mut from = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while !line.starts_with("PING") {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    to.write_all(b"PONG\r\n")?;
    Ok(from)
}

async fn until_tasks_are(expected: usize) {
    let handle = Handle::current();
    let ending = async {
        while handle.metrics().num_alive_tasks() != expected {
            tokio::task::yield_now().await;
        }
    };
    let alive = || handle.metrics().num_alive_tasks();
    assert!(timeout(LIMIT, ending).await.is_ok(), "{} tasks are left, {expected} were before", alive());
}

#[tokio::test]
async fn a_dropped_connection_to_nats_leaves_no_task() {
    let port = server(|stream| {
        let Ok(mut from) = greet_as_nats(&stream) else { return };
        let _ = from.read_to_end(&mut Vec::new());
    });
    let before = Handle::current().metrics().num_alive_tasks();
    let nats = nats(port);
    let link = nats.connect(LIMIT).await.expect("it greets");
    assert!(nats.is_up(&link) && Handle::current().metrics().num_alive_tasks() > before);
    drop(link);
    until_tasks_are(before).await;
}

#[tokio::test]
async fn a_lost_connection_to_nats_is_not_mended() {
    let (accepted, log) = channel();
    let port = server(move |stream| {
        let greeted = greet_as_nats(&stream).is_ok();
        accepted.send(greeted).expect("the test waits");
    });
    let nats = nats(port);
    let link = nats.connect(LIMIT).await.expect("it greets, and hangs up");
    let noticed = async {
        while nats.is_up(&link) {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, noticed).await.expect("it is noticed");
    // The client does come again, once, but gets no credentials to log in with.
    let logged = tokio::task::spawn_blocking(move || [log.recv_timeout(LIMIT), log.recv_timeout(LIMIT)]);
    assert_eq!(logged.await.expect("it ran"), [Ok(true), Ok(false)]);
    assert!(!nats.is_up(&link));
    drop(link);
    until_tasks_are(0).await;
}

fn rabbitmq(port: u16) -> RabbitMq {
    let target = RabbitMqTarget {
        url: format!("amqp://127.0.0.1:{port}"),
        username: "somebody".to_owned(),
        password: "something".to_owned(),
        exchange: String::new(),
        routing_key: "events".to_owned(),
    };
    let spawner = Spawner::new(Arc::new(|fatal| panic!("{fatal}")), Arc::new(Polls::new(0)));
    RabbitMq::new(&target, true, &spawner)
}

/// A server that takes everything and says nothing; what it was told until the other side hung up.
fn silent() -> (u16, Receiver<Vec<u8>>) {
    let (heard, log) = channel();
    let port = server(move |mut stream| {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        heard.send(all).expect("the test waits");
    });
    (port, log)
}

#[tokio::test]
async fn a_rabbitmq_server_that_says_nothing_is_let_go() {
    let (port, log) = silent();
    let rabbitmq = rabbitmq(port);
    assert!(timeout(PATIENCE, rabbitmq.connect(PATIENCE)).await.is_err(), "nobody greets");
    let hung_up = tokio::task::spawn_blocking(move || log.recv_timeout(LIMIT));
    let heard = hung_up.await.expect("it ran").expect("the client's thread ends and hangs up");
    assert_eq!(heard, b"AMQP\x00\x00\x09\x01");
}
