//! Members at rest: people who sign in.

use rkyv::{Archive, Deserialize, Serialize};

use crate::id::{AccountId, MemberId};
use crate::scope::Scope;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Archive, Serialize, Deserialize)]
pub enum Role {
    /// Looks at everything but the log of changes.
    Viewer,
    /// Works with the numbers: links them, sends, changes chats and groups.
    Operator,
    /// Runs the account: keys, webhooks, members. Takes no credentials out.
    Admin,
    /// Everything.
    Owner,
}

const VIEWER: &[Scope] = &[
    Scope::InstancesRead,
    Scope::MessagesRead,
    Scope::EventsRead,
    Scope::ChatsRead,
    Scope::GroupsRead,
    Scope::ChannelsRead,
    Scope::ProfileRead,
    Scope::WebhooksRead,
    Scope::AccountRead,
];
const OPERATOR: &[Scope] = &[
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
    Scope::WebhooksRead,
    Scope::AccountRead,
];
const OWNER: &[Scope] = &[Scope::All];

impl Role {
    /// Every role, the one that may do least first.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Operator, Role::Admin, Role::Owner];

    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// What it allows. Whoever administers has every scope of its own but those that take everything over: all of them at once,
    /// credentials, the node.
    pub fn scopes(self) -> Vec<Scope> {
        match self {
            Role::Viewer => VIEWER.to_vec(),
            Role::Operator => OPERATOR.to_vec(),
            Role::Admin => {
                let taken = [Scope::All, Scope::Admin, Scope::Operator];
                Scope::ALL.into_iter().filter(|scope| !taken.contains(scope)).collect()
            }
            Role::Owner => OWNER.to_vec(),
        }
    }
}

/// A member at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct MemberRecord {
    /// Their public id.
    pub id: MemberId,
    /// The account that they sign in to.
    pub account: AccountId,
    /// Their address, in lower case; no other member of the node has it.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Hash of their password; `None` until they chose one.
    pub password: Option<PasswordHash>,
    /// The link by which they choose their password, while one is out.
    pub link: Option<MemberLink>,
    /// When they were invited, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// What is kept of a password: the output of argon2id, with what it was made with.
#[derive(Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct PasswordHash {
    /// Memory of the hash, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Random bytes of this password's own.
    pub salt: [u8; 16],
    /// The hash.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A link that opens once.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct MemberLink {
    /// SHA-256 of the word in it.
    pub sha256: [u8; 32],
    /// Until when it opens, in milliseconds since the Unix epoch.
    pub until_ms: i64,
}

/// A member who is signed in somewhere, at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its public number.
    pub id: u64,
    /// Who.
    pub member: MemberId,
    /// SHA-256 of the cookie.
    pub sha256: [u8; 32],
    /// The address that they signed in from.
    pub address: Option<String>,
    /// What their browser calls itself.
    pub agent: Option<String>,
    /// When they signed in, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// An e-mail address in the form in which it is kept and compared; `None` for what is none. Its parts are looked at no closer than to
/// keep it in one line of a letter's head: whether it is anybody's, only a letter tells.
pub fn email_of(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let is_word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && !"<>()[]\\,;:\"@".contains(c))
    };
    let is_host = domain.contains('.') || domain == "localhost";
    let is_domain = domain
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    (email.len() <= crate::limits::EMAIL_BYTES_MAX && is_word(local) && is_host && is_domain).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_may_do_all_that_a_lower_one_may() {
        for pair in Role::ALL.windows(2) {
            let (lower, higher) = (pair[0].scopes(), pair[1].scopes());
            assert!(lower.iter().all(|scope| scope.is_granted_by(&higher)), "{pair:?}");
            assert!(!higher.iter().all(|scope| scope.is_granted_by(&lower)), "{pair:?}");
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        let admin = Role::Admin.scopes();
        assert!(!Scope::Admin.is_granted_by(&admin) && !Scope::Operator.is_granted_by(&admin));
        assert!(Scope::KeysWrite.is_granted_by(&admin));
    }

    #[test]
    fn an_address_has_one_form() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(email_of(text).as_deref(), expected, "{text:?}");
        check(" Nora@Example.ORG ", Some("nora@example.org"));
        check("nora+crm@mail.example.org", Some("nora+crm@mail.example.org"));
        for wrong in
            ["", "nora", "nora@", "@example.org", "nora@example", "a b@example.org", "a@b@example.org"]
        {
            check(wrong, None);
        }
        for wrong in [
            "nora@example.org\r\nBcc: all@example.org",
            "<nora@example.org>",
            "nora@exa mple.org",
            "nora@.org",
        ] {
            check(wrong, None);
        }
        check(&format!("{}@example.org", "n".repeat(300)), None);
    }
}
