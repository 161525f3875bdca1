//! Webhooks as a table for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::client::Webhook;

const HEADER: [&str; 10] =
    ["id", "name", "type", "target", "status", "pending", "lag", "delivered", "dead", "last outcome"];
/// Columns with numbers.
const NUMBERS: [usize; 4] = [5, 6, 7, 8];

/// One line for each webhook. A webhook's lag is the age of the oldest event that waits for it.
pub fn table(webhooks: &[Webhook], now: Timestamp) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(HEADER);
    for Webhook(webhook) in webhooks {
        table.add_row(row(webhook, now));
    }
    for column in NUMBERS {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(webhook: &Value, now: Timestamp) -> [String; 10] {
    let text = |value: &Value| plain(value.as_str().unwrap_or("–"));
    let number = |value: &Value| value.as_u64().map_or_else(|| "–".to_owned(), |number| number.to_string());
    [
        text(&webhook["id"]),
        text(&webhook["name"]),
        text(&webhook["type"]),
        host(&webhook["url"]),
        status(webhook),
        number(&webhook["pending"]),
        lag(&webhook["oldest_pending_at"], now),
        number(&webhook["counts"]["delivered"]),
        number(&webhook["counts"]["dead"]),
        outcome(&webhook["last_outcome"]),
    ]
}

/// The rest of an address may be a secret.
fn host(url: &Value) -> String {
    let url = url.as_str().and_then(|url| Url::parse(url).ok());
    let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => plain(&format!("{host}:{port}")),
        Some((host, None)) => plain(host),
        None => "–".to_owned(),
    }
}

fn status(webhook: &Value) -> String {
    if webhook["status"] == "paused" {
        return format!("paused ({})", plain(webhook["pause"]["reason"].as_str().unwrap_or("no reason")));
    }
    match webhook["breaker"].as_str() {
        None | Some("closed") => "active".to_owned(),
        Some(breaker) => format!("breaker {}", plain(&breaker.replace('_', " "))),
    }
}

fn lag(oldest: &Value, now: Timestamp) -> String {
    let Some(oldest) = oldest.as_str().and_then(|time| time.parse::<Timestamp>().ok()) else {
        return "–".to_owned();
    };
    let seconds = now.duration_since(oldest).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

fn outcome(outcome: &Value) -> String {
    match (outcome["outcome"].as_str(), outcome["status"].as_u64()) {
        (Some(word), Some(status)) => format!("{} ({status})", plain(word)),
        (Some(word), None) => plain(word),
        (None, _) => "–".to_owned(),
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-01-31T09:30:00Z".parse().expect("a time")
    }

    #[test]
    fn a_webhook_is_a_line() {
        let webhook = json!({
            "id": "whk_1", "name": null, "type": "http", "url": "https://crm.example.com:8443/hook/s3cret",
            "status": "active", "breaker": "half_open", "pending": 7, "oldest_pending_at": "2026-01-31T09:28:50Z",
            "counts": {"delivered": 12, "dead": 1},
            "last_outcome": {"outcome": "refused", "status": 503, "response": "x"},
        });
        let expected = [
            "whk_1",
            "–",
            "http",
            "crm.example.com:8443",
            "breaker half open",
            "7",
            "1 min 10 s",
            "12",
            "1",
            "refused (503)",
        ];
        assert_eq!(row(&webhook, now()), expected.map(str::to_owned));
        let shown = table(&[Webhook(webhook)], now()).to_string();
        assert!(shown.contains("whk_1") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn states_and_lags_have_words() {
        let paused = json!({"status": "paused", "pause": {"reason": "gone"}, "breaker": "open"});
        assert_eq!(status(&paused), "paused (gone)");
        assert_eq!(status(&json!({"status": "active", "breaker": "closed"})), "active");
        for (oldest, expected) in [
            ("2026-01-31T09:30:00Z", "0 s"),
            ("2026-01-31T09:31:00Z", "0 s"),
            ("2026-01-31T08:00:00Z", "1 h 30 min"),
            ("2026-01-28T09:30:00Z", "3 d 0 h"),
        ] {
            assert_eq!(lag(&json!(oldest), now()), expected, "{oldest}");
        }
        assert_eq!(lag(&Value::Null, now()), "–");
    }
}
