//! The hooks of instances, by dialect: what one that is begun for a new instance may say.

use trunkline_model::Dialect;
use trunkline_model::delivery::RetrySchedule;

use super::{wasaas, wsapi};

/// What a dialect's hooks are like.
pub(crate) struct HookForm {
    /// The events that one may name.
    pub(crate) events: &'static [&'static str],
    /// Longest that a delivery takes, in milliseconds.
    pub(crate) timeout_ms: u32,
    /// When a failed one is tried again.
    pub(crate) schedule: RetrySchedule,
}

/// The form of a dialect's hooks; `None` for one whose instances begin without.
pub(crate) fn hook_form(dialect: Dialect) -> Option<HookForm> {
    match dialect {
        Dialect::Wsapi => Some(wsapi::hook_form()),
        Dialect::Wasaas => Some(wasaas::hook_form()),
        Dialect::Native | Dialect::Wastack | Dialect::Aduta | Dialect::Wessaal => None,
    }
}
