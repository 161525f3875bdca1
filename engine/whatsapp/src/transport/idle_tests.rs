//! What an idle connection costs, and how many of many are resumed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use rustls::HandshakeKind;
use tokio_websockets::Message;

use super::testing::{Client, Server, certificate, dialler, serve, settle};
use super::wire::Wire;
use crate::limits::{HANDSHAKES_MAX, TRANSPORT_EVENTS_MAX};

/// The system's allocator, which counts what this thread holds.
struct Counting;

thread_local! {
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that is ending is of no interest.
    let _ = LIVE_BYTES.try_with(|live| live.set(live.get() + bytes));
}

// SAFETY: everything is handed to the system's allocator as it came; counting touches no memory of its.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps to the contract of `alloc`, which is the same there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps to the contract of `dealloc`, and `alloc` took the pointer from there.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn live_bytes() -> isize {
    LIVE_BYTES.with(Cell::get)
}

/// A server on a thread of its own, so that its memory is not counted here. It echoes.
#[allow(clippy::disallowed_methods, reason = "a test's own tasks")]
fn server_apart(tls: bool) -> (std::net::SocketAddr, Option<String>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let server = Server::new(tls).await;
            sender.send((server.address(), server.pem())).expect("somebody waits");
            loop {
                let stream = server.stream().await;
                tokio::spawn(async move {
                    let mut socket = serve(stream).await;
                    while let Some(Ok(message)) = socket.next().await {
                        if message.is_binary() {
                            drop(socket.send(Message::binary(message.into_payload())).await);
                        }
                    }
                });
            }
        });
    });
    receiver.recv().expect("a server")
}

async fn echo(client: &Client, bytes: usize) {
    client.socket.send(Bytes::from(vec![3; bytes])).await.expect("sent");
    assert_eq!(client.next().await, format!("data {bytes}"));
}

/// Heap bytes for each of many idle connections: after opening, after a large message went both ways, and what of them a
/// connection reports as TLS's.
async fn idle_bytes(tls: bool) -> (isize, isize, isize) {
    const CONNECTIONS: usize = 128;
    let (address, pem) = server_apart(tls);
    let dialler = dialler(address, pem.as_deref());
    // What is there once: scratch, tickets, the runtime's own.
    let mut clients = Vec::with_capacity(2 * CONNECTIONS);
    for _ in 0..CONNECTIONS {
        clients.push(Client::dial(&dialler).await.expect("a connection"));
        assert_eq!(clients[clients.len() - 1].next().await, "connected");
    }
    settle().await;
    let before = live_bytes();
    for _ in 0..CONNECTIONS {
        clients.push(Client::dial(&dialler).await.expect("a connection"));
        assert_eq!(clients[clients.len() - 1].next().await, "connected");
    }
    settle().await;
    let opened = live_bytes() - before;
    for client in &clients[CONNECTIONS..] {
        for bytes in [10, 300_000] {
            echo(client, bytes).await;
        }
    }
    settle().await;
    let used = live_bytes() - before;
    let report = clients[0].socket.resource_report().expect("a report");
    let reported = report.tls_state_bytes.unwrap_or_default() as isize;
    (opened / CONNECTIONS as isize, used / CONNECTIONS as isize, reported)
}

#[tokio::test]
async fn an_idle_connection_holds_no_buffer() {
    let (plain, plain_used, _) = idle_bytes(false).await;
    let (tls, tls_used, reported) = idle_bytes(true).await;
    println!(
        "heap bytes of an idle connection: ws {plain}, wss {tls}; after traffic: ws {plain_used}, wss {tls_used}"
    );
    println!(
        "of them: wire {}, channel of {TRANSPORT_EVENTS_MAX} events of {} each, rustls connection {}",
        size_of::<Wire>(),
        size_of::<wacore::net::TransportEvent>(),
        size_of::<rustls::client::UnbufferedClientConnection>(),
    );
    // What the governor of a shard's memory is told.
    assert!((tls - plain - reported).abs() < 512, "{} measured, {reported} reported", tls - plain);
    assert!(plain < 3 << 10, "{plain}");
    assert!(tls < 9 << 10, "{tls}");
    // Traffic leaves nothing: one buffer of a page would show.
    assert!(plain_used - plain < 256, "{plain} -> {plain_used}");
    assert!(tls_used - tls < 512, "{tls} -> {tls_used}");
}

/// Opens so many connections, as many at a time as may be, and gives how many handshakes were resumed.
#[allow(clippy::disallowed_methods, reason = "a test's own task")]
async fn resumed(connections: usize, stateless: bool) -> usize {
    let (pem, mut config) = certificate();
    if stateless {
        config.ticketer = rustls::crypto::ring::Ticketer::new().expect("a ticketer");
    }
    let server = Server::with(Some((pem, config))).await;
    let dialler = server.dialler();
    let accepted = tokio::spawn(async move {
        let accept = |_| async {
            let (stream, kind) = server.stream_and_kind().await;
            let mut socket = serve(stream).await;
            // Until the client hangs up.
            drop(socket.next().await);
            kind == HandshakeKind::Resumed
        };
        let kinds = stream::iter(0..connections).map(accept).buffer_unordered(2 * HANDSHAKES_MAX);
        kinds.filter(|resumed| std::future::ready(*resumed)).count().await
    });
    let dial = |_| async {
        let client = Client::dial(&dialler).await.expect("a connection");
        client.socket.disconnect().await;
    };
    stream::iter(0..connections).map(dial).buffer_unordered(HANDSHAKES_MAX).collect::<Vec<()>>().await;
    accepted.await.expect("a count")
}

#[tokio::test]
async fn after_the_first_handshakes_all_are_resumed() {
    let connections =
        std::env::var("TRUNKLINE_TEST_CONNECTIONS").map_or(600, |count| count.parse().expect("a number"));
    for stateless in [false, true] {
        let resumed = resumed(connections, stateless).await;
        println!("{resumed} of {connections} handshakes resumed (stateless tickets: {stateless})");
        // The first ones open together and have no ticket to use.
        assert!(resumed >= connections - HANDSHAKES_MAX, "{resumed} of {connections}");
    }
}
