//! Accounts and what belongs to them: workspaces, keys, apps, and the log of who changed what.

mod audit;
mod author;
mod dialect_scope;
mod key;
mod member;
mod record;
mod rotation;

pub use audit::{AuditAction, AuditRecord};
pub use author::{Author, Who};
pub use dialect_scope::{KeyKind, LEGACY, native_scopes};
pub use key::{ApiKeyRecord, AppRecord, KeyUse};
pub use member::{MemberLink, MemberRecord, PasswordHash, Role, SessionRecord, email_of};
pub use record::{AccountRecord, AccountState, RateLimits, WorkspaceRecord};
pub use rotation::{KeySecret, OldKeySecret, Secrets};
