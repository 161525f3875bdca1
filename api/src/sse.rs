//! Event streams (server-sent events, WHATWG HTML §9.2): the log of an instance from a position on, then live; or those of all
//! instances of an account.
//!
//! Nothing is queued for a slow client: the next page is read when the last one has gone into the socket, and a socket
//! that takes nothing for longer than the write-stall bound is closed. The client then resumes from `Last-Event-ID`.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use trunkline_model::command::{Command, Reply};
use trunkline_model::event::Event;
use trunkline_model::{AccountId, InstanceId};

use crate::call::in_time;
use crate::dialects::StreamWriter;
use crate::gateway::{EventTail, Gateway};
use crate::json::event::{event_id, event_json};
use crate::limits;

mod account;

pub(crate) use account::AccountStream;

/// One open stream of an instance's events.
pub(crate) struct Follower<G: Gateway> {
    pub(crate) gateway: G,
    pub(crate) account: AccountId,
    pub(crate) instance: InstanceId,
    /// Made before the position was chosen, so that no event falls between the log and the tail.
    pub(crate) tail: G::Tail,
    /// Sequence number of the last event that was sent.
    pub(crate) after: u64,
    /// How they are written.
    pub(crate) written: Written,
    pub(crate) heartbeat: Duration,
    /// Turns true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Its place among the open streams; given back when the stream ends.
    pub(crate) _place: OwnedSemaphorePermit,
}

/// How the events of a stream are written.
pub(crate) enum Written {
    Natively,
    InDialect(Box<dyn StreamWriter>),
}

enum Step {
    /// Nothing was sent yet.
    Opening,
    /// There may be more in the log.
    Reading,
    /// Everything was read; wait for news.
    Waiting,
}

impl<G: Gateway> Follower<G> {
    /// The bytes of the stream.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Bytes> + 'static {
        futures_util::stream::unfold((self, Step::Opening), |(mut follower, step)| async move {
            let (bytes, step) = follower.step(step).await?;
            Some((bytes, (follower, step)))
        })
    }

    /// The next bytes and what to do after them; `None` ends the stream.
    async fn step(&mut self, step: Step) -> Option<(Bytes, Step)> {
        let mut step = step;
        loop {
            step = match step {
                Step::Opening => return Some((opening(), Step::Reading)),
                Step::Reading => {
                    let (bytes, next) = self.read().await?;
                    if !bytes.is_empty() {
                        return Some((bytes, next));
                    }
                    next
                }
                Step::Waiting => {
                    let mut stopping = self.stopping.clone();
                    let news = tokio::select! {
                        _ = stopping.wait_for(|stop| *stop) => return None,
                        news = timeout(self.heartbeat, self.tail.next()) => news,
                    };
                    match news {
                        Ok(news) => {
                            news?;
                            Step::Reading
                        }
                        Err(_) => return Some((HEARTBEAT, Step::Waiting)),
                    }
                }
            };
        }
    }

    /// One page of the log. A failure ends the stream; the client comes back with the id of the last event.
    async fn read(&mut self) -> Option<(Bytes, Step)> {
        if *self.stopping.borrow() {
            return None;
        }
        let pull = Command::PullEvents { after: self.after, limit: limits::STREAM_PAGE };
        let reply = in_time(self.gateway.call(self.instance, pull)).await.ok()?;
        let Reply::Events { events, newest } = reply else {
            return None;
        };
        let mut out = BytesMut::new();
        for event in &events {
            match &self.written {
                Written::Natively => {
                    write_event(&mut out, (self.account, self.instance), event, EventId::Given);
                }
                Written::InDialect(writer) => writer.write(&mut out, self.instance, event),
            }
            self.after = event.sequence;
        }
        let next = if events.is_empty() || self.after >= newest { Step::Waiting } else { Step::Reading };
        Some((out.freeze(), next))
    }
}

/// Sent when there is nothing to tell, so that both ends notice a connection that is gone.
const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");

/// Sent at once, so that the client sees the stream open before the first event.
fn opening() -> Bytes {
    Bytes::from(format!("retry: {}\n\n", limits::STREAM_RETRY_MS))
}

/// Whether a client may resume by an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EventId {
    Given,
    LeftOut,
}

fn write_event(out: &mut BytesMut, (account, instance): (AccountId, InstanceId), event: &Event, id: EventId) {
    if id == EventId::Given {
        out.put_slice(b"id: ");
        out.put_slice(event_id(instance, event.sequence).as_bytes());
        out.put_slice(b"\n");
    }
    out.put_slice(b"event: ");
    out.put_slice(event.body.kind().as_bytes());
    out.put_slice(b"\n");
    let json = event_json(account, instance, event);
    // A caller's metadata is kept verbatim and may hold line ends, which JSON allows between tokens only; the protocol
    // joins the lines of one event again.
    for line in json.split(|byte| matches!(byte, b'\n' | b'\r')) {
        out.put_slice(b"data: ");
        out.put_slice(line);
        out.put_slice(b"\n");
    }
    out.put_slice(b"\n");
}
