//! Frames over a WebSocket, and stanzas over frames.

use std::time::Duration;

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, MaybeTlsStream, Message, WebSocketStream};
use wacore_binary::{Node, marshal};

use super::noise::{Initiator, PROLOGUE, Transport, Went};
use crate::limits::EVENT_TIMEOUT;

/// How a connection begins, before its first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening<'a> {
    /// With the prologue, as it should.
    #[default]
    Prologue,
    /// With routing information before the prologue.
    PreIntroduction(&'a [u8]),
    /// With these bytes in place of the prologue.
    Instead(&'a [u8]),
}

/// A WebSocket that carries length-prefixed frames.
pub struct RawSocket {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    read: BytesMut,
    messages_read: usize,
}

/// A connection after the handshake.
pub struct RawSession {
    socket: RawSocket,
    transport: Transport,
}

impl RawSocket {
    /// Connects and sends the opening bytes.
    pub async fn open(url: &str, opening: Opening<'_>) -> Self {
        let uri = url.parse().unwrap_or_else(|error| panic!("bad address {url}: {error}"));
        let connected = ClientBuilder::from_uri(uri).connect().await;
        let (socket, _) = connected.unwrap_or_else(|error| panic!("cannot connect to {url}: {error}"));
        let mut opened = Self { socket, read: BytesMut::new(), messages_read: 0 };
        opened.send_bytes(&opening_bytes(opening)).await;
        opened
    }

    /// Sends bytes as one WebSocket message.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent = self.socket.send(Message::binary(bytes.to_vec())).await;
        // A service that already closed is what some tests want; they notice when they read.
        drop(sent);
    }

    /// Sends one frame.
    pub async fn send_frame(&mut self, payload: &[u8]) {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend_from_slice(payload);
        self.send_bytes(&frame).await;
    }

    /// The next frame; `None` once the service closed the connection.
    pub async fn frame(&mut self) -> Option<Vec<u8>> {
        within(EVENT_TIMEOUT, "a frame or the end of the connection", async {
            loop {
                if let Some(frame) = take_frame(&mut self.read) {
                    return Some(frame);
                }
                let message = self.socket.next().await?.ok()?;
                if message.is_close() {
                    return None;
                }
                self.messages_read += 1;
                self.read.extend_from_slice(message.as_payload());
            }
        })
        .await
    }

    /// WebSocket messages read so far, whatever frames were in them.
    pub fn messages_read(&self) -> usize {
        self.messages_read
    }

    /// Waits until the service closes the connection without having said anything.
    pub async fn expect_silent_close(&mut self) {
        let frame = self.frame().await;
        assert!(frame.is_none(), "the service answered: {frame:02x?}");
    }
}

impl RawSession {
    /// Completes a handshake over a fresh socket. `payload` is an encoded `ClientPayload`.
    pub async fn establish(mut socket: RawSocket, initiator: (Initiator, Vec<u8>), payload: &[u8]) -> Self {
        let (initiator, hello) = initiator;
        socket.send_frame(&hello).await;
        let answer = socket.frame().await.unwrap_or_else(|| panic!("closed in place of a server hello"));
        let completed = initiator.complete(&answer, payload);
        let (finish, transport) = completed.unwrap_or_else(|error| panic!("handshake: {error}"));
        if let Some(finish) = finish {
            socket.send_frame(&finish).await;
        }
        Self { socket, transport }
    }

    /// Which way the handshake went.
    pub fn went(&self) -> Went {
        self.transport.went
    }

    /// WebSocket messages read so far.
    pub fn messages_read(&self) -> usize {
        self.socket.messages_read()
    }

    /// The service's static key.
    pub fn service_static(&self) -> [u8; 32] {
        self.transport.service_static
    }

    /// Sends a stanza.
    pub async fn send(&mut self, node: &Node) {
        let plain =
            marshal::marshal(node).unwrap_or_else(|error| panic!("cannot encode {}: {error}", node.tag));
        let sealed = self.transport.send.seal(&plain, b"");
        self.socket.send_frame(&sealed).await;
    }

    /// The next stanza; `None` once the service closed the connection.
    pub async fn next(&mut self) -> Option<Node> {
        let sealed = self.socket.frame().await?;
        let plain =
            self.transport.receive.open(&sealed, b"").unwrap_or_else(|error| panic!("a frame {error}"));
        let unpacked =
            wacore_binary::util::unpack(&plain).unwrap_or_else(|error| panic!("bad frame: {error}"));
        Some(
            marshal::unmarshal_ref(&unpacked)
                .unwrap_or_else(|error| panic!("bad stanza: {error}"))
                .to_owned(),
        )
    }

    /// Reads on to the first stanza that `accept` likes.
    pub async fn expect(&mut self, what: &str, accept: impl Fn(&Node) -> bool) -> Node {
        within(EVENT_TIMEOUT, what, async {
            loop {
                let node = self.next().await.unwrap_or_else(|| panic!("closed while waiting for {what}"));
                if accept(&node) {
                    return node;
                }
            }
        })
        .await
    }
}

fn opening_bytes(opening: Opening<'_>) -> Vec<u8> {
    match opening {
        Opening::Prologue => PROLOGUE.to_vec(),
        Opening::Instead(bytes) => bytes.to_vec(),
        Opening::PreIntroduction(routing) => {
            let length = &(routing.len() as u32).to_be_bytes()[1..];
            [&b"ED\x00\x01"[..], length, routing, &PROLOGUE].concat()
        }
    }
}

fn take_frame(read: &mut BytesMut) -> Option<Vec<u8>> {
    let header = read.get(..3)?;
    let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
    if read.len() < 3 + length {
        return None;
    }
    let frame = read.split_to(3 + length);
    Some(frame[3..].to_vec())
}

async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = T>) -> T {
    timeout(limit, work).await.unwrap_or_else(|_| panic!("{what} did not come within {limit:?}"))
}
