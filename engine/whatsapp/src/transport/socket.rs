//! An open WebSocket: one task reads, whoever sends takes turns, and both meet in the [`Wire`].

use std::borrow::Cow;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_channel::{Sender, TrySendError};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;
use wacore::net::{DisconnectReason, Transport, TransportEvent};
use wacore::stats::TransportResourceReport;
use whatsapp_rust::anyhow::{self, anyhow, bail};

use super::meters::Meters;
use super::record_layer::Flow;
use super::scratch::{self, Scratch};
use super::wire::{Outgoing, ReadEnd, TryWrite, Wire, WriteError, Written};
use super::{LinkActivity, Opened};
use crate::limits::{CLOSE_TIMEOUT, READ_BYTES_PER_TURN, TLS_HELD_BYTES_MAX, WRITE_TIMEOUT};

/// The sending half.
pub(super) struct Socket(Arc<Shared>);

/// What both halves hold.
struct Shared {
    /// Whose turn it is to send. `None` once the socket is closed from this side.
    turn: tokio::sync::Mutex<Option<OwnedWriteHalf>>,
    /// Never held across an await. `None` once either side ended the connection.
    wire: Mutex<Option<Wire>>,
    stop: Notify,
    activity: Arc<LinkActivity>,
    meters: Arc<Meters>,
}

/// The reading half.
struct Reader {
    read: OwnedReadHalf,
    /// What arrived behind the answer to the upgrade.
    early: Vec<u8>,
    events: Sender<TransportEvent>,
    shared: Arc<Shared>,
}

/// Makes the transport and the future that reads until either side ends.
pub(super) fn split(
    opened: Opened,
    events: Sender<TransportEvent>,
    activity: Arc<LinkActivity>,
    meters: Arc<Meters>,
) -> (Socket, impl Future<Output = ()> + Send) {
    let (read, write) = opened.tcp.into_split();
    let shared = Arc::new(Shared {
        turn: tokio::sync::Mutex::new(Some(write)),
        wire: Mutex::new(Some(Wire::new(opened.records))),
        stop: Notify::new(),
        activity,
        meters,
    });
    let reader = Reader { read, early: opened.early, events, shared: shared.clone() };
    (Socket(shared), reader.run())
}

/// What one turn of reading gave.
#[derive(Default)]
struct Turn {
    /// Messages that the channel had no room for.
    waiting: Vec<TransportEvent>,
    end: Option<DisconnectReason>,
    /// The client is gone.
    unheard: bool,
    /// There was more to read than one turn takes.
    more: bool,
}

impl Reader {
    async fn run(mut self) {
        let shared = self.shared.clone();
        tokio::select! {
            () = self.pump() => {}
            () = shared.stop.notified() => {}
        }
        shared.end();
    }

    async fn pump(&mut self) {
        // A client that waits for this event before it starts is a client that is there to receive it.
        if self.events.send(TransportEvent::Connected).await.is_err() {
            return;
        }
        let reason = loop {
            let turn = poll_fn(|context| self.poll_turn(context)).await;
            // While these wait for room nothing is read, so that back pressure reaches the peer.
            for event in turn.waiting {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
            if turn.unheard {
                return;
            }
            if let Some(reason) = turn.end {
                break reason;
            }
            if turn.more {
                tokio::task::yield_now().await;
            }
        };
        // Nobody listening means that the client let go first.
        drop(self.events.send(TransportEvent::Disconnected(reason)).await);
    }

    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        let shared = self.shared.clone();
        let mut wire = shared.wire.lock();
        // Closed from this side: the notice of it is on its way to `run`.
        let Some(wire) = wire.as_mut() else { return Poll::Pending };
        scratch::with(|scratch| {
            // A peer that takes nothing any more may still have said why: what is there to read is read.
            drop(self.poll_flush(context, wire, scratch));
            let range = if self.early.is_empty() {
                match ready!(self.poll_read(context, scratch)) {
                    Ok(0) => return Poll::Ready(Turn::ended(DisconnectReason::StreamEnded)),
                    Ok(bytes) => Some((TLS_HELD_BYTES_MAX, TLS_HELD_BYTES_MAX + bytes)),
                    Err(error) => return Poll::Ready(Turn::ended(read_failed(&error))),
                }
            } else {
                None
            };
            Poll::Ready(self.turn(wire, scratch, range))
        })
    }

    /// Helps out what no sender waits for: an answer to a ping that the kernel had no room for.
    fn poll_flush(
        &self,
        context: &mut Context<'_>,
        wire: &mut Wire,
        scratch: &mut Scratch,
    ) -> Result<(), WriteError> {
        while wire.wants_flush() && self.read.as_ref().poll_write_ready(context)?.is_ready() {
            wire.flush(scratch, &self.read)?;
        }
        Ok(())
    }

    fn poll_read(&mut self, context: &mut Context<'_>, scratch: &mut Scratch) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(&mut scratch.incoming[TLS_HELD_BYTES_MAX..]);
        ready!(Pin::new(&mut self.read).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Hands on what arrived, in the scratch or early.
    fn turn(&mut self, wire: &mut Wire, scratch: &mut Scratch, range: Option<(usize, usize)>) -> Turn {
        let Reader { events, shared, early, read } = self;
        let mut turn = Turn::default();
        let mut messages = 0;
        let deliver = |data: Option<Cow<'_, [u8]>>| {
            messages += 1;
            let Some(data) = data else { return };
            // The one copy: from the shard's buffer to the client's own bytes.
            let data = match data {
                Cow::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            turn.hand_on(events, TransportEvent::DataReceived(data));
        };
        let received = match range {
            Some(range) => wire.receive(scratch, range, deliver),
            None => wire.receive_plain(scratch, &std::mem::take(early), deliver),
        };
        let bytes = range.map_or(0, |(begin, end)| end - begin);
        turn.more = bytes == READ_BYTES_PER_TURN;
        shared.meters.received(messages, bytes);
        if messages > 0 {
            shared.activity.frame();
        }
        // An answer that cannot be sent is the sender's problem, who will hear of it; what arrived is handed on.
        drop(wire.answer(scratch, received.as_ref().err(), &*read));
        turn.end = match received {
            Ok(Flow::Open) => None,
            Ok(Flow::Ended) => Some(DisconnectReason::StreamEnded),
            Err(end) => Some(end_reason(end)),
        };
        turn
    }
}

impl Turn {
    fn ended(reason: DisconnectReason) -> Turn {
        Turn { end: Some(reason), ..Turn::default() }
    }

    fn hand_on(&mut self, events: &Sender<TransportEvent>, event: TransportEvent) {
        if !self.waiting.is_empty() {
            self.waiting.push(event);
            return;
        }
        match events.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(event)) => self.waiting.push(event),
            Err(TrySendError::Closed(_)) => self.unheard = true,
        }
    }
}

fn end_reason(end: ReadEnd) -> DisconnectReason {
    match end {
        ReadEnd::Closed(close) => DisconnectReason::ServerClose { code: close.code, reason: close.reason },
        ReadEnd::Frame(error) => DisconnectReason::ReadError(error.to_string()),
        ReadEnd::Tls(error) => DisconnectReason::ReadError(error.to_string()),
    }
}

fn read_failed(error: &io::Error) -> DisconnectReason {
    DisconnectReason::ReadError(error.to_string())
}

impl TryWrite for OwnedReadHalf {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.as_ref().try_write(bytes)
    }
}

impl TryWrite for OwnedWriteHalf {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        OwnedWriteHalf::try_write(self, bytes)
    }
}

impl Shared {
    /// Runs `step` until the kernel has taken everything.
    async fn write(
        &self,
        to: &OwnedWriteHalf,
        mut step: impl FnMut(&mut Wire, &mut Scratch) -> Result<Written, WriteError> + Send,
    ) -> Result<(), anyhow::Error> {
        loop {
            let written = {
                let mut wire = self.wire.lock();
                let Some(wire) = wire.as_mut() else { bail!("the connection has ended") };
                scratch::with(|scratch| step(wire, scratch))?
            };
            if written == Written::All {
                return Ok(());
            }
            to.writable().await?;
        }
    }

    /// Nothing leaves or arrives any more. Told once: the session's next socket may be open when this one is let go.
    fn end(&self) {
        if self.wire.lock().take().is_some() {
            self.activity.closed();
        }
        self.stop.notify_one();
    }
}

#[async_trait]
impl Transport for Socket {
    async fn send(&self, data: Bytes) -> Result<(), anyhow::Error> {
        let shared = &*self.0;
        let mut turn = shared.turn.lock().await;
        let Some(to) = turn.as_ref() else { bail!("the socket is closed") };
        let bytes = data.len();
        let mut out = Outgoing::new(data);
        let writing = shared.write(to, |wire, scratch| wire.send(scratch, &mut out, to));
        match tokio::time::timeout(WRITE_TIMEOUT, writing).await {
            Ok(written) => {
                written?;
                shared.meters.sent(bytes);
                Ok(())
            }
            Err(_) => {
                // Half a frame may be out: nothing can follow it.
                *turn = None;
                shared.end();
                Err(anyhow!("the peer took no data for {} s", WRITE_TIMEOUT.as_secs()))
            }
        }
    }

    async fn disconnect(&self) {
        let shared = &*self.0;
        let closing = async {
            let Some(to) = shared.turn.lock().await.take() else { return };
            let mut said = false;
            let farewell = shared.write(&to, |wire, scratch| {
                if !std::mem::replace(&mut said, true) {
                    wire.close(scratch, &to)?;
                }
                wire.flush(scratch, &to)
            });
            // The peer's own farewell is not waited for: nothing that it could still say matters.
            drop(farewell.await);
        };
        // A peer that takes nothing any more is left without a farewell.
        drop(tokio::time::timeout(CLOSE_TIMEOUT, closing).await);
        shared.end();
    }

    fn resource_report(&self) -> Option<TransportResourceReport> {
        let (read, write, tls) = self.0.wire.lock().as_ref().map(Wire::memory_bytes)?;
        Some(TransportResourceReport {
            read_buffer_bytes: Some(read as u64),
            write_buffer_bytes: Some(write as u64),
            tls_state_bytes: Some(tls as u64),
        })
    }
}

/// A client that lets go without a word leaves nothing behind.
impl Drop for Socket {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
