//! The engine's only reader of clocks.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch, by the wall clock.
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since the process first asked: never goes back.
pub(crate) fn steady_ms() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let steady_ms = u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX);
    #[cfg(test)]
    let steady_ms = steady_ms + AHEAD_MS.get();
    steady_ms
}

#[cfg(test)]
thread_local! {
    static AHEAD_MS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Moves the steady clock of this thread on.
#[cfg(test)]
pub(crate) fn advance(by_ms: u64) {
    AHEAD_MS.set(AHEAD_MS.get() + by_ms);
}

/// Random bytes for an id that others see.
///
/// # Errors
/// When the operating system has none, which a system that is up does not say.
pub(crate) fn random_16() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A random number for jitter and ids.
pub(crate) fn random_u64() -> u64 {
    // The operating system's generator does not fail once the system is up; zero jitter would be harmless anyway.
    getrandom::u64().unwrap_or(0)
}
