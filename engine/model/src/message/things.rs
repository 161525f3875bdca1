//! Contents that are neither text nor file: places, people, polls, dates, menus.

/// A point on the map.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Location {
    /// Degrees north, times ten million.
    pub latitude_e7: i64,
    /// Degrees east, times ten million.
    pub longitude_e7: i64,
    /// Name of the place.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// A page about it.
    pub url: Option<String>,
}

/// A point on the map that moves: one position of it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LiveLocation {
    /// Degrees north, times ten million.
    pub latitude_e7: i64,
    /// Degrees east, times ten million.
    pub longitude_e7: i64,
    /// How exact that is, in metres.
    pub accuracy_metres: Option<u32>,
    /// Speed, in centimetres a second.
    pub speed_cm_per_s: Option<u32>,
    /// Where to, in degrees clockwise from magnetic north.
    pub heading_degrees: Option<u32>,
    /// Text beside it.
    pub caption: Option<String>,
    /// Number of the position: a later one has a larger number.
    pub sequence: i64,
}

/// A contact card.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ContactCard {
    /// The name that is shown.
    pub name: String,
    /// The card, as vCard text.
    pub vcard: String,
}

/// What a contact card is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactFields {
    /// The whole name.
    pub name: String,
    /// Phone numbers: digits, country code first.
    pub phones: Vec<String>,
    /// Where they work.
    pub organization: Option<String>,
    /// Email address.
    pub email: Option<String>,
    /// A page.
    pub url: Option<String>,
}

impl ContactCard {
    /// Writes the vCard (RFC 2426). `waid` makes a number something that a phone can open a chat with.
    pub fn of(fields: ContactFields) -> ContactCard {
        let mut vcard = String::from("BEGIN:VCARD\nVERSION:3.0\n");
        let mut line = |name: &str, value: &str| {
            vcard.push_str(name);
            vcard.push(':');
            vcard.push_str(&escaped(value));
            vcard.push('\n');
        };
        line("FN", &fields.name);
        // The structured name has five parts; nothing is known of them, so the first one has it all.
        line("N", &fields.name);
        for phone in &fields.phones {
            line(&format!("TEL;type=CELL;type=VOICE;waid={phone}"), &format!("+{phone}"));
        }
        for (name, value) in [("ORG", &fields.organization), ("EMAIL", &fields.email), ("URL", &fields.url)] {
            if let Some(value) = value {
                line(name, value);
            }
        }
        vcard.push_str("END:VCARD");
        ContactCard { name: fields.name, vcard }
    }

    /// A card that was written elsewhere, under the name in it.
    pub fn of_vcard(vcard: String) -> Option<ContactCard> {
        let is_card =
            vcard.trim_start().get(..11).is_some_and(|head| head.eq_ignore_ascii_case("BEGIN:VCARD"));
        let name = vcard.lines().find_map(|line| line.trim().strip_prefix("FN:")).map(str::trim)?.to_owned();
        (is_card && !name.is_empty()).then_some(ContactCard { name, vcard })
    }
}

/// A value of a vCard: what has a meaning in it gets a backslash, and it stays on its line.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for ch in value.chars() {
        match ch {
            '\\' | ';' | ',' => out.extend(['\\', ch]),
            '\n' => out.push_str("\\n"),
            ch if ch.is_control() => {}
            ch => out.push(ch),
        }
    }
    out
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// What can be answered.
    pub options: Vec<String>,
    /// How many answers one may give; 0 for any number.
    pub selectable: u32,
}

/// An invitation with a date.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CalendarEvent {
    /// What it is.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// When it begins, in seconds since the Unix epoch.
    pub starts_at_s: i64,
    /// When it ends, in seconds since the Unix epoch.
    pub ends_at_s: Option<i64>,
    /// Where it is.
    pub location: Option<Location>,
    /// Where to join it.
    pub join_link: Option<String>,
    /// Whether people may bring others.
    pub extra_guests: bool,
}

/// How a menu is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum MenuForm {
    /// As text with numbered lines, which every client shows.
    Numbered,
    /// In the protocol's own form, which some clients do not show.
    Native,
}

/// Text with buttons.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Buttons {
    /// The text.
    pub body: String,
    /// Small text below it.
    pub footer: Option<String>,
    /// The buttons.
    pub buttons: Vec<Choice>,
    /// How it is sent.
    pub form: MenuForm,
}

/// Text with a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ListMenu {
    /// The text.
    pub body: String,
    /// Small text below it.
    pub footer: Option<String>,
    /// What opens the list.
    pub button: String,
    /// The list, in sections.
    pub sections: Vec<ListSection>,
    /// How it is sent.
    pub form: MenuForm,
}

/// A section of a list.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ListSection {
    /// Its title.
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<Choice>,
}

/// A button, or a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Choice {
    /// What comes back when it is chosen.
    pub id: String,
    /// What it says.
    pub title: String,
    /// More about it, in a list.
    pub description: Option<String>,
}

impl Buttons {
    /// The menu as text: numbered lines.
    pub fn as_text(&self) -> String {
        let mut text = self.body.clone();
        numbered(&mut text, &self.buttons, &mut 0);
        footed(text, self.footer.as_deref())
    }
}

impl ListMenu {
    /// The menu as text: numbered lines under the titles of their sections.
    pub fn as_text(&self) -> String {
        let mut text = self.body.clone();
        let mut number = 0;
        for section in &self.sections {
            if let Some(title) = &section.title {
                text.push_str(&format!("\n\n*{title}*"));
            }
            numbered(&mut text, &section.rows, &mut number);
        }
        footed(text, self.footer.as_deref())
    }
}

fn numbered(text: &mut String, choices: &[Choice], number: &mut usize) {
    text.push('\n');
    for choice in choices {
        *number += 1;
        text.push_str(&format!("\n{number}. {}", choice.title));
        if let Some(description) = &choice.description {
            text.push_str(&format!(" – {description}"));
        }
    }
}

fn footed(mut text: String, footer: Option<&str>) -> String {
    if let Some(footer) = footer {
        text.push_str(&format!("\n\n_{footer}_"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(title: &str, description: Option<&str>) -> Choice {
        Choice { id: title.to_lowercase(), title: title.into(), description: description.map(Into::into) }
    }

    #[test]
    fn a_card_of_fields_keeps_to_its_lines() {
        let card = ContactCard::of(ContactFields {
            name: "Nora; Lee\nX".into(),
            phones: vec!["966501234567".into()],
            organization: Some("A, B".into()),
            ..ContactFields::default()
        });
        let expected = "BEGIN:VCARD\nVERSION:3.0\nFN:Nora\\; Lee\\nX\nN:Nora\\; Lee\\nX\n\
                        TEL;type=CELL;type=VOICE;waid=966501234567:+966501234567\nORG:A\\, B\nEND:VCARD";
        assert_eq!(card.vcard, expected);
    }

    #[test]
    fn a_card_from_elsewhere_has_a_name() {
        let named = |vcard: &str| ContactCard::of_vcard(vcard.to_owned()).map(|card| card.name);
        assert_eq!(named("BEGIN:VCARD\nFN: Nora \nEND:VCARD").as_deref(), Some("Nora"));
        for none in
            ["", "BEGIN:VCARD\nEND:VCARD", "FN:Nora", "BEGIN:VCARD\nFN:\nEND:VCARD", "BEGIN:VCAR\u{e9}"]
        {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn menus_as_text_are_numbered_throughout() {
        let menu = ListMenu {
            body: "What would you like?".into(),
            footer: Some("Open until 9".into()),
            button: "Menu".into(),
            sections: vec![
                ListSection { title: Some("Hot".into()), rows: vec![choice("Tea", Some("green"))] },
                ListSection { title: None, rows: vec![choice("Water", None)] },
            ],
            form: MenuForm::Numbered,
        };
        assert_eq!(
            menu.as_text(),
            "What would you like?\n\n*Hot*\n\n1. Tea – green\n\n2. Water\n\n_Open until 9_"
        );
    }
}
