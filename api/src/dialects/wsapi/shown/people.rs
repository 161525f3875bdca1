//! Contacts, users, the number itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{
    AboutView, BusinessDay, BusinessView, CheckedPerson, ContactView, PictureView, PrivacyView, ProfileView,
};
use trunkline_model::inbound::Party;

use super::{Identity, id_of};
use crate::dialects::wsapi::body::people::{SETTINGS, VALUES};

/// Somebody whom the instance has met.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactJson {
    #[serde(flatten)]
    person: Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_name: Option<String>,
    in_phone_address_book: bool,
}

impl ContactJson {
    /// Somebody whom the instance has not met.
    pub(crate) fn stranger(person: &Party) -> ContactJson {
        ContactJson {
            person: Identity::of(person),
            full_name: None,
            first_name: None,
            push_name: None,
            business_name: None,
            in_phone_address_book: false,
        }
    }

    pub(crate) fn of(view: &ContactView) -> ContactJson {
        ContactJson {
            person: Identity::of(&view.person),
            full_name: view.full_name.clone(),
            first_name: view.first_name.clone(),
            push_name: view.push_name.clone(),
            business_name: view.business_name.clone(),
            in_phone_address_book: view.saved,
        }
    }
}

/// Whether a number is on WhatsApp.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InWhatsAppJson {
    pub(crate) is_in_whats_app: bool,
}

/// Whether a number of a list is on WhatsApp.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedJson {
    query: String,
    is_in_whats_app: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    jid: Option<String>,
}

impl CheckedJson {
    /// The answer to a question, in the words of who asked.
    pub(crate) fn of(query: String, checked: Option<&CheckedPerson>) -> CheckedJson {
        let jid = checked.filter(|checked| checked.on_whatsapp).map(|checked| id_of(&checked.person));
        CheckedJson { query, is_in_whats_app: jid.is_some(), jid }
    }
}

/// What a number shows of itself.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserJson {
    #[serde(flatten)]
    person: Identity,
    is_in_whats_app: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_url: Option<String>,
    is_verified: bool,
}

impl UserJson {
    /// A number that is not on WhatsApp.
    pub(crate) fn nobody(person: &Party) -> UserJson {
        UserJson {
            person: Identity::of(person),
            is_in_whats_app: false,
            status: None,
            picture_id: None,
            picture_url: None,
            is_verified: false,
        }
    }

    pub(crate) fn of(
        checked: &CheckedPerson,
        about: Option<AboutView>,
        picture: Option<PictureView>,
    ) -> UserJson {
        let picture_id = picture.as_ref().map(|picture| picture.id.clone());
        UserJson {
            person: Identity::of(&checked.person),
            is_in_whats_app: checked.on_whatsapp,
            picture_id: picture_id.or_else(|| about.as_ref()?.picture_id.clone()),
            status: about.and_then(|about| about.about),
            picture_url: picture.map(|picture| picture.url),
            is_verified: checked.is_business,
        }
    }
}

/// The number itself, in the words of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeJson {
    #[serde(flatten)]
    person: Identity,
    jid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<u16>,
    push_name: String,
    /// The name of a business is not known of one's own number: empty.
    business_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    status: String,
    picture_id: String,
    is_verified: bool,
}

impl MeJson {
    pub(crate) fn of(view: &ProfileView, device: Option<u16>) -> MeJson {
        MeJson {
            person: Identity::of(&view.account),
            jid: id_of(&view.account),
            device_id: device,
            // The libraries of the first generation fail where one of these is not there, so what is unknown is empty.
            push_name: view.account.name.clone().unwrap_or_default(),
            business_name: "",
            name: view.account.name.clone(),
            status: view.about.clone().unwrap_or_default(),
            picture_id: view.picture.as_ref().map(|picture| picture.id.clone()).unwrap_or_default(),
            is_verified: false,
        }
    }
}

/// Who sees what of the number.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrivacyJson {
    group_add: &'static str,
    last_seen: &'static str,
    status: &'static str,
    profile: &'static str,
    read_receipts: &'static str,
    online: &'static str,
    call_add: &'static str,
}

impl PrivacyJson {
    pub(crate) fn of(view: &PrivacyView) -> PrivacyJson {
        let values: BTreeMap<_, _> = view.settings.iter().copied().collect();
        // A setting that was never changed is open to all.
        let word = |setting: &str| {
            let setting = SETTINGS.iter().find(|(word, _)| *word == setting).map(|(_, setting)| setting);
            let value = setting.and_then(|setting| values.get(setting));
            value
                .and_then(|value| VALUES.iter().find(|(_, known)| known == value))
                .map_or("all", |(word, _)| word)
        };
        PrivacyJson {
            group_add: word("groupadd"),
            last_seen: word("last"),
            status: word("status"),
            profile: word("profile"),
            read_receipts: word("readreceipts"),
            online: word("online"),
            call_add: word("calladd"),
        }
    }
}

/// What a business says of itself.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BusinessJson {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<String>,
    categories: Vec<CategoryJson>,
    business_hours: Vec<HoursJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_hours_time_zone: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CategoryJson {
    id: String,
    name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct HoursJson {
    day_of_week: String,
    mode: String,
    /// `HH:MM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_time: Option<String>,
}

impl BusinessJson {
    /// Of somebody who is no business.
    pub(crate) fn none(id: String) -> BusinessJson {
        BusinessJson {
            id,
            address: None,
            email: None,
            description: None,
            website: None,
            categories: Vec::new(),
            business_hours: Vec::new(),
            business_hours_time_zone: None,
        }
    }

    pub(crate) fn of(view: &BusinessView) -> BusinessJson {
        let category = |name: &String| CategoryJson { id: name.clone(), name: name.clone() };
        let time = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let hours = |day: &BusinessDay| HoursJson {
            day_of_week: day.day.clone(),
            mode: day.mode.clone(),
            open_time: day.opens_at_minutes.map(time),
            close_time: day.closes_at_minutes.map(time),
        };
        BusinessJson {
            id: id_of(&view.person),
            address: view.address.clone(),
            email: view.email.clone(),
            description: view.description.clone(),
            website: view.websites.first().cloned(),
            categories: view.categories.iter().map(category).collect(),
            business_hours: view.hours.iter().map(hours).collect(),
            business_hours_time_zone: view.timezone.clone(),
        }
    }
}
