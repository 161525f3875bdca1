//! What a shard's dispatcher is told: that instances have news, and what became of endpoints. Anybody may tell, from any thread.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use trunkline_model::{EndpointId, InstanceId};

use super::key::LaneKey;

/// What became of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// It is new, or another than it was: look at all of its instances.
    Walk(EndpointId),
    /// It was paused: stop.
    Stop(EndpointId),
    /// It is gone: stop, and erase what is left of it.
    Erase(EndpointId),
    /// A replay was written.
    Replay(EndpointId, LaneKey),
}

/// Bounded by the instances of the shard and the callers of the API, who wait for what they order.
#[derive(Default)]
pub(crate) struct Inbox {
    /// Whether anybody wants to hear of events at all.
    listening: AtomicBool,
    letters: Mutex<Letters>,
    woken: Notify,
}

#[derive(Default)]
pub(super) struct Letters {
    /// Instances with news, each once.
    pub(super) news: HashSet<InstanceId>,
    pub(super) orders: VecDeque<Order>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn listen(&self, listening: bool) {
        self.listening.store(listening, Ordering::Release);
    }

    /// An instance's log has durable events that nobody was told of.
    pub(crate) fn news(&self, instance: InstanceId) {
        if self.listening.load(Ordering::Acquire) && self.lock().news.insert(instance) {
            self.woken.notify_one();
        }
    }

    pub(super) fn order(&self, order: Order) {
        self.lock().orders.push_back(order);
        self.woken.notify_one();
    }

    /// Waits for something and takes all of it.
    pub(super) async fn take(&self) -> Letters {
        loop {
            {
                let mut letters = self.lock();
                if !letters.news.is_empty() || !letters.orders.is_empty() {
                    return std::mem::take(&mut *letters);
                }
            }
            self.woken.notified().await;
        }
    }
}
