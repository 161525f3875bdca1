//! What became of a campaign's messages after they were sent. It takes a look at each of them, so what was found is kept for a while
//! in proportion to that, and few campaigns are counted at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use trunkline_model::command::Reach;
use trunkline_model::message::MessageStatus;
use trunkline_model::plan::{CampaignRecord, RecipientRecord, RecipientState};
use trunkline_model::{AccountId, CampaignId, ErrorCode, Failure};

use super::Planner;
use super::people::everybody;
use super::rows::read;
use crate::clock;
use crate::limits::{REACH_KEPT_TIMES, REACHES_COUNTED_AT_ONCE, REACHES_KEPT_MAX};

/// What was counted.
pub(super) struct Reaches {
    counting: Semaphore,
    /// With the steady time in milliseconds until which it serves.
    known: Mutex<HashMap<CampaignId, (u64, Reach)>>,
}

impl Default for Reaches {
    fn default() -> Reaches {
        Reaches { counting: Semaphore::new(REACHES_COUNTED_AT_ONCE), known: Mutex::default() }
    }
}

impl Reaches {
    fn known(&self, id: CampaignId) -> Option<Reach> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).filter(|(until_ms, _)| clock::steady_ms() < *until_ms).map(|(_, reach)| *reach)
    }

    fn keep(&self, id: CampaignId, since_ms: u64, reach: Reach) {
        let now_ms = clock::steady_ms();
        let until_ms =
            now_ms.saturating_add(now_ms.saturating_sub(since_ms).saturating_mul(REACH_KEPT_TIMES));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (until_ms, _)| now_ms < *until_ms);
        if known.len() < REACHES_KEPT_MAX {
            known.insert(id, (until_ms, reach));
        }
    }
}

impl Planner {
    /// What became of a campaign's messages after they were sent.
    ///
    /// # Errors
    /// A failure of the store.
    pub(super) async fn reach(
        self: &Arc<Self>,
        account: AccountId,
        record: &CampaignRecord,
    ) -> Result<Reach, Failure> {
        if record.counts.sent == 0 {
            return Ok(Reach::default());
        }
        let failed = || Failure::new(ErrorCode::Internal, "The campaign's messages cannot be counted.");
        let id = record.id;
        if let Some(reach) = self.reaches.known(id) {
            return Ok(reach);
        }
        let _counting = self.reaches.counting.acquire().await.map_err(|_| failed())?;
        // Somebody else may have counted it while this one waited.
        if let Some(reach) = self.reaches.known(id) {
            return Ok(reach);
        }
        let (planner, since_ms) = (Arc::clone(self), clock::steady_ms());
        // Not on the shard's thread, which would stand still.
        let counting = tokio::task::spawn_blocking(move || planner.count_reach(account, id));
        let reach = counting.await.map_err(|_| failed())??;
        self.reaches.keep(id, since_ms, reach);
        Ok(reach)
    }

    fn count_reach(&self, account: AccountId, id: CampaignId) -> Result<Reach, Failure> {
        let (mut reach, mut after) = (Reach::default(), None);
        loop {
            let whole = (everybody(account, id), after);
            let (_, next) = self.page(account, whole, usize::MAX, |_, bytes| {
                let record: RecipientRecord = read(bytes)?;
                if let (RecipientState::Sent, Some(instance), Some(message)) =
                    (record.state, record.instance, record.message)
                    && let Some(found) = self.message(instance, message)?
                {
                    let is_read = matches!(found.status, MessageStatus::Read | MessageStatus::Played);
                    reach.read += u32::from(is_read);
                    reach.delivered += u32::from(is_read || found.status == MessageStatus::Delivered);
                }
                Ok(Some(()))
            })?;
            match next {
                Some(next) => after = Some(next),
                None => return Ok(reach),
            }
        }
    }
}
