//! Answers, with the names of both generations. What is unknown is left out.

pub(super) mod channel;
pub(super) mod chat;
pub(super) mod group;
pub(super) mod instance;
pub(super) mod people;
pub(super) mod session;
pub(super) mod subscription;

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::PictureView;
use trunkline_model::inbound::Party;

pub(super) use crate::json::party::{id_of, lid_of};

/// The id of something that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IdJson {
    pub(super) id: String,
}

/// Somebody, with every name that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Identity {
    /// WhatsApp id: that of the phone number where it is known.
    id: String,
    /// The id that hides the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<String>,
    /// Digits of the phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl Identity {
    pub(crate) fn of(party: &Party) -> Identity {
        Identity { id: id_of(party), lid: lid_of(party), phone: party.phone.clone() }
    }
}

/// Where a picture is; nothing where there is none, or it is not shown to this number.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PictureJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_url: Option<String>,
}

impl PictureJson {
    pub(super) fn of(view: Option<PictureView>) -> PictureJson {
        view.map_or_else(PictureJson::default, |view| PictureJson {
            picture_id: Some(view.id),
            picture_url: Some(view.url),
        })
    }
}
