//! The log of changes.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::account::{AuditRecord, Who};

use super::time::Time;

/// A change, and who made it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct AuditJson<'a> {
    /// One more than the entry before it.
    number: u64,
    time: Time,
    /// What was done, such as `key.created`; more words may come.
    action: &'a str,
    /// Id of what was changed.
    subject: &'a str,
    actor: ActorJson,
    /// The address that the request came from; null on the command line.
    ip: Option<&'a str>,
}

/// Who made a change.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Actor")]
struct ActorJson {
    /// `key`, `member`, or `operator` for the command line of the node.
    r#type: &'static str,
    id: Option<String>,
}

impl<'a> AuditJson<'a> {
    pub(crate) fn of(record: &'a AuditRecord) -> AuditJson<'a> {
        let (kind, id) = match record.who {
            Who::Key(id) => ("key", Some(id.to_string())),
            Who::Member(id) => ("member", Some(id.to_string())),
            Who::Operator => ("operator", None),
        };
        AuditJson {
            number: record.number,
            time: Time(record.time_ms),
            action: &record.action,
            subject: &record.subject,
            actor: ActorJson { r#type: kind, id },
            ip: record.address.as_deref(),
        }
    }
}
