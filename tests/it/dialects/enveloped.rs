//! Answers that have what was asked for under `data`.

use trunkline_tests::gateway::Answer;

use super::contract::judge;

/// As [`judge`]; behind a bar stands what `data` looks like, and behind a second one what `data` is within that.
pub fn judged(mut answer: Answer, status: u16, shape: &str) -> Result<(), String> {
    let mut parts = shape.split('|');
    judge(&answer, status, parts.next().unwrap_or_default())?;
    for part in parts {
        answer.body = answer.json()["data"].to_string().into();
        judge(&answer, status, part)?;
    }
    Ok(())
}
