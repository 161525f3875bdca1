//! What the new instances of an account begin with.

use rkyv::{Archive, Deserialize, Serialize};

use crate::delivery::{HookChange, RetrySchedule};
use crate::dialect::Dialect;
use crate::settings::SettingsUpdate;

/// What an instance is told to be like when it is made. Those that are there already stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Archive, Serialize, Deserialize)]
pub struct InstanceDefaults {
    /// How it behaves, where that differs from what every instance begins with.
    pub settings: SettingsUpdate,
    /// Its hooks, one for a dialect at most.
    pub hooks: Vec<HookDefaults>,
}

/// What the hook of a new instance in a dialect begins as.
#[derive(Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct HookDefaults {
    /// The form in which it hears of the instance.
    pub dialect: Dialect,
    /// Where events go; empty for nowhere.
    pub url: String,
    /// Key of the signature; empty for none.
    pub secret: String,
    /// The events that are told, in the dialect's words; none for all.
    pub events: Vec<String>,
    /// Longest that one delivery may take, in milliseconds.
    pub timeout_ms: u32,
    /// When a failed delivery is tried again.
    pub schedule: RetrySchedule,
}

impl std::fmt::Debug for HookDefaults {
    /// Without addresses and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookDefaults").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl InstanceDefaults {
    /// The hook of a dialect.
    pub fn hook(&self, dialect: Dialect) -> Option<&HookDefaults> {
        self.hooks.iter().find(|hook| hook.dialect == dialect)
    }

    /// Puts this hook in the place of the one of its dialect.
    pub fn set_hook(&mut self, hook: HookDefaults) {
        self.hooks.retain(|other| other.dialect != hook.dialect);
        self.hooks.push(hook);
    }
}

impl HookDefaults {
    /// The change by which a hook becomes this.
    pub fn to_change(&self) -> HookChange {
        HookChange {
            url: Some(self.url.clone()),
            secret: Some(self.secret.clone()),
            events: Some(self.events.clone()),
            headers: None,
            timeout_ms: self.timeout_ms,
            schedule: self.schedule.clone(),
            enabled: true,
        }
    }
}

/// [`InstanceDefaults`] at rest: they may name secrets, of hooks and of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct SealedDefaults {
    /// The record, sealed and bound to its place.
    pub sealed: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(dialect: Dialect, url: &str) -> HookDefaults {
        HookDefaults {
            dialect,
            url: url.to_owned(),
            secret: "s".to_owned(),
            events: Vec::new(),
            timeout_ms: 10_000,
            schedule: RetrySchedule::STANDARD,
        }
    }

    #[test]
    fn a_dialect_has_one_hook() {
        let mut defaults = InstanceDefaults::default();
        defaults.set_hook(hook(Dialect::Wsapi, "https://a.example"));
        defaults.set_hook(hook(Dialect::Aduta, "https://b.example"));
        defaults.set_hook(hook(Dialect::Wsapi, "https://c.example"));
        assert_eq!(defaults.hooks.len(), 2);
        let url = |dialect| defaults.hook(dialect).map(|hook| hook.url.as_str());
        assert_eq!(url(Dialect::Wsapi), Some("https://c.example"));
        assert_eq!(url(Dialect::Wasaas), None);
        assert!(!format!("{defaults:?}").contains("c.example"));
    }
}
