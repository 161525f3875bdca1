//! Keys and apps at rest: hashes, never the keys.

use rkyv::{Archive, Deserialize, Serialize};

use super::rotation::Secrets;
use crate::dialect::Dialect;
use crate::id::{AccountId, AppId, InstanceId, KeyId};

/// An API key at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct ApiKeyRecord {
    /// Its public id.
    pub id: KeyId,
    /// The account that it opens.
    pub account: AccountId,
    /// What people call it.
    pub label: String,
    /// Which form of the API it speaks.
    pub dialect: Dialect,
    /// What its holder presents.
    pub secrets: Secrets,
    /// What it may do, in Trunkline's own words.
    pub scopes: Vec<String>,
    /// What it may do, in the words of its dialect.
    pub dialect_scopes: Vec<String>,
    /// The instances that exist for it; `None` for all of its account.
    pub instances: Option<Vec<InstanceId>>,
    /// Addresses that it is taken from, as CIDR; empty for any.
    pub allowed_ips: Vec<String>,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<i64>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// When a key was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct KeyUse {
    /// In milliseconds since the Unix epoch; a minute late at most.
    pub at_ms: i64,
}

/// An app at rest: what a program names itself with, beside a key, where its dialect asks for that.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct AppRecord {
    /// Its public id.
    pub id: AppId,
    /// Whose it is.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// What it names itself with.
    pub secrets: Secrets,
    /// The instances that it is bound to; `None` for all of its account.
    pub instances: Option<Vec<InstanceId>>,
    /// Addresses that it is taken from, as CIDR; empty for any.
    pub allowed_ips: Vec<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}
