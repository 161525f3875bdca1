//! The request rates of an account as requests read them: nobody waits for anybody.

use std::sync::atomic::{AtomicU64, Ordering};

use super::record::RateLimits;
use crate::limit_class::LimitClass;

/// What stands for a class of which the account says nothing: no rate is as large.
const UNTOLD: u64 = u64::MAX;

/// Requests in a minute: of a key by class, of all keys together.
#[derive(Debug)]
pub struct Rates {
    of_class: [AtomicU64; LimitClass::ALL.len()],
    of_account: AtomicU64,
}

impl Default for Rates {
    fn default() -> Rates {
        let untold = || AtomicU64::new(UNTOLD);
        Rates { of_class: std::array::from_fn(|_| untold()), of_account: untold() }
    }
}

impl PartialEq for Rates {
    fn eq(&self, other: &Rates) -> bool {
        LimitClass::ALL.iter().all(|class| self.of(*class) == other.of(*class))
            && self.of_account() == other.of_account()
    }
}

impl Eq for Rates {}

impl Rates {
    /// Takes over what an account says now.
    pub fn take_over(&self, limits: &RateLimits) {
        let told = |rate: Option<u32>| rate.map_or(UNTOLD, u64::from);
        for class in LimitClass::ALL {
            self.of_class[class as usize].store(told(limits.of(class)), Ordering::Relaxed);
        }
        self.of_account.store(told(limits.of_account()), Ordering::Relaxed);
    }

    /// Requests in a minute of a class, 0 for any number; `None` leaves its default.
    pub fn of(&self, class: LimitClass) -> Option<u32> {
        u32::try_from(self.of_class[class as usize].load(Ordering::Relaxed)).ok()
    }

    /// Requests in a minute of all keys together, likewise.
    pub fn of_account(&self) -> Option<u32> {
        u32::try_from(self.of_account.load(Ordering::Relaxed)).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_an_account_says_of_a_class_stands_until_it_says_something_else() {
        let rates = Rates::default();
        let check = |told: &[(&str, u32)], send, read| {
            let per_minute: BTreeMap<String, u32> =
                told.iter().map(|(class, rate)| ((*class).to_owned(), *rate)).collect();
            rates.take_over(&RateLimits { per_minute });
            assert_eq!((rates.of(LimitClass::Send), rates.of(LimitClass::Read)), (send, read), "{told:?}");
        };
        check(&[], None, None);
        check(&[("send", 30)], Some(30), None);
        check(&[("send", 0), ("read", u32::MAX)], Some(0), Some(u32::MAX));
        check(&[("account", 7)], None, None);
        assert_eq!(rates.of_account(), Some(7));
        check(&[], None, None);
        assert_eq!(rates.of_account(), None);
    }
}
