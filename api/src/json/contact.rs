//! People: bodies and answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{
    AboutView, BusinessDay, BusinessView, CheckedPerson, ContactView, PictureView, SaveContact, SavedContact,
};
use trunkline_model::limits::{CONTACT_NAME_CHARS_MAX, CONTACTS_PER_CALL_MAX, PEOPLE_PER_CHECK_MAX};
use trunkline_model::{Address, Failure};

use super::fields::{First, Problems};
use super::party::{Person, read_people};
use super::time::Time;

/// How somebody is saved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SaveContact")]
pub(crate) struct SaveBody {
    /// The whole name.
    #[schemars(length(min = 1, max = CONTACT_NAME_CHARS_MAX))]
    full_name: String,
    /// The first part of it.
    #[serde(default)]
    first_name: Option<String>,
    /// Whether the phone keeps it in its address book, too.
    #[serde(default = "yes")]
    to_address_book: bool,
}

fn yes() -> bool {
    true
}

impl SaveBody {
    /// The person as it is to be saved.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, person: Address) -> Result<SaveContact, Failure> {
        let mut problems = Problems::default();
        check_names(&mut problems, "", &self.full_name, self.first_name.as_deref());
        let SaveBody { full_name, first_name, to_address_book } = self;
        problems.or(Some(SaveContact { person, full_name, first_name, to_address_book }))
    }
}

fn check_names(problems: &mut Problems, path: &str, full_name: &str, first_name: Option<&str>) {
    let field = format!("{path}full_name");
    if full_name.trim().is_empty() {
        problems.add(field.as_str(), "is empty");
    }
    problems.bound_chars(&field, full_name, CONTACT_NAME_CHARS_MAX);
    if let Some(first_name) = first_name {
        problems.bound_chars(&format!("{path}first_name"), first_name, CONTACT_NAME_CHARS_MAX);
    }
}

/// People to be saved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SyncContacts")]
pub(crate) struct SyncBody {
    /// The people.
    #[schemars(length(min = 1))]
    contacts: First<SyncedBody, { CONTACTS_PER_CALL_MAX + 1 }>,
}

/// Somebody to be saved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SyncedContact")]
struct SyncedBody {
    /// Who: a phone number or WhatsApp id.
    person: String,
    /// The whole name.
    #[schemars(length(min = 1, max = CONTACT_NAME_CHARS_MAX))]
    full_name: String,
    /// The first part of it.
    #[serde(default)]
    first_name: Option<String>,
    /// Whether the phone keeps it in its address book, too.
    #[serde(default = "yes")]
    to_address_book: bool,
}

impl SyncBody {
    /// The people.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<Vec<SaveContact>, Failure> {
        let mut problems = Problems::default();
        if self.contacts.0.is_empty() {
            problems.add("contacts", "is empty; name at least one person");
        }
        problems.few("contacts", &self.contacts.0, CONTACTS_PER_CALL_MAX);
        let mut contacts = Vec::with_capacity(self.contacts.0.len());
        for (index, contact) in self.contacts.0.into_iter().enumerate() {
            let path = format!("contacts.{index}.");
            let SyncedBody { person, full_name, first_name, to_address_book } = contact;
            check_names(&mut problems, &path, &full_name, first_name.as_deref());
            let person = problems.keep(format!("{path}person"), person.parse::<Address>());
            match person {
                Some(person) if person.is_person() => {
                    contacts.push(SaveContact { person, full_name, first_name, to_address_book });
                }
                Some(_) => problems.add(format!("{path}person"), "is not a person"),
                None => {}
            }
        }
        problems.or(Some(contacts))
    }
}

/// Numbers that may be on WhatsApp.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CheckPeople")]
pub(crate) struct CheckBody {
    /// The numbers; LIDs do, too.
    #[schemars(length(min = 1))]
    people: First<String, { PEOPLE_PER_CHECK_MAX + 1 }>,
}

impl CheckBody {
    /// The people.
    ///
    /// # Errors
    /// `VALIDATION` with every entry that is wrong.
    pub(crate) fn read(self) -> Result<Vec<Address>, Failure> {
        let mut problems = Problems::default();
        if self.people.0.is_empty() {
            problems.add("people", "is empty; name at least one number");
        }
        let people = read_people(&mut problems, "people", self.people.0, PEOPLE_PER_CHECK_MAX);
        problems.or(Some(people))
    }
}

/// Somebody whom an instance has met.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactJson<'a> {
    /// The person; its name is the one to show.
    person: Person<'a>,
    /// Name that it gave itself.
    push_name: Option<&'a str>,
    /// Name that this account saved it under.
    full_name: Option<&'a str>,
    /// The first part of that name.
    first_name: Option<&'a str>,
    /// Name of a business that WhatsApp verified.
    business_name: Option<&'a str>,
    /// Whether this account saved it.
    saved: bool,
    /// Whether this account blocks it, as far as it was heard.
    blocked: bool,
}

impl<'a> ContactJson<'a> {
    pub(crate) fn of(view: &'a ContactView) -> ContactJson<'a> {
        ContactJson {
            person: Person::of(&view.person),
            push_name: view.push_name.as_deref(),
            full_name: view.full_name.as_deref(),
            first_name: view.first_name.as_deref(),
            business_name: view.business_name.as_deref(),
            saved: view.saved,
            blocked: view.blocked,
        }
    }
}

/// What became of one person who was to be saved.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SavedContact")]
pub(crate) struct SavedJson<'a> {
    /// Who, as WhatsApp names it.
    id: String,
    ok: bool,
    /// Why not.
    error: Option<&'a str>,
    /// The person as it is saved.
    contact: Option<ContactJson<'a>>,
}

impl<'a> SavedJson<'a> {
    pub(crate) fn of(saved: &'a SavedContact) -> SavedJson<'a> {
        SavedJson {
            id: saved.person.jid(),
            ok: saved.outcome.is_ok(),
            error: saved.outcome.as_ref().err().map(String::as_str),
            contact: saved.outcome.as_ref().ok().map(ContactJson::of),
        }
    }
}

/// A profile picture; null where there is none.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PersonPicture")]
pub(crate) struct PersonPictureJson<'a> {
    /// WhatsApp's id of it: another picture has another one. Null when there is none, or it is not shown to this account.
    id: Option<&'a str>,
    /// Where WhatsApp serves it, for a while.
    url: Option<&'a str>,
}

impl<'a> PersonPictureJson<'a> {
    pub(crate) fn of(view: Option<&'a PictureView>) -> PersonPictureJson<'a> {
        PersonPictureJson { id: view.map(|view| view.id.as_str()), url: view.map(|view| view.url.as_str()) }
    }
}

/// What somebody says about itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "About")]
pub(crate) struct AboutJson<'a> {
    person: Person<'a>,
    /// The text; null when there is none, or it is not shown to this account.
    about: Option<&'a str>,
    /// Id of the picture.
    picture_id: Option<&'a str>,
    is_business: bool,
}

impl<'a> AboutJson<'a> {
    pub(crate) fn of(view: &'a AboutView) -> AboutJson<'a> {
        AboutJson {
            person: Person::of(&view.person),
            about: view.about.as_deref(),
            picture_id: view.picture_id.as_deref(),
            is_business: view.is_business,
        }
    }
}

/// What a business says about itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BusinessProfile")]
pub(crate) struct BusinessJson<'a> {
    person: Person<'a>,
    description: Option<&'a str>,
    email: Option<&'a str>,
    address: Option<&'a str>,
    websites: &'a [String],
    /// Names of its categories.
    categories: &'a [String],
    /// Time zone of the opening hours.
    timezone: Option<&'a str>,
    hours: Vec<DayJson<'a>>,
}

/// Opening hours of a day.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BusinessDay")]
struct DayJson<'a> {
    /// `sun`, `mon`, …
    day: &'a str,
    /// `open_24h`, `specific_hours` or `appointment_only`.
    mode: &'a str,
    /// Minutes after midnight.
    opens_at_minutes: Option<u32>,
    /// Minutes after midnight.
    closes_at_minutes: Option<u32>,
}

impl<'a> BusinessJson<'a> {
    pub(crate) fn of(view: &'a BusinessView) -> BusinessJson<'a> {
        let day = |day: &'a BusinessDay| DayJson {
            day: &day.day,
            mode: &day.mode,
            opens_at_minutes: day.opens_at_minutes,
            closes_at_minutes: day.closes_at_minutes,
        };
        BusinessJson {
            person: Person::of(&view.person),
            description: view.description.as_deref(),
            email: view.email.as_deref(),
            address: view.address.as_deref(),
            websites: &view.websites,
            categories: &view.categories,
            timezone: view.timezone.as_deref(),
            hours: view.hours.iter().map(day).collect(),
        }
    }
}

/// Whether somebody is on WhatsApp.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckedPerson")]
pub(crate) struct CheckedJson<'a> {
    /// The question, as WhatsApp names it.
    query: String,
    /// The person, with every name that is known.
    person: Person<'a>,
    on_whatsapp: bool,
    is_business: bool,
    /// When WhatsApp was asked.
    checked_at: Time,
}

impl<'a> CheckedJson<'a> {
    pub(crate) fn of(checked: &'a CheckedPerson) -> CheckedJson<'a> {
        CheckedJson {
            query: checked.query.jid(),
            person: Person::of(&checked.person),
            on_whatsapp: checked.on_whatsapp,
            is_business: checked.is_business,
            checked_at: Time(checked.checked_at_ms),
        }
    }
}
