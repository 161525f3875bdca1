//! One client connection: handshake, then stanzas both ways until either side ends it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_websockets::{Limits, Message, ServerBuilder, WebSocketStream};
use wacore_binary::Node;

use super::hub::{Attached, Hub, Link, Outbound};
use crate::codec;
use crate::faults::{FaultKind, Target};
use crate::limits::{
    COALESCED_FRAMES_MAX, HANDSHAKE_MS_MAX, LINGER_MS_MAX, SOCKET_MESSAGE_BYTES_MAX, SPLIT_MESSAGE_BYTES,
};
use crate::noise::framing::frame;
use crate::noise::responder::Answered;
use crate::noise::{Established, Framing, HelloOptions, Inbound, NoiseError, Responder, Sealer};
use crate::world::{ClientIntro, Input, Shape};

/// Most WebSocket messages one frame is split into.
const SPLITS_MAX: usize = 16;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum SocketError {
    #[error("handshake: {0}")]
    Noise(#[from] NoiseError),
    #[error("socket: {0}")]
    Socket(#[from] tokio_websockets::Error),
    #[error("the client left")]
    Left,
    #[error("the client took too long to introduce itself")]
    TooSlow,
    #[error("client payload: {0}")]
    Payload(#[from] crate::world::client::PayloadError),
    #[error("codec: {0}")]
    Codec(#[from] wacore_binary::BinaryError),
}

/// Serves a WebSocket until it ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(hub: Arc<Hub>, stream: S) {
    hub.act(|world| world.counters.connections += 1);
    let limits = Limits::default().max_payload_len(Some(SOCKET_MESSAGE_BYTES_MAX));
    let mut socket =
        Socket { stream: ServerBuilder::new().limits(limits).serve(stream), framing: Framing::default() };
    let handshake = tokio::time::timeout(Duration::from_millis(HANDSHAKE_MS_MAX), socket.shake_hands(&hub));
    match handshake.await.unwrap_or(Err(SocketError::TooSlow)) {
        Ok((established, intro)) => socket.talk(&hub, established, intro).await,
        Err(error) => {
            hub.act(|world| world.counters.handshakes_failed += 1);
            tracing::debug!(%error, "no handshake");
        }
    }
}

struct Socket<S> {
    stream: WebSocketStream<S>,
    framing: Framing,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    async fn shake_hands(&mut self, hub: &Hub) -> Result<(Established, ClientIntro), SocketError> {
        let hello = self.next_frame(hub).await?;
        let resumption = Responder::is_resumption(&hello);
        let reject_ik = resumption
            && hub.act(|world| world.faults.strike(FaultKind::RejectIk, Target::ANONYMOUS)).is_some();
        let mut rng = fresh_rng();
        let (answer, answered) =
            Responder::answer(&hub.identity, &hello, HelloOptions { reject_ik }, &mut rng)?;
        self.send_frame(&answer).await?;
        let established = match answered {
            Answered::Established(established) => {
                hub.act(|world| world.counters.handshakes_ik += 1);
                *established
            }
            Answered::Waiting(responder) => {
                hub.act(|world| match resumption {
                    true => world.counters.handshakes_fallback += 1,
                    false => world.counters.handshakes_xx += 1,
                });
                responder.finish(&self.next_frame(hub).await?)?
            }
        };
        let intro = ClientIntro::parse(&established.payload)?;
        Ok((established, intro))
    }

    async fn talk(&mut self, hub: &Hub, established: Established, intro: ClientIntro) {
        let Established { mut opener, sealer, client_static, .. } = established;
        let Attached { conn, mut queue, mut link } = hub.attach();
        let mut out = Outgoing { sealer, buffer: Vec::new() };
        hub.submit(Input::Connected { conn, noise: client_static, intro });
        // Frames that shared a message with the end of the handshake.
        let early = self.read_stanzas(&mut opener).unwrap_or_default();
        early.into_iter().for_each(|node| hub.submit(Input::Stanza { conn, node }));
        let ended = loop {
            let Link { frozen, dropped, shape } = *link.borrow_and_update();
            if dropped {
                break Ok(());
            }
            if frozen {
                if link.changed().await.is_err() {
                    break Ok(());
                }
                continue;
            }
            tokio::select! {
                changed = link.changed() => match changed {
                    Ok(()) => {}
                    Err(_) => break Ok(()),
                },
                outbound = queue.recv() => {
                    let Some(first) = outbound else { break Ok(()) };
                    let more = std::iter::from_fn(|| queue.try_recv().ok()).take(COALESCED_FRAMES_MAX - 1);
                    let batch: Vec<Outbound> = std::iter::once(first).chain(more).collect();
                    match self.send_batch(&mut out, &mut link, batch, shape).await {
                        Ok(true) => {}
                        Ok(false) => {
                            hub.detach(conn);
                            self.linger().await;
                            break Ok(());
                        }
                        Err(error) => break Err(error),
                    }
                }
                message = self.stream.next() => {
                    let taken = match message {
                        Some(Ok(message)) => self.take(message),
                        Some(Err(error)) => Err(error.into()),
                        None => Err(SocketError::Left),
                    };
                    let read = taken.and_then(|()| self.read_stanzas(&mut opener));
                    match read {
                        Ok(nodes) => nodes.into_iter().for_each(|node| hub.submit(Input::Stanza { conn, node })),
                        Err(error) => break Err(error),
                    }
                }
            }
        };
        hub.detach(conn);
        if let Err(error) = ended {
            tracing::debug!(%error, connection = conn.0, "connection ended");
        }
    }

    /// Lets the client read the last stanza and leave first: some notice the closed socket before they
    /// come to what was said on it.
    async fn linger(&mut self) {
        let left = async {
            while let Some(Ok(message)) = self.stream.next().await
                && !message.is_close()
            {}
        };
        let _ = tokio::time::timeout(Duration::from_millis(LINGER_MS_MAX), left).await;
        let _ = self.stream.close().await;
    }

    fn take(&mut self, message: Message) -> Result<(), SocketError> {
        if message.is_close() {
            return Err(SocketError::Left);
        }
        if message.is_binary() {
            self.framing.push(message.as_payload());
        }
        Ok(())
    }

    fn read_stanzas(&mut self, opener: &mut crate::noise::Opener) -> Result<Vec<Node>, SocketError> {
        let mut nodes = Vec::new();
        while let Some(inbound) = self.framing.pull()? {
            if let Inbound::Frame(mut frame) = inbound {
                nodes.push(codec::decode(opener.open(&mut frame)?)?);
            }
        }
        Ok(nodes)
    }

    async fn next_frame(&mut self, hub: &Hub) -> Result<bytes::BytesMut, SocketError> {
        loop {
            match self.framing.pull()? {
                Some(Inbound::Frame(frame)) => return Ok(frame),
                Some(Inbound::Routing(_)) => {
                    hub.act(|world| world.counters.edge_routed += 1);
                    continue;
                }
                None => {}
            }
            let message = self.stream.next().await.ok_or(SocketError::Left)??;
            self.take(message)?;
        }
    }

    async fn send_frame(&mut self, payload: &[u8]) -> Result<(), SocketError> {
        let mut bytes = Vec::with_capacity(payload.len() + 3);
        frame(payload, &mut bytes)?;
        Ok(self.stream.send(Message::binary(bytes)).await?)
    }

    /// Sends what the queue held. `false` once the connection is to be closed.
    async fn send_batch(
        &mut self,
        out: &mut Outgoing,
        link: &mut watch::Receiver<Link>,
        batch: Vec<Outbound>,
        shape: Shape,
    ) -> Result<bool, SocketError> {
        let mut open = true;
        for outbound in batch {
            let Outbound::Stanza(node) = outbound else {
                open = false;
                break;
            };
            if shape.delay_ms > 0 {
                tokio::time::sleep(Duration::from_millis(shape.delay_ms)).await;
            }
            out.append(&node, shape)?;
            if !shape.coalesce {
                self.write(out.take_messages(shape), link).await?;
            }
        }
        self.write(out.take_messages(shape), link).await?;
        Ok(open)
    }

    /// Writes messages, unless the connection is dropped meanwhile.
    async fn write(
        &mut self,
        messages: Vec<Message>,
        link: &mut watch::Receiver<Link>,
    ) -> Result<(), SocketError> {
        for message in messages {
            tokio::select! {
                written = self.stream.send(message) => written?,
                dropped = link.wait_for(|link| link.dropped) => {
                    let _ = dropped;
                    return Err(SocketError::Left);
                }
            }
        }
        Ok(())
    }
}

/// Encrypted frames waiting for the socket.
struct Outgoing {
    sealer: Sealer,
    buffer: Vec<u8>,
}

impl Outgoing {
    fn append(&mut self, node: &Node, shape: Shape) -> Result<(), SocketError> {
        let mut sealed = codec::encode(node, shape.compress)?;
        self.sealer.seal(&mut sealed)?;
        frame(&sealed, &mut self.buffer)?;
        Ok(())
    }

    fn take_messages(&mut self, shape: Shape) -> Vec<Message> {
        let bytes = std::mem::take(&mut self.buffer);
        if bytes.is_empty() {
            return Vec::new();
        }
        if !shape.split {
            return vec![Message::binary(bytes)];
        }
        let size = SPLIT_MESSAGE_BYTES.max(bytes.len().div_ceil(SPLITS_MAX));
        bytes.chunks(size).map(|chunk| Message::binary(chunk.to_vec())).collect()
    }
}

/// A generator seeded by the system's, not tied to a thread.
fn fresh_rng() -> impl CryptoRng {
    StdRng::from_rng(&mut rand::rng())
}
