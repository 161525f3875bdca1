//! Back-off schedules. Jitter is an argument: this crate draws no random number.

use crate::limits::SEND_ATTEMPTS_MAX;

/// An exponential schedule with an upper bound, a number of attempts, and jitter.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Delay before the second attempt, in milliseconds.
    pub base_ms: u64,
    /// No delay is longer than this, in milliseconds.
    pub cap_ms: u64,
    /// Most attempts in all; `None` never gives up.
    pub attempts_max: Option<u32>,
    /// Largest share of a delay that jitter adds, in percent.
    pub jitter_percent: u32,
}

/// Why there is no next delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackoffError {
    /// The attempts are used up.
    #[error("no attempts are left")]
    Exhausted,
}

/// Handing a message to WhatsApp.
pub const SEND_BACKOFF: Backoff =
    Backoff { base_ms: 500, cap_ms: 60_000, attempts_max: Some(SEND_ATTEMPTS_MAX), jitter_percent: 20 };
/// Opening a connection again after it was lost.
pub const RECONNECT_BACKOFF: Backoff =
    Backoff { base_ms: 1_000, cap_ms: 300_000, attempts_max: None, jitter_percent: 25 };
/// Delivering an event to a webhook.
pub const WEBHOOK_BACKOFF: Backoff =
    Backoff { base_ms: 1_000, cap_ms: 600_000, attempts_max: None, jitter_percent: 25 };

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
        let doublings = attempts.saturating_sub(1).min(20);
        let delay_ms = self.base_ms.saturating_mul(1 << doublings).min(self.cap_ms);
        let spread_ms = delay_ms * u64::from(self.jitter_percent) / 100;
        Ok(delay_ms + if spread_ms == 0 { 0 } else { u64::from(jitter) % spread_ms })
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
        let delays: Vec<_> = (1..=12).map(|n| RECONNECT_BACKOFF.delay_ms(n, 0)).collect();
        assert_eq!(delays[..4], [Ok(1_000), Ok(2_000), Ok(4_000), Ok(8_000)]);
        assert_eq!(delays[11], Ok(300_000));
    }

    proptest! {
        #[test]
        fn jitter_stays_within_its_share(attempts in 1u32..100, jitter: u32) {
            let plain = RECONNECT_BACKOFF.delay_ms(attempts, 0).expect("never gives up");
            let spread = RECONNECT_BACKOFF.delay_ms(attempts, jitter).expect("never gives up");
            prop_assert!(spread >= plain && spread <= plain + plain / 4);
        }
    }
}
