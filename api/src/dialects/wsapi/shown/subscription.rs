//! The account as a subscription, and what of it came and went.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::account::{AccountRecord, AccountState, AuditAction, AuditRecord};
use trunkline_model::command::InstanceView;

use super::instance::public_id;
use crate::json::time::Time;

/// What is said of every account: nobody pays for it here.
const PLAN: &str = "self-hosted";

/// An account. It has no end and no price, and holds as many instances as it has.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionJson {
    id: String,
    created: Time,
    cur_period_start: Time,
    cur_period_end: Option<Time>,
    quantity: usize,
    plan: &'static str,
    price: Option<f64>,
    status: &'static str,
    cancel_at_period_end: bool,
    instance_ids: Vec<String>,
}

impl SubscriptionJson {
    pub(crate) fn of(account: &AccountRecord, instances: &[InstanceView]) -> SubscriptionJson {
        SubscriptionJson {
            id: account.id.to_string(),
            created: Time(account.created_at_ms),
            cur_period_start: Time(account.created_at_ms),
            cur_period_end: None,
            quantity: instances.len(),
            plan: PLAN,
            price: None,
            status: match account.state {
                AccountState::Active => "active",
                AccountState::Suspended => "suspended",
            },
            cancel_at_period_end: false,
            instance_ids: instances.iter().map(public_id).collect(),
        }
    }
}

/// What happened to the number of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Removed,
}

impl Change {
    /// What an entry in the log of changes means for it.
    pub(crate) fn of(entry: &AuditRecord) -> Option<Change> {
        let is = |action: AuditAction| entry.action == action.as_str();
        if is(AuditAction::InstanceCreated) || is(AuditAction::InstanceImported) {
            Some(Change::Added)
        } else if is(AuditAction::InstanceDeleted) {
            Some(Change::Removed)
        } else {
            None
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Change::Added => "instance_added",
            Change::Removed => "instance_removed",
        }
    }
}

/// An instance that came or went.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeJson {
    id: String,
    timestamp: Time,
    subscription_id: String,
    pub(crate) change_type: &'static str,
    previous_quantity: usize,
    new_quantity: usize,
    instance_id: String,
    prorated_amount: f64,
    notes: &'static str,
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) time_ms: i64,
    /// Id of the instance, whatever it is called.
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) subject: String,
}

impl ChangeJson {
    /// The changes in a log, newest first as that is, from the number of instances that there are after the newest one.
    pub(crate) fn of(
        account: &AccountRecord,
        entries: &[AuditRecord],
        (mut quantity, name): (usize, impl Fn(&str) -> String),
    ) -> Vec<ChangeJson> {
        let changes = entries.iter().filter_map(|entry| Some((entry, Change::of(entry)?)));
        let shown = |(entry, change): (&AuditRecord, Change)| {
            let new_quantity = quantity;
            quantity = match change {
                Change::Added => quantity.saturating_sub(1),
                Change::Removed => quantity.saturating_add(1),
            };
            ChangeJson {
                id: entry.number.to_string(),
                timestamp: Time(entry.time_ms),
                subscription_id: account.id.to_string(),
                change_type: change.as_str(),
                previous_quantity: quantity,
                new_quantity,
                instance_id: name(&entry.subject),
                prorated_amount: 0.0,
                notes: "",
                time_ms: entry.time_ms,
                subject: entry.subject.clone(),
            }
        };
        changes.map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunkline_model::account::Who;
    use trunkline_model::id::ROOT_ACCOUNT;

    #[test]
    fn quantities_follow_from_what_came_and_went() {
        let entry = |number: u64, action: AuditAction| AuditRecord {
            number,
            time_ms: i64::try_from(number).expect("small"),
            who: Who::Operator,
            address: None,
            action: action.as_str().to_owned(),
            subject: format!("ins_{number}"),
        };
        let log = [
            entry(9, AuditAction::InstanceImported),
            entry(8, AuditAction::KeyCreated),
            entry(7, AuditAction::InstanceDeleted),
            entry(6, AuditAction::InstanceCreated),
        ];
        let account = AccountRecord::new(ROOT_ACCOUNT, "shop".to_owned(), 0);
        let changes = ChangeJson::of(&account, &log, (1, str::to_owned));
        let told: Vec<_> = changes
            .iter()
            .map(|change| {
                (change.id.as_str(), change.change_type, change.previous_quantity, change.new_quantity)
            })
            .collect();
        let expected =
            [("9", "instance_added", 0, 1), ("7", "instance_removed", 1, 0), ("6", "instance_added", 0, 1)];
        assert_eq!(told, expected);
    }
}
