//! The protocol with the driver: one JSON object per line.

use std::io::{Result, Write};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::PeerError;
use crate::limits::{AT_ONCE_DEFAULT, AWAIT_MS_DEFAULT};

/// What the driver asks. Its `id` comes back with the answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Links new numbers by QR.
    Link(Connect),
    /// Connects numbers from their stored logins.
    Start(Connect),
    /// What is open, was moved, and cost.
    Status(Status),
    /// Texts to people.
    Send(Send),
    /// Texts to a group.
    SendGroup(SendGroup),
    /// Waits for messages after this command.
    AwaitReceived(AwaitReceived),
    /// Ends the process.
    Stop,
}

/// Numbers `first .. first + numbers`, at most `at_once` of them connecting at a time.
#[derive(Debug, Deserialize)]
pub(crate) struct Connect {
    pub(crate) numbers: usize,
    #[serde(default)]
    pub(crate) first: usize,
    #[serde(default = "at_once_default")]
    pub(crate) at_once: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    /// Also the count of received messages of each number.
    #[serde(default)]
    pub(crate) per_number: bool,
}

/// `count` texts to `to` in turn, at most `window` of them without an ack.
#[derive(Debug, Deserialize)]
pub(crate) struct Send {
    pub(crate) from: usize,
    pub(crate) to: Vec<String>,
    pub(crate) count: u64,
    #[serde(default = "window_default")]
    pub(crate) window: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SendGroup {
    pub(crate) from: usize,
    pub(crate) group: String,
    pub(crate) count: u64,
    #[serde(default = "window_default")]
    pub(crate) window: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AwaitReceived {
    pub(crate) count: u64,
    #[serde(default = "await_ms_default")]
    pub(crate) timeout_ms: u64,
}

fn at_once_default() -> usize {
    AT_ONCE_DEFAULT
}

fn window_default() -> usize {
    1
}

fn await_ms_default() -> u64 {
    AWAIT_MS_DEFAULT
}

/// One line of stdin: the id for the answer, and the command or why it is none.
pub(crate) fn parse(line: &str) -> (Value, std::result::Result<Command, PeerError>) {
    match serde_json::from_str::<Value>(line) {
        Ok(value) => {
            let id = value.get("id").cloned().unwrap_or(Value::Null);
            (id, Command::deserialize(value).map_err(PeerError::from))
        }
        Err(error) => (Value::Null, Err(error.into())),
    }
}

/// Answers the command `id`.
pub(crate) fn answer(id: &Value, outcome: &std::result::Result<Value, PeerError>) -> Result<()> {
    match outcome {
        Ok(value) => write(&json!({"id": id, "ok": value})),
        Err(error) => write(&json!({"id": id, "error": error.to_string()})),
    }
}

/// Writes one line at once. Fails when the driver is gone.
pub(crate) fn write(line: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_their_defaults() {
        let check = |line: &str, expected: &str| {
            let (id, command) = parse(line);
            assert_eq!(format!("{id} {command:?}"), expected, "{line}");
        };
        check(
            r#"{"id":1,"cmd":"link","numbers":3}"#,
            "1 Ok(Link(Connect { numbers: 3, first: 0, at_once: 20 }))",
        );
        check(
            r#"{"id":"x","cmd":"send","from":0,"to":["55"],"count":9,"window":4}"#,
            r#""x" Ok(Send(Send { from: 0, to: ["55"], count: 9, window: 4 }))"#,
        );
        check(r#"{"id":2,"cmd":"stop"}"#, "2 Ok(Stop)");
    }

    #[test]
    fn what_is_no_command_keeps_its_id() {
        for (line, id) in [(r#"{"id":7,"cmd":"dance"}"#, 7.into()), ("{", Value::Null), ("[]", Value::Null)] {
            let (found, command) = parse(line);
            assert_eq!(found, id, "{line}");
            assert!(matches!(command, Err(PeerError::Command(_))), "{line}");
        }
    }
}
