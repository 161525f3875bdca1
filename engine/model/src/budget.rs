//! How many people a number may ask WhatsApp about: numbers that ask about many get restricted.

use crate::limits::{PEOPLE_CHECK_INTERVAL_MS, PEOPLE_CHECKS_AT_ONCE};

/// A bucket of questions that fills at a steady rate, as the time at which it would be full again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CheckBudget {
    /// When every question that was asked is made up for, in milliseconds since the Unix epoch.
    pub settled_at_ms: i64,
}

impl CheckBudget {
    /// Takes `questions` out of the bucket.
    ///
    /// # Errors
    /// The milliseconds after which so many are in it; then nothing is taken. A clock that went back by more than a full bucket
    /// is not waited for.
    pub fn take(&mut self, now_ms: i64, questions: usize) -> Result<(), u64> {
        let full_ms = (PEOPLE_CHECKS_AT_ONCE as i64).saturating_mul(PEOPLE_CHECK_INTERVAL_MS);
        let latest_ms = now_ms.saturating_add(full_ms);
        let cost_ms = i64::try_from(questions).unwrap_or(i64::MAX).saturating_mul(PEOPLE_CHECK_INTERVAL_MS);
        let settled_at_ms = self.settled_at_ms.clamp(now_ms, latest_ms).saturating_add(cost_ms);
        if settled_at_ms > latest_ms {
            return Err(settled_at_ms.abs_diff(latest_ms));
        }
        self.settled_at_ms = settled_at_ms;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW_MS: i64 = 1_700_000_000_000;

    #[test]
    fn a_full_bucket_gives_all_at_once_and_then_one_at_a_time() {
        let mut budget = CheckBudget::default();
        assert_eq!(budget.take(NOW_MS, PEOPLE_CHECKS_AT_ONCE), Ok(()));
        assert_eq!(budget.take(NOW_MS, 1), Err(PEOPLE_CHECK_INTERVAL_MS as u64));
        assert_eq!(budget.take(NOW_MS + PEOPLE_CHECK_INTERVAL_MS, 1), Ok(()));
        assert_eq!(
            budget.take(NOW_MS + PEOPLE_CHECK_INTERVAL_MS, 2),
            Err(2 * PEOPLE_CHECK_INTERVAL_MS as u64)
        );
    }

    #[test]
    fn a_clock_that_went_back_does_not_lock_anybody_out() {
        let mut budget = CheckBudget { settled_at_ms: NOW_MS + 1_000_000_000_000 };
        let wait_ms = budget.take(NOW_MS, 1).expect_err("the bucket is empty");
        assert_eq!(wait_ms, PEOPLE_CHECK_INTERVAL_MS as u64);
    }

    proptest! {
        #[test]
        fn no_more_than_a_bucket_and_the_rate_in_any_time(steps in prop::collection::vec((0i64..600_000, 1usize..50), 1..60)) {
            let mut budget = CheckBudget::default();
            let (mut now_ms, mut taken) = (NOW_MS, 0usize);
            for (pass_ms, questions) in steps {
                now_ms += pass_ms;
                match budget.take(now_ms, questions) {
                    Ok(()) => taken += questions,
                    Err(wait_ms) => prop_assert!(budget.clone().take(now_ms + wait_ms as i64, questions).is_ok()),
                }
                let refilled = ((now_ms - NOW_MS) / PEOPLE_CHECK_INTERVAL_MS) as usize;
                prop_assert!(taken <= PEOPLE_CHECKS_AT_ONCE + refilled + 1);
            }
        }
    }
}
