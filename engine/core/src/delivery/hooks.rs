//! Hooks of instances, among the endpoints of a node.

use std::sync::Arc;

use trunkline_model::delivery::{HookChange, HookId};
use trunkline_model::limits::ENDPOINTS_PER_ACCOUNT_MAX;
use trunkline_model::{AccountId, Dialect, ErrorCode, Failure, InstanceId};

use super::key::LaneKey;
use super::registry::{Entry, Registry};
use super::rows;
use crate::clock;
use crate::limits::{FAREWELL_POLL, FAREWELL_TIMEOUT};
use crate::log::newest_on_disk;

impl Registry {
    /// A hook of an account's instance, if there is one.
    pub(crate) fn hook(&self, account: AccountId, id: HookId) -> Option<Arc<Entry>> {
        self.get(id.endpoint()).filter(|entry| entry.endpoint.account == account)
    }

    /// Changes a hook, or makes it. It is on disk when this returns. However many do so at a time, there is one, with the changes of all.
    ///
    /// # Errors
    /// [`ErrorCode::WebhooksFull`], or a failure of the store.
    pub(crate) async fn change_hook(
        self: &Arc<Self>,
        account: AccountId,
        id: HookId,
        change: HookChange,
    ) -> Result<Arc<Entry>, Failure> {
        self.aside(move |registry| {
            let _changing = registry.changing();
            let before = registry.hook(account, id);
            if before.is_none() && registry.count_of(account) >= ENDPOINTS_PER_ACCOUNT_MAX {
                return Err(full());
            }
            let before = before.as_ref().map(|entry| &entry.endpoint);
            let endpoint = change.apply(id, account, before, clock::wall_ms());
            // What happened while it had no address is not told later.
            registry.write(endpoint, before.filter(|before| !before.is_silent()))
        })
        .await
    }

    /// The hooks of an instance, in every dialect.
    fn hooks_of(&self, instance: InstanceId) -> Vec<Arc<Entry>> {
        let hook = |dialect| self.get(HookId { instance, dialect }.endpoint());
        Dialect::ALL.into_iter().filter_map(hook).collect()
    }

    /// Waits until the hooks of an instance that is being deleted were told of it, but not for long: one that does not answer does not
    /// hold up the deletion.
    pub(crate) async fn say_farewell(&self, instance: InstanceId) {
        let waiting = async {
            let mut tick = tokio::time::interval(FAREWELL_POLL);
            while self.has_news(instance) {
                tick.tick().await;
            }
        };
        if tokio::time::timeout(FAREWELL_TIMEOUT, waiting).await.is_err() {
            tracing::warn!(%instance, "deleted before its webhook was told");
        }
    }

    /// Whether a hook of the instance that works has not heard everything.
    fn has_news(&self, instance: InstanceId) -> bool {
        let Some(shard) = self.shard_of(instance.slot()) else { return false };
        let mut working = self.hooks_of(instance).into_iter().filter(|entry| entry.endpoint.is_at_work());
        working.any(|entry| {
            let newest = newest_on_disk(&*shard.ledger, instance).unwrap_or(0);
            let lane = rows::lane(&*shard.ledger, entry.endpoint.id, LaneKey::live(instance));
            // What cannot be read is not waited for.
            lane.ok().flatten().is_some_and(|lane| lane.pending(newest) > 0)
        })
    }

    /// Removes the hooks of an instance that is gone.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) async fn forget_hooks(self: &Arc<Self>, instance: InstanceId) -> Result<(), Failure> {
        for entry in self.hooks_of(instance) {
            match self.delete(entry.endpoint.account, entry.endpoint.id, false).await {
                // Somebody else was faster.
                Err(failure) if failure.code != ErrorCode::WebhookNotFound => return Err(failure),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The account has as many endpoints as it may.
pub(super) fn full() -> Failure {
    let detail =
        format!("An account has at most {ENDPOINTS_PER_ACCOUNT_MAX} webhooks and consumers; delete one.");
    Failure::new(ErrorCode::WebhooksFull, detail)
}
