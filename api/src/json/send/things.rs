//! Contents that are neither text nor file: places, people, polls, dates, menus.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Address;
use trunkline_model::limits::{CARDS_MAX, LIST_ROWS_MAX, POLL_OPTIONS_MAX};
use trunkline_model::message::{
    Buttons, CalendarEvent, Choice, ContactCard, ContactFields, ListMenu, ListSection, LiveLocation,
    Location, MenuForm, Poll,
};

use super::one_of;
use crate::json::fields::{First, Object, Problems, present};
use crate::json::time;

/// Degrees times ten million; out of range stays out of range.
fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

/// A point on the map.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Location")]
pub(super) struct LocationBody {
    /// Degrees north.
    #[schemars(range(min = -90, max = 90))]
    latitude: f64,
    /// Degrees east.
    #[schemars(range(min = -180, max = 180))]
    longitude: f64,
    /// Name of the place.
    #[serde(default)]
    name: Option<String>,
    /// Its address.
    #[serde(default)]
    address: Option<String>,
    /// A page about it.
    #[serde(default)]
    url: Option<String>,
}

impl LocationBody {
    pub(super) fn read(self) -> Location {
        Location {
            latitude_e7: e7(self.latitude),
            longitude_e7: e7(self.longitude),
            name: self.name,
            address: self.address,
            url: self.url,
        }
    }
}

/// One position of a point on the map that moves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LiveLocation")]
pub(super) struct LiveLocationBody {
    /// Degrees north.
    #[schemars(range(min = -90, max = 90))]
    latitude: f64,
    /// Degrees east.
    #[schemars(range(min = -180, max = 180))]
    longitude: f64,
    /// How exact that is, in metres.
    #[serde(default)]
    accuracy_metres: Option<u32>,
    /// Speed, in metres a second.
    #[serde(default)]
    speed_metres_per_second: Option<f64>,
    /// Where to, in degrees clockwise from magnetic north.
    #[serde(default)]
    heading_degrees: Option<u32>,
    /// Text beside it.
    #[serde(default)]
    caption: Option<String>,
    /// Number of the position: a later one has a larger number.
    #[serde(default)]
    sequence: i64,
}

impl LiveLocationBody {
    pub(super) fn read(self, problems: &mut Problems) -> LiveLocation {
        let speed = self.speed_metres_per_second;
        if speed.is_some_and(|speed| !(0.0..=10_000.0).contains(&speed)) {
            problems.add("live_location.speed_metres_per_second", "is not from 0 to 10000");
        }
        LiveLocation {
            latitude_e7: e7(self.latitude),
            longitude_e7: e7(self.longitude),
            accuracy_metres: self.accuracy_metres,
            speed_cm_per_s: speed.map(|speed| (speed * 100.0).round() as u32),
            heading_degrees: self.heading_degrees,
            caption: self.caption,
            sequence: self.sequence,
        }
    }
}

/// A contact card: what is in it, or the vCard itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactCard")]
pub(super) struct CardBody {
    /// The whole name.
    #[serde(default)]
    name: Option<String>,
    /// Phone numbers.
    #[serde(default)]
    phones: First<String, 17>,
    /// Where they work.
    #[serde(default)]
    organization: Option<String>,
    /// Email address.
    #[serde(default)]
    email: Option<String>,
    /// A page.
    #[serde(default)]
    url: Option<String>,
    /// The card as vCard text; then nothing else is given.
    #[serde(default)]
    vcard: Option<String>,
}

impl CardBody {
    fn read(self, problems: &mut Problems, field: &str) -> Option<ContactCard> {
        if let Some(vcard) = self.vcard {
            if self.name.is_some() || !self.phones.0.is_empty() {
                problems
                    .add(format!("{field}.vcard"), "stands beside `name` or `phones`; give one or the other");
                return None;
            }
            let card = ContactCard::of_vcard(vcard);
            if card.is_none() {
                problems.add(format!("{field}.vcard"), "is not a vCard with a line `FN:`");
            }
            return card;
        }
        let Some(name) = self.name else {
            problems.add(format!("{field}.name"), "is missing");
            return None;
        };
        if !(1..=16).contains(&self.phones.0.len()) {
            problems.add(format!("{field}.phones"), "has not 1 to 16 phone numbers");
        }
        let mut phones = Vec::new();
        for (index, phone) in self.phones.0.iter().enumerate() {
            let field = format!("{field}.phones.{index}");
            match problems.keep(field.as_str(), phone.parse::<Address>()) {
                Some(Address::Phone(digits)) => phones.push(digits),
                Some(_) => problems.add(field, "is not a phone number"),
                None => {}
            }
        }
        let (organization, email, url) = (self.organization, self.email, self.url);
        Some(ContactCard::of(ContactFields { name, phones, organization, email, url }))
    }
}

pub(super) fn read_cards(
    problems: &mut Problems,
    cards: First<Object<CardBody>, { CARDS_MAX + 1 }>,
) -> Vec<ContactCard> {
    let cards = cards.0.into_iter().enumerate();
    cards.filter_map(|(index, Object(card))| card.read(problems, &format!("contacts.{index}"))).collect()
}

/// A poll.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Poll")]
pub(super) struct PollBody {
    /// What is asked.
    question: String,
    /// What can be answered.
    options: First<String, { POLL_OPTIONS_MAX + 1 }>,
    /// How many answers one may give; 0 for any number.
    #[serde(default = "one")]
    selectable: u32,
}

fn one() -> u32 {
    1
}

impl PollBody {
    pub(super) fn read(self) -> Poll {
        Poll { question: self.question, options: self.options.0, selectable: self.selectable }
    }
}

/// An invitation with a date.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CalendarEvent")]
pub(super) struct EventBody {
    /// What it is.
    name: String,
    /// When it begins, RFC 3339.
    starts_at: String,
    /// When it ends, RFC 3339.
    #[serde(default)]
    ends_at: Option<String>,
    /// More about it.
    #[serde(default)]
    description: Option<String>,
    /// Where it is.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "LocationBody")]
    location: Option<Object<LocationBody>>,
    /// Where to join it.
    #[serde(default)]
    join_link: Option<String>,
    /// Whether people may bring others.
    #[serde(default)]
    extra_guests: bool,
}

impl EventBody {
    pub(super) fn read(self, problems: &mut Problems) -> Option<CalendarEvent> {
        let starts_at_s = problems.keep("event.starts_at", time::parse_seconds(&self.starts_at));
        let ends_at_s = match &self.ends_at {
            Some(end) => problems.keep("event.ends_at", time::parse_seconds(end)),
            None => None,
        };
        Some(CalendarEvent {
            name: self.name,
            description: self.description,
            starts_at_s: starts_at_s?,
            ends_at_s,
            location: self.location.map(|Object(place)| place.read()),
            join_link: self.join_link,
            extra_guests: self.extra_guests,
        })
    }
}

/// A button, or a row of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Choice")]
pub(super) struct ChoiceBody {
    /// What comes back when it is chosen; its title when left out.
    #[serde(default)]
    id: Option<String>,
    /// What it says.
    title: String,
    /// More about it, in a list.
    #[serde(default)]
    description: Option<String>,
}

impl ChoiceBody {
    fn read(self) -> Choice {
        let id = self.id.unwrap_or_else(|| self.title.clone());
        Choice { id, title: self.title, description: self.description }
    }
}

fn read_choices(choices: Vec<Object<ChoiceBody>>) -> Vec<Choice> {
    choices.into_iter().map(|Object(choice)| choice.read()).collect()
}

/// How a menu is sent: `text` (numbered lines, which every client shows) or `native` (the protocol's own form, which some
/// clients do not show).
fn read_form(problems: &mut Problems, field: &str, word: Option<&str>) -> MenuForm {
    match word {
        None | Some("text") => MenuForm::Numbered,
        Some("native") => MenuForm::Native,
        Some(_) => {
            problems.add(field, one_of(["text", "native"]));
            MenuForm::Numbered
        }
    }
}

/// Text with buttons.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Buttons")]
pub(super) struct ButtonsBody {
    /// The text.
    body: String,
    /// Small text below it.
    #[serde(default)]
    footer: Option<String>,
    /// The buttons.
    buttons: First<Object<ChoiceBody>, { LIST_ROWS_MAX + 1 }>,
    /// `text` for numbered lines, which every client shows, or `native` for WhatsApp's own form, which some clients do not show.
    #[serde(default)]
    form: Option<String>,
}

impl ButtonsBody {
    pub(super) fn read(self, problems: &mut Problems) -> Buttons {
        let form = read_form(problems, "buttons.form", self.form.as_deref());
        Buttons { body: self.body, footer: self.footer, buttons: read_choices(self.buttons.0), form }
    }
}

/// Text with a list to choose from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListMenu")]
pub(super) struct ListBody {
    /// The text.
    body: String,
    /// Small text below it.
    #[serde(default)]
    footer: Option<String>,
    /// What opens the list.
    button: String,
    /// The list, in sections.
    sections: First<Object<SectionBody>, { LIST_ROWS_MAX + 1 }>,
    /// `text` for numbered lines, which every client shows, or `native` for WhatsApp's own form, which some clients do not show.
    #[serde(default)]
    form: Option<String>,
}

/// A section of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListSection")]
pub(super) struct SectionBody {
    /// Its title.
    #[serde(default)]
    title: Option<String>,
    /// Its rows.
    rows: First<Object<ChoiceBody>, { LIST_ROWS_MAX + 1 }>,
}

impl ListBody {
    pub(super) fn read(self, problems: &mut Problems) -> ListMenu {
        let form = read_form(problems, "list.form", self.form.as_deref());
        let sections = self
            .sections
            .0
            .into_iter()
            .map(|Object(section)| ListSection { title: section.title, rows: read_choices(section.rows.0) });
        ListMenu {
            body: self.body,
            footer: self.footer,
            button: self.button,
            sections: sections.collect(),
            form,
        }
    }
}
