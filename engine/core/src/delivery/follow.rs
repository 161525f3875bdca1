//! Following all instances of an account, also those that are made later: what the stream of an account reads from. Its place is in
//! memory: whoever follows says where to begin.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use tokio::sync::Notify;
use trunkline_model::delivery::FollowFrom;
use trunkline_model::event::Event;
use trunkline_model::{AccountId, ErrorCode, Failure, InstanceId};

use super::registry::Registry;
use super::rows;
use crate::clock;
use crate::engine::EngineError;
use crate::limits::{FOLLOW_PAGE, FOLLOWERS_MAX};
use crate::log;

/// Everybody who follows an account.
#[derive(Default)]
pub(super) struct Followers {
    cells: RwLock<Vec<(AccountId, Weak<Cell>)>>,
    count: AtomicUsize,
}

/// What one follower has not read yet.
#[derive(Default)]
struct Cell {
    news: Mutex<BTreeSet<InstanceId>>,
    woken: Notify,
}

impl Cell {
    fn add(&self, instance: InstanceId) {
        if self.news.lock().unwrap_or_else(PoisonError::into_inner).insert(instance) {
            self.woken.notify_one();
        }
    }

    fn next(&self) -> Option<InstanceId> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }
}

impl Followers {
    pub(super) fn are_there(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// An instance of an account has news.
    pub(super) fn tell(&self, account: AccountId, instance: InstanceId) {
        if !self.are_there() {
            return;
        }
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells
            .iter()
            .filter(|(of, _)| *of == account)
            .filter_map(|(_, cell)| cell.upgrade())
            .for_each(|cell| cell.add(instance));
    }

    fn enter(&self, account: AccountId, cell: &Arc<Cell>) -> Result<(), Failure> {
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|(_, cell)| cell.strong_count() > 0);
        if cells.len() >= FOLLOWERS_MAX {
            return Err(Failure::busy("Too many event streams are open. Pull instead, or try again.", 5_000));
        }
        cells.push((account, Arc::downgrade(cell)));
        self.count.store(cells.len(), Ordering::Release);
        Ok(())
    }

    fn leave(&self, left: &Arc<Cell>) {
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|(_, cell)| !std::ptr::eq(cell.as_ptr(), Arc::as_ptr(left)));
        self.count.store(cells.len(), Ordering::Release);
    }
}

/// Follows the events of an account's instances.
pub struct AccountFollower {
    registry: Arc<Registry>,
    cell: Arc<Cell>,
    /// What is not here yet begins with the events of this time, in milliseconds since the Unix epoch.
    since_ms: i64,
    reached: HashMap<InstanceId, u64>,
}

impl Drop for AccountFollower {
    fn drop(&mut self) {
        self.registry.followers.leave(&self.cell);
        self.registry.mind_listening();
    }
}

impl AccountFollower {
    pub(crate) fn open(
        registry: &Arc<Registry>,
        account: AccountId,
        from: FollowFrom,
    ) -> Result<AccountFollower, Failure> {
        let cell = Arc::<Cell>::default();
        registry.followers.enter(account, &cell)?;
        registry.mind_listening();
        let since_ms = match from {
            FollowFrom::Now => clock::wall_ms(),
            FollowFrom::Time { ms } => {
                registry
                    .directory
                    .of_account(account)
                    .into_iter()
                    .for_each(|(instance, _)| cell.add(instance));
                ms
            }
        };
        Ok(AccountFollower { registry: Arc::clone(registry), cell, since_ms, reached: HashMap::new() })
    }

    /// Waits for events and gives the next ones of one instance, in the order of its log.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn next(&mut self) -> Result<Vec<(InstanceId, Event)>, Failure> {
        loop {
            let Some(instance) = self.cell.next() else {
                self.cell.woken.notified().await;
                continue;
            };
            let events = self.read(instance).map_err(|error| {
                tracing::error!(%instance, %error, "the event log cannot be read");
                Failure::new(ErrorCode::Internal, "The event log cannot be read.")
            })?;
            if !events.is_empty() {
                return Ok(events.into_iter().map(|event| (instance, event)).collect());
            }
        }
    }

    fn read(&mut self, instance: InstanceId) -> Result<Vec<Event>, EngineError> {
        let Some(shard) = self.registry.shard_of(instance.slot()) else { return Ok(Vec::new()) };
        let after = match self.reached.get(&instance) {
            Some(reached) => *reached,
            None => rows::last_before(&*shard.ledger, instance, self.since_ms)?,
        };
        let events = log::read(&*shard.ledger, instance, after, FOLLOW_PAGE)?;
        self.reached.insert(instance, events.last().map_or(after, |last| last.sequence));
        if events.len() == FOLLOW_PAGE {
            self.cell.add(instance);
        }
        Ok(events)
    }
}
