//! Accounts and what belongs to them: workspaces, keys, apps, and the log of who changed what.

mod audit;
mod author;
mod chosen;
mod defaults;
mod dialect_scope;
mod file;
mod key;
mod member;
mod rates;
mod record;
mod rotation;

pub use audit::{AuditAction, AuditRecord};
pub use author::{Author, Who};
pub use chosen::check_chosen;
pub use defaults::{HookDefaults, InstanceDefaults, SealedDefaults};
pub use dialect_scope::{KeyKind, LEGACY, native_scopes};
pub use file::FileRecord;
pub use key::{ApiKeyRecord, AppRecord, KeyUse};
pub use member::{MemberLink, MemberRecord, PasswordHash, Role, SessionRecord, email_of};
pub use rates::Rates;
pub use record::{AccountRecord, AccountState, RateLimits, WorkspaceRecord};
pub use rotation::{KeySecret, OldKeySecret, Secrets};
