//! An inbound protocol message in Trunkline's own words.

use trunkline_model::inbound::{InboundContent, InboundMedia, InboundQuote};
use trunkline_model::message::MediaKind;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::message::{LiveLocationMessage, LocationMessage, ProtocolMessage};

use crate::limits::WRAPPERS_MAX;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) content: InboundContent,
    pub(crate) quote: Option<InboundQuote>,
    pub(crate) mentions: Vec<String>,
}

/// Reads a message. `None` when it is not meant for people: key shares, history announcements and the like.
pub(crate) fn received(message: &wa::Message) -> Option<Received> {
    let message = unwrap(message);
    let content = content(message)?;
    let (quote, mentions) = context_of(message).map(read_context).unwrap_or_default();
    Some(Received { content, quote, mentions })
}

/// The message inside the wrappers that say how it travels or is shown.
pub(crate) fn unwrap(message: &wa::Message) -> &wa::Message {
    let mut current = message;
    for _ in 0..WRAPPERS_MAX {
        match inner(current) {
            Some(inside) => current = inside,
            None => break,
        }
    }
    current
}

fn inner(message: &wa::Message) -> Option<&wa::Message> {
    if let Some(sent) = message.device_sent_message.as_option() {
        return sent.message.as_option();
    }
    let wrappers = [
        &message.ephemeral_message,
        &message.view_once_message,
        &message.view_once_message_v2,
        &message.view_once_message_v2_extension,
        &message.document_with_caption_message,
        &message.edited_message,
        &message.group_mentioned_message,
        &message.lottie_sticker_message,
        &message.associated_child_message,
        &message.bot_invoke_message,
        &message.spoiler_message,
    ];
    wrappers.into_iter().find_map(|wrapper| wrapper.as_option()?.message.as_option())
}

fn content(message: &wa::Message) -> Option<InboundContent> {
    if let Some(body) = text(message) {
        return Some(InboundContent::Text { body });
    }
    if let Some((name, media)) = media(message) {
        // A file that names no place to fetch it from cannot be shown as one.
        return Some(media.map_or_else(|| other(name), InboundContent::Media));
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        let target_wa_id = key_id(&reaction.key)?;
        return Some(InboundContent::Reaction {
            target_wa_id,
            emoji: reaction.text.clone().unwrap_or_default(),
        });
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return protocol_content(protocol);
    }
    if let Some(place) = message.location_message.as_option() {
        return Some(location(place));
    }
    if let Some(place) = message.live_location_message.as_option() {
        return Some(live_location(place));
    }
    if let Some(contact) = message.contact_message.as_option() {
        return Some(InboundContent::Contacts { vcards: contact.vcard.iter().cloned().collect() });
    }
    if let Some(several) = message.contacts_array_message.as_option() {
        let vcards = several.contacts.iter().filter_map(|contact| contact.vcard.clone()).collect();
        return Some(InboundContent::Contacts { vcards });
    }
    named(message).map(other)
}

fn other(kind: &str) -> InboundContent {
    InboundContent::Other { kind: kind.to_owned() }
}

fn text(message: &wa::Message) -> Option<String> {
    let extended = || message.extended_text_message.as_option()?.text.clone();
    message.conversation.clone().filter(|body| !body.is_empty()).or_else(extended)
}

fn key_id(key: &buffa::MessageField<wa::MessageKey>) -> Option<String> {
    key.as_option()?.id.clone()
}

/// Revocations and edits are messages about messages; the other kinds are between devices, or about settings.
fn protocol_content(protocol: &ProtocolMessage) -> Option<InboundContent> {
    match protocol.r#type {
        Some(ProtocolType::REVOKE) => Some(InboundContent::Revoke { target_wa_id: key_id(&protocol.key)? }),
        Some(ProtocolType::MESSAGE_EDIT) => {
            let edited = unwrap(protocol.edited_message.as_option()?);
            let caption = || match media(edited)?.1 {
                Some(media) => media.caption,
                None => None,
            };
            let body = text(edited).or_else(caption).unwrap_or_default();
            Some(InboundContent::Edit { target_wa_id: key_id(&protocol.key)?, body })
        }
        Some(ProtocolType::EPHEMERAL_SETTING) => Some(other("ephemeralSetting")),
        _ => None,
    }
}

/// The kinds of media share their fields' names but no type.
macro_rules! file {
    ($kind:expr, $message:expr, { $($extra:tt)* }) => {{
        let message = $message;
        let direct_path = message.direct_path.clone().filter(|path| !path.is_empty());
        direct_path.map(|direct_path| InboundMedia {
            kind: $kind,
            mime_type: message.mimetype.clone(),
            size_bytes: message.file_length,
            direct_path,
            media_key: message.media_key.clone().unwrap_or_default(),
            file_sha256: message.file_sha256.clone().unwrap_or_default(),
            file_enc_sha256: message.file_enc_sha256.clone().unwrap_or_default(),
            $($extra)*
            ..blank($kind)
        })
    }};
}

fn blank(kind: MediaKind) -> InboundMedia {
    InboundMedia {
        kind,
        mime_type: None,
        caption: None,
        file_name: None,
        size_bytes: None,
        duration_seconds: None,
        direct_path: String::new(),
        media_key: Vec::new(),
        file_sha256: Vec::new(),
        file_enc_sha256: Vec::new(),
    }
}

/// The protocol's name of a media message, and the file when it is complete.
fn media(message: &wa::Message) -> Option<(&'static str, Option<InboundMedia>)> {
    if let Some(image) = message.image_message.as_option() {
        let file = file!(MediaKind::Image, image, { caption: image.caption.clone(), });
        return Some(("imageMessage", file));
    }
    // A round video note is a video that is shown in a circle.
    for (name, video) in [("videoMessage", &message.video_message), ("ptvMessage", &message.ptv_message)] {
        if let Some(video) = video.as_option() {
            let file = file!(MediaKind::Video, video, {
                caption: video.caption.clone(),
                duration_seconds: video.seconds,
            });
            return Some((name, file));
        }
    }
    if let Some(audio) = message.audio_message.as_option() {
        let kind = if audio.ptt == Some(true) { MediaKind::Voice } else { MediaKind::Audio };
        return Some(("audioMessage", file!(kind, audio, { duration_seconds: audio.seconds, })));
    }
    if let Some(document) = message.document_message.as_option() {
        let file_name = document.file_name.clone().or_else(|| document.title.clone());
        let file = file!(MediaKind::Document, document, { caption: document.caption.clone(), file_name, });
        return Some(("documentMessage", file));
    }
    let sticker = message.sticker_message.as_option()?;
    Some(("stickerMessage", file!(MediaKind::Sticker, sticker, {})))
}

/// Degrees times ten million; what is no number becomes 0.
fn e7(degrees: Option<f64>) -> i64 {
    (degrees.unwrap_or_default() * 1e7).round() as i64
}

fn location(place: &LocationMessage) -> InboundContent {
    InboundContent::Location {
        latitude_e7: e7(place.degrees_latitude),
        longitude_e7: e7(place.degrees_longitude),
        name: place.name.clone().or_else(|| place.address.clone()),
    }
}

fn live_location(place: &LiveLocationMessage) -> InboundContent {
    InboundContent::Location {
        latitude_e7: e7(place.degrees_latitude),
        longitude_e7: e7(place.degrees_longitude),
        name: place.caption.clone(),
    }
}

/// The context of the kinds of message that have one.
fn context_of(message: &wa::Message) -> Option<&wa::ContextInfo> {
    macro_rules! first_of {
        ($($field:ident),*) => {
            [$(message.$field.as_option().and_then(|inside| inside.context_info.as_option()),)*]
        };
    }
    first_of!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message
    )
    .into_iter()
    .flatten()
    .next()
}

fn read_context(context: &wa::ContextInfo) -> (Option<InboundQuote>, Vec<String>) {
    let quote = context
        .stanza_id
        .clone()
        .map(|wa_id| InboundQuote { wa_id, participant: context.participant.as_deref().map(without_device) });
    (quote, context.mentioned_jid.iter().map(|jid| without_device(jid)).collect())
}

/// An id as replies and lookups take it. What does not read as an id stays as it came.
fn without_device(jid: &str) -> String {
    jid.parse::<wacore_binary::Jid>().map_or_else(|_| jid.to_owned(), |jid| jid.to_non_ad_string())
}

/// The protocol's own name of a message that has no content of ours. `None` when there is nothing in it for people.
fn named(message: &wa::Message) -> Option<&'static str> {
    macro_rules! names {
        ($($field:ident => $name:literal,)*) => { $(if message.$field.is_set() { return Some($name); })* };
    }
    names! {
        poll_creation_message => "pollCreationMessage",
        poll_creation_message_v2 => "pollCreationMessage",
        poll_creation_message_v3 => "pollCreationMessage",
        poll_creation_message_v4 => "pollCreationMessage",
        poll_creation_message_v5 => "pollCreationMessage",
        poll_creation_message_v6 => "pollCreationMessage",
        poll_update_message => "pollUpdateMessage",
        event_message => "eventMessage",
        enc_event_response_message => "encEventResponseMessage",
        enc_reaction_message => "encReactionMessage",
        enc_comment_message => "encCommentMessage",
        comment_message => "commentMessage",
        secret_encrypted_message => "secretEncryptedMessage",
        keep_in_chat_message => "keepInChatMessage",
        pin_in_chat_message => "pinInChatMessage",
        group_invite_message => "groupInviteMessage",
        buttons_message => "buttonsMessage",
        buttons_response_message => "buttonsResponseMessage",
        list_message => "listMessage",
        list_response_message => "listResponseMessage",
        template_message => "templateMessage",
        template_button_reply_message => "templateButtonReplyMessage",
        interactive_message => "interactiveMessage",
        interactive_response_message => "interactiveResponseMessage",
        highly_structured_message => "highlyStructuredMessage",
        product_message => "productMessage",
        order_message => "orderMessage",
        invoice_message => "invoiceMessage",
        send_payment_message => "sendPaymentMessage",
        request_payment_message => "requestPaymentMessage",
        payment_invite_message => "paymentInviteMessage",
        request_phone_number_message => "requestPhoneNumberMessage",
        album_message => "albumMessage",
        sticker_pack_message => "stickerPackMessage",
        newsletter_admin_invite_message => "newsletterAdminInviteMessage",
        status_mention_message => "statusMentionMessage",
        group_status_message => "groupStatusMessage",
        scheduled_call_creation_message => "scheduledCallCreationMessage",
        call_log_messsage => "callLogMessage",
        placeholder_message => "placeholderMessage",
    }
    // What only carries keys or the context of keys is no message; anything else is one that has no name here yet.
    let empty = wa::Message {
        sender_key_distribution_message: message.sender_key_distribution_message.clone(),
        fast_ratchet_key_sender_key_distribution_message: message
            .fast_ratchet_key_sender_key_distribution_message
            .clone(),
        message_context_info: message.message_context_info.clone(),
        ..wa::Message::default()
    };
    let encoded_bytes = waproto::codec::message_encoded_len;
    (encoded_bytes(message) > encoded_bytes(&empty)).then_some("unknown")
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
