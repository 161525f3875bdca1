//! The stream of all instances of an account.

use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use trunkline_model::event::Event;
use trunkline_model::{AccountId, InstanceId};

use super::{HEARTBEAT, opening, write_event};
use crate::gateway::AccountFollower;

/// Waits for the next events, and gives the follower back with them. Kept over heartbeats: dropping it in the middle might lose
/// events.
type Next<F> = Pin<Box<dyn Future<Output = (F, Option<Vec<(InstanceId, Event)>>)>>>;

/// One open stream of an account's events.
pub(crate) struct AccountStream<F> {
    account: AccountId,
    next: Next<F>,
    is_open: bool,
    heartbeat: Duration,
    /// Turns true when the server stops.
    stopping: watch::Receiver<bool>,
    /// Its place among the open streams; given back when the stream ends.
    _place: OwnedSemaphorePermit,
}

impl<F: AccountFollower> AccountStream<F> {
    pub(crate) fn new(
        account: AccountId,
        follower: F,
        heartbeat: Duration,
        (stopping, place): (watch::Receiver<bool>, OwnedSemaphorePermit),
    ) -> AccountStream<F> {
        let next = next(follower);
        AccountStream { account, next, is_open: false, heartbeat, stopping, _place: place }
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
        let mut stopping = self.stopping.clone();
        loop {
            let told = tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return None,
                told = timeout(self.heartbeat, self.next.as_mut()) => told,
            };
            let Ok((follower, events)) = told else {
                return Some(HEARTBEAT);
            };
            let events = events?;
            self.next = next(follower);
            let mut out = BytesMut::new();
            for (instance, event) in &events {
                write_event(&mut out, self.account, *instance, event);
            }
            if !out.is_empty() {
                return Some(out.freeze());
            }
        }
    }
}

fn next<F: AccountFollower>(mut follower: F) -> Next<F> {
    Box::pin(async move {
        let events = follower.next().await;
        (follower, events)
    })
}
