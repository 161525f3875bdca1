//! Recounts the ledger of a pocket.

use serde_json::Value;

/// What does not add up in a pocket at rest: its whole ledger, oldest entry first, the balance that it shows, and every message that
/// was accepted since the first entry.
pub fn credits(entries: &[Value], balance: i64, messages: &[Value]) -> Vec<String> {
    let mut findings = Vec::new();
    let (mut sum, mut given) = (0, 0);
    for (index, entry) in entries.iter().enumerate() {
        let (number, amount) = (entry["number"].as_u64(), entry["amount"].as_i64().unwrap_or_default());
        if number != Some(index as u64 + 1) {
            findings.push(format!("entry {} has the number {number:?}", index + 1));
        }
        sum += amount;
        if sum < 0 || entry["balance"].as_i64() != Some(sum) {
            findings.push(format!("after {entry} there are {sum}"));
        }
        if matches!(entry["movement"].as_str(), Some("granted" | "withdrawn")) {
            given += amount;
        }
    }
    if sum != balance {
        findings.push(format!("the entries make {sum}, the pocket shows {balance}"));
    }
    let kept = messages.iter().filter(|message| message["status"] != "failed").count();
    if given - balance != i64::try_from(kept).unwrap_or(i64::MAX) {
        findings.push(format!("{} credits went for {kept} messages", given - balance));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn money_that_is_lost_or_made_is_found() {
        let entry = |number: u64, movement: &str, amount: i64, balance: i64| json!({ "number": number, "movement": movement, "amount": amount, "balance": balance });
        let ledger = vec![
            entry(1, "granted", 10, 10),
            entry(2, "reserved", -3, 7),
            entry(3, "released", 1, 8),
            entry(4, "refunded", 1, 9),
        ];
        let messages = [json!({ "status": "read" }), json!({ "status": "failed" })];
        let check = |ledger: &[Value], balance: i64, messages: &[Value], expected: usize| {
            let found = credits(ledger, balance, messages);
            assert_eq!(found.len(), expected, "{found:?}");
        };
        check(&ledger, 9, &messages, 0);
        check(&ledger, 9, &messages[1..], 1);
        check(&ledger, 10, &messages, 2);
        check(&ledger[..3], 8, &messages, 1);
        check(&[&ledger[..1], &ledger[2..]].concat(), 9, &messages, 5);
    }
}
