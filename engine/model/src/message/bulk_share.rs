//! How much of a shard's time bulk may take while somebody waits for an answer.

use core::time::Duration;

/// Rests that bulk owes for the turns it took.
#[derive(Debug, Default)]
pub struct BulkShare {
    owed: Duration,
}

/// Bulk rests this many times as long as its turns took, so that at most a third of the time is its own.
const RESTS_PER_TURN: u32 = 2;
/// Shorter rests are saved up: a shard's timer does not go off more often.
const REST_MIN: Duration = Duration::from_millis(1);
/// A turn that took longer was not bulk's fault alone.
const TURN_MAX: Duration = Duration::from_millis(10);

impl BulkShare {
    /// A turn took so long, until everything else that was ready had been served. Gives the rest that is due now.
    pub fn turn(&mut self, took: Duration, somebody_waits: bool) -> Option<Duration> {
        if !somebody_waits {
            self.owed = Duration::ZERO;
            return None;
        }
        self.owed += took.min(TURN_MAX) * RESTS_PER_TURN;
        (self.owed >= REST_MIN).then_some(self.owed)
    }

    /// Bulk rested so long.
    pub fn rested(&mut self, rested: Duration) {
        self.owed = self.owed.saturating_sub(rested);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn micros(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    #[test]
    fn bulk_alone_never_rests() {
        let mut share = BulkShare::default();
        assert!((0..1_000).all(|_| share.turn(micros(900), false).is_none()));
    }

    #[test]
    fn beside_people_bulk_takes_a_third_of_the_time() {
        let mut share = BulkShare::default();
        let (mut worked, mut rested) = (Duration::ZERO, Duration::ZERO);
        for turn in 0..3_000u64 {
            let took = micros(100 + turn % 7 * 50);
            worked += took;
            if let Some(rest) = share.turn(took, true) {
                // Timers go off a little late.
                let rest = rest + micros(400);
                share.rested(rest);
                rested += rest;
            }
        }
        let share = worked.as_secs_f64() / (worked + rested).as_secs_f64();
        assert!((0.25..=0.34).contains(&share), "{share}");
    }

    #[test]
    fn a_stall_is_not_paid_for_with_a_long_rest() {
        let mut share = BulkShare::default();
        assert_eq!(share.turn(Duration::from_secs(5), true), Some(TURN_MAX * RESTS_PER_TURN));
    }
}
