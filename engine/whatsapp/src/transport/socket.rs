//! The two halves of an open WebSocket: one task reads, whoever sends takes turns.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, watch};
use tokio_websockets::{CloseCode, Error, Message, WebSocketStream};
use wacore::net::{DisconnectReason, Transport, TransportEvent};
use whatsapp_rust::anyhow::{self, anyhow, bail};

use super::LinkActivity;
use crate::limits::{CLOSE_TIMEOUT, WRITE_TIMEOUT};

/// The sending half. `None` once the socket is closed from this side.
pub(super) struct Socket<S> {
    sink: Mutex<Option<SplitSink<WebSocketStream<S>, Message>>>,
    stop: watch::Sender<bool>,
    activity: Arc<LinkActivity>,
}

/// Splits a stream into the transport and the future that reads from it until either side ends.
pub(super) fn split<S>(
    stream: WebSocketStream<S>,
    events: async_channel::Sender<TransportEvent>,
    activity: Arc<LinkActivity>,
) -> (Socket<S>, impl Future<Output = ()> + Send)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sink, stream) = stream.split();
    let (stop, stopped) = watch::channel(false);
    let reader = read(stream, events, activity.clone(), stopped);
    (Socket { sink: Mutex::new(Some(sink)), stop, activity }, reader)
}

async fn read<S>(
    mut stream: SplitStream<WebSocketStream<S>>,
    events: async_channel::Sender<TransportEvent>,
    activity: Arc<LinkActivity>,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pump = async {
        // A client that waits for this event before it starts is a client that is there to receive it.
        if events.send(TransportEvent::Connected).await.is_err() {
            return;
        }
        let reason = loop {
            match stream.next().await {
                Some(Ok(message)) if message.is_binary() => {
                    activity.frame();
                    let data = TransportEvent::DataReceived(message.into_payload().into());
                    if events.send(data).await.is_err() {
                        return;
                    }
                }
                Some(Ok(message)) => {
                    activity.frame();
                    if let Some(reason) = close_reason(&message) {
                        break reason;
                    }
                }
                Some(Err(error)) => break read_error(&error),
                None => break DisconnectReason::StreamEnded,
            }
        };
        // Nobody listening means that the client let go first.
        drop(events.send(TransportEvent::Disconnected(reason)).await);
    };
    tokio::select! {
        () = pump => {}
        _ = stopped.wait_for(|stop| *stop) => {}
    }
    activity.closed();
}

fn close_reason(message: &Message) -> Option<DisconnectReason> {
    let (code, reason) = message.as_close()?;
    // 1005 and 1006 stand for "no code was sent" (RFC 6455 §7.4.1).
    let code = Some(u16::from(code)).filter(|code| !matches!(code, 1005 | 1006));
    Some(DisconnectReason::ServerClose { code, reason: reason.to_owned() })
}

fn read_error(error: &Error) -> DisconnectReason {
    match error {
        Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            DisconnectReason::StreamEnded
        }
        other => DisconnectReason::ReadError(other.to_string()),
    }
}

#[async_trait]
impl<S> Transport for Socket<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    async fn send(&self, data: Bytes) -> Result<(), anyhow::Error> {
        let mut guard = self.sink.lock().await;
        let Some(sink) = guard.as_mut() else { bail!("the socket is closed") };
        match tokio::time::timeout(WRITE_TIMEOUT, sink.send(Message::binary(data))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => {
                // Half a frame may be out: nothing can follow it.
                *guard = None;
                self.stop.send_replace(true);
                Err(anyhow!("the peer took no data for {} s", WRITE_TIMEOUT.as_secs()))
            }
        }
    }

    async fn disconnect(&self) {
        let closing = async {
            if let Some(mut sink) = self.sink.lock().await.take() {
                let goodbye = Message::close(Some(CloseCode::NORMAL_CLOSURE), "");
                // Sent and flushed. The peer's own farewell is not waited for: nothing that it could still say matters.
                drop(sink.send(goodbye).await);
            }
        };
        // A peer that takes nothing any more is left without a farewell.
        drop(tokio::time::timeout(CLOSE_TIMEOUT, closing).await);
        self.stop.send_replace(true);
        self.activity.closed();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{DuplexStream, duplex};
    use tokio_websockets::{ClientBuilder, ServerBuilder};

    use super::*;
    use crate::limits::TRANSPORT_EVENTS_MAX;

    struct Pair {
        socket: Socket<DuplexStream>,
        events: async_channel::Receiver<TransportEvent>,
        server: WebSocketStream<DuplexStream>,
        activity: Arc<LinkActivity>,
        reader: tokio::task::JoinHandle<()>,
    }

    #[allow(clippy::disallowed_methods, reason = "a test's own task")]
    fn pair() -> Pair {
        let (near, far) = duplex(1 << 16);
        let activity = Arc::new(LinkActivity::new());
        let (sender, events) = async_channel::bounded(TRANSPORT_EVENTS_MAX);
        let (socket, reader) = split(ClientBuilder::new().take_over(near), sender, activity.clone());
        activity.opened();
        let reader = tokio::spawn(reader);
        Pair { socket, events, server: ServerBuilder::new().serve(far), activity, reader }
    }

    async fn next(events: &async_channel::Receiver<TransportEvent>) -> String {
        match events.recv().await.expect("an event") {
            TransportEvent::Connected => "connected".to_owned(),
            TransportEvent::DataReceived(data) => format!("data {}", data.len()),
            TransportEvent::Disconnected(reason) => format!("ended: {reason}"),
        }
    }

    #[tokio::test]
    async fn one_message_is_one_event_and_a_close_frame_tells_its_code() {
        let mut pair = pair();
        assert_eq!(next(&pair.events).await, "connected");
        for size in [1, 70_000] {
            let message = Message::binary(vec![7; size]);
            let (sent, event) = tokio::join!(pair.server.send(message), next(&pair.events));
            sent.expect("sent");
            assert_eq!(event, format!("data {size}"));
        }
        pair.server.send(Message::close(Some(CloseCode::GOING_AWAY), "later")).await.expect("sent");
        assert_eq!(next(&pair.events).await, "ended: server close frame (code 1001: later)");
        pair.reader.await.expect("the reader ends");
        assert_eq!(pair.activity.last_frame_age_ms(), None);
    }

    #[tokio::test]
    async fn a_lost_peer_ends_the_stream() {
        let pair = pair();
        assert_eq!(next(&pair.events).await, "connected");
        drop(pair.server);
        assert!(next(&pair.events).await.starts_with("ended: "));
        assert!(pair.events.recv().await.is_err(), "nothing follows the end");
    }

    #[tokio::test]
    async fn disconnecting_says_goodbye_twice_only_once() {
        let mut pair = pair();
        assert_eq!(next(&pair.events).await, "connected");
        pair.socket.send(Bytes::from_static(b"frame")).await.expect("sent");
        let received = pair.server.next().await.expect("a message").expect("fine");
        assert_eq!(&received.into_payload()[..], b"frame");
        pair.socket.disconnect().await;
        pair.socket.disconnect().await;
        let farewell = pair.server.next().await.expect("a message").expect("fine");
        assert_eq!(farewell.as_close().map(|(code, _)| code), Some(CloseCode::NORMAL_CLOSURE));
        assert!(pair.socket.send(Bytes::from_static(b"late")).await.is_err());
        pair.reader.await.expect("the reader ends");
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_stops_the_socket() {
        let mut pair = pair();
        assert_eq!(next(&pair.events).await, "connected");
        // More than the channel and the pipe hold: the sender must come to a halt.
        let sent = std::cell::Cell::new(0);
        let flood = async {
            for _ in 0..64 {
                pair.server.send(Message::binary(vec![0; 4_096])).await.expect("sent");
                sent.set(sent.get() + 1);
            }
        };
        tokio::pin!(flood);
        // Everything happens in memory, so a thousand turns are more than either side needs to get as far as it can.
        for _ in 0..1_000 {
            assert!((&mut flood).now_or_never().is_none(), "the flood should be held back");
            tokio::task::yield_now().await;
        }
        assert!(sent.get() < 64);
        let (_, ()) = tokio::join!(
            async {
                for _ in 0..64 {
                    assert_eq!(next(&pair.events).await, "data 4096")
                }
            },
            flood
        );
    }
}
