//! What is remembered of changes.

use rkyv::{Archive, Deserialize, Serialize};

use super::author::Who;

macro_rules! actions {
    ($($name:ident = $word:literal, $doc:literal;)*) => {
        /// A change that the audit log remembers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction { $(#[doc = $doc] $name,)* }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [AuditAction] = &[$(AuditAction::$name,)*];

            /// The word that records and the API use.
            pub fn as_str(self) -> &'static str { match self { $(AuditAction::$name => $word,)* } }
        }
    };
}

actions! {
    AccountCreated = "account.created", "An account was made.";
    AccountUpdated = "account.updated", "Name, state or settings of the account were changed.";
    AccountDeleted = "account.deleted", "An account was deleted; its own log went with it.";
    WorkspaceCreated = "workspace.created", "A workspace was made.";
    WorkspaceUpdated = "workspace.updated", "A workspace was renamed.";
    WorkspaceDeleted = "workspace.deleted", "A workspace was deleted.";
    KeyCreated = "key.created", "A key was made.";
    KeyUpdated = "key.updated", "Rights or bounds of a key were changed.";
    KeyRotated = "key.rotated", "A key was replaced.";
    KeyRevoked = "key.revoked", "A key was taken back.";
    AppCreated = "app.created", "An app was made.";
    AppUpdated = "app.updated", "An app was changed.";
    AppRotated = "app.rotated", "The key of an app was replaced.";
    AppDeleted = "app.deleted", "An app was deleted.";
    InstanceCreated = "instance.created", "An instance was made.";
    InstanceImported = "instance.imported", "An instance was made from credentials.";
    InstanceUpdated = "instance.updated", "Name, metadata or workspace of an instance were changed.";
    InstanceSettings = "instance.settings_changed", "How an instance behaves was changed.";
    InstanceConnected = "instance.connect_requested", "An instance was told to connect.";
    InstanceDisconnected = "instance.disconnect_requested", "An instance was told to disconnect.";
    InstanceRestarted = "instance.restart_requested", "An instance was told to restart.";
    InstanceLoggedOut = "instance.logged_out", "An instance was unlinked on request.";
    InstanceExported = "instance.exported", "The credentials of an instance were asked for.";
    InstanceDeleted = "instance.deleted", "An instance was deleted.";
    InstancePairing = "instance.pairing_requested", "A code to link an instance with was asked for.";
    WebhookCreated = "webhook.created", "A webhook or consumer was made.";
    WebhookUpdated = "webhook.updated", "A webhook or consumer was changed, paused or resumed.";
    WebhookSecretRotated = "webhook.secret_rotated", "The secret of a webhook was replaced.";
    WebhookDeleted = "webhook.deleted", "A webhook or consumer was deleted.";
    EventRetentionChanged = "account.event_retention_changed", "How long events are kept was changed.";
    CreditsAdded = "credits.added", "The operator gave the account credits.";
    CreditsTaken = "credits.taken", "The operator took credits back.";
    MemberInvited = "member.invited", "Somebody was invited.";
    MemberUpdated = "member.updated", "Name or role of a member were changed.";
    MemberRemoved = "member.removed", "A member was removed.";
    MemberLinkMade = "member.link_made", "A link to choose a password was made for a member.";
    MemberPasswordSet = "member.password_set", "A member chose a password; they are signed out everywhere.";
    MemberSignedIn = "member.signed_in", "A member signed in.";
    MemberSignedOut = "member.signed_out", "A session of a member was ended.";
    MemberSessionRenewed = "member.session_renewed", "A session of a member was replaced by a new one.";
    MemberSignedUp = "member.signed_up", "Somebody made the account for themself.";
    FileCreated = "file.created", "A file was given a public address.";
    FileDeleted = "file.deleted", "A file at a public address was taken back.";
    InstanceDefaultsSet = "account.instance_defaults_set", "What new instances begin with was changed.";
}

/// A change as it is remembered. Nothing of it is ever altered.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Number of the entry: one more than the one before it in this account.
    pub number: u64,
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Who.
    pub who: Who,
    /// The address that the request came from.
    pub address: Option<String>,
    /// What, as [`AuditAction::as_str`] says it; words of later versions are kept as they are.
    pub action: String,
    /// Id of what was changed.
    pub subject: String,
}
