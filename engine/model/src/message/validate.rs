//! Checks of a message that need nothing but the message.

use super::content::{Audience, Content, LinkPreview, MessageRef, PollVote, SendMessage, Text};
use super::things::{Buttons, CalendarEvent, Choice, ContactCard, ListMenu, Poll};
use super::{Media, MediaKind};
use crate::address::Address;
use crate::failure::FieldError;
use crate::limits;

/// Checks of a message that need nothing but the message.
pub trait ValidateSend {
    /// Every field that is wrong, with what to do about it. Empty when the message can be accepted.
    fn problems(&self) -> Vec<FieldError>;
}

impl ValidateSend for SendMessage {
    fn problems(&self) -> Vec<FieldError> {
        let mut found = Found::default();
        found.content(&self.content);
        found.place(self);
        if self.mentions.len() > limits::MENTIONS_MAX {
            found.refuse("mentions", format!("names more than {} people", limits::MENTIONS_MAX));
        }
        if let Some(metadata) = &self.metadata {
            found.short("metadata", metadata, limits::METADATA_BYTES_MAX);
        }
        if self.options.typing_ms > limits::TYPING_MS_MAX {
            found.refuse("typing_ms", format!("is more than {} milliseconds", limits::TYPING_MS_MAX));
        }
        found.0
    }
}

/// Problems found so far.
#[derive(Default)]
struct Found(Vec<FieldError>);

impl Found {
    fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    fn short(&mut self, field: &str, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            self.refuse(field, format!("is {} bytes long; at most {bytes_max} are allowed", text.len()));
        }
    }

    /// A text that is there and not too long.
    fn text(&mut self, field: &str, text: &str, bytes_max: usize) {
        if text.trim().is_empty() {
            self.refuse(field, "is empty");
        }
        self.short(field, text, bytes_max);
    }

    fn content(&mut self, content: &Content) {
        match content {
            Content::Text(text) => self.plain_text(text),
            Content::Media(media) => self.media(media),
            Content::Location(place) => {
                self.place_on_earth("location", place.latitude_e7, place.longitude_e7);
                for text in [&place.name, &place.address, &place.url].into_iter().flatten() {
                    self.short("location", text, limits::CAPTION_BYTES_MAX);
                }
            }
            Content::LiveLocation(place) => {
                self.place_on_earth("live_location", place.latitude_e7, place.longitude_e7);
            }
            Content::Contacts(cards) => self.cards(cards),
            Content::Poll(poll) => self.poll(poll),
            Content::Event(event) => self.event(event),
            Content::Buttons(menu) => self.buttons(menu),
            Content::List(menu) => self.list(menu),
            Content::Reaction(reaction) => {
                self.target(&reaction.target);
                self.short("emoji", &reaction.emoji, limits::EMOJI_BYTES_MAX);
            }
            Content::Edit(edit) => {
                self.wa_id(&edit.wa_id);
                let bytes_max = if edit.caption_of.is_some() {
                    limits::CAPTION_BYTES_MAX
                } else {
                    limits::TEXT_BYTES_MAX
                };
                self.text("text.body", &edit.body, bytes_max);
            }
            Content::Revoke(target) => self.target(target),
            Content::Pin(pin) => {
                self.target(&pin.target);
                if pin.duration_seconds > limits::PIN_SECONDS_MAX {
                    let days = limits::PIN_SECONDS_MAX / 86_400;
                    self.refuse("duration_seconds", format!("is more than {days} days"));
                }
            }
            Content::Keep(keep) => self.target(&keep.target),
            Content::PollVote(vote) => self.poll_vote(vote),
        }
    }

    fn plain_text(&mut self, text: &Text) {
        if text.body.trim().is_empty() {
            self.refuse("text.body", "is empty; a message needs a text");
        }
        self.short("text.body", &text.body, limits::TEXT_BYTES_MAX);
        let LinkPreview::Given(card) = &text.preview else { return };
        if !text.body.contains(&card.url) || card.url.is_empty() {
            self.refuse("text.card.url", "does not stand in the text");
        }
        self.text("text.card.title", &card.title, limits::CAPTION_BYTES_MAX);
        if let Some(description) = &card.description {
            self.short("text.card.description", description, limits::CAPTION_BYTES_MAX);
        }
        if card.thumbnail_jpeg.as_ref().is_some_and(|jpeg| jpeg.len() > limits::THUMBNAIL_BYTES_MAX) {
            let most = limits::THUMBNAIL_BYTES_MAX;
            self.refuse("text.card.thumbnail", format!("has more than {most} bytes"));
        }
    }

    fn media(&mut self, media: &Media) {
        let kind = media.kind.as_str();
        if let Some(caption) = &media.caption {
            self.short(&format!("{kind}.caption"), caption, limits::CAPTION_BYTES_MAX);
        }
        if let Some(name) = &media.file_name {
            self.short(&format!("{kind}.file_name"), name, limits::FILE_NAME_BYTES_MAX);
        }
        let shows_once = matches!(media.kind, MediaKind::Image | MediaKind::Video | MediaKind::Voice);
        if media.show.view_once && !shows_once {
            self.refuse(&format!("{kind}.view_once"), format!("does not go with {kind}"));
        }
        let is_video = media.kind == MediaKind::Video;
        if (media.show.gif || media.show.video_note) && !is_video {
            let field = if media.show.gif { "gif" } else { "video_note" };
            self.refuse(&format!("{kind}.{field}"), format!("does not go with {kind}"));
        }
        if media.show.gif && media.show.video_note {
            self.refuse(&format!("{kind}.video_note"), "does not go with gif");
        }
        if media.show.video_note && media.caption.is_some() {
            self.refuse(&format!("{kind}.caption"), "does not go with video_note");
        }
    }

    fn place_on_earth(&mut self, field: &str, latitude_e7: i64, longitude_e7: i64) {
        if !(-900_000_000..=900_000_000).contains(&latitude_e7) {
            self.refuse(&format!("{field}.latitude"), "is not from -90 to 90 degrees");
        }
        if !(-1_800_000_000..=1_800_000_000).contains(&longitude_e7) {
            self.refuse(&format!("{field}.longitude"), "is not from -180 to 180 degrees");
        }
    }

    fn cards(&mut self, cards: &[ContactCard]) {
        if !(1..=limits::CARDS_MAX).contains(&cards.len()) {
            self.refuse("contacts", format!("has not 1 to {} cards", limits::CARDS_MAX));
        }
        for (index, card) in cards.iter().enumerate().take(limits::CARDS_MAX) {
            self.text(&format!("contacts.{index}.name"), &card.name, limits::CHOICE_BYTES_MAX);
            self.short(&format!("contacts.{index}.vcard"), &card.vcard, limits::VCARD_BYTES_MAX);
        }
    }

    fn poll(&mut self, poll: &Poll) {
        self.text("poll.question", &poll.question, limits::POLL_QUESTION_BYTES_MAX);
        if !(2..=limits::POLL_OPTIONS_MAX).contains(&poll.options.len()) {
            self.refuse("poll.options", format!("has not 2 to {} options", limits::POLL_OPTIONS_MAX));
        }
        for (index, option) in poll.options.iter().enumerate().take(limits::POLL_OPTIONS_MAX) {
            let field = format!("poll.options.{index}");
            self.text(&field, option, limits::CHOICE_BYTES_MAX);
            // A vote names an option by the hash of its text.
            if poll.options[..index].contains(option) {
                self.refuse(&field, "is there twice");
            }
        }
        if poll.selectable as usize > poll.options.len() {
            self.refuse("poll.selectable", "is more than there are options");
        }
    }

    fn poll_vote(&mut self, vote: &PollVote) {
        self.wa_id(&vote.poll_wa_id);
        if vote.options.len() > limits::POLL_OPTIONS_MAX {
            self.refuse("options", format!("has more than {} options", limits::POLL_OPTIONS_MAX));
        }
        for (index, option) in vote.options.iter().enumerate().take(limits::POLL_OPTIONS_MAX) {
            let field = format!("options.{index}");
            self.short(&field, option, limits::CHOICE_BYTES_MAX);
            if vote.options[..index].contains(option) {
                self.refuse(&field, "is there twice");
            }
        }
    }

    fn event(&mut self, event: &CalendarEvent) {
        self.text("event.name", &event.name, limits::CHOICE_BYTES_MAX);
        if let Some(description) = &event.description {
            self.short("event.description", description, limits::CAPTION_BYTES_MAX);
        }
        if event.ends_at_s.is_some_and(|end| end < event.starts_at_s) {
            self.refuse("event.ends_at", "is before `starts_at`");
        }
        if let Some(place) = &event.location {
            self.place_on_earth("event.location", place.latitude_e7, place.longitude_e7);
        }
    }

    fn buttons(&mut self, menu: &Buttons) {
        self.text("buttons.body", &menu.body, limits::CAPTION_BYTES_MAX);
        if !(1..=limits::BUTTONS_MAX).contains(&menu.buttons.len()) {
            self.refuse("buttons.buttons", format!("has not 1 to {} buttons", limits::BUTTONS_MAX));
        }
        self.choices("buttons.buttons", &menu.buttons);
        if let Some(footer) = &menu.footer {
            self.short("buttons.footer", footer, limits::CHOICE_BYTES_MAX);
        }
    }

    fn list(&mut self, menu: &ListMenu) {
        self.text("list.body", &menu.body, limits::CAPTION_BYTES_MAX);
        self.text("list.button", &menu.button, limits::CHOICE_BYTES_MAX);
        let rows = menu.sections.iter().map(|section| section.rows.len()).sum::<usize>();
        if !(1..=limits::LIST_ROWS_MAX).contains(&rows) {
            self.refuse("list.sections", format!("have not 1 to {} rows", limits::LIST_ROWS_MAX));
        }
        for (index, section) in menu.sections.iter().enumerate().take(limits::LIST_ROWS_MAX) {
            self.choices(&format!("list.sections.{index}.rows"), &section.rows);
        }
        if let Some(footer) = &menu.footer {
            self.short("list.footer", footer, limits::CHOICE_BYTES_MAX);
        }
    }

    fn choices(&mut self, field: &str, choices: &[Choice]) {
        for (index, choice) in choices.iter().enumerate().take(limits::LIST_ROWS_MAX) {
            self.text(&format!("{field}.{index}.id"), &choice.id, limits::CHOICE_BYTES_MAX);
            self.text(&format!("{field}.{index}.title"), &choice.title, limits::CHOICE_BYTES_MAX);
            if let Some(description) = &choice.description {
                self.short(&format!("{field}.{index}.description"), description, limits::CHOICE_BYTES_MAX);
            }
        }
    }

    fn target(&mut self, target: &MessageRef) {
        self.wa_id(&target.wa_id);
        if target.participant.as_ref().is_some_and(|author| !author.is_person()) {
            self.refuse("participant", "is not a person");
        }
    }

    fn wa_id(&mut self, wa_id: &str) {
        if !(1..=limits::WA_MESSAGE_ID_BYTES_MAX).contains(&wa_id.len()) {
            self.refuse("wa_id", format!("is not 1 to {} bytes long", limits::WA_MESSAGE_ID_BYTES_MAX));
        }
    }

    /// Whether it may go where it is to go.
    fn place(&mut self, message: &SendMessage) {
        let in_group = matches!(message.to, Address::Group(_));
        match &message.to {
            Address::Status => self.status(message),
            _ if message.options.audience != Audience::default() => {
                self.refuse("audience", "belongs to a status");
            }
            _ => {}
        }
        if matches!(message.to, Address::Newsletter(_)) {
            self.newsletter(message);
        }
        if message.options.mention_all && !in_group {
            self.refuse("mention_all", "has a meaning in a group only");
        }
        let author_of = |content: &Content| match content {
            Content::Reaction(reaction) => {
                Some((reaction.target.from_me, reaction.target.participant.is_some()))
            }
            Content::Revoke(target) => Some((target.from_me, target.participant.is_some())),
            Content::Pin(pin) => Some((pin.target.from_me, pin.target.participant.is_some())),
            Content::Keep(keep) => Some((keep.target.from_me, keep.target.participant.is_some())),
            _ => None,
        };
        match author_of(&message.content) {
            Some((false, false)) if in_group => {
                self.refuse("participant", "is missing; in a group, say who wrote the message");
            }
            Some((false, _)) if !in_group && matches!(message.content, Content::Revoke(_)) => {
                self.refuse(
                    "from_me",
                    "is false; outside groups only own messages can be deleted for everyone",
                );
            }
            _ => {}
        }
    }

    /// Posts are not encrypted and belong to nobody in particular, so that much of what a chat has is not there.
    fn newsletter(&mut self, message: &SendMessage) {
        match &message.content {
            Content::Text(_) => {}
            Content::Media(media) if !media.show.view_once => {}
            Content::Media(media) => {
                self.refuse(&format!("{}.view_once", media.kind.as_str()), "has no meaning in a newsletter");
            }
            Content::Reaction(_) => {
                let detail = "is a newsletter, whose posts are reacted to by number: `newsletters.react`";
                self.refuse("chat", detail);
            }
            content if content.is_message() => {
                self.refuse(
                    "type",
                    "is neither text nor a file, which is what can be posted in a newsletter",
                );
            }
            _ => self.refuse("chat", "is a newsletter, whose posts can only be reacted to"),
        }
        let options = &message.options;
        for (field, given) in [
            ("reply_to", message.quote.is_some()),
            ("mentions", !message.mentions.is_empty()),
            ("expires_in_seconds", options.expires_in_seconds.is_some()),
            ("typing_ms", options.typing_ms > 0),
        ] {
            if given {
                self.refuse(field, "has no meaning in a newsletter");
            }
        }
    }

    fn status(&mut self, message: &SendMessage) {
        let shown = match &message.content {
            Content::Text(_) | Content::Revoke(_) => true,
            Content::Media(media) => {
                matches!(
                    media.kind,
                    MediaKind::Image | MediaKind::Video | MediaKind::Audio | MediaKind::Voice
                )
            }
            _ => false,
        };
        if !shown {
            self.refuse("type", "is not text, image, video, audio or voice, which is what a status can be");
        }
        if let Audience::People(people) = &message.options.audience
            && !(1..=limits::AUDIENCE_MAX).contains(&people.len())
        {
            self.refuse("audience", format!("has not 1 to {} people", limits::AUDIENCE_MAX));
        }
    }
}
