//! What an account may do towards people it never wrote to, as the service publishes it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use wacore_binary::builder::NodeBuilder;

use super::{AccountId, World};
use crate::stanza::service;

/// The published limits of an account; none unless set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Writing to strangers is restricted.
    pub reachout: Option<Reachout>,
    /// How many chats may be begun.
    pub new_chats: Option<NewChats>,
}

/// A restriction of writing to strangers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reachout {
    /// The service's word for it.
    pub kind: String,
    /// Its end, Unix seconds.
    pub until_s: u64,
}

/// A quota of new chats.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewChats {
    /// The service's word for how it stands.
    pub status: String,
    /// How many in a cycle.
    pub total: u64,
    /// How many of them are used.
    pub used: u64,
    /// Begin of the cycle, Unix seconds.
    pub from_s: u64,
    /// Its end, Unix seconds.
    pub until_s: u64,
}

impl World {
    /// Changes an account's limits, and tells its companions.
    pub fn set_quotas(&mut self, account: AccountId, quotas: Quotas) {
        self.accounts[account].extras_mut().quotas = Some(quotas);
        let told = [
            (
                "NotificationUserReachoutTimelockUpdate",
                json!({"xwa2_notify_account_reachout_timelock": self.reachout_json(account)}),
            ),
            (
                "MessageCappingInfoNotification",
                json!({"xwa2_notify_new_chat_messages_capping_info_update": self.new_chats_json(account)}),
            ),
        ];
        for (operation, data) in told {
            let body = json!({"data": data}).to_string();
            for device in self.companions_of(account, None) {
                let update =
                    NodeBuilder::new("update").attr("op_name", operation).bytes(body.as_bytes()).build();
                let notification = self.notification(service(), "mex").children([update]).build();
                self.deliver(device, notification);
            }
        }
    }

    /// Changes who sees an account's status by default.
    pub fn set_status_audience(&mut self, account: AccountId, list: String, people: BTreeSet<AccountId>) {
        self.accounts[account].extras_mut().status_audience = Some((list, people));
    }

    fn quotas(&self, account: AccountId) -> Quotas {
        let extras = self.accounts[account].extras.as_ref();
        extras.and_then(|extras| extras.quotas.clone()).unwrap_or_default()
    }

    /// The restriction as GraphQL tells it.
    pub(crate) fn reachout_json(&self, account: AccountId) -> Value {
        match self.quotas(account).reachout {
            Some(Reachout { kind, until_s }) => json!({
                "is_active": true, "enforcement_type": kind, "time_enforcement_ends": until_s.to_string(),
            }),
            None => json!({"is_active": false, "enforcement_type": "DEFAULT", "time_enforcement_ends": null}),
        }
    }

    /// The quota as GraphQL tells it.
    pub(crate) fn new_chats_json(&self, account: AccountId) -> Value {
        match self.quotas(account).new_chats {
            Some(quota) => json!({
                "capping_status": quota.status, "mv_status": "NOT_ELIGIBLE", "ote_status": "NOT_ELIGIBLE",
                "total_quota": quota.total.to_string(), "used_quota": quota.used.to_string(),
                "cycle_start_timestamp": quota.from_s.to_string(),
                "cycle_end_timestamp": quota.until_s.to_string(),
                "server_sent_timestamp": self.now_s().to_string(),
            }),
            None => json!({"capping_status": "NONE"}),
        }
    }
}
