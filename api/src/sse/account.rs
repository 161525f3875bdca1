//! The stream of all instances of an account.
//!
//! Their logs have no common order, so a stream that is far behind has told all of one log and nothing yet of another. Who resumed by
//! the last event would never hear of the rest. So an event has an `id` only if a resumption by it loses nothing; a client keeps
//! the id before meanwhile (WHATWG HTML §9.2.6), and some events come again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use trunkline_model::event::Event;
use trunkline_model::{AccountId, InstanceId};

use super::{EventId, HEARTBEAT, opening, write_event};
use crate::gateway::AccountFollower;
use crate::json::time::now_ms;
use crate::limits::STREAM_OVERLAP_MS;

/// Waits for the next events, and gives the follower back with them. Kept over heartbeats: dropping it in the middle might lose
/// events.
type Next<F> = Pin<Box<dyn Future<Output = Told<F>>>>;

/// One open stream of an account's events.
pub(crate) struct AccountStream<F> {
    account: AccountId,
    /// The instances that exist for who listens; `None` for all.
    only: Option<Arc<[InstanceId]>>,
    next: Next<F>,
    is_open: bool,
    /// When it had told everything, in milliseconds since the Unix epoch; `None` while it catches up.
    complete_ms: Option<i64>,
    heartbeat: Duration,
    /// Turns true when the server stops.
    stopping: watch::Receiver<bool>,
    /// Its place among the open streams; given back when the stream ends.
    _place: OwnedSemaphorePermit,
}

impl<F: AccountFollower> AccountStream<F> {
    /// `begins_now` says that there is nothing to catch up with.
    pub(crate) fn new(
        (account, only): (AccountId, Option<Arc<[InstanceId]>>),
        (follower, begins_now): (F, bool),
        heartbeat: Duration,
        (stopping, place): (watch::Receiver<bool>, OwnedSemaphorePermit),
    ) -> AccountStream<F> {
        AccountStream {
            account,
            only,
            next: next(follower),
            is_open: false,
            complete_ms: begins_now.then(now_ms),
            heartbeat,
            stopping,
            _place: place,
        }
    }

    /// The bytes of the stream.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Bytes> + 'static {
        futures_util::stream::unfold(self, |mut stream| async move {
            let bytes = stream.step().await?;
            Some((bytes, stream))
        })
    }

    /// The next bytes; `None` ends the stream, and is the last thing asked of it.
    async fn step(&mut self) -> Option<Bytes> {
        if !self.is_open {
            self.is_open = true;
            return Some(opening());
        }
        loop {
            let (follower, events) = match self.wait().await {
                Waited::Told(told) => told,
                Waited::Nothing => return Some(HEARTBEAT),
                Waited::Stopping => return None,
            };
            let events = events?;
            self.next = next(follower);
            let mut out = BytesMut::new();
            let heard = |instance: &InstanceId| self.only.as_ref().is_none_or(|only| only.contains(instance));
            for (instance, event) in events.iter().filter(|(instance, _)| heard(instance)) {
                let id = if self.resumes_at(event) { EventId::Given } else { EventId::LeftOut };
                write_event(&mut out, (self.account, *instance), event, id);
            }
            if !out.is_empty() {
                return Some(out.freeze());
            }
        }
    }

    async fn wait(&mut self) -> Waited<F> {
        let now_ms = now_ms();
        if let Some(told) = self.next.as_mut().now_or_never() {
            return Waited::Told(told);
        }
        self.complete_ms = Some(now_ms);
        let mut stopping = self.stopping.clone();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => Waited::Stopping,
            told = timeout(self.heartbeat, self.next.as_mut()) => told.map_or(Waited::Nothing, Waited::Told),
        }
    }

    /// Whether everything that a resumption by this event would leave out has been told. What is on its way to the disk has half of the
    /// overlap.
    fn resumes_at(&self, event: &Event) -> bool {
        let told_until_ms = self.complete_ms.map(|ms| ms.saturating_add(STREAM_OVERLAP_MS / 2));
        told_until_ms.is_some_and(|until_ms| event.time_ms <= until_ms)
    }
}

/// What the follower gives when it has something.
type Told<F> = (F, Option<Vec<(InstanceId, Event)>>);

enum Waited<F> {
    Told(Told<F>),
    Nothing,
    Stopping,
}

fn next<F: AccountFollower>(mut follower: F) -> Next<F> {
    Box::pin(async move {
        let events = follower.next().await;
        (follower, events)
    })
}
