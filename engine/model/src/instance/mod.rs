//! The life of an instance: states, triggers, and the table that joins them.

mod state;
mod table;
mod timers;

pub use state::{IllegalTransition, InstanceState, Trigger};
pub use timers::{ExitTimer, exit_timer};
