//! People.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{AboutView, CheckedPerson, ContactView, PictureView};

use super::{id_of, lid_of};

/// Somebody.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactJson {
    id: String,
    /// The name that it is saved under.
    name: Option<String>,
    /// The name that it gave itself.
    notify: Option<String>,
    verified_name: Option<String>,
    /// Where its picture is; a list does not ask for it.
    img_url: Option<String>,
    /// What it says about itself; a list does not ask for it.
    status: Option<String>,
    phone_number: Option<String>,
    lid: Option<String>,
    /// Whether it is on WhatsApp.
    #[serde(skip_serializing_if = "Option::is_none")]
    exists: Option<bool>,
}

impl ContactJson {
    pub(crate) fn of(view: &ContactView) -> ContactJson {
        ContactJson {
            id: id_of(&view.person),
            name: view.full_name.clone(),
            notify: view.push_name.clone(),
            verified_name: view.business_name.clone(),
            img_url: None,
            status: None,
            phone_number: view.person.phone.as_ref().map(|digits| format!("+{digits}")),
            lid: lid_of(&view.person),
            exists: None,
        }
    }

    /// Somebody whom the session has not met.
    pub(crate) fn stranger(checked: &CheckedPerson) -> ContactJson {
        ContactJson {
            id: id_of(&checked.person),
            name: None,
            notify: checked.person.name.clone(),
            verified_name: None,
            img_url: None,
            status: None,
            phone_number: checked.person.phone.as_ref().map(|digits| format!("+{digits}")),
            lid: lid_of(&checked.person),
            exists: None,
        }
    }

    /// With what it shows of itself.
    pub(crate) fn with(
        mut self,
        exists: bool,
        about: Option<AboutView>,
        picture: Option<PictureView>,
    ) -> ContactJson {
        self.exists = Some(exists);
        self.status = about.and_then(|about| about.about);
        self.img_url = picture.map(|picture| picture.url);
        self
    }
}

/// Whether a number is on WhatsApp.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WhatsAppJson {
    exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    jid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<String>,
}

impl WhatsAppJson {
    /// What WhatsApp said; nothing means that it has nobody.
    pub(crate) fn of(checked: Option<&CheckedPerson>) -> WhatsAppJson {
        let found = checked.filter(|checked| checked.on_whatsapp);
        WhatsAppJson {
            exists: found.is_some(),
            jid: found.map(|checked| id_of(&checked.person)),
            lid: found.and_then(|checked| lid_of(&checked.person)),
        }
    }
}

/// Where a picture is; null where there is none, or it is not shown to this number.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageJson {
    img_url: Option<String>,
}

impl ImageJson {
    pub(crate) fn of(picture: Option<PictureView>) -> ImageJson {
        ImageJson { img_url: picture.map(|picture| picture.url) }
    }
}

/// Somebody who was saved.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedJson {
    pub(crate) jid: String,
    pub(crate) full_name: String,
}

/// The id that hides a phone number; null where it is not known.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LidJson {
    pub(crate) pn: String,
    pub(crate) lid: Option<String>,
}

/// The phone number that an id hides; null where it is not known.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PnJson {
    pub(crate) lid: String,
    pub(crate) pn: Option<String>,
}
