//! Parameters of paths and queries: what each of them means, and one that works.

use serde_json::{Value, json};
use trunkline_model::credit::PocketKind;
use trunkline_model::instance::InstanceState;
use trunkline_model::limits::{
    CONTACT_SEARCH_BYTES_MAX, FILE_LIFE_MS_DEFAULT, FILE_LIFE_MS_MAX, FILE_LIFE_MS_MIN, PAGE_LIMIT_DEFAULT,
    PAGE_LIMIT_MAX, PULL_WAIT_MS_MAX, SEARCH_TEXT_CHARS_MAX,
};
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

fn flag() -> Value {
    json!({ "type": "boolean" })
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
    Parameter { name: "dialect", description: "The word of a dialect.", example: "wsapi", schema: text },
    Parameter { name: "code", description: "An error code.", example: "VALIDATION", schema: text },
    Parameter {
        name: "group",
        description: "Id of the group, with or without its `@g.us`.",
        example: "120363021033254949@g.us",
        schema: text,
    },
    Parameter {
        name: "chat",
        description: "Id of the chat: a person by phone number or LID, or a group.",
        example: "5511912345678",
        schema: text,
    },
    Parameter {
        name: "person",
        description: "A person by phone number or LID.",
        example: "5511912345678",
        schema: text,
    },
    Parameter { name: "label", description: "Id of a label.", example: "3", schema: text },
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
    Parameter {
        name: "community",
        description: "Id of the community, with or without its `@g.us`.",
        example: "120363021033254950@g.us",
        schema: text,
    },
    Parameter {
        name: "newsletter",
        description: "Id of the newsletter, with or without its `@newsletter`.",
        example: "120400000000000001@newsletter",
        schema: text,
    },
    Parameter {
        name: "post",
        description: "Number of a post in a newsletter.",
        example: "101",
        schema: || json!({ "type": "integer", "minimum": 0 }),
    },
    Parameter {
        name: "person",
        description: "A person: phone number or WhatsApp id.",
        example: "5511912345678",
        schema: text,
    },
    Parameter {
        name: "chat",
        description: "A chat: phone number, WhatsApp id, or id of a group.",
        example: "5511912345678",
        schema: text,
    },
    Parameter {
        name: "call",
        description: "WhatsApp's id of a call, as the event told it.",
        example: "9F7A21C04B6D3E58",
        schema: text,
    },
    Parameter {
        name: "wa_message",
        description: "WhatsApp's id of a message.",
        example: "3EB0C431C26A1916E07E",
        schema: text,
    },
    Parameter {
        name: "webhook",
        description: "Id of a webhook, `whk_…`.",
        example: "whk_0000000000000021",
        schema: text,
    },
    Parameter {
        name: "consumer",
        description: "Id of a consumer, `whk_…`.",
        example: "whk_0000000000000022",
        schema: text,
    },
    Parameter {
        name: "template",
        description: "Id or name of the template.",
        example: "welcome",
        schema: text,
    },
    Parameter {
        name: "contact",
        description: "Id of somebody in the address book, `con_…`.",
        example: "con_0000000000000031",
        schema: text,
    },
    Parameter {
        name: "otp",
        description: "Id of a one-time password, `otp_…`.",
        example: "otp_0000000000000032",
        schema: text,
    },
    Parameter {
        name: "campaign",
        description: "Id of a campaign, `cmp_…`.",
        example: "cmp_0000000000000033",
        schema: text,
    },
    Parameter {
        name: "schedule",
        description: "Id of a schedule, `sch_…`.",
        example: "sch_0000000000000034",
        schema: text,
    },
    Parameter {
        name: "account",
        description: "Id of an account, `acc_…`.",
        example: "acc_0000000000000002",
        schema: text,
    },
    Parameter {
        name: "workspace",
        description: "Id of a workspace, `wsp_…`.",
        example: "wsp_0000000000000031",
        schema: text,
    },
    Parameter {
        name: "key",
        description: "Id of an API key, `key_…`; never the key itself.",
        example: "key_0000000000000032",
        schema: text,
    },
    Parameter {
        name: "member",
        description: "Id of a member, `mem_…`.",
        example: "mem_0000000000000034",
        schema: text,
    },
    Parameter {
        name: "file_id",
        description: "Id of a file at a public address, `fil_…`.",
        example: "fil_0000000000000037",
        schema: text,
    },
    Parameter {
        name: "word",
        description: "The word of a public address, as it was told when the file was put there.",
        example: "a-word",
        schema: text,
    },
    Parameter {
        name: "session",
        description: "Id of a session, `ses_…`.",
        example: "ses_0000000000000035",
        schema: text,
    },
    Parameter {
        name: "app",
        description: "Id of an app, `app_…`.",
        example: "app_0000000000000033",
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
        name: "name",
        description: "Name of the file, which it is saved under.",
        example: "offer.pdf",
        schema: text,
    },
    Parameter {
        name: "expires_in_seconds",
        description: "How long the file is there.",
        example: "3600",
        schema: || json!({ "type": "integer", "minimum": FILE_LIFE_MS_MIN / 1_000, "maximum": FILE_LIFE_MS_MAX / 1_000, "default": FILE_LIFE_MS_DEFAULT / 1_000 }),
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
        name: "wa_id",
        description: "Only the message that WhatsApp knows by this id; other parameters do not count then.",
        example: "3EB0AA",
        schema: text,
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
        example: "500",
        schema: || json!({ "type": "integer", "minimum": 1, "maximum": WAIT_MS_MAX, "default": WAIT_MS_DEFAULT }),
    },
    Parameter {
        name: "archived",
        description: "Only chats that are in the archive, or are not.",
        example: "false",
        schema: flag,
    },
    Parameter {
        name: "unread",
        description: "Only chats in which something is unread, or nothing.",
        example: "true",
        schema: flag,
    },
    Parameter {
        name: "label",
        description: "Only chats with this label: its id.",
        example: "3",
        schema: text,
    },
    Parameter {
        name: "since",
        description: "Only messages that were written then or later.",
        example: "2026-01-01T00:00:00Z",
        schema: || json!({ "type": "string", "format": "date-time" }),
    },
    Parameter {
        name: "until",
        description: "Only messages that were written before then.",
        example: "2026-02-01T00:00:00Z",
        schema: || json!({ "type": "string", "format": "date-time" }),
    },
    Parameter {
        name: "text",
        description: "What the message's text holds; upper and lower case are the same.",
        example: "invoice",
        schema: || json!({ "type": "string", "minLength": 1, "maxLength": SEARCH_TEXT_CHARS_MAX }),
    },
    Parameter {
        name: "chat",
        description: "Only messages of this chat: a person by phone number or LID, or a group.",
        example: "5511912345678",
        schema: text,
    },
    Parameter {
        name: "saved",
        description: "Only people who are saved, or are not.",
        example: "true",
        schema: flag,
    },
    Parameter {
        name: "preview",
        description: "Whether the small picture does.",
        example: "true",
        schema: flag,
    },
    Parameter {
        name: "wait_ms",
        description: "Longest wait for the first event, in milliseconds.",
        example: "1",
        schema: || json!({ "type": "integer", "minimum": 0, "maximum": PULL_WAIT_MS_MAX, "default": 0 }),
    },
    Parameter {
        name: "from",
        description: "Begin with the events of this time; without it, with what happens from now on.",
        example: "2026-01-01T00:00:00Z",
        schema: || json!({ "type": "string", "format": "date-time" }),
    },
    Parameter {
        name: "instance",
        description: "Only of this instance: its id or name.",
        example: "support",
        schema: text,
    },
    Parameter {
        name: "pocket",
        description: "Which pocket; `whatsapp` when left out.",
        example: "whatsapp",
        schema: || words(PocketKind::ALL.map(PocketKind::as_str)),
    },
    Parameter {
        name: "workspace",
        description: "Only instances of this workspace: its id.",
        example: "wsp_0000000000000031",
        schema: text,
    },
    Parameter { name: "failed", description: "Only those that failed.", example: "true", schema: flag },
    Parameter {
        name: "active",
        description: "Only templates that may be sent, or may not.",
        example: "true",
        schema: flag,
    },
    Parameter {
        name: "search",
        description: "Beginning of a word of the name, of the number, or of the e-mail address.",
        example: "nor",
        schema: || json!({ "type": "string", "minLength": 1, "maxLength": CONTACT_SEARCH_BYTES_MAX }),
    },
    Parameter { name: "tag", description: "Only contacts with this tag.", example: "vip", schema: text },
    Parameter { name: "stage", description: "Only those in this state.", example: "cancelled", schema: text },
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
