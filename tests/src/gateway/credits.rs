//! What the operator's own account has of credits.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Gateway;
use crate::limits::{COUNTER_POLL_INTERVAL, GATEWAY_EVENT_TIMEOUT};

/// The operator's own account.
const ROOT: &str = "/v1/accounts/acc_0000000000000001";

impl Gateway {
    /// From now on messages of the operator's own account cost a credit each, of which it gets so many.
    pub async fn charge(&self, credits: i64) {
        self.api().request(Method::PATCH, ROOT).json(&json!({ "credits": true })).send().await.expect(200);
        self.api().post(&format!("{ROOT}/credits"), &json!({ "amount": credits })).send().await.expect(200);
    }

    /// Credits that may be spent, and messages that are paid for and on their way.
    pub async fn credits(&self) -> (i64, u64) {
        let shown = self.api().get("/v1/credits").send().await.expect(200);
        let pocket = &shown["pockets"][0];
        let read = (pocket["balance"].as_i64(), pocket["held"].as_u64());
        let (Some(balance), Some(held)) = read else { panic!("no pocket: {shown}") };
        (balance, held)
    }

    /// Waits until no message is on its way, and gives the credits that are left then.
    pub async fn settled_credits(&self) -> i64 {
        let mut last = (0, 0);
        let waiting = timeout(GATEWAY_EVENT_TIMEOUT, async {
            loop {
                last = self.credits().await;
                if last.1 == 0 {
                    return;
                }
                tokio::time::sleep(COUNTER_POLL_INTERVAL).await;
            }
        });
        assert!(waiting.await.is_ok(), "messages are on their way for ever: {last:?}");
        last.0
    }

    /// The whole ledger, oldest entry first.
    pub async fn ledger(&self) -> Vec<Value> {
        let mut entries = self.all("/v1/credits/entries").await;
        entries.reverse();
        entries
    }

    /// Every entry of a list.
    pub async fn all(&self, list: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut path = format!("{list}?limit=100");
        loop {
            let page = self.api().get(&path).send().await.expect(200);
            let Some(data) = page["data"].as_array() else { panic!("no list: {page}") };
            all.extend(data.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{list}?limit=100&cursor={cursor}"),
                None => return all,
            }
        }
    }
}
