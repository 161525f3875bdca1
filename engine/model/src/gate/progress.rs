//! How far the numbers of a restarted process have come.

use std::collections::BTreeMap;

use super::Outcome;

/// What became of the numbers that waited when the gate was opened. Only the first attempt of each counts: one that failed and
/// came back later stays counted as failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many there were.
    pub total: usize,
    /// Those that wait for their turn.
    pub waiting: usize,
    /// Those that are logging in.
    pub connecting: usize,
    /// Those that opened.
    pub open: usize,
    /// Those that did not, by reason.
    pub failed: BTreeMap<&'static str, usize>,
}

impl Progress {
    pub(super) fn begin(&mut self, total: usize) {
        *self = Progress { total, waiting: total, ..Progress::default() };
    }

    pub(super) fn turn_given(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        self.connecting += 1;
    }

    pub(super) fn finish(&mut self, outcome: Outcome) {
        self.connecting = self.connecting.saturating_sub(1);
        match outcome {
            Outcome::Open => self.open += 1,
            Outcome::Failed(reason) => *self.failed.entry(reason).or_default() += 1,
        }
    }

    /// Those whose first attempt is over.
    pub fn settled(&self) -> usize {
        self.total - self.waiting - self.connecting
    }

    /// Whether every first attempt is over.
    pub fn done(&self) -> bool {
        self.waiting == 0 && self.connecting == 0
    }

    /// Those that did not open.
    pub fn failures(&self) -> usize {
        self.failed.values().sum()
    }
}
