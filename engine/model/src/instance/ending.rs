//! The one table of what follows the end of a connection: which step the instance takes, and when it tries again.

use super::state::Trigger;
use crate::event::CloseReason;
use crate::retry::{Backoff, RATE_LIMIT_BACKOFF, RECONNECT_BACKOFF, SERVICE_BACKOFF};

/// What the end of a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The step of the transition table.
    pub trigger: Trigger,
    /// When the next attempt is due.
    pub retry: Retry,
}

/// When a lost connection is opened again. Every attempt then also waits for its turn at the node's gate ([`crate::gate`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// At once, and by the schedule when that fails as well.
    AtOnceThen(Backoff),
    /// By the schedule, from the first attempt on.
    ByBackoff(Backoff),
    /// After so many milliseconds.
    After(u64),
    /// When the time that WhatsApp named is over, or after so many milliseconds where it named none. Never earlier.
    AtPublishedEnd {
        /// In milliseconds.
        otherwise_ms: u64,
    },
    /// Not by itself: a person has to act.
    Never,
}

/// Taking a stream back too soon makes two clients fight for it.
const CONFLICT_MS: u64 = 15 * 60_000;
/// How long a restriction of unknown length is respected.
const RESTRICTION_MS: u64 = 24 * 3_600_000;
/// No wait is longer: a hundred years, so that its end is a time that people can read.
const WAIT_MS_MAX: u64 = 100 * 365 * 24 * 3_600_000;

/// The row of a reason. Closed on both sides: a new reason does not compile without its row.
pub fn ending(reason: CloseReason) -> Ending {
    const LOST: Trigger = Trigger::ConnectionLost;
    let (trigger, retry) = match reason {
        CloseReason::Requested => (Trigger::Disconnect, Retry::Never),
        CloseReason::CodesExpired | CloseReason::PairingRefused => (Trigger::PairFailed, Retry::Never),
        // What ends a healthy connection once is usually over when it is noticed.
        CloseReason::ConnectionLost
        | CloseReason::StreamRestart
        | CloseReason::Silent
        | CloseReason::Recycled
        | CloseReason::WaitingForTurn => (LOST, Retry::AtOnceThen(RECONNECT_BACKOFF)),
        // What never came to be has failed already: its cause is still there.
        CloseReason::ConnectFailed | CloseReason::TimedOut | CloseReason::ShuttingDown => {
            (LOST, Retry::ByBackoff(RECONNECT_BACKOFF))
        }
        CloseReason::ServiceUnavailable => (LOST, Retry::ByBackoff(SERVICE_BACKOFF)),
        CloseReason::RateLimited => (LOST, Retry::ByBackoff(RATE_LIMIT_BACKOFF)),
        CloseReason::Replaced => (Trigger::StreamReplaced, Retry::After(CONFLICT_MS)),
        CloseReason::TemporaryBan => {
            (Trigger::RestrictionImposed, Retry::AtPublishedEnd { otherwise_ms: RESTRICTION_MS })
        }
        CloseReason::DeviceRemoved => (Trigger::DeviceRemoved, Retry::Never),
        CloseReason::AccountLocked | CloseReason::ClientOutdated | CloseReason::RestartLimit => {
            (Trigger::Park, Retry::Never)
        }
    };
    Ending { trigger, retry }
}

/// What a wait is computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failing {
    /// Attempts that failed in a row before this end, 0 for the first end of a connection that had lasted.
    pub attempts: u32,
    /// How long WhatsApp wants to be left alone, in milliseconds, where it said so.
    pub told_ms: Option<u64>,
    /// Any random number.
    pub jitter: u32,
}

impl Retry {
    /// Milliseconds until the next attempt: 0 as soon as its turn comes, `None` never by itself.
    pub fn wait_ms(self, failing: Failing) -> Option<u64> {
        let Failing { attempts, told_ms, jitter } = failing;
        let asked_ms = told_ms.unwrap_or(0);
        let wait_ms = match self {
            Retry::AtOnceThen(_) if attempts == 0 => asked_ms,
            // On top of what WhatsApp asked for, so that those who were told the same do not come back together.
            Retry::AtOnceThen(backoff) => asked_ms.saturating_add(backoff.spread_ms(attempts, jitter)),
            Retry::ByBackoff(backoff) => {
                asked_ms.saturating_add(backoff.spread_ms(attempts.saturating_add(1), jitter))
            }
            Retry::After(wait_ms) => wait_ms.max(asked_ms),
            Retry::AtPublishedEnd { otherwise_ms } => told_ms.unwrap_or(otherwise_ms),
            Retry::Never => return None,
        };
        Some(wait_ms.min(WAIT_MS_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::InstanceState;

    const FULL: u32 = u32::MAX;

    /// The row of a reason, and its waits after 0, 1 and 2 failures without a word from WhatsApp, at the most.
    fn check(reason: CloseReason, trigger: Trigger, longest_ms: [Option<u64>; 3]) {
        let row = ending(reason);
        assert_eq!(row.trigger, trigger);
        for (attempts, longest_ms) in (0..).zip(longest_ms) {
            let at_most = match row.retry {
                Retry::AtOnceThen(_) if attempts == 0 => Some(0),
                Retry::AtOnceThen(backoff) => Some(ceiling(backoff, attempts)),
                Retry::ByBackoff(backoff) => Some(ceiling(backoff, attempts + 1)),
                other => other.wait_ms(Failing { attempts, told_ms: None, jitter: FULL }),
            };
            assert_eq!(at_most, longest_ms, "after {attempts} failures");
            for jitter in [0, 1, 12_345, FULL] {
                let drawn = row.retry.wait_ms(Failing { attempts, told_ms: None, jitter });
                assert!(drawn <= longest_ms, "{drawn:?} of {longest_ms:?}");
            }
        }
    }

    /// The longest that chance draws.
    fn ceiling(backoff: Backoff, attempts: u32) -> u64 {
        (0..=200_000).map(|jitter| backoff.spread_ms(attempts, jitter)).max().unwrap_or(0)
    }

    const NEVER: [Option<u64>; 3] = [None; 3];
    const AT_ONCE: [Option<u64>; 3] = [Some(0), Some(1_000), Some(2_000)];
    const BACKOFF: [Option<u64>; 3] = [Some(1_000), Some(2_000), Some(4_000)];

    macro_rules! rows {
        ($($name:ident: $reason:ident, $trigger:ident, $waits:expr;)*) => {
            $(#[test] fn $name() { check(CloseReason::$reason, Trigger::$trigger, $waits); })*
        };
    }

    rows! {
        requested_is_final: Requested, Disconnect, NEVER;
        codes_expired_waits_for_a_person: CodesExpired, PairFailed, NEVER;
        pairing_refused_waits_for_a_person: PairingRefused, PairFailed, NEVER;
        connection_lost_comes_back_at_once: ConnectionLost, ConnectionLost, AT_ONCE;
        connect_failed_backs_off: ConnectFailed, ConnectionLost, BACKOFF;
        stream_restart_comes_back_at_once: StreamRestart, ConnectionLost, AT_ONCE;
        silent_comes_back_at_once: Silent, ConnectionLost, AT_ONCE;
        replaced_is_not_fought_for: Replaced, StreamReplaced, [Some(900_000); 3];
        device_removed_is_final: DeviceRemoved, DeviceRemoved, NEVER;
        account_locked_waits_for_a_person: AccountLocked, Park, NEVER;
        temporary_ban_of_unknown_length_lasts_a_day: TemporaryBan, RestrictionImposed, [Some(86_400_000); 3];
        client_outdated_waits_for_a_person: ClientOutdated, Park, NEVER;
        service_unavailable_backs_off_further: ServiceUnavailable, ConnectionLost, [Some(2_000), Some(4_000), Some(8_000)];
        timed_out_backs_off: TimedOut, ConnectionLost, BACKOFF;
        restart_limit_waits_for_a_person: RestartLimit, Park, NEVER;
        shutting_down_backs_off: ShuttingDown, ConnectionLost, BACKOFF;
        recycled_comes_back_at_once: Recycled, ConnectionLost, AT_ONCE;
        waiting_for_turn_waits_for_nothing_else: WaitingForTurn, ConnectionLost, AT_ONCE;
    }

    #[test]
    fn rate_limited_waits_a_minute_at_the_least() {
        check(
            CloseReason::RateLimited,
            Trigger::ConnectionLost,
            [Some(89_999), Some(179_999), Some(359_999)],
        );
        for attempts in 0..40 {
            let failing = Failing { attempts, told_ms: None, jitter: 0 };
            assert!(ending(CloseReason::RateLimited).retry.wait_ms(failing) >= Some(60_000), "{attempts}");
        }
    }

    #[test]
    fn what_whatsapp_asks_for_is_never_undercut() {
        let reasons = [
            (CloseReason::ServiceUnavailable, 60_000),
            (CloseReason::ConnectionLost, 60_000),
            (CloseReason::ConnectFailed, 60_000),
            (CloseReason::Replaced, 3_600_000),
        ];
        for (reason, told_ms) in reasons {
            for attempts in 0..40 {
                for jitter in [0, 7, 59_999, FULL] {
                    let failing = Failing { attempts, told_ms: Some(told_ms), jitter };
                    assert!(ending(reason).retry.wait_ms(failing) >= Some(told_ms), "{reason:?} {failing:?}");
                }
            }
        }
    }

    #[test]
    fn a_ban_ends_when_whatsapp_said() {
        let wait = |told_ms| {
            ending(CloseReason::TemporaryBan).retry.wait_ms(Failing { attempts: 3, told_ms, jitter: 9 })
        };
        assert_eq!(wait(Some(90_000)), Some(90_000));
        assert_eq!(wait(Some(u64::MAX)), Some(WAIT_MS_MAX), "for ever has an end that can be written");
    }

    #[test]
    fn a_retry_leads_to_a_state_that_waits_for_it() {
        for reason in CloseReason::ALL {
            let row = ending(reason);
            for state in InstanceState::ALL {
                let Ok(next) = state.on(row.trigger) else { continue };
                let waits = matches!(
                    next,
                    InstanceState::BackingOff | InstanceState::Conflict | InstanceState::Restricted
                );
                assert_eq!(waits, row.retry != Retry::Never, "{reason:?} in {state:?} leads to {next:?}");
            }
        }
    }
}
