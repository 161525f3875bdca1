//! Rate limits: token buckets that every front thread shares and none of them locks.
//!
//! A bucket is one number: when it will be full again (the generic cell rate algorithm, ITU-T I.371). Taking a token moves that
//! moment back by compare-and-swap, so what all threads together grant is exact, and a full bucket is a moment that has passed:
//! it says nothing, and its place may be given away. The buckets therefore live in a table of fixed size, are never swept, and
//! nobody's memory grows with the number of callers.
//!
//! Two things are inexact, both towards the caller. While a place changes hands, a token that another thread takes for the former
//! owner at that instant may be charged to the new one, or be lost. And where a caller's neighbourhood of the table is full of
//! others that were busy within the minute, its requests pass uncounted, which `trunkline_http_rate_limit_crowded_total` tells.
//!
//! A bucket belongs to this process: nodes do not add up what they granted.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::limits::{RATE_LIMIT_BUCKETS, RATE_LIMIT_NEIGHBOURS};

/// A second, in microseconds.
const SECOND_US: u64 = 1_000_000;

/// So many requests in so long; all of them may come at once after that long without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    requests: NonZeroU32,
    period_us: u64,
}

impl Quota {
    /// A quota of so many requests in so many seconds; none of 0 requests or seconds, which means no limit.
    pub fn new(requests: u32, period_s: u32) -> Option<Quota> {
        let period_us = u64::from(period_s) * SECOND_US;
        NonZeroU32::new(requests).filter(|_| period_us > 0).map(|requests| Quota { requests, period_us })
    }

    /// A quota of so many requests in a minute; none of 0.
    pub fn per_minute(requests: u32) -> Option<Quota> {
        Quota::new(requests, 60)
    }

    /// Time in which one token comes back, in microseconds; a bucket of more tokens than its period has microseconds is one of so many.
    fn interval_us(self) -> u64 {
        (self.period_us / u64::from(self.requests.get())).max(1)
    }
}

/// What a bucket answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Requests in the period of the quota.
    pub limit: u32,
    /// Tokens that are left.
    pub remaining: u32,
    /// Until the bucket is full again, in milliseconds.
    pub full_in_ms: u64,
    /// Until the next token, in milliseconds, where none was left; `None` for a token that was given.
    pub wait_ms: Option<u64>,
}

/// Whose bucket: a hash of the subject and of what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketKey(u64);

struct Place {
    /// The key that has it, 0 for none yet.
    owner: AtomicU64,
    /// When its bucket is full, in microseconds since the limiter was made.
    full_at_us: AtomicU64,
}

/// The buckets of a process.
pub struct Limiter {
    places: Box<[Place]>,
    hasher: RandomState,
    made: Instant,
    crowded: metrics::Counter,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

impl Default for Limiter {
    fn default() -> Limiter {
        Limiter::new(RATE_LIMIT_BUCKETS)
    }
}

impl Limiter {
    /// Room for so many buckets that are not full, rounded up to a power of two. A bucket takes 16 bytes.
    pub fn new(buckets: usize) -> Limiter {
        let places = buckets.max(RATE_LIMIT_NEIGHBOURS).next_power_of_two();
        let place = || Place { owner: AtomicU64::new(0), full_at_us: AtomicU64::new(0) };
        Limiter {
            places: std::iter::repeat_with(place).take(places).collect(),
            hasher: RandomState::new(),
            made: Instant::now(),
            crowded: metrics::counter!(crate::metrics::RATE_LIMIT_CROWDED),
        }
    }

    /// The bucket of a subject. The same subject has another bucket in another limiter.
    pub fn key(&self, subject: impl Hash) -> BucketKey {
        // 0 stands for a place that nobody has had.
        BucketKey(self.hasher.hash_one(subject).max(1))
    }

    /// Takes a token.
    pub fn take(&self, key: BucketKey, quota: Quota, now: Instant) -> Grant {
        let now_us = self.us(now);
        match self.place(key, now_us) {
            Some(place) => place.take(quota, now_us),
            None => {
                self.crowded.increment(1);
                let limit = quota.requests.get();
                Grant { limit, remaining: limit, full_in_ms: 0, wait_ms: None }
            }
        }
    }

    /// Takes a token of every bucket, or of none. The answer is that of the bucket with the fewest left.
    /// `None` when nothing is wanted.
    pub fn take_all<W>(&self, wanted: W, now: Instant) -> Option<Grant>
    where
        W: Iterator<Item = (BucketKey, Quota)> + Clone,
    {
        let mut tightest: Option<Grant> = None;
        for (index, (key, quota)) in wanted.clone().enumerate() {
            let grant = self.take(key, quota, now);
            if grant.wait_ms.is_some() {
                wanted.take(index).for_each(|(key, quota)| self.give_back(key, quota, now));
                return Some(grant);
            }
            if tightest.is_none_or(|known| grant.remaining < known.remaining) {
                tightest = Some(grant);
            }
        }
        tightest
    }

    fn give_back(&self, key: BucketKey, quota: Quota, now: Instant) {
        if let Some(place) = self.place(key, self.us(now)) {
            place.full_at_us.fetch_sub(quota.interval_us().min(place.full_at()), Ordering::Relaxed);
        }
    }

    fn us(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.made).as_micros()).unwrap_or(u64::MAX / 2)
    }

    /// The place of a bucket: the one that it has, or one of its neighbourhood whose bucket is full and so needs none.
    fn place(&self, BucketKey(key): BucketKey, now_us: u64) -> Option<&Place> {
        let mask = self.places.len() - 1;
        let first = usize::try_from(key & mask as u64).unwrap_or_default();
        let neighbours =
            || (0..RATE_LIMIT_NEIGHBOURS).filter_map(move |step| self.places.get((first + step) & mask));
        let owned = neighbours().find(|place| place.owner.load(Ordering::Relaxed) == key);
        owned.or_else(|| {
            neighbours().find(|place| {
                let owner = place.owner.load(Ordering::Relaxed);
                place.full_at() <= now_us
                    && match place.owner.compare_exchange(owner, key, Ordering::Relaxed, Ordering::Relaxed) {
                        Ok(_) => true,
                        Err(other) => other == key,
                    }
            })
        })
    }
}

impl Place {
    fn full_at(&self) -> u64 {
        self.full_at_us.load(Ordering::Relaxed)
    }

    fn take(&self, quota: Quota, now_us: u64) -> Grant {
        let (limit, interval_us, period_us) = (quota.requests.get(), quota.interval_us(), quota.period_us);
        let mut full_at_us = self.full_at();
        loop {
            // One without a token left is full a whole period from now.
            let next_us = full_at_us.max(now_us) + interval_us;
            let grant = |full_at_us: u64, wait_us: Option<u64>| Grant {
                limit,
                remaining: u32::try_from((now_us + period_us).saturating_sub(full_at_us) / interval_us)
                    .unwrap_or(limit)
                    .min(limit),
                full_in_ms: full_at_us.saturating_sub(now_us).div_ceil(1_000),
                wait_ms: wait_us.map(|us| us.div_ceil(1_000)),
            };
            if next_us > now_us + period_us {
                return grant(full_at_us, Some(next_us - now_us - period_us));
            }
            let order = Ordering::Relaxed;
            match self.full_at_us.compare_exchange_weak(full_at_us, next_us, order, order) {
                Ok(_) => return grant(next_us, None),
                Err(other) => full_at_us = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn quota(requests: u32) -> Quota {
        Quota::per_minute(requests).expect("a limit")
    }

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_as_fast_as_it_comes_back() {
        let (limiter, start) = (Limiter::new(16), Instant::now());
        let key = limiter.key("a");
        for left in (0..60).rev() {
            let grant = limiter.take(key, quota(60), start);
            assert_eq!((grant.remaining, grant.wait_ms), (left, None));
        }
        let refused = limiter.take(key, quota(60), start);
        assert_eq!((refused.limit, refused.remaining), (60, 0));
        assert!(refused.wait_ms.is_some_and(|ms| (999..=1_000).contains(&ms)), "{refused:?}");
        assert!((59_999..=60_000).contains(&refused.full_in_ms), "{refused:?}");
        let later = start + Duration::from_secs(1);
        assert_eq!(limiter.take(key, quota(60), later).wait_ms, None);
        assert!(limiter.take(key, quota(60), later).wait_ms.is_some());
        let rested = later + Duration::from_secs(60);
        assert_eq!(limiter.take(key, quota(60), rested).remaining, 59);
    }

    #[test]
    fn a_quota_has_a_period_of_its_own() {
        let (limiter, start) = (Limiter::new(16), Instant::now());
        let (key, hourly) = (limiter.key("a"), Quota::new(3, 3_600).expect("a limit"));
        for left in [2, 1, 0] {
            assert_eq!(limiter.take(key, hourly, start).remaining, left);
        }
        let refused = limiter.take(key, hourly, start + Duration::from_secs(60));
        assert!(refused.wait_ms.is_some_and(|ms| (1_139_000..=1_140_000).contains(&ms)), "{refused:?}");
        assert_eq!(limiter.take(key, hourly, start + Duration::from_secs(1_200)).wait_ms, None);
        assert_eq!((Quota::new(0, 60), Quota::new(1, 0)), (None, None));
    }

    #[test]
    fn one_refusal_leaves_the_other_buckets_as_they_were() {
        let (limiter, now) = (Limiter::new(64), Instant::now());
        let (wide, narrow) = (limiter.key("wide"), limiter.key("narrow"));
        let wanted = [(wide, quota(10)), (narrow, quota(1))];
        assert_eq!(
            limiter.take_all(wanted.into_iter(), now).map(|grant| (grant.limit, grant.remaining)),
            Some((1, 0))
        );
        for _ in 0..5 {
            assert!(limiter.take_all(wanted.into_iter(), now).is_some_and(|grant| grant.wait_ms.is_some()));
        }
        assert_eq!(limiter.take(wide, quota(10), now).remaining, 8, "one was granted, and this one");
        assert_eq!(limiter.take_all(std::iter::empty(), now), None);
    }

    #[test]
    fn threads_together_grant_what_one_bucket_holds() {
        let (limiter, now) = (Limiter::new(64), Instant::now());
        let key = limiter.key("shared");
        let granted: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (0..1_000).filter(|_| limiter.take(key, quota(500), now).wait_ms.is_none()).count()
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("it counts")).sum()
        });
        assert_eq!(granted, 500);
    }

    #[test]
    fn a_crowded_neighbourhood_lets_pass_and_a_full_bucket_gives_way() {
        let (limiter, now) = (Limiter::new(RATE_LIMIT_NEIGHBOURS), Instant::now());
        for caller in 0..RATE_LIMIT_NEIGHBOURS {
            assert_eq!(limiter.take(limiter.key(caller), quota(2), now).remaining, 1);
        }
        let late = limiter.key("late");
        assert_eq!(limiter.take(late, quota(1), now).remaining, 1, "nobody counts it");
        let rested = now + Duration::from_secs(61);
        assert_eq!(limiter.take(late, quota(1), rested).remaining, 0);
        assert!(limiter.take(late, quota(1), rested).wait_ms.is_some());
    }
}
