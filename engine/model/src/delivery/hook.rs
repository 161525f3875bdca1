//! Hooks: what a service's customers call the webhook of one instance. Each is an endpoint in the form of their dialect, of which there is
//! one for an instance and a dialect, and which stays when it has no address: its secret and its filter are kept.

use super::endpoint::{
    DialectFormat, Endpoint, Format, HttpTarget, Pause, PauseReason, RetrySchedule, Target,
};
use super::filter::Filter;
use crate::dialect::Dialect;
use crate::event::Event;
use crate::id::{AccountId, EndpointId, InstanceId};
use crate::inbound::Party;
use crate::limits::ENDPOINT_CONCURRENCY_DEFAULT;

/// Which hook: an instance has one in each dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookId {
    /// The instance that it hears of.
    pub instance: InstanceId,
    /// The form in which.
    pub dialect: Dialect,
}

impl HookId {
    /// The endpoint that it is. Follows from the two, so that two who make it at the same time make the same.
    pub fn endpoint(self) -> EndpointId {
        // One-to-one in the instance, and far from it: a finalizer of a multiplicative hash (Steele et al., SplitMix, 2014).
        let mut mixed =
            self.instance.0.wrapping_add((self.dialect as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        EndpointId(mixed ^ (mixed >> 31))
    }
}

/// Changes to a hook, which is made if it is not there: `None` leaves a thing as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct HookChange {
    /// Where events go; empty for nowhere.
    pub url: Option<String>,
    /// Key of the signature; empty for none.
    pub secret: Option<String>,
    /// The events that are told, in the dialect's words; none for all.
    pub events: Option<Vec<String>>,
    /// Headers of the customer's own.
    pub headers: Option<Vec<(String, String)>>,
    /// Longest that one delivery may take, in milliseconds: as the service has it.
    pub timeout_ms: u32,
    /// When a failed delivery is tried again: as the service has it.
    pub schedule: RetrySchedule,
    /// Whether anything is delivered. Whoever changes it without a word of that wants it to work.
    pub enabled: bool,
}

impl std::fmt::Debug for HookChange {
    /// Without addresses and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookChange").field("events", &self.events).finish_non_exhaustive()
    }
}

impl HookChange {
    /// The hook as it is with these changes; `before` is what it was.
    pub fn apply(self, id: HookId, account: AccountId, before: Option<&Endpoint>, now_ms: i64) -> Endpoint {
        let (old, old_format) = before.and_then(Endpoint::hook).unzip();
        let old_headers = || old.map(|old| old.headers.clone()).unwrap_or_default();
        let target = HttpTarget {
            url: self.url.unwrap_or_else(|| old.map(|old| old.url.clone()).unwrap_or_default()),
            secret: self.secret.unwrap_or_else(|| old.map(|old| old.secret.clone()).unwrap_or_default()),
            old_secret: None,
            headers: self.headers.unwrap_or_else(old_headers),
            format: Format::Dialect(DialectFormat {
                dialect: id.dialect,
                events: self
                    .events
                    .unwrap_or_else(|| old_format.map(|old| old.events.clone()).unwrap_or_default()),
            }),
        };
        Endpoint {
            id: id.endpoint(),
            account,
            name: before.map_or_else(|| Some(id.dialect.as_str().to_owned()), |before| before.name.clone()),
            target: Target::Http(target),
            filter: Filter { instances: Some(vec![id.instance]), ..Filter::default() },
            batching: None,
            concurrency: ENDPOINT_CONCURRENCY_DEFAULT,
            timeout_ms: self.timeout_ms,
            schedule: self.schedule,
            pause: (!self.enabled).then(|| {
                let requested = |pause: &Pause| pause.reason == PauseReason::Requested;
                let before = before.and_then(|before| before.pause).filter(requested);
                before.unwrap_or(Pause { reason: PauseReason::Requested, since_ms: now_ms })
            }),
            created_at_ms: before.map_or(now_ms, |before| before.created_at_ms),
            changed_at_ms: now_ms,
        }
    }
}

impl Endpoint {
    /// What it is in a dialect, where it is written in one.
    pub fn hook(&self) -> Option<(&HttpTarget, &DialectFormat)> {
        match &self.target {
            Target::Http(target) => match &target.format {
                Format::Dialect(format) => Some((target, format)),
                Format::Native => None,
            },
            _ => None,
        }
    }

    /// Whether it is the hook of one instance, and so hears of that alone.
    pub fn is_of_one_instance(&self) -> bool {
        let Some((_, format)) = self.hook() else { return false };
        match self.filter.instances.as_deref() {
            Some([instance]) => HookId { instance: *instance, dialect: format.dialect }.endpoint() == self.id,
            _ => false,
        }
    }

    /// Whether it has no address: a hook whose customer comes for the events.
    pub fn is_silent(&self) -> bool {
        self.hook().is_some_and(|(target, _)| target.url.is_empty())
    }

    /// Whether anything is delivered to it.
    pub fn is_at_work(&self) -> bool {
        self.pause.is_none() && !self.is_silent()
    }
}

/// An event that is to be written in the form of a dialect, and what the writer has to know around it.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// In which form, and what of it.
    pub format: &'a DialectFormat,
    /// Key of the signature; empty for none.
    pub secret: &'a str,
    /// The instance that the event is of.
    pub instance: InstanceId,
    /// What people call it.
    pub name: Option<&'a str>,
    /// The number that is linked to it.
    pub own: Option<&'a Party>,
    /// The event.
    pub event: &'a Event,
    /// From 1.
    pub attempt: u32,
}

/// An event that is delivered to see whether it arrives: it is in no log.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// The instance that it could be of.
    pub instance: InstanceId,
    /// The event.
    pub event: Event,
}

/// An event as a dialect tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The request's body.
    pub body: Vec<u8>,
    /// Headers that go with it, the signature among them.
    pub headers: Vec<(&'static str, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> HookChange {
        HookChange {
            url: None,
            secret: None,
            events: None,
            headers: None,
            timeout_ms: 10_000,
            schedule: RetrySchedule::STANDARD,
            enabled: true,
        }
    }

    const ID: HookId = HookId { instance: InstanceId(9), dialect: Dialect::Wsapi };

    #[test]
    fn a_hook_keeps_what_it_is_not_told_to_change() {
        let account = AccountId(1);
        let made = HookChange { secret: Some("s".into()), events: Some(vec!["message".into()]), ..change() };
        let silent = made.apply(ID, account, None, 5);
        assert!(silent.is_silent() && !silent.is_at_work());
        let told = HookChange { url: Some("https://a.b/c".into()), ..change() };
        let told = told.apply(ID, account, Some(&silent), 6);
        let (target, format) = told.hook().expect("it is a hook");
        assert_eq!((target.secret.as_str(), format.events.as_slice()), ("s", &["message".to_owned()][..]));
        assert_eq!((told.id, told.created_at_ms, told.changed_at_ms), (silent.id, 5, 6));
        assert!(told.is_at_work());
        let off = HookChange { enabled: false, ..change() };
        let off = off.clone().apply(ID, account, Some(&off.apply(ID, account, Some(&told), 8)), 9);
        assert_eq!(off.pause, Some(Pause { reason: PauseReason::Requested, since_ms: 8 }));
        assert_eq!(change().apply(ID, account, Some(&off), 10).pause, None);
        let quiet = HookChange { url: Some(String::new()), ..change() }.apply(ID, account, Some(&told), 7);
        assert!(quiet.is_silent() && quiet.hook().is_some_and(|(target, _)| target.secret == "s"));
    }

    #[test]
    fn hooks_have_ids_of_their_own() {
        let mut seen = std::collections::HashSet::new();
        for instance in (0..1_000).map(InstanceId) {
            for dialect in Dialect::ALL {
                assert!(seen.insert(HookId { instance, dialect }.endpoint()), "{instance} {dialect:?}");
            }
        }
        assert_eq!(ID.endpoint(), ID.endpoint());
    }
}
