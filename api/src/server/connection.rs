//! One connection: hyper's HTTP/1 machine with our time limits around it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;

use super::answer;
use super::front::Front;
use crate::gateway::Gateway;
use crate::limits;

/// A socket whose writes fail when they make no progress for too long.
type Socket = Pin<Box<TimeoutStream<TcpStream>>>;

/// Serves a connection until the client or a limit ends it.
pub(super) async fn run<G: Gateway>(stream: TcpStream, front: Front<G>, _place: OwnedSemaphorePermit) {
    front.metrics.connections.increment(1.0);
    // Answers are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let from = stream.peer_addr().ok().map(|peer| peer.ip().to_canonical());
    let mut socket = TimeoutStream::new(stream);
    socket.set_write_timeout(Some(Duration::from_millis(front.bounds.write_stall_ms_max)));
    if let Some(socket) = serve(Box::pin(socket), &front, from).await {
        // Boxed: its buffer is not for every connection that is open.
        Box::pin(linger(socket)).await;
    }
    front.metrics.connections.decrement(1.0);
}

/// Runs HTTP on the socket. Gives the socket back when there may be an answer on it that the client has not read.
async fn serve<G: Gateway>(socket: Socket, front: &Front<G>, from: Option<IpAddr>) -> Option<Socket> {
    let service = service_fn(move |request| {
        // Boxed so that the connection is Unpin, and small while it is idle.
        answer::answer(front, request, from).map(Ok::<_, Infallible>).boxed_local()
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(front.bounds.header_read_ms_max))
        .max_header_size(limits::HEADER_BYTES_MAX)
        .max_buf_size(limits::CONNECTION_BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), service);
    let mut stopping = front.stopping.clone();
    let served = tokio::select! {
        served = poll_fn(|cx| connection.poll_without_shutdown(cx)) => served,
        _ = stopping.wait_for(|stop| *stop) => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    match served {
        Ok(()) => Some(connection.into_parts().io.into_inner()),
        Err(error) => {
            // Clients that vanish, talk nonsense or sleep: nothing that an operator could act on.
            tracing::debug!(%error, "a connection ended badly");
            // Nonsense was answered, and what of it was not read must not take the answer away.
            error.is_parse().then(|| connection.into_parts().io.into_inner())
        }
    }
}

/// Closes our side and reads what the client still sends. Closing with unread bytes would reset the connection, and an
/// answer given before the end of a large body would be lost with it.
async fn linger(mut socket: Socket) {
    if socket.shutdown().await.is_err() {
        return;
    }
    let drain = async {
        let mut scrap = [0; 4 << 10];
        let mut read_bytes = 0;
        while read_bytes < limits::LINGER_BYTES_MAX {
            match socket.read(&mut scrap).await {
                Ok(0) | Err(_) => break,
                Ok(count) => read_bytes += count,
            }
        }
    };
    // The time being over is as good an end as any.
    let _ = timeout(Duration::from_millis(limits::LINGER_MS_MAX), drain).await;
}
