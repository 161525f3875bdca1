//! What a caller wants sent.

use super::{Buttons, CalendarEvent, ContactCard, Lane, ListMenu, LiveLocation, Location, Media, Poll};
use crate::address::Address;
use crate::message::MediaKind;

/// A message as it is accepted, stored and forwarded: one archive from the HTTP body to the socket.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SendMessage {
    /// Where it goes.
    pub to: Address,
    /// What it says.
    pub content: Content,
    /// The message that it answers.
    pub quote: Option<Quote>,
    /// People named in the text.
    pub mentions: Vec<Address>,
    /// How it travels and is shown.
    pub options: SendOptions,
    /// Which lane of the outbox it takes.
    pub lane: Lane,
    /// The caller's own JSON object, kept verbatim and given back with every event of the message.
    pub metadata: Option<String>,
}

impl SendMessage {
    /// The text that a search looks through: the text itself, or the one under a file, or the file's name.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(&text.body),
            Content::Media(media) => media.caption.as_deref().or(media.file_name.as_deref()),
            Content::Location(place) => place.name.as_deref(),
            Content::Poll(poll) => Some(&poll.question),
            Content::Event(event) => Some(&event.name),
            Content::Buttons(buttons) => Some(&buttons.body),
            Content::List(list) => Some(&list.body),
            Content::LiveLocation(place) => place.caption.as_deref(),
            Content::Contacts(_)
            | Content::Reaction(_)
            | Content::Edit(_)
            | Content::Revoke(_)
            | Content::Pin(_)
            | Content::Keep(_)
            | Content::PollVote(_) => None,
        }
    }
}

/// How a message travels and is shown, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SendOptions {
    /// Whether everybody in the group is mentioned.
    pub mention_all: bool,
    /// Whether it is shown as forwarded.
    pub forwarded: bool,
    /// Seconds after which it disappears.
    pub expires_in_seconds: Option<u32>,
    /// How long the chat shows that somebody is typing, or recording, before the message goes, in milliseconds.
    pub typing_ms: u32,
    /// Who sees a status.
    pub audience: Audience,
}

/// Who sees a status.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Audience {
    /// These people; nobody where the message is no status.
    People(Vec<Address>),
    /// The contacts that the account saved, as far as its own setting of who sees its status lets them. Who they are is found out
    /// when the message's turn comes.
    Contacts,
}

impl Default for Audience {
    fn default() -> Audience {
        Audience::People(Vec::new())
    }
}

/// The kinds of content.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Content {
    /// Text.
    Text(Text),
    /// A file.
    Media(Media),
    /// A point on the map.
    Location(Location),
    /// A point on the map that moves.
    LiveLocation(LiveLocation),
    /// Contact cards.
    Contacts(Vec<ContactCard>),
    /// A poll.
    Poll(Poll),
    /// An invitation with a date.
    Event(CalendarEvent),
    /// Text with buttons.
    Buttons(Buttons),
    /// Text with a list to choose from.
    List(ListMenu),
    /// A reaction to a message; an empty emoji takes it back.
    Reaction(Reaction),
    /// New words for a message of this number.
    Edit(Edit),
    /// Deletes a message for everyone.
    Revoke(MessageRef),
    /// Pins a message in its chat, or unpins it.
    Pin(Pin),
    /// Keeps a message in a chat whose messages disappear, or does not keep it any more.
    Keep(Keep),
    /// A vote in a poll.
    PollVote(PollVote),
}

impl Content {
    /// Every word of [`Content::kind`] that is not a kind of file.
    pub const KINDS: [&'static str; 14] = [
        "text",
        "location",
        "live_location",
        "contacts",
        "poll",
        "event",
        "buttons",
        "list",
        "reaction",
        "edit",
        "revoke",
        "pin",
        "keep",
        "poll_vote",
    ];

    /// The word that the native API uses.
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Text(_) => "text",
            Content::Media(media) => media.kind.as_str(),
            Content::Location(_) => "location",
            Content::LiveLocation(_) => "live_location",
            Content::Contacts(_) => "contacts",
            Content::Poll(_) => "poll",
            Content::Event(_) => "event",
            Content::Buttons(_) => "buttons",
            Content::List(_) => "list",
            Content::Reaction(_) => "reaction",
            Content::Edit(_) => "edit",
            Content::Revoke(_) => "revoke",
            Content::Pin(_) => "pin",
            Content::Keep(_) => "keep",
            Content::PollVote(_) => "poll_vote",
        }
    }

    /// Whether it says something of its own, and is not about a message that is there already.
    pub fn is_message(&self) -> bool {
        !matches!(
            self,
            Content::Reaction(_)
                | Content::Edit(_)
                | Content::Revoke(_)
                | Content::Pin(_)
                | Content::Keep(_)
                | Content::PollVote(_)
        )
    }
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Text {
    /// The text, in UTF-8, with WhatsApp's own markup.
    pub body: String,
    /// The card of a link in it.
    pub preview: LinkPreview,
    /// Colours and font; WhatsApp shows them on a status.
    pub style: Option<TextStyle>,
}

impl Text {
    /// A text and nothing else.
    pub fn plain(body: impl Into<String>) -> Text {
        Text { body: body.into(), preview: LinkPreview::None, style: None }
    }
}

/// The card of a link.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum LinkPreview {
    /// There is none.
    None,
    /// It is made from the page of the first link in the text, when the message's turn comes.
    Fetch,
    /// It is this one.
    Given(LinkCard),
}

/// What the card of a link shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LinkCard {
    /// The link, as it stands in the text.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// What the page says of itself.
    pub description: Option<String>,
    /// A small picture, as JPEG.
    pub thumbnail_jpeg: Option<Vec<u8>>,
}

/// Colours and font of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct TextStyle {
    /// Background, `0xAARRGGBB`.
    pub background_argb: u32,
    /// Text, `0xAARRGGBB`.
    pub text_argb: u32,
    /// Number of the font in WhatsApp's list.
    pub font: TextFont,
}

/// WhatsApp's fonts for a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum TextFont {
    /// The device's own.
    System,
    /// The device's own, for text.
    SystemText,
    /// A handwriting.
    Script,
    /// The device's own, bold.
    SystemBold,
    /// Morning Breeze.
    MorningBreeze,
    /// Calistoga.
    Calistoga,
    /// Exo 2, extra bold.
    Exo2,
    /// Courier Prime, bold.
    CourierPrime,
}

impl TextFont {
    /// Every font.
    pub const ALL: [TextFont; 8] = [
        TextFont::System,
        TextFont::SystemText,
        TextFont::Script,
        TextFont::SystemBold,
        TextFont::MorningBreeze,
        TextFont::Calistoga,
        TextFont::Exo2,
        TextFont::CourierPrime,
    ];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            TextFont::System => "system",
            TextFont::SystemText => "system_text",
            TextFont::Script => "script",
            TextFont::SystemBold => "system_bold",
            TextFont::MorningBreeze => "morning_breeze",
            TextFont::Calistoga => "calistoga",
            TextFont::Exo2 => "exo2",
            TextFont::CourierPrime => "courier_prime",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<TextFont> {
        TextFont::ALL.into_iter().find(|font| font.as_str() == word)
    }
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Quote {
    /// WhatsApp's id of the quoted message.
    pub wa_id: String,
    /// Who wrote it; unknown in a chat of two means the other person.
    pub participant: Option<Address>,
    /// Text of the quoted message, shown above the answer.
    pub body: Option<String>,
}

/// A message that is there already, in the chat that the new one goes to.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MessageRef {
    /// WhatsApp's id of it.
    pub wa_id: String,
    /// Whether this number wrote it.
    pub from_me: bool,
    /// Who wrote it, in a group.
    pub participant: Option<Address>,
}

/// A reaction.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Reaction {
    /// The message reacted to.
    pub target: MessageRef,
    /// The emoji; empty takes the reaction back.
    pub emoji: String,
}

/// New words for a message.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Edit {
    /// WhatsApp's id of the message; this number wrote it.
    pub wa_id: String,
    /// The new words.
    pub body: String,
    /// The kind of file whose caption they are; `None` for a text.
    pub caption_of: Option<MediaKind>,
}

/// A pin, or its end.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Pin {
    /// The message.
    pub target: MessageRef,
    /// How long it stays pinned, in seconds; 0 unpins it.
    pub duration_seconds: u32,
}

/// A message kept, or not any more.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Keep {
    /// The message.
    pub target: MessageRef,
    /// Whether it is kept.
    pub keep: bool,
}

/// A vote in a poll that this number made or got.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PollVote {
    /// WhatsApp's id of the poll.
    pub poll_wa_id: String,
    /// The options chosen, as the poll names them; none takes the vote back.
    pub options: Vec<String>,
}
