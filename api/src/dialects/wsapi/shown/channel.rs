//! Newsletters and status.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{AudienceKind, AudienceList, NewsletterPost, NewsletterView};

use super::id_of;
use crate::json::time::Time;

/// A newsletter.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewsletterJson {
    id: String,
    name: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriber_count: Option<u64>,
    verification_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mute: Option<&'static str>,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
}

impl NewsletterJson {
    pub(crate) fn of(view: &NewsletterView) -> NewsletterJson {
        NewsletterJson {
            id: view.jid.clone(),
            name: view.name.clone(),
            description: view.description.clone().unwrap_or_default(),
            subscriber_count: view.followers,
            verification_state: if view.verified { "verified" } else { "unverified" },
            invite_code: view.invite.clone(),
            role: view.role.clone(),
            mute: view.muted.map(|muted| if muted { "on" } else { "off" }),
            state: view.state.clone(),
            created_at: view.created_at_ms.map(Time),
        }
    }
}

/// Something posted in a newsletter.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostJson {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    time: Time,
    is_from_me: bool,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl PostJson {
    pub(crate) fn of(post: &NewsletterPost) -> PostJson {
        PostJson {
            number: post.number,
            id: post.wa_id.clone(),
            time: Time(post.time_ms),
            is_from_me: post.from_me,
            kind: post.kind.clone(),
            text: post.text.clone(),
        }
    }
}

/// One of the lists of who sees the status.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AudienceJson {
    #[serde(rename = "type")]
    kind: &'static str,
    list: Vec<String>,
    is_default: bool,
}

impl AudienceJson {
    pub(crate) fn of(list: &AudienceList) -> AudienceJson {
        AudienceJson {
            kind: match list.kind {
                AudienceKind::Contacts => "contacts",
                AudienceKind::ContactsExcept => "blacklist",
                AudienceKind::Only => "whitelist",
            },
            list: list.people.iter().map(id_of).collect(),
            is_default: list.is_default,
        }
    }
}
