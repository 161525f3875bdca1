//! Back-off schedules. Jitter is an argument: this crate draws no random number. Which schedule follows the end of a
//! connection is decided in [`crate::instance::ending`].

use crate::limits::SEND_ATTEMPTS_MAX;

/// An exponential schedule with an upper bound, a number of attempts, and jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Delay before the second attempt, in milliseconds.
    pub base_ms: u64,
    /// No delay is longer than this, in milliseconds.
    pub cap_ms: u64,
    /// Most attempts in all; `None` never gives up.
    pub attempts_max: Option<u32>,
    /// How chance changes a delay.
    pub jitter: Jitter,
}

/// What chance does to a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// Adds up to this share of the delay, in percent: for one client that must not come back early.
    Added(u32),
    /// Takes any time from nothing to the whole delay: for many clients that failed at the same moment and must not come back
    /// at the same moment.
    Full,
}

/// Why there is no next delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackoffError {
    /// The attempts are used up.
    #[error("no attempts are left")]
    Exhausted,
}

/// Handing a message to WhatsApp.
pub const SEND_BACKOFF: Backoff = Backoff {
    base_ms: 500,
    cap_ms: 60_000,
    attempts_max: Some(SEND_ATTEMPTS_MAX),
    jitter: Jitter::Added(20),
};
/// Opening a connection again after it was lost.
pub const RECONNECT_BACKOFF: Backoff =
    Backoff { base_ms: 1_000, cap_ms: 300_000, attempts_max: None, jitter: Jitter::Full };
/// Opening a connection again after the service said that it cannot serve: it wants fewer attempts, not sooner ones.
pub const SERVICE_BACKOFF: Backoff =
    Backoff { base_ms: 2_000, cap_ms: 600_000, attempts_max: None, jitter: Jitter::Full };
/// Opening a connection again after the service asked for fewer of them: a minute at the least, and chance on top.
pub const RATE_LIMIT_BACKOFF: Backoff =
    Backoff { base_ms: 60_000, cap_ms: 900_000, attempts_max: None, jitter: Jitter::Added(50) };
/// Starting a task of the process again after it panicked.
pub const TASK_BACKOFF: Backoff =
    Backoff { base_ms: 1_000, cap_ms: 300_000, attempts_max: None, jitter: Jitter::Added(0) };

impl Backoff {
    /// Delay before attempt number `attempts + 1`, in milliseconds, `attempts` (from 1) having failed. `jitter` is any random
    /// number.
    ///
    /// # Errors
    /// [`BackoffError::Exhausted`] when no further attempt is allowed.
    pub fn delay_ms(&self, attempts: u32, jitter: u32) -> Result<u64, BackoffError> {
        if self.attempts_max.is_some_and(|max| attempts >= max) {
            return Err(BackoffError::Exhausted);
        }
        Ok(self.spread_ms(attempts, jitter))
    }

    /// As [`Backoff::delay_ms`], for whoever does not count attempts: never exhausted.
    pub fn spread_ms(&self, attempts: u32, jitter: u32) -> u64 {
        let doublings = attempts.saturating_sub(1).min(20);
        let delay_ms = self.base_ms.saturating_mul(1 << doublings).min(self.cap_ms);
        let jitter = u64::from(jitter);
        match self.jitter {
            Jitter::Added(percent) => delay_ms + jitter % (delay_ms * u64::from(percent) / 100).max(1),
            Jitter::Full => jitter % (delay_ms + 1),
        }
    }
}

/// Restart intensity: more than [`RESTARTS_MAX`] failures of one instance's session within [`RESTART_WINDOW_MS`] park it.
pub const RESTARTS_MAX: usize = 8;
/// Window of the restart intensity, in milliseconds.
pub const RESTART_WINDOW_MS: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_double_up_to_the_cap() {
        let delays: Vec<_> = (1..=12).map(|n| TASK_BACKOFF.delay_ms(n, 0)).collect();
        assert_eq!(delays[..4], [Ok(1_000), Ok(2_000), Ok(4_000), Ok(8_000)]);
        assert_eq!(delays[11], Ok(300_000));
        assert_eq!(SEND_BACKOFF.delay_ms(SEND_ATTEMPTS_MAX, 0), Err(BackoffError::Exhausted));
    }

    proptest! {
        #[test]
        fn added_jitter_stays_within_its_share(attempts in 1u32..100, jitter: u32) {
            let plain = RATE_LIMIT_BACKOFF.delay_ms(attempts, 0).expect("never gives up");
            let spread = RATE_LIMIT_BACKOFF.delay_ms(attempts, jitter).expect("never gives up");
            prop_assert!(spread >= plain && spread <= plain + plain / 2);
        }

        #[test]
        fn full_jitter_takes_any_part_of_the_delay(attempts in 1u32..100, jitter: u32) {
            let ceiling = (1_000u64 << (attempts - 1).min(20)).min(300_000);
            let spread = RECONNECT_BACKOFF.spread_ms(attempts, jitter);
            prop_assert!(spread <= ceiling);
            prop_assert_eq!(RECONNECT_BACKOFF.spread_ms(attempts, ceiling as u32), ceiling);
        }
    }
}
