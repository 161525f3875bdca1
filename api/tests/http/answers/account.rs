//! What the fake engine answers about accounts.

use trunkline_model::account::{
    AccountRecord, ApiKeyRecord, AppRecord, AuditRecord, KeySecret, OldKeySecret, Secrets, Who,
    WorkspaceRecord,
};
use trunkline_model::command::{AccountCommand, AccountReply, KeyView, Shown};
use trunkline_model::{AccountId, AppId, Dialect, ErrorCode, Failure, KeyId, WorkspaceId};

use crate::fake::{ACCOUNT, OPEN};

/// An account of the node.
pub const TENANT: AccountId = AccountId(2);
const WORKSPACE: WorkspaceId = WorkspaceId(0x31);
/// A key of WAStack.
pub const KEY: KeyId = KeyId(0x32);
const APP: AppId = AppId(0x33);

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
    })
}
