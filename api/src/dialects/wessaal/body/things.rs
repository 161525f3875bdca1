//! Messages that are neither text nor file, and the status.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::{AUDIENCE_MAX, BUTTONS_MAX, CARDS_MAX, POLL_OPTIONS_MAX};
use trunkline_model::message::{
    Audience, Buttons, Choice, ContactCard, ContactFields, Content, LinkPreview, Location, MenuForm, Poll,
    Text, TextFont, TextStyle,
};
use trunkline_model::{Address, Failure};

use super::message::{Addressed, Around, File, Kind, MessageBody, QuotedBody, Said, To, Unsent};
use super::message::{content, delay, kind};
use crate::dialects::loose::Loose;
use crate::dialects::word::{Word, flag, needed, number, said};
use crate::json::fields::{First, Object, Problems};
use crate::limits::{WESSAAL_FOOTER_CHARS_MAX, WESSAAL_TITLE_CHARS_MAX};

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($field:tt)* }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default)]
        $(#[$doc])*
        pub(crate) struct $name {
            /// Number or name of the instance.
            instance: Option<Word>,
            /// A phone number with its country code, or a WhatsApp id.
            recipient: Option<Word>,
            /// Somebody of the address book, instead of a recipient.
            #[schemars(with = "Option<u64>")]
            contact_id: Option<Word>,
            $($field)*
        }

        impl $name {
            fn addressed(&mut self) -> Addressed {
                Addressed {
                    instance: self.instance.take(),
                    recipient: self.recipient.take(),
                    contact_id: self.contact_id.take(),
                }
            }
        }
    };
}

/// The message of these parts, when nothing is wrong with any.
fn unsent(
    problems: Problems,
    addressed: Option<(String, To)>,
    (content, around): (Option<Content>, Around),
) -> Result<Unsent, Failure> {
    let parts = addressed.zip(content);
    let ((instance, to), content) = problems.or(parts)?;
    Ok(Unsent { instance, to, said: Said::This(content), around })
}

message! {
    /// Body of `messages/send-location`.
    #[schemars(rename = "SendLocation")]
    LocationBody {
        /// Degrees north.
        #[schemars(with = "f64")]
        latitude: Option<Word>,
        /// Degrees east.
        #[schemars(with = "f64")]
        longitude: Option<Word>,
        /// Name of the place.
        name: Option<Word>,
        /// Its address.
        address: Option<Word>,
    }
}

/// Degrees times ten million: about a centimetre.
fn degrees(problems: &mut Problems, field: &str, (word, most): (Option<Word>, f64)) -> Option<i64> {
    let text = needed(problems, field, word)?;
    let read = text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
    if read.is_none() {
        problems.add(field, format!("field must be between -{most} and {most}"));
    }
    read.map(|degrees| (degrees * 1e7).round() as i64)
}

impl MessageBody for LocationBody {
    fn read(mut self) -> Result<Unsent, Failure> {
        let mut problems = Problems::default();
        let addressed = self.addressed().read(&mut problems);
        let latitude_e7 = degrees(&mut problems, "latitude", (self.latitude, 90.0));
        let longitude_e7 = degrees(&mut problems, "longitude", (self.longitude, 180.0));
        let place = latitude_e7.zip(longitude_e7).map(|(latitude_e7, longitude_e7)| {
            let (name, address) = (said(self.name), said(self.address));
            Content::Location(Location { latitude_e7, longitude_e7, name, address, url: None })
        });
        unsent(problems, addressed, (place, Around::default()))
    }
}

message! {
    /// Body of `messages/send-contact`.
    #[schemars(rename = "SendContact")]
    ContactsBody {
        #[schemars(length(min = 1))]
        contacts: Option<First<Object<CardBody>, { CARDS_MAX + 1 }>>,
    }
}

/// A contact card.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "ContactCard")]
pub(crate) struct CardBody {
    /// The whole name.
    full_name: Option<Word>,
    /// Digits of the number that a chat is opened with.
    wuid: Option<Word>,
    /// The number as it is shown.
    phone_number: Option<Word>,
    organization: Option<Word>,
    email: Option<Word>,
    url: Option<Word>,
}

impl CardBody {
    fn read(self, problems: &mut Problems, at: &str) -> Option<ContactCard> {
        let name = needed(problems, &format!("{at}.fullName"), self.full_name);
        let mut phones = Vec::new();
        for (field, word) in [("wuid", self.wuid), ("phoneNumber", self.phone_number)] {
            let field = format!("{at}.{field}");
            let text = needed(problems, &field, word)?;
            match problems.keep(field.as_str(), text.parse::<Address>()) {
                Some(Address::Phone(digits)) if !phones.contains(&digits) => phones.push(digits),
                Some(Address::Phone(_)) | None => {}
                Some(_) => problems.add(field, "is not a phone number"),
            }
        }
        let (organization, email, url) = (said(self.organization), said(self.email), said(self.url));
        Some(ContactCard::of(ContactFields { name: name?, phones, organization, email, url }))
    }
}

impl MessageBody for ContactsBody {
    fn read(mut self) -> Result<Unsent, Failure> {
        let mut problems = Problems::default();
        let addressed = self.addressed().read(&mut problems);
        let cards = self.contacts.unwrap_or_default().0;
        if cards.is_empty() {
            problems.add("contacts", "is missing");
        }
        let cards = cards.into_iter().enumerate();
        let cards: Vec<ContactCard> = cards
            .filter_map(|(index, Object(card))| card.read(&mut problems, &format!("contacts.{index}")))
            .collect();
        unsent(problems, addressed, (Some(Content::Contacts(cards)), Around::default()))
    }
}

message! {
    /// Body of `messages/send-poll`.
    #[schemars(rename = "SendPoll")]
    PollBody {
        /// What is asked.
        name: Option<Word>,
        /// What can be answered.
        #[schemars(length(min = 2))]
        values: Option<First<Word, { POLL_OPTIONS_MAX + 1 }>>,
        /// How many answers one may give; 1 when left out.
        #[schemars(with = "Option<u32>")]
        selectable_count: Option<Word>,
        /// Milliseconds before it goes, in which the chat shows that somebody is typing.
        #[schemars(with = "Option<u32>")]
        delay: Option<Word>,
        #[schemars(with = "Option<QuotedBody>")]
        quoted: Option<Object<QuotedBody>>,
    }
}

impl MessageBody for PollBody {
    fn read(mut self) -> Result<Unsent, Failure> {
        let mut problems = Problems::default();
        let addressed = self.addressed().read(&mut problems);
        let question = needed(&mut problems, "name", self.name);
        let title = question.as_deref().unwrap_or_default();
        problems.bound_chars("name", title, WESSAAL_TITLE_CHARS_MAX);
        let options: Vec<String> =
            self.values.unwrap_or_default().0.into_iter().map(|Loose(option)| option).collect();
        if options.is_empty() {
            problems.add("values", "is missing");
        }
        let selectable =
            number(&mut problems, "selectable_count", (self.selectable_count, "field must be an integer"));
        let around = Around {
            quote: self.quoted.and_then(|Object(quoted)| quoted.read(&mut problems)),
            typing_ms: delay(&mut problems, self.delay),
            ..Around::default()
        };
        let poll = question
            .map(|question| Content::Poll(Poll { question, options, selectable: selectable.unwrap_or(1) }));
        unsent(problems, addressed, (poll, around))
    }
}

message! {
    /// Body of `messages/send-buttons`.
    #[schemars(rename = "SendButtons")]
    ButtonsBody {
        /// The header.
        title: Option<Word>,
        /// The text.
        description: Option<Word>,
        /// Small text below it.
        footer: Option<Word>,
        #[schemars(length(min = 1))]
        buttons: Option<First<Object<ButtonBody>, { BUTTONS_MAX + 1 }>>,
    }
}

/// A button: `reply` with `id`, `url` with `url`, `call` with `phoneNumber`, `copy` with `copyCode`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "Button")]
pub(crate) struct ButtonBody {
    #[serde(rename = "type")]
    kind: Option<Word>,
    display_text: Option<Word>,
    id: Option<Word>,
    url: Option<Word>,
    phone_number: Option<Word>,
    copy_code: Option<Word>,
}

impl ButtonBody {
    /// The line that the button is. What a client cannot press it can read: where a link leads stands beside its name.
    fn read(self, problems: &mut Problems, at: &str) -> Option<Choice> {
        let shown = needed(problems, &format!("{at}.displayText"), self.display_text);
        let kind = needed(problems, &format!("{at}.type"), self.kind)?;
        let (member, value) = match kind.as_str() {
            "reply" => ("id", self.id),
            "url" => ("url", self.url),
            "call" => ("phoneNumber", self.phone_number),
            "copy" => ("copyCode", self.copy_code),
            _ => {
                problems.add(format!("{at}.type"), format!("The selected {at}.type is invalid."));
                return None;
            }
        };
        let id = needed(problems, &format!("{at}.{member}"), value)?;
        let shown = shown?;
        let title = if kind == "reply" { shown } else { format!("{shown}: {id}") };
        Some(Choice { id, title, description: None })
    }
}

impl MessageBody for ButtonsBody {
    fn read(mut self) -> Result<Unsent, Failure> {
        let mut problems = Problems::default();
        let addressed = self.addressed().read(&mut problems);
        let title = needed(&mut problems, "title", self.title).unwrap_or_default();
        let text = needed(&mut problems, "description", self.description).unwrap_or_default();
        let footer = said(self.footer);
        problems.bound_chars("title", &title, WESSAAL_TITLE_CHARS_MAX);
        problems.bound_chars("footer", footer.as_deref().unwrap_or_default(), WESSAAL_FOOTER_CHARS_MAX);
        let buttons = self.buttons.unwrap_or_default().0;
        if buttons.is_empty() {
            problems.add("buttons", "is missing");
        }
        let buttons = buttons.into_iter().enumerate();
        let buttons: Vec<Choice> = buttons
            .filter_map(|(index, Object(button))| button.read(&mut problems, &format!("buttons.{index}")))
            .collect();
        let menu =
            Buttons { body: format!("*{title}*\n\n{text}"), footer, buttons, form: MenuForm::Numbered };
        unsent(problems, addressed, (Some(Content::Buttons(menu)), Around::default()))
    }
}

/// Body of `messages/send-status`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SendStatus")]
pub(crate) struct StatusBody {
    /// Number or name of the instance.
    instance: Option<Word>,
    /// `text`, `image`, `video` or `audio`.
    #[serde(rename = "type")]
    kind: Option<Word>,
    /// The text, or where the file is.
    content: Option<Word>,
    /// The text under a file.
    caption: Option<Word>,
    /// Background of a text, as in `#25D366`.
    background_color: Option<Word>,
    /// Font of a text, from 1 to 7.
    #[schemars(with = "Option<u8>")]
    font: Option<Word>,
    /// Whether every contact sees it; true when left out.
    #[schemars(with = "Option<bool>")]
    all_contacts: Option<Word>,
    /// The people who see it, instead.
    status_jid_list: Option<First<String, { AUDIENCE_MAX + 1 }>>,
}

/// WhatsApp's green.
const BACKGROUND_ARGB: u32 = 0xff1e_6e4f;
const WHITE_ARGB: u32 = 0xffff_ffff;

/// `#RRGGBB` as `0xffRRGGBB`.
fn color(problems: &mut Problems, field: &str, word: Option<Word>) -> u32 {
    let Some(text) = said(word) else { return BACKGROUND_ARGB };
    let digits = text.trim().trim_start_matches('#');
    let is_hex = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    match u32::from_str_radix(digits, 16).ok().filter(|_| is_hex) {
        Some(rgb) => 0xff00_0000 | rgb,
        None => {
            problems.add(field, "field must be a valid hexadecimal color");
            BACKGROUND_ARGB
        }
    }
}

impl StatusBody {
    fn style(&mut self, problems: &mut Problems) -> TextStyle {
        let expected = "field must be between 1 and 7";
        let font = number::<usize>(problems, "font", (self.font.take(), expected));
        let font = font.map(|font| TextFont::ALL.get(font).copied().filter(|_| font > 0));
        if font == Some(None) {
            problems.add("font", expected);
        }
        TextStyle {
            background_argb: color(problems, "background_color", self.background_color.take()),
            text_argb: WHITE_ARGB,
            font: font.flatten().unwrap_or(TextFont::System),
        }
    }

    fn audience(&mut self, problems: &mut Problems) -> Audience {
        let all = flag(problems, "all_contacts", self.all_contacts.take()).unwrap_or(true);
        let list = self.status_jid_list.take().unwrap_or_default().0;
        if list.is_empty() && !all {
            problems.add("status_jid_list", "field is required when all contacts is false");
        }
        if list.is_empty() {
            return Audience::Contacts;
        }
        let mut people = Vec::new();
        for (index, person) in list.iter().enumerate() {
            people.extend(problems.keep(format!("status_jid_list.{index}"), person.parse::<Address>()));
        }
        Audience::People(people)
    }
}

impl MessageBody for StatusBody {
    fn read(mut self) -> Result<Unsent, Failure> {
        let mut problems = Problems::default();
        let instance = needed(&mut problems, "instance", self.instance.take());
        let word = needed(&mut problems, "type", self.kind.take()).map(Loose);
        let kind = kind(&mut problems, "type", word);
        let text = needed(&mut problems, "content", self.content.take());
        let (style, audience) = (self.style(&mut problems), self.audience(&mut problems));
        let ((instance, kind), text) = problems.or(instance.zip(kind).zip(text))?;
        let content = match kind {
            Kind::Text => Content::Text(Text { body: text, preview: LinkPreview::None, style: Some(style) }),
            Kind::File(_) => {
                // The path's end is as good a name as any: it tells the type.
                let name = text.split(['?', '#']).next().unwrap_or_default().to_owned();
                let file = File { url: Some(text), name: Some(name) };
                content(kind, said(self.caption).unwrap_or_default(), (file, false)).map_err(of_status)?
            }
        };
        Ok(Unsent {
            instance,
            to: To::Status(audience),
            said: Said::This(content),
            around: Around::default(),
        })
    }
}

/// The same refusal where the file stands in `content`.
fn of_status(mut failure: Failure) -> Failure {
    for field in &mut failure.fields {
        "content".clone_into(&mut field.field);
    }
    Failure::invalid(failure.fields)
}
