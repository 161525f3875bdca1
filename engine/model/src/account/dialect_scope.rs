//! What the words for rights of other services mean in Trunkline's own scopes.

use crate::dialect::Dialect;
use crate::scope::Scope;

/// A right in the words of a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyKind {
    /// Whose word it is.
    pub dialect: Dialect,
    /// The word.
    pub word: &'static str,
    /// What keys with it begin with, where that is not the dialect's own prefix.
    pub prefix: Option<&'static str>,
    /// What it allows.
    pub scopes: &'static [Scope],
}

const READ: &[Scope] = &[
    Scope::InstancesRead,
    Scope::MessagesRead,
    Scope::EventsRead,
    Scope::ChatsRead,
    Scope::GroupsRead,
    Scope::ChannelsRead,
    Scope::ProfileRead,
    Scope::WebhooksRead,
    Scope::TemplatesRead,
    Scope::BookRead,
    Scope::CampaignsRead,
    Scope::AccountRead,
];
const WRITE: &[Scope] = &[
    Scope::MessagesSend,
    Scope::ChatsWrite,
    Scope::GroupsWrite,
    Scope::ChannelsWrite,
    Scope::ProfileWrite,
    Scope::WebhooksWrite,
    Scope::TemplatesWrite,
    Scope::BookWrite,
    Scope::CampaignsWrite,
];
/// Everything of an instance, and nothing of its account.
const INSTANCE: &[Scope] = &[
    Scope::InstancesRead,
    Scope::InstancesWrite,
    Scope::MessagesRead,
    Scope::MessagesSend,
    Scope::EventsRead,
    Scope::ChatsRead,
    Scope::ChatsWrite,
    Scope::GroupsRead,
    Scope::GroupsWrite,
    Scope::ChannelsRead,
    Scope::ChannelsWrite,
    Scope::ProfileRead,
    Scope::ProfileWrite,
    Scope::AccountRead,
];
const EVERYTHING: &[Scope] = &[Scope::All];

/// WSAPI's word for a key to an instance whose answers are to be those of its first generation, where one answer cannot be both.
pub const LEGACY: &str = "legacy";

const KINDS: &[KeyKind] = &[
    kind(Dialect::Wastack, "read", READ),
    kind(Dialect::Wastack, "write", WRITE),
    kind(Dialect::Wastack, "admin", EVERYTHING),
    kind(Dialect::Wasaas, "full", EVERYTHING),
    kind(Dialect::Wsapi, "instance", INSTANCE),
    // Of an instance whose customer uses a library of the first generation.
    kind(Dialect::Wsapi, LEGACY, INSTANCE),
    kind(Dialect::Wsapi, "customer", EVERYTHING),
    kind(Dialect::Wsapi, "admin", EVERYTHING),
    kind(Dialect::Aduta, "session", INSTANCE),
    KeyKind { prefix: Some("pat_"), ..kind(Dialect::Aduta, "pat", EVERYTHING) },
    kind(Dialect::Wessaal, "send_message", &[Scope::MessagesSend, Scope::ChannelsWrite]),
    kind(Dialect::Wessaal, "read_messages", &[Scope::MessagesRead, Scope::EventsRead, Scope::ChatsRead]),
    kind(
        Dialect::Wessaal,
        "manage_instances",
        &[Scope::InstancesRead, Scope::InstancesWrite, Scope::ProfileRead, Scope::ProfileWrite],
    ),
    kind(
        Dialect::Wessaal,
        "manage_contacts",
        &[Scope::ChatsRead, Scope::ChatsWrite, Scope::BookRead, Scope::BookWrite],
    ),
    kind(Dialect::Wessaal, "manage_templates", &[Scope::TemplatesRead, Scope::TemplatesWrite]),
    kind(Dialect::Wessaal, "manage_workspaces", &[Scope::AccountRead, Scope::AccountWrite]),
];

const fn kind(dialect: Dialect, word: &'static str, scopes: &'static [Scope]) -> KeyKind {
    KeyKind { dialect, word, prefix: None, scopes }
}

impl KeyKind {
    /// The words of a dialect, in order. The native one has none: its keys name scopes.
    pub fn of(dialect: Dialect) -> impl Iterator<Item = &'static KeyKind> {
        KINDS.iter().filter(move |kind| kind.dialect == dialect)
    }

    /// A dialect's word.
    pub fn parse(dialect: Dialect, word: &str) -> Option<&'static KeyKind> {
        KeyKind::of(dialect).find(|kind| kind.word == word)
    }

    /// What a key of these words begins with.
    pub fn prefix(dialect: Dialect, words: &[String]) -> &'static str {
        let own = words.iter().filter_map(|word| KeyKind::parse(dialect, word)?.prefix).next();
        own.unwrap_or(dialect.key_prefix())
    }
}

/// What words of a dialect allow together, each scope once. Words that the dialect does not have allow nothing.
pub fn native_scopes(dialect: Dialect, words: &[String]) -> Vec<Scope> {
    let mut all: Vec<Scope> = Vec::new();
    for kind in words.iter().filter_map(|word| KeyKind::parse(dialect, word)) {
        for scope in kind.scopes {
            if !all.contains(scope) {
                all.push(*scope);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_their_service_says() {
        let check = |dialect, words: &[&str], can: &[Scope], cannot: &[Scope]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let scopes = native_scopes(dialect, &words);
            can.iter().for_each(|scope| assert!(scope.is_granted_by(&scopes), "{words:?} {scope:?}"));
            cannot.iter().for_each(|scope| assert!(!scope.is_granted_by(&scopes), "{words:?} {scope:?}"));
        };
        check(Dialect::Wastack, &["read"], &[Scope::InstancesRead], &[Scope::MessagesSend, Scope::KeysWrite]);
        check(Dialect::Wastack, &["read", "write"], &[Scope::MessagesSend], &[Scope::KeysWrite]);
        check(Dialect::Wastack, &["admin"], &[Scope::KeysWrite], &[]);
        check(
            Dialect::Aduta,
            &["session"],
            &[Scope::MessagesSend],
            &[Scope::WebhooksWrite, Scope::KeysWrite],
        );
        check(
            Dialect::Wessaal,
            &["send_message"],
            &[Scope::MessagesSend, Scope::ChannelsWrite],
            &[Scope::MessagesRead, Scope::InstancesRead],
        );
        check(Dialect::Wessaal, &["manage_contacts"], &[Scope::BookWrite], &[Scope::TemplatesRead]);
        check(Dialect::Wessaal, &["manage_templates"], &[Scope::TemplatesWrite], &[Scope::BookRead]);
        check(Dialect::Wsapi, &[LEGACY], &[Scope::MessagesSend], &[Scope::KeysWrite]);
        check(Dialect::Wessaal, &["read"], &[], &[Scope::MessagesRead]);
        check(Dialect::Native, &["read"], &[], &[Scope::MessagesRead]);
    }

    #[test]
    fn a_kind_of_key_may_have_its_own_prefix() {
        let prefix = |dialect, word: &str| KeyKind::prefix(dialect, &[word.to_owned()]);
        assert_eq!(prefix(Dialect::Aduta, "pat"), "pat_");
        assert_eq!(prefix(Dialect::Aduta, "session"), "sess_");
        assert_eq!(prefix(Dialect::Wessaal, "send_message"), "sk_live_");
        assert_eq!(KeyKind::prefix(Dialect::Native, &[]), "tk_");
    }
}
