//! What accounts hold of their suppression lists, in memory: every received text is compared with the words.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use trunkline_model::AccountId;
use trunkline_model::message::Lane;
use trunkline_model::plan::{OptOutWords, SuppressionSettings};

/// The settings of an account, ready for use.
pub(crate) struct Habit {
    pub(super) settings: SuppressionSettings,
    words: OptOutWords,
}

impl Habit {
    fn new(settings: SuppressionSettings) -> Arc<Habit> {
        Arc::new(Habit { words: OptOutWords::new(&settings.words), settings })
    }

    /// Whether a text opts out.
    pub(crate) fn is_opt_out(&self, text: &str) -> bool {
        self.words.are_said_by(text)
    }

    /// Whether a lane respects the list.
    pub(crate) fn covers(&self, lane: Lane) -> bool {
        self.settings.lanes.contains(&lane)
    }
}

/// Of the accounts that changed anything; the others have the defaults.
pub(crate) struct Habits {
    changed: RwLock<HashMap<AccountId, Arc<Habit>>>,
    standard: Arc<Habit>,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits { changed: RwLock::default(), standard: Habit::new(SuppressionSettings::default()) }
    }
}

impl Habits {
    pub(crate) fn of(&self, account: AccountId) -> Arc<Habit> {
        let changed = self.changed.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(changed.get(&account).unwrap_or(&self.standard))
    }

    pub(super) fn keep(&self, account: AccountId, settings: SuppressionSettings) {
        let habit = Habit::new(settings);
        self.changed.write().unwrap_or_else(PoisonError::into_inner).insert(account, habit);
    }
}
