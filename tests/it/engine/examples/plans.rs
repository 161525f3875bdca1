//! What the account of the examples has planned.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline_tests::{Gateway, Instance};

use super::{ANA, RUI, text};

/// One thing of each kind, and those that an operation uses up.
pub(super) async fn plans(gateway: &Gateway, support: &Instance) -> BTreeMap<&'static str, Value> {
    let make = async |path: &str, body: Value, status: u16| {
        text(&gateway.api().post(path, &body).send().await.expect(status)["id"])
    };
    let mut things = BTreeMap::new();
    things.insert("contact", make("/v1/contacts", json!({"phone": RUI, "name": "Rui"}), 201).await);
    for name in ["otp", "otp_cancelled"] {
        let otp = json!({"instance": support.id(), "to": ANA, "ttl_seconds": 3_600, "resend_seconds": 1});
        things.insert(name, make("/v1/otps", otp, 202).await);
    }
    for name in ["schedule", "schedule_paused"] {
        let message = json!({"to": ANA, "text": {"body": "Good morning"}});
        let schedule = json!({"instance": support.id(), "message": message, "cron": "0 9 1 1 *"});
        things.insert(name, make("/v1/schedules", schedule, 201).await);
    }
    for name in ["campaign", "campaign_to_start", "campaign_running", "campaign_paused", "campaign_to_delete"]
    {
        // One a minute: what runs is still running when its operation comes.
        let recipients: Vec<Value> = [ANA, RUI, "4930901821"].iter().map(|pn| json!({"phone": pn})).collect();
        let campaign = json!({
            "name": name, "instances": [support.id()], "message": {"body": "Hello"}, "per_minute": 1, "recipients": recipients,
        });
        things.insert(name, make("/v1/campaigns", campaign, 201).await);
    }
    let steps = [
        ("schedules", "schedule_paused", "pause"),
        ("campaigns", "campaign_running", "start"),
        ("campaigns", "campaign_paused", "start"),
        ("campaigns", "campaign_paused", "pause"),
    ];
    for (of, name, step) in steps {
        let path = format!("/v1/{of}/{}/{step}", things[name].as_str().expect("an id"));
        gateway.api().post(&path, &json!({})).send().await.expect(200);
    }
    things
}
