//! A protocol message from an accepted one.

mod about;
mod media;
mod things;

use buffa::MessageField;
use trunkline_model::Address;
use trunkline_model::message::{Content, LinkCard, LinkPreview, Quote, SendMessage, Text, TextFont};
use wacore::proto_helpers::MessageExt as _;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::extended_text_message::FontType;
use waproto::whatsapp::message::{ExtendedTextMessage, PollUpdateMessage};

pub(crate) use self::media::media_type;
use super::AttachedMedia;
use crate::error::SendError;

/// What a message is built of besides itself. The same message with the same parts gives the same bytes.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// The file, uploaded.
    pub(crate) uploaded: Option<AttachedMedia>,
    /// Now, in milliseconds since the Unix epoch.
    pub(crate) now_ms: i64,
    /// The message's own secret, which answers to it are sealed with.
    pub(crate) secret: [u8; 32],
    /// Everybody in the group, for a message that mentions all of them.
    pub(crate) everybody: Vec<String>,
    /// The vote, sealed.
    pub(crate) vote: Option<PollUpdateMessage>,
}

/// The protocol message.
///
/// # Errors
/// Permanent `invalid_message` when a media message comes without its upload, or a vote without what it is sealed with.
pub(crate) fn build(message: &SendMessage, parts: Parts) -> Result<wa::Message, SendError> {
    let mut built = match &message.content {
        Content::Text(text) => build_text(text),
        Content::Media(media) => match parts.uploaded {
            Some(uploaded) => media::build(media, uploaded),
            None => return Err(SendError::permanent("invalid_message", "the media file is missing")),
        },
        Content::Location(place) => things::location(place),
        Content::LiveLocation(place) => things::live_location(place),
        Content::Contacts(cards) => things::contacts(cards),
        Content::Poll(poll) => things::poll(poll, parts.secret),
        Content::Event(event) => things::event(event, parts.secret),
        Content::Buttons(menu) => things::buttons(menu),
        Content::List(menu) => things::list(menu),
        Content::Reaction(reaction) => about::reaction(&message.to, reaction, parts.now_ms),
        Content::Edit(edit) => about::edit(&message.to, edit, parts.now_ms),
        Content::Revoke(target) => about::revoke(&message.to, target),
        Content::Pin(pin) => about::pin(&message.to, pin, parts.now_ms),
        Content::Keep(keep) => about::keep(&message.to, keep, parts.now_ms),
        Content::PollVote(_) => match parts.vote {
            Some(vote) => {
                wa::Message { poll_update_message: MessageField::some(vote), ..wa::Message::default() }
            }
            None => return Err(SendError::permanent("poll_unknown", "the poll is not known any more")),
        },
    };
    if message.content.is_message() {
        add_context(&mut built, message, parts.everybody);
    }
    Ok(built)
}

/// Plain text goes as such; only what is more than that needs the longer form.
fn build_text(text: &Text) -> wa::Message {
    let given: Option<LinkCard> = match &text.preview {
        LinkPreview::Given(card) => Some(card.clone()),
        // Fetched before the message got here, or there is nothing to show.
        LinkPreview::Fetch | LinkPreview::None => None,
    };
    if given.is_none() && text.style.is_none() {
        return wa::Message { conversation: Some(text.body.clone()), ..wa::Message::default() };
    }
    let mut long = ExtendedTextMessage { text: Some(text.body.clone()), ..ExtendedTextMessage::default() };
    if let Some(card) = given {
        long.matched_text = Some(card.url);
        long.title = Some(card.title);
        long.description = card.description;
        long.jpeg_thumbnail = card.thumbnail_jpeg;
    }
    if let Some(style) = text.style {
        long.background_argb = Some(style.background_argb);
        long.text_argb = Some(style.text_argb);
        long.font = Some(font(style.font));
    }
    wa::Message { extended_text_message: MessageField::some(long), ..wa::Message::default() }
}

fn font(font: TextFont) -> FontType {
    match font {
        TextFont::System => FontType::SYSTEM,
        TextFont::SystemText => FontType::SYSTEM_TEXT,
        TextFont::Script => FontType::FB_SCRIPT,
        TextFont::SystemBold => FontType::SYSTEM_BOLD,
        TextFont::MorningBreeze => FontType::MORNINGBREEZE_REGULAR,
        TextFont::Calistoga => FontType::CALISTOGA_REGULAR,
        TextFont::Exo2 => FontType::EXO2_EXTRABOLD,
        TextFont::CourierPrime => FontType::COURIERPRIME_BOLD,
    }
}

/// Puts quote, mentions, the mark of a forwarded message and its expiry where the message has a place for them: within its
/// wrapper, where it has one.
fn add_context(built: &mut wa::Message, message: &SendMessage, everybody: Vec<String>) {
    let Some(context) = context(message, everybody) else { return };
    let inside = innermost(built);
    inside.set_context_info(context);
}

fn innermost(message: &mut wa::Message) -> &mut wa::Message {
    let wrapped = [
        message.view_once_message.is_set(),
        message.view_once_message_v2_extension.is_set(),
        message.document_with_caption_message.is_set(),
    ];
    let wrapper = match wrapped {
        [true, ..] => &mut message.view_once_message,
        [_, true, _] => &mut message.view_once_message_v2_extension,
        [_, _, true] => &mut message.document_with_caption_message,
        _ => return message,
    };
    wrapper.get_or_insert_default().message.get_or_insert_default()
}

fn context(message: &SendMessage, everybody: Vec<String>) -> Option<wa::ContextInfo> {
    let options = &message.options;
    let mut mentioned: Vec<String> = message.mentions.iter().map(Address::jid).collect();
    mentioned.extend(everybody.into_iter().filter(|jid| !message.mentions.iter().any(|m| m.jid() == *jid)));
    let mut context = wa::ContextInfo {
        mentioned_jid: mentioned,
        expiration: options.expires_in_seconds.filter(|seconds| *seconds > 0),
        is_forwarded: options.forwarded.then_some(true),
        forwarding_score: options.forwarded.then_some(1),
        ..wa::ContextInfo::default()
    };
    if let Some(quote) = &message.quote {
        context.stanza_id = Some(quote.wa_id.clone());
        context.participant = quoted_author(quote, &message.to);
        // Clients show a quote only when a message is in it, be it an empty one.
        let quoted = wa::Message {
            conversation: Some(quote.body.clone().unwrap_or_default()),
            ..wa::Message::default()
        };
        context.quoted_message = MessageField::some(quoted);
    }
    (context != wa::ContextInfo::default()).then_some(context)
}

/// Who wrote the quoted message. In a chat of two it is the other person unless told otherwise.
fn quoted_author(quote: &Quote, to: &Address) -> Option<String> {
    match &quote.participant {
        Some(author) => Some(author.jid()),
        None => to.is_person().then(|| to.jid()),
    }
}

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
