//! What is asked of an account: its settings, workspaces, keys, apps, and the log of changes.

use crate::account::{
    AccountRecord, AccountState, ApiKeyRecord, AppRecord, AuditAction, AuditRecord, FileRecord,
    InstanceDefaults, MemberRecord, PasswordHash, RateLimits, Role, SessionRecord, WorkspaceRecord,
};
use crate::credit::{Entry, PocketKind};
use crate::dialect::Dialect;
use crate::id::{AppId, FileId, InstanceId, KeyId, MemberId, WorkspaceId};
use crate::message::BlobRef;

/// What is asked of an account. Whatever changes something is in the audit log when it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// The account itself. Answered by [`AccountReply::Account`].
    Get,
    /// Changes it. Answered by [`AccountReply::Account`].
    Update(Box<UpdateAccount>),
    /// Removes it with everything that it has; refused while it has instances, webhooks or consumers. Answered by
    /// [`AccountReply::Done`].
    Delete,
    /// Makes a workspace of this name. Answered by [`AccountReply::Workspace`].
    CreateWorkspace(String),
    /// Every workspace, the default one first. Answered by [`AccountReply::Workspaces`].
    ListWorkspaces,
    /// One of them. Answered by [`AccountReply::Workspace`].
    GetWorkspace(WorkspaceId),
    /// Gives one another name. Answered by [`AccountReply::Workspace`].
    RenameWorkspace(WorkspaceId, String),
    /// Removes one; refused for the default one and while instances belong to it. Answered by [`AccountReply::Done`].
    DeleteWorkspace(WorkspaceId),
    /// Makes a key. Answered by [`AccountReply::NewKey`].
    CreateKey(Box<NewKey>),
    /// A page of keys in the order of their ids. Answered by [`AccountReply::Keys`].
    ListKeys {
        /// Only those after this one.
        after: Option<KeyId>,
        /// Most of the page.
        limit: usize,
    },
    /// One of them. Answered by [`AccountReply::Key`].
    GetKey(KeyId),
    /// Changes one. Answered by [`AccountReply::Key`].
    UpdateKey(KeyId, Box<UpdateKey>),
    /// Replaces one. Answered by [`AccountReply::NewKey`].
    RotateKey(KeyId, KeyRotation),
    /// Takes one back, at once. Answered by [`AccountReply::Done`].
    RevokeKey(KeyId),
    /// Makes an app. Answered by [`AccountReply::NewApp`].
    CreateApp(Box<NewApp>),
    /// A page of apps in the order of their ids. Answered by [`AccountReply::Apps`].
    ListApps {
        /// Only those after this one.
        after: Option<AppId>,
        /// Most of the page.
        limit: usize,
    },
    /// One of them. Answered by [`AccountReply::App`].
    GetApp(AppId),
    /// Changes one. Answered by [`AccountReply::App`].
    UpdateApp(AppId, Box<UpdateApp>),
    /// Replaces the key of one; the old one serves for another so many milliseconds. Answered by [`AccountReply::NewApp`].
    RotateApp(AppId, u64),
    /// Removes one. Answered by [`AccountReply::Done`].
    DeleteApp(AppId),
    /// What is in its pockets. Answered by [`AccountReply::Credits`].
    GetCredits,
    /// A page of a pocket's ledger, newest first. Answered by [`AccountReply::CreditEntries`].
    ListCredits {
        /// Which pocket.
        pocket: PocketKind,
        /// Only entries before this one.
        before: Option<u64>,
        /// Most of the page.
        limit: usize,
    },
    /// Gives the account credits, or takes some back. Answered by [`AccountReply::Credits`].
    AddCredits(AddCredits),
    /// Invites somebody: makes a member without a password, and a link to choose one. Answered by [`AccountReply::Invited`].
    InviteMember(NewMember),
    /// Every member. Answered by [`AccountReply::Members`].
    ListMembers,
    /// One of them. Answered by [`AccountReply::Member`].
    GetMember(MemberId),
    /// Changes one. Answered by [`AccountReply::Member`].
    UpdateMember(MemberId, UpdateMember),
    /// Removes one, who is signed out everywhere. Answered by [`AccountReply::Done`].
    RemoveMember(MemberId),
    /// Makes a link by which a member chooses another password. Answered by [`AccountReply::Invited`].
    LinkMember(MemberId),
    /// A member chose this password, which is given as its hash: the link that they came by, and every session of theirs, are over.
    /// Answered by [`AccountReply::Member`].
    SetPassword(MemberId, Box<ChosenPassword>),
    /// A member proved who they are. Answered by [`AccountReply::SignedIn`].
    SignIn(MemberId, Box<NewSession>),
    /// The sessions of a member, newest first. Answered by [`AccountReply::Sessions`].
    ListSessions(MemberId),
    /// Replaces a session of a member by a new one; refused when it is over. Answered by [`AccountReply::SignedIn`].
    RenewSession(MemberId, u64, Box<NewSession>),
    /// Ends a session of a member. Answered by [`AccountReply::Done`], also when it is over already.
    EndSession(MemberId, u64),
    /// Remembers a change that was made elsewhere. Answered by [`AccountReply::Done`].
    Note(AuditAction, String),
    /// A page of the log, newest first. Answered by [`AccountReply::Audit`].
    Audit {
        /// Only entries before this one.
        before: Option<u64>,
        /// Most of the page.
        limit: usize,
    },
    /// What new instances begin with. Answered by [`AccountReply::InstanceDefaults`].
    GetInstanceDefaults,
    /// Says what new instances begin with. Answered by [`AccountReply::InstanceDefaults`].
    SetInstanceDefaults(Box<InstanceDefaults>),
    /// Whether there is room for another file at a public address, of so many bytes where that is known. Answered by
    /// [`AccountReply::Done`].
    CheckFileRoom(u64),
    /// Gives a file that is on disk a public address. Answered by [`AccountReply::NewFile`].
    CreateFile(Box<NewFile>),
    /// A page of files in the order of their ids. Answered by [`AccountReply::Files`].
    ListFiles {
        /// Only those after this one.
        after: Option<FileId>,
        /// Most of the page.
        limit: usize,
    },
    /// One of them. Answered by [`AccountReply::File`].
    GetFile(FileId),
    /// Ends one. Answered by [`AccountReply::Done`].
    DeleteFile(FileId),
}

/// Answers to [`AccountCommand`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountReply {
    /// Done.
    Done,
    /// The account.
    Account(Box<AccountRecord>),
    /// A workspace.
    Workspace(WorkspaceRecord),
    /// Workspaces.
    Workspaces(Vec<WorkspaceRecord>),
    /// A key.
    Key(Box<KeyView>),
    /// A key with its secret, which is told this once and kept nowhere.
    NewKey(Box<KeyView>, Shown),
    /// A page, and whether more follow.
    Keys(Vec<KeyView>, bool),
    /// An app.
    App(Box<AppRecord>),
    /// An app with its key, which is told this once and kept nowhere.
    NewApp(Box<AppRecord>, Shown),
    /// A page, and whether more follow.
    Apps(Vec<AppRecord>, bool),
    /// Entries, newest first, and whether more follow.
    Audit(Vec<AuditRecord>, bool),
    /// What is in the pockets.
    Credits(CreditsView),
    /// Entries, newest first, and whether more follow.
    CreditEntries(Vec<Entry>, bool),
    /// A member.
    Member(Box<MemberRecord>),
    /// Members.
    Members(Vec<MemberRecord>),
    /// A member with the word of a link, which is told this once and kept nowhere.
    Invited(Box<MemberRecord>, Shown),
    /// A session with its cookie, which is told this once and kept nowhere.
    SignedIn(Box<MemberRecord>, SessionRecord, Shown),
    /// Sessions.
    Sessions(Vec<SessionRecord>),
    /// What new instances begin with.
    InstanceDefaults(Box<InstanceDefaults>),
    /// A file.
    File(Box<FileRecord>),
    /// A file with the word of its address, which is told this once and kept nowhere.
    NewFile(Box<FileRecord>, Shown),
    /// A page, and whether more follow.
    Files(Vec<FileRecord>, bool),
}

/// A file that is to have a public address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The bytes, which are on disk.
    pub blob: BlobRef,
    /// MIME type.
    pub mime_type: Option<String>,
    /// Its name.
    pub file_name: Option<String>,
    /// For how many milliseconds it is there.
    pub life_ms: u64,
}

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Their address, as [`crate::account::email_of`] has it.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Changes to a member: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateMember {
    /// New name.
    pub name: Option<String>,
    /// New role.
    pub role: Option<Role>,
}

/// A password that was chosen by a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenPassword {
    /// SHA-256 of the word in the link.
    pub link_sha256: [u8; 32],
    /// What is kept of the password.
    pub password: PasswordHash,
}

/// Where somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewSession {
    /// The address that they come from.
    pub address: Option<String>,
    /// What their browser calls itself.
    pub agent: Option<String>,
}

/// Who presents an e-mail address and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The address, as it was typed.
    pub email: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Who makes an account of their own.
#[derive(Clone, PartialEq, Eq)]
pub struct SignUp {
    /// Their address, as [`crate::account::email_of`] has it.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// What the account is called.
    pub account: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for SignUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignUp(…)")
    }
}

/// Credits that come or go by the operator's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCredits {
    /// Which pocket.
    pub pocket: PocketKind,
    /// How many; negative to take them back. Not 0, and at most [`crate::limits::CREDITS_PER_ORDER_MAX`] either way.
    pub amount: i64,
    /// An order under the same key is carried out once.
    pub idempotency_key: Option<String>,
}

/// An account's credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditsView {
    /// Whether messages cost any.
    pub enabled: bool,
    /// Every pocket.
    pub pockets: Vec<PocketView>,
    /// Whether this answers an order that had been carried out before.
    pub replayed: bool,
}

/// A pocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PocketView {
    /// Which.
    pub pocket: PocketKind,
    /// Credits that may be spent.
    pub balance: u64,
    /// Messages that are paid for and on their way.
    pub held: usize,
}

/// A secret on its way to whoever asked for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(pub String);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(…)")
    }
}

/// A key as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyView {
    /// The record.
    pub record: ApiKeyRecord,
    /// When it was last used, in milliseconds since the Unix epoch.
    pub last_used_at_ms: Option<i64>,
}

/// An account that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What people call it.
    pub name: String,
    /// Whether messages cost credits.
    pub credits: bool,
    /// Its own request rates.
    pub rate_limits: RateLimits,
}

/// Changes to an account: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateAccount {
    /// New name.
    pub name: Option<String>,
    /// New state.
    pub state: Option<AccountState>,
    /// Whether messages cost credits.
    pub credits: Option<bool>,
    /// Its own request rates, all of them.
    pub rate_limits: Option<RateLimits>,
}

/// A key that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What people call it.
    pub label: String,
    /// Which form of the API it speaks.
    pub dialect: Dialect,
    /// What it may do: scopes of a native key, the dialect's words of another.
    pub scopes: Vec<String>,
    /// The instances that exist for it; `None` for all of its account.
    pub instances: Option<Vec<InstanceId>>,
    /// Addresses that it is taken from, as CIDR; empty for any.
    pub allowed_ips: Vec<String>,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<i64>,
    /// What its holder presents, where the caller chose that; [`crate::account::check_chosen`] took it.
    pub chosen: Option<Shown>,
}

/// How a key is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRotation {
    /// For how many milliseconds the old secret opens beside the new one.
    pub overlap_ms: u64,
    /// The new secret, where the caller chose it; [`crate::account::check_chosen`] took it.
    pub chosen: Option<Shown>,
}

/// Changes to a key: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateKey {
    /// New label.
    pub label: Option<String>,
    /// What it may do from now on.
    pub scopes: Option<Vec<String>>,
    /// The instances that exist for it from now on; `Some(None)` for all.
    pub instances: Option<Option<Vec<InstanceId>>>,
    /// Addresses that it is taken from; empty for any.
    pub allowed_ips: Option<Vec<String>>,
    /// When it ends; `Some(None)` for never.
    pub expires_at_ms: Option<Option<i64>>,
}

/// An app that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// What people call it.
    pub name: String,
    /// The instances that it is bound to; `None` for all of its account.
    pub instances: Option<Vec<InstanceId>>,
    /// Addresses that it is taken from, as CIDR; empty for any.
    pub allowed_ips: Vec<String>,
}

/// Changes to an app: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateApp {
    /// New name.
    pub name: Option<String>,
    /// The instances that it is bound to; `Some(None)` for all.
    pub instances: Option<Option<Vec<InstanceId>>>,
    /// Addresses that it is taken from; empty for any.
    pub allowed_ips: Option<Vec<String>>,
}
