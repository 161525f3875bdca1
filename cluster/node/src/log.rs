//! The log: one line an event on stderr, as text or JSON.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

use crate::config::LogSettings;

/// Starts logging for the whole process. A second call changes nothing.
pub fn start(settings: &LogSettings) {
    // The filter was parsed when the settings were read.
    let filter = EnvFilter::new(&settings.filter);
    let builder = SubscriberBuilder::default().with_env_filter(filter).with_writer(stderr);
    // Only the first logger of a process can be installed, and there it is.
    drop(if settings.json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(stderr().is_terminal()).try_init()
    });
}
