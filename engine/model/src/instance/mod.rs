//! The life of an instance: states, triggers, and the table that joins them.

mod dormancy;
mod ending;
mod state;
mod table;
mod timers;

pub use dormancy::may_sleep;
pub use ending::{Ending, Failing, Retry, ending};
pub use state::{IllegalTransition, InstanceState, Trigger};
pub use timers::{ExitTimer, exit_timer};
