//! Parameters of paths and queries: what each of them means, and one that works.

use serde_json::{Value, json};
use trunkline_model::instance::InstanceState;
use trunkline_model::limits::{PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX};
use trunkline_model::message::MessageStatus;

use crate::limits::{WAIT_MS_DEFAULT, WAIT_MS_MAX};

/// A parameter of a path or query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    /// Its name: the same name means the same thing wherever it stands.
    pub(crate) name: &'static str,
    /// What it means.
    pub(crate) description: &'static str,
    /// A value that works.
    pub(crate) example: &'static str,
    /// Its JSON Schema.
    pub(crate) schema: fn() -> Value,
}

fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn words(words: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

const PATH: &[Parameter] = &[
    Parameter {
        name: "instance",
        description: "Id or name of the instance.",
        example: "support",
        schema: text,
    },
    Parameter {
        name: "message",
        description: "Id of an outgoing message, `msg_…`.",
        example: "msg_0000000000002a",
        schema: text,
    },
    Parameter {
        name: "media",
        description: "Id of a received file, `med_…`.",
        example: "med_0000000000000007",
        schema: text,
    },
    Parameter { name: "code", description: "An error code.", example: "VALIDATION", schema: text },
    Parameter {
        name: "group",
        description: "Id of the group, with or without its `@g.us`.",
        example: "120363021033254949@g.us",
        schema: text,
    },
    Parameter {
        name: "operation",
        description: "Name of an operation.",
        example: "messages.send",
        schema: text,
    },
    Parameter {
        name: "file",
        description: "Name of a file of the playground.",
        example: "start.js",
        schema: text,
    },
];

const QUERY: &[Parameter] = &[
    Parameter {
        name: "limit",
        description: "Entries of the page.",
        example: "50",
        schema: || json!({ "type": "integer", "minimum": 1, "maximum": PAGE_LIMIT_MAX, "default": PAGE_LIMIT_DEFAULT }),
    },
    Parameter {
        name: "cursor",
        description: "Where the page begins: the `next_cursor` of the page before it.",
        example: "aQAAAAAAAAAB",
        schema: text,
    },
    Parameter {
        name: "after",
        description: "Sequence number of the last event already seen.",
        example: "17",
        schema: || json!({ "type": "integer", "minimum": 0 }),
    },
    Parameter {
        name: "state",
        description: "Only instances in this state.",
        example: "open",
        schema: || words(InstanceState::ALL.map(InstanceState::as_str)),
    },
    Parameter {
        name: "status",
        description: "Only messages with this status.",
        example: "failed",
        schema: || words(MessageStatus::ALL.map(MessageStatus::as_str)),
    },
    Parameter {
        name: "format",
        description: "How the QR code is drawn; the `Accept` header decides when it is left out, and PNG when that does not.",
        example: "svg",
        schema: || words(["text", "terminal", "png", "svg"]),
    },
    Parameter {
        name: "wait",
        description: "What the answer waits for: the message on disk, or WhatsApp's acknowledgement.",
        example: "sent",
        schema: || words(["accepted", "sent"]),
    },
    Parameter {
        name: "timeout_ms",
        description: "Longest wait for `wait=sent`, in milliseconds.",
        example: "5000",
        schema: || json!({ "type": "integer", "minimum": 1, "maximum": WAIT_MS_MAX, "default": WAIT_MS_DEFAULT }),
    },
];

/// A query parameter by name.
pub(crate) fn query_parameter(name: &str) -> Option<&'static Parameter> {
    QUERY.iter().find(|parameter| parameter.name == name)
}

/// The parameters of a path, in its order.
pub(crate) fn path_parameters(path: &str) -> impl Iterator<Item = &'static Parameter> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .filter_map(|name| PATH.iter().find(|parameter| parameter.name == name))
}
