//! What WhatsApp publishes of the account's limits: asked for, or told.

use serde_json::{Value, json};
use trunkline_model::command::{LimitsView, NewChatLimit, ReachoutLimit, Reply};
use wacore::iq::mex_operations::{fetch_new_chat_message_capping_info, fetch_reachout_timelock};
use wacore::types::events::MexNotification;

use super::Session;
use super::mex::{milliseconds, number, word};
use crate::error::SessionError;

impl Session {
    /// The limits of the account, as WhatsApp publishes them now.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], or what WhatsApp answered.
    pub async fn limits(&self) -> Result<LimitsView, SessionError> {
        self.connected()?;
        let reachout = self.ask_graph(
            fetch_reachout_timelock::DOC_ID,
            "xwa2_fetch_account_reachout_timelock",
            json!({}),
        );
        let new_chats = self.ask_graph(
            fetch_new_chat_message_capping_info::DOC_ID,
            "xwa2_message_capping_info",
            json!({ "input": { "type": "INDIVIDUAL_NEW_CHAT_MSG" } }),
        );
        let (reachout, new_chats) = tokio::join!(reachout, new_chats);
        Ok(LimitsView {
            reachout: Some(read_reachout(&reachout?)),
            new_chats: Some(read_new_chats(&new_chats?)),
        })
    }

    /// [`Session::limits`] as an answer.
    ///
    /// # Errors
    /// Those of [`Session::limits`].
    pub async fn limits_reply(&self) -> Result<Reply, SessionError> {
        self.limits().await.map(|view| Reply::Limits(Box::new(view)))
    }
}

/// The limits that a notification tells of, if it is about them.
pub(super) fn told(notification: &MexNotification) -> Option<LimitsView> {
    let data = notification.payload.get("data")?;
    let part = |name: &str| data.get(name).filter(|value| !value.is_null());
    match notification.op_name.as_str() {
        "NotificationUserReachoutTimelockUpdate" => {
            let reachout = part("xwa2_notify_account_reachout_timelock")?;
            Some(LimitsView { reachout: Some(read_reachout(reachout)), new_chats: None })
        }
        "MessageCappingInfoNotification" => {
            let new_chats = part("xwa2_notify_new_chat_messages_capping_info_update")?;
            Some(LimitsView { reachout: None, new_chats: Some(read_new_chats(new_chats)) })
        }
        _ => None,
    }
}

fn read_reachout(value: &Value) -> ReachoutLimit {
    let restricted = value["is_active"].as_bool().unwrap_or(false);
    ReachoutLimit {
        restricted,
        kind: word(&value["enforcement_type"]).filter(|_| restricted),
        until_ms: milliseconds(&value["time_enforcement_ends"]).filter(|_| restricted),
    }
}

fn read_new_chats(value: &Value) -> NewChatLimit {
    NewChatLimit {
        status: word(&value["capping_status"]).unwrap_or_else(|| "none".to_owned()),
        total: number(&value["total_quota"]),
        used: number(&value["used_quota"]),
        from_ms: milliseconds(&value["cycle_start_timestamp"]),
        until_ms: milliseconds(&value["cycle_end_timestamp"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_tell_one_part_each() {
        let check = |name: &str, data: Value, expected: Option<LimitsView>| {
            let payload = json!({ "data": data });
            let notification = MexNotification::builder().op_name(name.to_owned()).payload(payload).build();
            assert_eq!(told(&notification), expected, "{name}");
        };
        let restricted = ReachoutLimit {
            restricted: true,
            kind: Some("biz_quality".to_owned()),
            until_ms: Some(1_700_000_000_000),
        };
        let lock = json!({"is_active": true, "enforcement_type": "BIZ_QUALITY", "time_enforcement_ends": "1700000000"});
        check(
            "NotificationUserReachoutTimelockUpdate",
            json!({ "xwa2_notify_account_reachout_timelock": lock }),
            Some(LimitsView { reachout: Some(restricted), new_chats: None }),
        );
        let lifted = ReachoutLimit { restricted: false, kind: None, until_ms: None };
        check(
            "NotificationUserReachoutTimelockUpdate",
            json!({"xwa2_notify_account_reachout_timelock": {"is_active": false, "enforcement_type": "DEFAULT"}}),
            Some(LimitsView { reachout: Some(lifted), new_chats: None }),
        );
        let quota = NewChatLimit {
            status: "first_warning".to_owned(),
            total: Some(50),
            used: Some(41),
            from_ms: Some(1_000),
            until_ms: None,
        };
        let info = json!({"capping_status": "FIRST_WARNING", "total_quota": "50", "used_quota": 41, "cycle_start_timestamp": "1"});
        check(
            "MessageCappingInfoNotification",
            json!({ "xwa2_notify_new_chat_messages_capping_info_update": info }),
            Some(LimitsView { reachout: None, new_chats: Some(quota) }),
        );
        check("MessageCappingInfoNotification", json!(null), None);
        check("SomethingElse", json!({}), None);
    }
}
