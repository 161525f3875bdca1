//! Instances and workspaces.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::WorkspaceId;
use trunkline_model::account::{AccountRecord, ApiKeyRecord, MemberRecord, WorkspaceRecord};
use trunkline_model::command::{InstanceView, PocketView};
use trunkline_model::instance::InstanceState;

use super::{Moment, e164};
use crate::dialects::wessaal::ids::public;

/// The answer to a ping.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pong")]
pub(in crate::dialects::wessaal) struct PongJson {
    success: bool,
    message: &'static str,
    timestamp: Moment,
}

impl PongJson {
    pub(in crate::dialects::wessaal) fn at(now_ms: i64) -> PongJson {
        PongJson { success: true, message: "pong", timestamp: Moment(now_ms) }
    }
}

/// The account of a key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Me")]
pub(in crate::dialects::wessaal) struct MeJson {
    user: UserJson,
    api_key: KeyJson,
    /// By their names: `whatsapp`, `sms`.
    pockets: BTreeMap<&'static str, PocketJson>,
}

/// Whose the account is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "User")]
struct UserJson {
    id: u64,
    name: String,
    email: Option<String>,
}

/// The key that asks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
struct KeyJson {
    name: String,
    permissions: Vec<String>,
    created_at: Moment,
}

/// What is in a pocket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pocket")]
struct PocketJson {
    balance: u64,
    currency: &'static str,
}

impl MeJson {
    /// Without an owner who signs in, the account stands for itself.
    pub(in crate::dialects::wessaal) fn of(
        (account, owner): (&AccountRecord, Option<&MemberRecord>),
        (key, permissions): (&ApiKeyRecord, Vec<String>),
        pockets: &[PocketView],
    ) -> MeJson {
        let pocket = |view: &PocketView| {
            (view.pocket.as_str(), PocketJson { balance: view.balance, currency: "credits" })
        };
        MeJson {
            user: UserJson {
                id: public(account.id.0),
                name: owner.map_or(&account.name, |owner| &owner.name).clone(),
                email: owner.map(|owner| owner.email.clone()),
            },
            api_key: KeyJson { name: key.label.clone(), permissions, created_at: Moment(key.created_at_ms) },
            pockets: pockets.iter().map(pocket).collect(),
        }
    }
}

/// Something with a number and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Named")]
pub(in crate::dialects::wessaal) struct NamedJson {
    id: u64,
    name: String,
}

impl NamedJson {
    pub(in crate::dialects::wessaal) fn of_instance(view: &InstanceView) -> NamedJson {
        NamedJson { id: public(view.id.0), name: name(view) }
    }
}

/// What an instance is called; one without a name by its id, which names it as well.
fn name(view: &InstanceView) -> String {
    view.name.clone().unwrap_or_else(|| view.id.to_string())
}

/// The names of an account's workspaces.
pub(in crate::dialects::wessaal) struct WorkspaceNames(HashMap<WorkspaceId, String>);

impl WorkspaceNames {
    pub(in crate::dialects::wessaal) fn of(records: &[WorkspaceRecord]) -> WorkspaceNames {
        WorkspaceNames(records.iter().map(|record| (record.id, record.name.clone())).collect())
    }

    fn named(&self, id: WorkspaceId) -> NamedJson {
        NamedJson { id: public(id.0), name: self.0.get(&id).cloned().unwrap_or_default() }
    }
}

/// An instance in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Instance")]
pub(in crate::dialects::wessaal) struct InstanceJson {
    #[serde(flatten)]
    named: NamedJson,
    /// `open`, `connecting` or `close`.
    status: &'static str,
    workspace: NamedJson,
    created_at: Moment,
}

impl InstanceJson {
    pub(in crate::dialects::wessaal) fn of(view: &InstanceView, workspaces: &WorkspaceNames) -> InstanceJson {
        InstanceJson {
            named: NamedJson::of_instance(view),
            status: state(view.state),
            workspace: workspaces.named(view.workspace),
            created_at: Moment(view.created_at_ms),
        }
    }
}

/// An instance by itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InstanceDetail")]
pub(in crate::dialects::wessaal) struct InstanceDetailJson {
    #[serde(flatten)]
    item: InstanceJson,
    phone_number: Option<String>,
    profile_name: Option<String>,
}

impl InstanceDetailJson {
    pub(in crate::dialects::wessaal) fn of(
        view: &InstanceView,
        workspaces: &WorkspaceNames,
    ) -> InstanceDetailJson {
        InstanceDetailJson {
            item: InstanceJson::of(view, workspaces),
            phone_number: phone(view),
            profile_name: view.linked.as_ref().and_then(|linked| linked.name.clone()),
        }
    }
}

/// How an instance is connected at this moment.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LiveStatus")]
pub(in crate::dialects::wessaal) struct LiveJson {
    instance_id: u64,
    name: String,
    /// `open`, `connecting` or `close`.
    connection_status: &'static str,
    phone_number: Option<String>,
    /// Phones do not tell linked devices.
    battery: Option<u8>,
    /// Likewise.
    plugged: Option<bool>,
}

impl LiveJson {
    pub(in crate::dialects::wessaal) fn of(view: &InstanceView) -> LiveJson {
        LiveJson {
            instance_id: public(view.id.0),
            name: name(view),
            connection_status: state(view.state),
            phone_number: phone(view),
            battery: None,
            plugged: None,
        }
    }
}

fn phone(view: &InstanceView) -> Option<String> {
    view.linked.as_ref()?.phone.as_deref().map(e164)
}

/// The service's word for a state.
fn state(state: InstanceState) -> &'static str {
    use InstanceState as State;
    match state {
        State::Open => "open",
        State::AwaitingScan
        | State::AwaitingPasskey
        | State::Pairing
        | State::Connecting
        | State::Syncing
        | State::BackingOff => "connecting",
        State::New
        | State::Conflict
        | State::Restricted
        | State::Stopped
        | State::Parked
        | State::LoggedOut
        | State::Deleted => "close",
    }
}

/// A workspace in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
pub(in crate::dialects::wessaal) struct WorkspaceJson {
    #[serde(flatten)]
    named: NamedJson,
    created_at: Moment,
}

impl WorkspaceJson {
    pub(in crate::dialects::wessaal) fn of(record: &WorkspaceRecord) -> WorkspaceJson {
        WorkspaceJson {
            named: NamedJson { id: public(record.id.0), name: record.name.clone() },
            created_at: Moment(record.created_at_ms),
        }
    }
}

/// A workspace by itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WorkspaceDetail")]
pub(in crate::dialects::wessaal) struct WorkspaceDetailJson {
    #[serde(flatten)]
    item: WorkspaceJson,
    /// A workspace has none here.
    description: Option<String>,
    instances_count: usize,
    templates_count: usize,
}

impl WorkspaceDetailJson {
    pub(in crate::dialects::wessaal) fn of(
        record: &WorkspaceRecord,
        (instances_count, templates_count): (usize, usize),
    ) -> WorkspaceDetailJson {
        let item = WorkspaceJson::of(record);
        WorkspaceDetailJson { item, description: None, instances_count, templates_count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_word_of_the_reference() {
        for native in InstanceState::ALL {
            assert!(["open", "connecting", "close"].contains(&state(native)), "{native:?}");
        }
        assert_eq!(state(InstanceState::Open), "open");
    }
}
