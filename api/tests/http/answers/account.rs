//! What the fake engine answers about accounts.

use trunkline_model::account::{
    AccountRecord, ApiKeyRecord, AppRecord, AuditRecord, FileRecord, KeySecret, MemberLink, MemberRecord,
    OldKeySecret, Role, Secrets, SessionRecord, Who, WorkspaceRecord,
};
use trunkline_model::command::{AccountCommand, AccountReply, CreditsView, KeyView, PocketView, Shown};
use trunkline_model::credit::{Entry, Movement, PocketKind, Voucher};
use trunkline_model::{AccountId, AppId, Dialect, ErrorCode, Failure, FileId, KeyId, MemberId, WorkspaceId};

use crate::fake::{self, ACCOUNT, OPEN};

/// An account of the node.
pub const TENANT: AccountId = AccountId(2);
const WORKSPACE: WorkspaceId = WorkspaceId(0x31);
/// A key of WAStack.
pub const KEY: KeyId = KeyId(0x32);
const APP: AppId = AppId(0x33);
const FILE: FileId = FileId(0x37);
/// A member of the account.
pub const MEMBER: MemberId = MemberId(0x34);
/// Where they are signed in.
pub const SESSION: u64 = 0x36;

fn secrets(prefix: &str) -> Secrets {
    let secret = KeySecret { sha256: [7; 32], prefix: prefix.to_owned() };
    let old = OldKeySecret { secret: secret.clone(), until_ms: 1_700_000_060_000 };
    Secrets { current: secret, old: Some(old) }
}

/// An account.
pub fn record(id: AccountId) -> AccountRecord {
    AccountRecord::new(id, "shop".to_owned(), 1_700_000_000_000)
}

fn workspace() -> WorkspaceRecord {
    WorkspaceRecord { id: WORKSPACE, name: "sales".to_owned(), created_at_ms: 1_700_000_000_000 }
}

fn key() -> KeyView {
    let record = ApiKeyRecord {
        id: KEY,
        account: ACCOUNT,
        label: "crm".to_owned(),
        dialect: Dialect::Wastack,
        secrets: secrets("wa_live_abcdef"),
        scopes: vec!["messages:send".to_owned()],
        dialect_scopes: vec!["write".to_owned()],
        instances: Some(vec![OPEN]),
        allowed_ips: vec!["192.0.2.0/24".to_owned()],
        expires_at_ms: Some(4_070_908_800_000),
        created_at_ms: 1_700_000_000_000,
    };
    KeyView { record, last_used_at_ms: Some(1_700_000_001_000) }
}

fn app() -> AppRecord {
    AppRecord {
        id: APP,
        account: ACCOUNT,
        name: "shop-backend".to_owned(),
        secrets: secrets("wapp_abcdef"),
        instances: None,
        allowed_ips: Vec::new(),
        created_at_ms: 1_700_000_000_000,
    }
}

fn entry() -> AuditRecord {
    AuditRecord {
        number: 9,
        time_ms: 1_700_000_000_000,
        who: Who::Key(KeyId(1)),
        address: Some("192.0.2.1".to_owned()),
        action: "key.created".to_owned(),
        subject: KEY.to_string(),
    }
}

/// A file at a public address.
pub fn file() -> FileRecord {
    FileRecord {
        id: FILE,
        account: ACCOUNT,
        blob: fake::blob(fake::FILE),
        mime_type: Some("text/html".to_owned()),
        file_name: Some("page 1.html".to_owned()),
        sha256: [7; 32],
        created_at_ms: 1_700_000_000_000,
        expires_at_ms: 4_070_908_800_000,
    }
}

/// Somebody who signs in.
pub fn member() -> MemberRecord {
    MemberRecord {
        id: MEMBER,
        account: ACCOUNT,
        email: "nora@example.org".to_owned(),
        name: "Nora".to_owned(),
        role: Role::Viewer,
        password: None,
        link: Some(MemberLink { sha256: [7; 32], until_ms: 1_700_000_060_000 }),
        created_at_ms: 1_700_000_000_000,
    }
}

/// Where she is signed in.
pub fn session() -> SessionRecord {
    SessionRecord {
        id: SESSION,
        member: MEMBER,
        sha256: [8; 32],
        address: Some("192.0.2.1".to_owned()),
        agent: Some("a browser".to_owned()),
        created_at_ms: 1_700_000_000_000,
        expires_at_ms: 4_070_908_800_000,
    }
}

fn credits(replayed: bool) -> CreditsView {
    let pocket = |pocket| PocketView { pocket, balance: 40, held: 2 };
    CreditsView { enabled: true, pockets: PocketKind::ALL.map(pocket).into(), replayed }
}

fn line() -> Entry {
    Entry {
        number: 7,
        time_ms: 1_700_000_000_000,
        movement: Movement::Reserved,
        amount: -2,
        balance: 40,
        last_voucher: Voucher(9),
        instance: Some(OPEN),
    }
}

/// The answer to a command about an account. A page of one is followed by others.
pub fn account(id: AccountId, command: &AccountCommand) -> Result<AccountReply, Failure> {
    use AccountCommand as Ask;
    let shown = || Shown("a-key-that-is-shown-once".to_owned());
    Ok(match command {
        Ask::Get | Ask::Update(_) => AccountReply::Account(Box::new(record(id))),
        Ask::Delete | Ask::DeleteWorkspace(_) | Ask::RevokeKey(_) | Ask::DeleteApp(_) | Ask::Note(..) => {
            AccountReply::Done
        }
        Ask::CreateWorkspace(_) | Ask::GetWorkspace(_) | Ask::RenameWorkspace(..) => {
            AccountReply::Workspace(workspace())
        }
        Ask::ListWorkspaces => AccountReply::Workspaces(vec![workspace()]),
        Ask::GetKey(id) if *id != KEY => return Err(Failure::new(ErrorCode::KeyNotFound, "No.")),
        Ask::GetKey(_) | Ask::UpdateKey(..) => AccountReply::Key(Box::new(key())),
        Ask::CreateKey(_) | Ask::RotateKey(..) => AccountReply::NewKey(Box::new(key()), shown()),
        Ask::ListKeys { limit, .. } => AccountReply::Keys(vec![key()], *limit == 1),
        Ask::CreateApp(_) | Ask::RotateApp(..) => AccountReply::NewApp(Box::new(app()), shown()),
        Ask::GetApp(_) | Ask::UpdateApp(..) => AccountReply::App(Box::new(app())),
        Ask::ListApps { limit, .. } => AccountReply::Apps(vec![app()], *limit == 1),
        Ask::Audit { limit, .. } => AccountReply::Audit(vec![entry()], *limit == 1),
        Ask::InviteMember(_) | Ask::LinkMember(_) => AccountReply::Invited(Box::new(member()), shown()),
        Ask::ListMembers => AccountReply::Members(vec![member()]),
        Ask::GetMember(id) if *id != MEMBER => return Err(Failure::new(ErrorCode::MemberNotFound, "No.")),
        Ask::GetMember(_) | Ask::UpdateMember(..) | Ask::SetPassword(..) => {
            AccountReply::Member(Box::new(member()))
        }
        Ask::RemoveMember(_) | Ask::EndSession(..) => AccountReply::Done,
        Ask::SignIn(..) | Ask::RenewSession(..) => {
            AccountReply::SignedIn(Box::new(member()), session(), shown())
        }
        Ask::ListSessions(_) => AccountReply::Sessions(vec![session()]),
        Ask::GetCredits => AccountReply::Credits(credits(false)),
        Ask::AddCredits(order) => AccountReply::Credits(credits(order.idempotency_key.is_some())),
        Ask::CheckFileRoom(_) => AccountReply::Done,
        Ask::CreateFile(_) => AccountReply::NewFile(Box::new(file()), shown()),
        Ask::ListFiles { limit, .. } => AccountReply::Files(vec![file()], *limit == 1),
        Ask::GetFile(id) | Ask::DeleteFile(id) if *id != FILE => {
            return Err(Failure::new(ErrorCode::FileNotFound, "No."));
        }
        Ask::GetFile(_) => AccountReply::File(Box::new(file())),
        Ask::DeleteFile(_) => AccountReply::Done,
        Ask::GetInstanceDefaults => AccountReply::InstanceDefaults(Box::default()),
        Ask::SetInstanceDefaults(defaults) => AccountReply::InstanceDefaults(defaults.clone()),
        Ask::ListCredits { limit, .. } => AccountReply::CreditEntries(vec![line()], *limit == 1),
    })
}
