//! One front thread: it accepts connections and runs them on its own local runtime.

use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection;
use super::front::Front;
use crate::gateway::Gateway;
use crate::limits::ACCEPT_PAUSE_MS;

/// What a client gets that comes when there are too many connections. It is best effort: the socket closes at once.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 195\r\n\r\n\
    {\"type\":\"/docs/errors/UNAVAILABLE\",\"title\":\"The service is not available right now\",\"status\":503,\
    \"code\":\"UNAVAILABLE\",\"detail\":\"Too many connections are open. Try again.\",\"retry_after_seconds\":1}";

/// Starts front thread number `index`. `alive` counts the threads that have not ended.
///
/// # Errors
/// What the operating system says: no thread, no runtime, or a listener that cannot be watched.
pub(super) fn start<G: Gateway>(
    index: usize,
    listener: std::net::TcpListener,
    front: Front<G>,
    alive: watch::Sender<usize>,
) -> io::Result<()> {
    let ended = Ended(alive);
    // The runtime belongs to its thread from the beginning, so the thread tells whether it has one.
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new().name(format!("front-{index}")).spawn(move || {
        let _ended = ended;
        let runtime = match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell.send(Err(error))),
        };
        runtime.block_on(async {
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    drop(tell.send(Ok(())));
                    run(listener, front).await;
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
    })?;
    told.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended at once")))
}

/// Takes one off the count of living threads when the thread ends, however it ends.
struct Ended(watch::Sender<usize>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.send_modify(|alive| *alive = alive.saturating_sub(1));
    }
}

async fn run<G: Gateway>(listener: TcpListener, front: Front<G>) {
    let mut connections = JoinSet::new();
    let mut stopping = front.stopping.clone();
    loop {
        tokio::select! {
            // An error means that the server's handle was dropped: stop as well.
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => admit(&mut connections, stream, &front),
                Err(error) => accept_failed(&front, &error).await,
            },
        }
    }
    // The kernel has already told these clients that they are connected.
    while let Some(Ok((stream, _))) = listener.accept().now_or_never() {
        admit(&mut connections, stream, &front);
    }
    drop(listener);
    drain(connections, Duration::from_millis(front.bounds.drain_ms_max)).await;
}

fn admit<G: Gateway>(connections: &mut JoinSet<()>, stream: TcpStream, front: &Front<G>) {
    match front.connections.clone().try_acquire_owned() {
        Ok(place) => {
            connections.spawn_local(connection::run(stream, front.clone(), place));
        }
        Err(_) => {
            front.metrics.connections_refused.increment(1);
            let _ = stream.try_write(REFUSAL);
        }
    }
}

/// Without file descriptors every accept fails at once; a pause keeps the thread from spinning.
async fn accept_failed<G: Gateway>(front: &Front<G>, error: &io::Error) {
    front.metrics.accept_errors.increment(1);
    tracing::warn!(%error, "a connection could not be accepted");
    sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
}

/// Waits for the connections to end by themselves, then ends them.
async fn drain(mut connections: JoinSet<()>, bound: Duration) {
    let deadline = Instant::now() + bound;
    while let Ok(Some(_)) = timeout_at(deadline, connections.join_next()).await {}
    if !connections.is_empty() {
        tracing::warn!(
            connections = connections.len(),
            "connections were cut off at the end of the drain time"
        );
        connections.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::REFUSAL;

    #[test]
    fn the_refusal_announces_its_own_length() {
        let text = std::str::from_utf8(REFUSAL).expect("it is ASCII");
        let (head, body) = text.split_once("\r\n\r\n").expect("it has a head");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
        let problem: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
        assert_eq!(problem["code"], "UNAVAILABLE");
    }
}
