//! Accounts and workspaces.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::account::{AccountRecord, AccountState, RateLimits, WorkspaceRecord};
use trunkline_model::command::{NewAccount, UpdateAccount};
use trunkline_model::limits::{ACCOUNT_NAME_BYTES_MAX, RATE_PER_MINUTE_MAX, WORKSPACE_NAME_BYTES_MAX};
use trunkline_model::{Failure, LimitClass, WorkspaceId};

use super::fields::{Problems, present};
use super::time::Time;

/// Requests of a key per minute by class: `read`, `write`, `send`, `lookup`; those of all keys together are `account`. 0 is any number.
/// What is left out is the node's own rate, or that of the dialect which a key speaks.
type Rates = BTreeMap<String, u32>;

/// Body of `accounts.create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateAccount")]
pub(crate) struct CreateAccountBody {
    name: String,
    /// Whether messages cost credits.
    #[serde(default)]
    credits: bool,
    #[serde(default)]
    rate_limits: Rates,
}

impl CreateAccountBody {
    /// The account to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<NewAccount, Failure> {
        let mut problems = Problems::default();
        check_name(&mut problems, &self.name, ACCOUNT_NAME_BYTES_MAX);
        let rate_limits = read_rates(&mut problems, self.rate_limits);
        problems.or(Some(NewAccount { name: self.name, credits: self.credits, rate_limits }))
    }
}

/// Body of `accounts.update`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateAccount")]
pub(crate) struct UpdateAccountBody {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    name: Option<String>,
    /// `active` or `suspended`.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    state: Option<String>,
    /// Whether messages cost credits.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    credits: Option<bool>,
    /// All of them: what is left out has the node's own rate.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Rates")]
    rate_limits: Option<Rates>,
}

impl UpdateAccountBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<UpdateAccount, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name, ACCOUNT_NAME_BYTES_MAX);
        }
        let state = self.state.and_then(|word| {
            let state = AccountState::parse(&word);
            if state.is_none() {
                problems.add("state", "is neither `active` nor `suspended`");
            }
            state
        });
        let rate_limits = self.rate_limits.map(|rates| read_rates(&mut problems, rates));
        problems.or(Some(UpdateAccount { name: self.name, state, credits: self.credits, rate_limits }))
    }
}

/// Body of `account.update`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RenameAccount")]
pub(crate) struct RenameAccountBody {
    name: String,
}

impl RenameAccountBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION`.
    pub(crate) fn read(self) -> Result<UpdateAccount, Failure> {
        let mut problems = Problems::default();
        check_name(&mut problems, &self.name, ACCOUNT_NAME_BYTES_MAX);
        problems.or(Some(UpdateAccount { name: Some(self.name), ..UpdateAccount::default() }))
    }
}

/// Body of `workspaces.create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateWorkspace")]
pub(crate) struct CreateWorkspaceBody {
    name: String,
}

/// Body of `workspaces.update`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateWorkspace")]
pub(crate) struct UpdateWorkspaceBody {
    name: String,
}

impl CreateWorkspaceBody {
    /// Its name.
    ///
    /// # Errors
    /// `VALIDATION`.
    pub(crate) fn read(self) -> Result<String, Failure> {
        read_name(self.name)
    }
}

impl UpdateWorkspaceBody {
    /// Its new name.
    ///
    /// # Errors
    /// `VALIDATION`.
    pub(crate) fn read(self) -> Result<String, Failure> {
        read_name(self.name)
    }
}

fn read_name(name: String) -> Result<String, Failure> {
    let mut problems = Problems::default();
    check_name(&mut problems, &name, WORKSPACE_NAME_BYTES_MAX);
    problems.or(Some(name))
}

/// A name for people: not empty, not too long, on one line.
pub(crate) fn check_name(problems: &mut Problems, name: &str, bytes_max: usize) {
    problems.bound("name", name, bytes_max);
    if name.trim().is_empty() {
        problems.add("name", "is empty");
    }
    if name.chars().any(char::is_control) {
        problems.add("name", "has control characters");
    }
}

fn read_rates(problems: &mut Problems, rates: Rates) -> RateLimits {
    let known: Vec<&str> =
        LimitClass::ALL.iter().map(|class| class.as_str()).chain([RateLimits::ACCOUNT]).collect();
    for (class, rate) in &rates {
        if !known.contains(&class.as_str()) {
            let class: String = class.chars().filter(|c| !c.is_control()).take(32).collect();
            let message = format!("is not a class of requests; there are {}", known.join(", "));
            problems.add(format!("rate_limits.{class}"), message);
        } else if *rate > RATE_PER_MINUTE_MAX {
            problems.add(format!("rate_limits.{class}"), format!("is more than {RATE_PER_MINUTE_MAX}"));
        }
    }
    RateLimits { per_minute: rates }
}

/// Reads the id of a workspace in a body.
pub(super) fn read_workspace(problems: &mut Problems, text: &str) -> Option<WorkspaceId> {
    problems.keep("workspace", text.parse::<WorkspaceId>())
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Account")]
pub(crate) struct AccountJson<'a> {
    id: String,
    name: &'a str,
    state: &'static str,
    credits: bool,
    rate_limits: &'a BTreeMap<String, u32>,
    default_workspace: String,
    created_at: Time,
}

impl<'a> AccountJson<'a> {
    pub(crate) fn of(record: &'a AccountRecord) -> AccountJson<'a> {
        AccountJson {
            id: record.id.to_string(),
            name: &record.name,
            state: record.state.as_str(),
            credits: record.credits,
            rate_limits: &record.rate_limits.per_minute,
            default_workspace: WorkspaceId::default_of(record.id).to_string(),
            created_at: Time(record.created_at_ms),
        }
    }
}

/// A workspace.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
pub(crate) struct WorkspaceJson<'a> {
    id: String,
    name: &'a str,
    created_at: Time,
}

impl<'a> WorkspaceJson<'a> {
    pub(crate) fn of(record: &'a WorkspaceRecord) -> WorkspaceJson<'a> {
        WorkspaceJson {
            id: record.id.to_string(),
            name: &record.name,
            created_at: Time(record.created_at_ms),
        }
    }
}
