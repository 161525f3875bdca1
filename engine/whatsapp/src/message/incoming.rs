//! An inbound protocol message in Trunkline's own words.

mod media;
mod things;

use trunkline_model::inbound::{InboundContent, InboundMarks, InboundQuote, Party};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::ProtocolMessage;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use self::media::media;
use crate::limits::WRAPPERS_MAX;
use crate::message::party;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) content: InboundContent,
    pub(crate) quote: Option<InboundQuote>,
    pub(crate) mentions: Vec<Party>,
    pub(crate) marks: InboundMarks,
}

/// Reads a message. `None` when it is not meant for people: key shares, history announcements and the like.
pub(crate) fn received(message: &wa::Message) -> Option<Received> {
    let message = unwrap(message);
    let content = content(message)?;
    let context = context_of(message);
    let (quote, mentions) = context.map(read_context).unwrap_or_default();
    let marks = context.map(read_marks).unwrap_or_default();
    Some(Received { content, quote, mentions, marks })
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
        &message.poll_creation_message_v4,
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
    things::read(message).or_else(|| named(message).map(other))
}

fn other(kind: &str) -> InboundContent {
    InboundContent::Other { kind: kind.to_owned() }
}

fn text(message: &wa::Message) -> Option<String> {
    let extended = || message.extended_text_message.as_option()?.text.clone();
    message.conversation.clone().filter(|body| !body.is_empty()).or_else(extended)
}

/// The caption of a file, be there nothing else of it: an edit need not carry the file again.
fn caption(message: &wa::Message) -> Option<String> {
    let image = || message.image_message.as_option()?.caption.clone();
    let video = || message.video_message.as_option()?.caption.clone();
    let document = || message.document_message.as_option()?.caption.clone();
    image().or_else(video).or_else(document)
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
            let body = text(edited).or_else(|| caption(edited)).unwrap_or_default();
            Some(InboundContent::Edit { target_wa_id: key_id(&protocol.key)?, body })
        }
        Some(ProtocolType::EPHEMERAL_SETTING) => Some(other("ephemeralSetting")),
        _ => None,
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
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v2,
        poll_creation_message_v3,
        poll_creation_message_v5,
        event_message,
        buttons_message,
        buttons_response_message,
        list_message,
        list_response_message,
        interactive_message,
        interactive_response_message,
        template_message,
        template_button_reply_message,
        group_invite_message
    )
    .into_iter()
    .flatten()
    .next()
}

fn read_context(context: &wa::ContextInfo) -> (Option<InboundQuote>, Vec<Party>) {
    let quote = context
        .stanza_id
        .clone()
        .map(|wa_id| InboundQuote { wa_id, participant: context.participant.as_deref().map(somebody) });
    (quote, context.mentioned_jid.iter().map(|jid| somebody(jid)).collect())
}

fn read_marks(context: &wa::ContextInfo) -> InboundMarks {
    InboundMarks {
        forwarded: context.is_forwarded == Some(true),
        expires_in_seconds: context.expiration.filter(|seconds| *seconds > 0),
    }
}

/// A person by an id in a message. What does not read as an id stays as it came.
fn somebody(jid: &str) -> Party {
    jid.parse().map_or_else(|_| Party::of_jid(jid), |jid| party(&jid, None, None))
}

/// The protocol's own name of a message that has no content of ours. `None` when there is nothing in it for people.
fn named(message: &wa::Message) -> Option<&'static str> {
    macro_rules! names {
        ($($field:ident => $name:literal,)*) => { $(if message.$field.is_set() { return Some($name); })* };
    }
    names! {
        poll_creation_message_v6 => "pollCreationMessage",
        poll_update_message => "pollUpdateMessage",
        enc_event_response_message => "encEventResponseMessage",
        enc_reaction_message => "encReactionMessage",
        enc_comment_message => "encCommentMessage",
        comment_message => "commentMessage",
        secret_encrypted_message => "secretEncryptedMessage",
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
