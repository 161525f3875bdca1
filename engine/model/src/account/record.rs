//! Accounts and workspaces at rest.

use std::collections::BTreeMap;

use rkyv::{Archive, Deserialize, Serialize};

use crate::id::{AccountId, ROOT_ACCOUNT, WorkspaceId};
use crate::limit_class::LimitClass;

/// Whether an account's keys open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum AccountState {
    /// They do.
    Active,
    /// They do not; its numbers stay online, and what was accepted is sent.
    Suspended,
}

impl AccountState {
    /// Both states.
    pub const ALL: [AccountState; 2] = [AccountState::Active, AccountState::Suspended];

    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountState::Active => "active",
            AccountState::Suspended => "suspended",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<AccountState> {
        AccountState::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How many requests a key of an account may make in a minute, and all of them together, where it differs from the default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Archive, Serialize, Deserialize)]
pub struct RateLimits {
    /// Requests per minute by the word of a [`LimitClass`], and those of the whole account by [`RateLimits::ACCOUNT`]; 0 for any number.
    pub per_minute: BTreeMap<String, u32>,
}

impl RateLimits {
    /// What stands for the requests of all keys of the account together.
    pub const ACCOUNT: &'static str = "account";

    /// What was set for a class; `None` leaves its default.
    pub fn of(&self, class: LimitClass) -> Option<u32> {
        self.per_minute.get(class.as_str()).copied()
    }

    /// What was set for all keys together; `None` leaves the default.
    pub fn of_account(&self) -> Option<u32> {
        self.per_minute.get(RateLimits::ACCOUNT).copied()
    }
}

/// An account at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// Whether its keys open anything.
    pub state: AccountState,
    /// Whether messages cost credits.
    pub credits: bool,
    /// Its own request rates.
    pub rate_limits: RateLimits,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

impl AccountRecord {
    /// An active account without credits and with the default rates.
    pub fn new(id: AccountId, name: String, created_at_ms: i64) -> AccountRecord {
        AccountRecord {
            id,
            name,
            state: AccountState::Active,
            credits: false,
            rate_limits: RateLimits::default(),
            created_at_ms,
        }
    }

    /// The operator's own account as it is before anybody changed it: without a row.
    pub fn root() -> AccountRecord {
        AccountRecord::new(ROOT_ACCOUNT, "root".to_owned(), 0)
    }
}

/// A workspace at rest: a part of an account that instances belong to. The default one has no row.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct WorkspaceRecord {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

impl WorkspaceRecord {
    /// The workspace that every account has from the beginning, as it is before anybody renamed it.
    pub fn default_of(account: &AccountRecord) -> WorkspaceRecord {
        WorkspaceRecord {
            id: WorkspaceId::default_of(account.id),
            name: "default".to_owned(),
            created_at_ms: account.created_at_ms,
        }
    }
}
