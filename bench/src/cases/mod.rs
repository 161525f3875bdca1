//! The cases, one file each.

mod accept;
mod active_memory;
mod fairness;
mod frame;
mod idle_memory;
mod memory;
mod mixed;
mod receive;
mod restart;
mod send;
mod spool;
mod store;
mod support;
mod webhooks;

pub use frame::play as play_frames;
pub use store::fill as fill_store;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::error::Bench;
use crate::limits::{SETTLE, SETTLE_QUICK};
use crate::report::Figure;

/// How large a case is played.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// In seconds instead of minutes.
    pub quick: bool,
    /// Whether peers take part.
    pub peers: bool,
    /// How many numbers, if somebody chose.
    pub numbers: Option<usize>,
}

impl Scale {
    /// One of two sizes.
    pub fn of<T>(self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }

    /// How long to wait before memory is read.
    pub fn settle(self) -> Duration {
        self.of(SETTLE, SETTLE_QUICK)
    }

    /// How many numbers, of two sizes unless somebody chose.
    pub fn numbers(self, whole: usize, quick: usize) -> usize {
        self.numbers.unwrap_or_else(|| self.of(whole, quick))
    }
}

/// A case's figures, once it was played.
pub type Played = Pin<Box<dyn Future<Output = Bench<Vec<Figure>>>>>;

/// A row of the table of cases.
pub struct Case {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it measures, in a line.
    pub what: &'static str,
    /// Plays it.
    pub run: fn(Scale) -> Played,
}

/// Every case, in the order of `all`.
pub static CASES: &[Case] = &[
    Case {
        name: "frame",
        what: "From socket bytes to a stanza that borrows them, and back",
        run: |scale| Box::pin(frame::run(scale)),
    },
    Case {
        name: "store",
        what: "Durable commits of a shard's store, and its recovery",
        run: |scale| Box::pin(store::run(scale)),
    },
    Case {
        name: "spool",
        what: "Uploaded files written durably and read back, by either backend",
        run: |scale| Box::pin(spool::run(scale)),
    },
    Case {
        name: "accept",
        what: "Messages accepted over HTTP, each on disk before its 202",
        run: |scale| Box::pin(accept::run(scale)),
    },
    Case {
        name: "idle-memory",
        what: "Memory of a connected, logged-in, idle number over TLS",
        run: |scale| Box::pin(idle_memory::run(scale)),
    },
    Case {
        name: "active-memory",
        what: "The same after traffic in 20 chats, and later",
        run: |scale| Box::pin(active_memory::run(scale)),
    },
    Case {
        name: "restart",
        what: "Numbers back online after a start of the process",
        run: |scale| Box::pin(restart::run(scale)),
    },
    Case {
        name: "send",
        what: "End-to-end encrypted messages sent and acknowledged",
        run: |scale| Box::pin(send::run(scale)),
    },
    Case {
        name: "receive",
        what: "Messages received, decrypted, committed to the event log",
        run: |scale| Box::pin(receive::run(scale)),
    },
    Case {
        name: "mixed",
        what: "Many numbers, a message a minute each way",
        run: |scale| Box::pin(mixed::run(scale)),
    },
    Case {
        name: "fairness",
        what: "Interactive sends beside one number's bulk",
        run: |scale| Box::pin(fairness::run(scale)),
    },
    Case {
        name: "webhooks",
        what: "Events delivered to a webhook, and their lag",
        run: |scale| Box::pin(webhooks::run(scale)),
    },
];
