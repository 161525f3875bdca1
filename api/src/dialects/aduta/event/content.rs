//! What a message says, as text, and as WhatsApp's own clients write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trunkline_model::inbound::{InboundContent, InboundMedia};
use trunkline_model::message::MediaKind;

use crate::json::event::media_id;

/// The text of a message: what it says, what stands under its file, or what was chosen.
pub(super) fn text_of(content: &InboundContent) -> Option<&str> {
    match content {
        InboundContent::Text { body } | InboundContent::Edit { body, .. } => Some(body),
        InboundContent::Media(media) => media.caption.as_deref(),
        InboundContent::Reaction { emoji, .. } => Some(emoji),
        InboundContent::Location { name, .. } => name.as_deref(),
        InboundContent::LiveLocation(place) => place.caption.as_deref(),
        InboundContent::Poll(poll) => Some(&poll.question),
        InboundContent::Menu(menu) => Some(&menu.body),
        InboundContent::MenuChoice { title, .. } => Some(title),
        InboundContent::GroupInvite(invite) => invite.caption.as_deref(),
        InboundContent::Event(event) => Some(&event.name),
        _ => None,
    }
}

/// A message as WhatsApp's own clients write it, as far as it is known.
pub(super) fn raw(sequence: u64, content: &InboundContent) -> Value {
    match content {
        InboundContent::Text { body } => json!({ "conversation": body }),
        InboundContent::Media(media) => {
            let (member, shown) = (media_member(media.kind), media_of(sequence, media));
            json!({ member: shown })
        }
        InboundContent::Reaction { target_wa_id, emoji } => {
            json!({ "reactionMessage": { "key": { "id": target_wa_id }, "text": emoji } })
        }
        InboundContent::Location { latitude_e7, longitude_e7, name, address } => json!({ "locationMessage": {
            "degreesLatitude": *latitude_e7 as f64 / 1e7, "degreesLongitude": *longitude_e7 as f64 / 1e7,
            "name": name, "address": address,
        } }),
        InboundContent::LiveLocation(place) => json!({ "liveLocationMessage": {
            "degreesLatitude": place.latitude_e7 as f64 / 1e7, "degreesLongitude": place.longitude_e7 as f64 / 1e7,
            "caption": place.caption,
        } }),
        InboundContent::Contacts { vcards } => match vcards.as_slice() {
            [vcard] => json!({ "contactMessage": { "vcard": vcard } }),
            vcards => {
                let contacts: Vec<Value> = vcards.iter().map(|vcard| json!({ "vcard": vcard })).collect();
                json!({ "contactsArrayMessage": { "contacts": contacts } })
            }
        },
        InboundContent::Poll(poll) => {
            let options: Vec<Value> =
                poll.options.iter().map(|option| json!({ "optionName": option })).collect();
            json!({ "pollCreationMessage": {
                "name": poll.question, "options": options, "selectableOptionsCount": poll.selectable,
            } })
        }
        InboundContent::GroupInvite(invite) => json!({ "groupInviteMessage": {
            "groupJid": invite.group, "inviteCode": invite.code, "groupName": invite.name, "caption": invite.caption,
        } }),
        _ => json!({}),
    }
}

fn media_member(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "imageMessage",
        MediaKind::Video => "videoMessage",
        MediaKind::Audio | MediaKind::Voice => "audioMessage",
        MediaKind::Document => "documentMessage",
        MediaKind::Sticker => "stickerMessage",
    }
}

fn media_of(sequence: u64, media: &InboundMedia) -> Value {
    json!({
        "mediaId": media_id(sequence),
        "mimetype": media.mime_type,
        "caption": media.caption,
        "fileName": media.file_name,
        "fileLength": media.size_bytes,
        "seconds": media.duration_seconds,
        "width": media.look.width,
        "height": media.look.height,
        "ptt": media.kind == MediaKind::Voice,
        "viewOnce": media.look.view_once,
        "directPath": media.direct_path,
        "mediaKey": STANDARD.encode(&media.media_key),
        "fileSha256": STANDARD.encode(&media.file_sha256),
        "fileEncSha256": STANDARD.encode(&media.file_enc_sha256),
    })
}
