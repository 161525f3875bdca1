//! What a person sees meanwhile, on stderr: a bar in a terminal, a line per phase elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

use super::tracker::Tracker;
use crate::console::remark;

/// One phase.
pub struct Phase(ProgressBar);

impl Phase {
    /// Begins a phase of `length` steps.
    #[expect(clippy::expect_used, reason = "the template is a constant")]
    pub fn begin(name: &'static str, length: u64) -> Phase {
        if !stderr().is_terminal() {
            remark(format_args!("{name}: {length}"));
        }
        let style = ProgressStyle::with_template("{prefix:10} [{bar:40}] {pos}/{len} {msg}")
            .expect("the template is valid")
            .progress_chars("=> ");
        Phase(ProgressBar::new(length).with_style(style).with_prefix(name))
    }

    /// One more step is done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// Shows the messages' progress, for as long as it is polled.
    pub async fn show_messages(&self, tracker: &Tracker) {
        loop {
            let counts = tracker.look(|state| state.counts);
            self.0.set_position(counts.delivered + counts.failed);
            self.0.set_message(format!(
                "accepted {} · sent {} · read {}",
                counts.accepted, counts.sent, counts.read
            ));
            tracker.news().await;
        }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        self.0.finish();
    }
}
