//! What requests are counted in. The arithmetic is the limiter's.

use std::cell::Cell;
use std::net::IpAddr;
use std::time::Instant;

use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::speaks::Mount;
use super::table::Row;
use crate::gateway::{Gateway, Principal};
use crate::limiter::{BucketKey, Grant, Quota};
use crate::server::Front;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Those with one key.
    Key,
    /// Those about one instance.
    Instance,
    /// Those of one account.
    Account,
    /// Those from one address, or one network of IPv6: a customer there has a whole one.
    Address,
}

/// Requests that a dialect grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// To whom.
    pub(crate) subject: Subject,
    /// What is counted together: rows that say the same word here share what they are granted.
    pub(crate) counted: &'static str,
    /// How many.
    pub(crate) requests: u32,
    /// In so many seconds.
    pub(crate) period_s: u32,
}

/// The allowances of one row, at most: more have no meaning, since each subject has one or two.
const ALLOWANCES_MAX: usize = 4;

/// A request that is counted.
pub(super) struct Counted<'a, G: Gateway> {
    pub(super) front: &'a Front<G>,
    pub(super) mount: &'static Mount,
    pub(super) row: &'static Row,
    /// What is left, as its answer says it: of the tightest allowance.
    pub(super) granted: &'a Cell<Option<Grant>>,
}

impl<G: Gateway> Counted<'_, G> {
    /// Before anything else is known.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    pub(super) fn take_of_address(&self, from: Option<IpAddr>) -> Result<(), Failure> {
        let network = match from {
            Some(IpAddr::V6(address)) => Some(address.to_bits() >> 64),
            Some(IpAddr::V4(address)) => Some(u128::from(address.to_bits())),
            None => None,
        };
        let addresses = &self.front.addresses;
        let wanted = self.wanted(|allowance| match allowance.subject {
            Subject::Address => {
                let key = addresses.key((network?, allowance.counted));
                Some((key, allowance.requests))
            }
            _ => None,
        });
        self.note(addresses.take_all(wanted.iter().flatten().copied(), Instant::now()))
    }

    /// When the caller is known, and the instance where the head of the request names it.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    pub(super) fn take_of_key(
        &self,
        principal: &Principal,
        instance: Option<InstanceId>,
    ) -> Result<(), Failure> {
        let limiter = &self.front.limiter;
        let wanted = self.wanted(|allowance| {
            let of = match allowance.subject {
                Subject::Key => principal.key.0,
                Subject::Account => principal.account.0,
                Subject::Instance => instance?.0,
                Subject::Address => return None,
            };
            Some(self.bucket(principal, allowance, of))
        });
        self.note(limiter.take_all(wanted.iter().flatten().copied(), Instant::now()))
    }

    /// When the instance became known later.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    pub(super) fn take_of_instance(
        &self,
        principal: &Principal,
        instance: InstanceId,
    ) -> Result<(), Failure> {
        let limiter = &self.front.limiter;
        let wanted = self.wanted(|allowance| match allowance.subject {
            Subject::Instance => Some(self.bucket(principal, allowance, instance.0)),
            _ => None,
        });
        self.note(limiter.take_all(wanted.iter().flatten().copied(), Instant::now()))
    }

    /// The bucket of a subject, and the requests that fill it: what the account says stands for the dialect's own, and is told of a
    /// minute; it is counted by the class that it was said of.
    fn bucket(&self, principal: &Principal, allowance: &Allowance, of: u64) -> (BucketKey, u32) {
        let Allowance { subject, counted, requests, period_s } = *allowance;
        let class = self.row.class;
        let (told, counted) = match subject {
            Subject::Account => (principal.rates.of_account(), counted),
            _ => match principal.rates.of(class) {
                Some(told) => (Some(told), class.as_str()),
                None => (None, counted),
            },
        };
        let granted = told.map_or(requests, |per_minute| per_minute.saturating_mul(period_s / 60));
        (self.front.limiter.key((self.mount.dialect, subject, of, counted)), granted)
    }

    fn wanted(
        &self,
        bucket: impl Fn(&Allowance) -> Option<(BucketKey, u32)>,
    ) -> [Option<(BucketKey, Quota)>; ALLOWANCES_MAX] {
        let mut wanted = [None; ALLOWANCES_MAX];
        for (place, allowance) in wanted.iter_mut().zip((self.mount.quotas)(self.row)) {
            *place = bucket(allowance)
                .and_then(|(key, requests)| Some((key, Quota::new(requests, allowance.period_s)?)));
        }
        wanted
    }

    fn note(&self, grant: Option<Grant>) -> Result<(), Failure> {
        let Some(grant) = grant else { return Ok(()) };
        let is_tighter = |known: Grant| grant.wait_ms.is_some() || grant.remaining < known.remaining;
        if self.granted.get().is_none_or(is_tighter) {
            self.granted.set(Some(grant));
        }
        let Some(wait_ms) = grant.wait_ms else { return Ok(()) };
        self.front.metrics.rate_limited.increment(1);
        let detail = format!("too many requests; {} are granted at a time", grant.limit);
        let failure = Failure::new(ErrorCode::TooManyRequests, detail);
        Err(Failure { retry_after_ms: Some(wait_ms), ..failure })
    }
}
