//! What is to be done at a time: runs of schedules, starts of campaigns. In memory; made anew from the rows at every start.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use trunkline_model::{AccountId, CampaignId, ErrorCode, Failure, ScheduleId};

use super::{Planner, is_passing};
use crate::clock;
use crate::limits::{AGENDA_SLEEP_MAX, ERRAND_AGAIN_MS};
use crate::spawn::Spawner;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Errand {
    /// A schedule's time has come, this one.
    Schedule(ScheduleId),
    /// A campaign's time has come.
    Start(CampaignId),
    /// A campaign has people to be seen to.
    Run(CampaignId),
}

/// Bounded by the schedules and campaigns that there are.
#[derive(Default)]
pub(super) struct Agenda {
    due: Mutex<BTreeSet<(i64, AccountId, Errand)>>,
    woken: Notify,
}

impl Agenda {
    /// Something is to be done at a time, in milliseconds since the Unix epoch.
    pub(super) fn note(&self, due_ms: i64, account: AccountId, errand: Errand) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).insert((due_ms, account, errand));
        self.woken.notify_one();
    }

    /// Looks again what is due.
    pub(super) fn look(&self) {
        self.woken.notify_one();
    }

    /// Takes what is due, or says how long there is nothing.
    fn next(&self, now_ms: i64) -> Result<(i64, AccountId, Errand), Duration> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match due.first() {
            Some((due_ms, ..)) if *due_ms > now_ms => {
                let wait = Duration::from_millis(due_ms.abs_diff(now_ms));
                Err(wait.min(AGENDA_SLEEP_MAX))
            }
            None => Err(AGENDA_SLEEP_MAX),
            Some(_) => due.pop_first().ok_or(AGENDA_SLEEP_MAX),
        }
    }
}

impl Planner {
    /// Sees that what is due is done, for ever.
    pub(crate) async fn run_agenda(self: Arc<Self>, shard: u16, spawner: Spawner) {
        let agenda = &self.agendas[usize::from(shard)];
        loop {
            if self.outboxes.get().is_none() {
                agenda.woken.notified().await;
                continue;
            }
            match agenda.next(clock::wall_ms()) {
                Ok((due_ms, account, errand)) => {
                    let planner = Arc::clone(&self);
                    let name = if matches!(errand, Errand::Run(_)) { "campaign" } else { "errand" };
                    // Nobody else remembers it: after a panic it is begun again.
                    spawner.spawn_supervised(name, move || {
                        let planner = Arc::clone(&planner);
                        async move { planner.do_errand(due_ms, account, errand).await }
                    });
                }
                Err(wait) => {
                    // Whichever comes first; both lead to another look.
                    let _ = tokio::time::timeout(wait, agenda.woken.notified()).await;
                }
            }
        }
    }

    async fn do_errand(self: &Arc<Self>, due_ms: i64, account: AccountId, errand: Errand) {
        let done = match errand {
            Errand::Schedule(id) => Box::pin(self.run_due(account, id, due_ms)).await,
            Errand::Start(id) => self.start_due(account, id, due_ms).await,
            Errand::Run(id) => Box::pin(self.run_campaign(account, id)).await,
        };
        let again = match done {
            Ok(()) => return,
            Err(failure) if is_gone(&failure) => return,
            Err(failure) if !is_passing(&failure) => {
                tracing::error!(failure = %failure.code.as_str(), "something that was due cannot be done");
                return;
            }
            Err(failure) => failure,
        };
        tracing::warn!(failure = %again.code.as_str(), "something that was due is put off");
        // Under the time that it was due at: which run it is does not change.
        tokio::time::sleep(Duration::from_millis(ERRAND_AGAIN_MS.unsigned_abs())).await;
        self.agenda(account).note(due_ms, account, errand);
    }
}

fn is_gone(failure: &Failure) -> bool {
    matches!(failure.code, ErrorCode::ScheduleNotFound | ErrorCode::CampaignNotFound)
}
