//! What the tasks of a shard do to each other: how long one poll holds the thread, and whose poll it is right now.
//!
//! A shard's thread polls one task after another. A poll that takes long delays everybody, so polls are measured where tasks
//! start (`spawn.rs`) and where actors handle their messages, and the slow ones go into a histogram.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};

use metrics::Histogram;
use pin_project_lite::pin_project;

use crate::limits::{SLOW_POLL, SLOW_POLL_WARN, SLOW_POLL_WARN_EVERY};

macro_rules! poll_kinds {
    ($($name:ident = $word:literal,)*) => {
        /// What is being polled: a closed set, fit for a metric label.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum PollKind { $($name,)* }

        impl PollKind {
            pub(crate) const ALL: &'static [PollKind] = &[$(PollKind::$name,)*];

            /// The metric label.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(PollKind::$name => $word,)* }
            }

            /// The kind of a task by the name that it was started with.
            pub(crate) fn of_task(name: &str) -> PollKind {
                match name { $($word => PollKind::$name,)* _ => PollKind::Other }
            }
        }
    };
}

poll_kinds! {
    Instance = "instance",
    Client = "client",
    Session = "session",
    SessionAbort = "session-abort",
    SessionCall = "session-call",
    SessionEvents = "session-events",
    Socket = "socket",
    OpenSession = "open-session",
    StopSession = "stop-session",
    HandOver = "hand-over",
    Accept = "accept",
    Status = "status",
    Announce = "announce",
    Create = "create",
    Delete = "delete",
    Logout = "logout",
    FetchMedia = "fetch-media",
    Webhook = "webhook",
    Dispatcher = "dispatcher",
    Resume = "resume",
    Timers = "timers",
    Heartbeat = "heartbeat",
    BulkTurns = "bulk-turns",
    Dormitory = "dormitory",
    Governor = "governor",
    Sample = "sample",
    Account = "account",
    Other = "other",
}

/// No task that is measured: the runtime's own work, or nothing at all.
const NOBODY: u8 = u8::MAX;

/// The meter of one shard. Polls are reported by the shard's thread; the watch reads from its own.
pub(crate) struct Polls {
    shard: u16,
    clock: quanta::Clock,
    polling: AtomicU8,
    /// One held handle a kind: a slow poll allocates nothing and looks nothing up.
    slow: Box<[Histogram]>,
    /// When a warning may be logged again, in nanoseconds of `clock`.
    quiet_until_ns: AtomicU64,
}

impl Polls {
    pub(crate) fn new(shard: u16) -> Polls {
        let histogram = |kind: &PollKind| {
            metrics::histogram!(
                crate::metrics::SLOW_POLL, "shard" => shard.to_string(), "kind" => kind.as_str()
            )
        };
        Polls {
            shard,
            clock: quanta::Clock::new(),
            polling: AtomicU8::new(NOBODY),
            slow: PollKind::ALL.iter().map(histogram).collect(),
            quiet_until_ns: AtomicU64::new(0),
        }
    }

    /// Whose poll the shard's thread is in.
    pub(crate) fn polling(&self) -> Option<PollKind> {
        PollKind::ALL.get(usize::from(self.polling.load(Ordering::Relaxed))).copied()
    }

    fn begin(&self, kind: PollKind) -> u64 {
        self.polling.store(kind as u8, Ordering::Relaxed);
        self.clock.raw()
    }

    fn end(&self, kind: PollKind, begun: u64) {
        let took_ns = self.clock.delta_as_nanos(begun, self.clock.raw());
        self.polling.store(NOBODY, Ordering::Relaxed);
        if u128::from(took_ns) >= SLOW_POLL.as_nanos() {
            self.slow(kind, took_ns);
        }
    }

    #[cold]
    fn slow(&self, kind: PollKind, took_ns: u64) {
        if let Some(histogram) = self.slow.get(kind as usize) {
            histogram.record(took_ns as f64 / 1e9);
        }
        if u128::from(took_ns) < SLOW_POLL_WARN.as_nanos() {
            return;
        }
        let now_ns = self.clock.delta_as_nanos(0, self.clock.raw());
        // Only the shard's thread comes here, so there is nobody to race with.
        if now_ns >= self.quiet_until_ns.load(Ordering::Relaxed) {
            let every_ns = u64::try_from(SLOW_POLL_WARN_EVERY.as_nanos()).unwrap_or(u64::MAX);
            self.quiet_until_ns.store(now_ns.saturating_add(every_ns), Ordering::Relaxed);
            let took_ms = took_ns / 1_000_000;
            tracing::warn!(
                shard = self.shard,
                kind = kind.as_str(),
                took_ms,
                "a task held its shard for long"
            );
        }
    }
}

pin_project! {
    /// A future whose polls are measured. Adds no allocation and three words to it.
    pub(crate) struct Measured<F> {
        #[pin]
        future: F,
        polls: Arc<Polls>,
        kind: PollKind,
    }
}

impl<F> Measured<F> {
    pub(crate) fn new(polls: Arc<Polls>, kind: PollKind, future: F) -> Measured<F> {
        Measured { future, polls, kind }
    }
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let begun = this.polls.begin(*this.kind);
        let polled = this.future.poll(context);
        this.polls.end(*this.kind, begun);
        polled
    }
}

/// Cuts long work into polls: after every so many steps the rest of the shard runs.
#[derive(Debug)]
pub(crate) struct Breather {
    every: u32,
    left: u32,
}

impl Breather {
    pub(crate) fn every(steps: u32) -> Breather {
        Breather { every: steps, left: steps }
    }

    /// A step was done.
    pub(crate) async fn step(&mut self) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.left = self.every;
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn every_kind_is_found_by_its_word_and_the_rest_is_other() {
        for kind in PollKind::ALL {
            assert_eq!(PollKind::of_task(kind.as_str()), *kind);
        }
        assert_eq!(PollKind::of_task("whatever"), PollKind::Other);
        assert!(PollKind::ALL.len() < usize::from(NOBODY));
    }

    #[tokio::test]
    async fn the_watch_sees_whose_poll_it_is_only_during_the_poll() {
        let polls = Arc::new(Polls::new(0));
        let seen = Arc::clone(&polls);
        let work = async move { seen.polling() };
        let during = Measured::new(Arc::clone(&polls), PollKind::HandOver, work).await;
        assert_eq!((during, polls.polling()), (Some(PollKind::HandOver), None));
    }

    #[tokio::test]
    async fn a_breather_lets_others_run_once_in_so_many_steps() {
        let turns = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&turns);
        let other = async move {
            loop {
                counting.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        };
        let work = async {
            let mut breather = Breather::every(4);
            for _ in 0..12 {
                breather.step().await;
            }
        };
        tokio::select! { biased; () = work => {}, () = other => {} }
        assert_eq!(turns.load(Ordering::Relaxed), 3);
    }
}
