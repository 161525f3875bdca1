//! The protocol crate's events in Trunkline's words. Pure: what an event means for a run is a value.

use trunkline_model::inbound::Party;
use wacore::stanza::groups::GroupNotificationAction;
use wacore::types::events::{
    ConnectFailureReason, Event, GroupUpdate, PictureUpdate, Receipt, UndecryptableMessage,
};
use wacore::types::message::{MessageCategory, MessageSource};
use wacore::types::presence::{ChatPresence, ChatPresenceMedia, ReceiptType};
use wacore_binary::{Jid, JidExt as _};

use super::changes::{changed, timers};
use super::close::Cause;
use super::events::{ReceiptKind, SessionEvent};
use super::{calls, quotas};
use crate::error::shorten;
use crate::message::party;

/// What an event of the protocol crate means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The owner is told.
    Tell(SessionEvent),
    /// The owner is told of each.
    TellAll(Vec<SessionEvent>),
    /// Older messages that somebody asked the phone for.
    History,
    /// The owner is told once the device is on disk.
    Paired {
        /// The account.
        account: Party,
        /// The phone's platform.
        platform: String,
    },
    /// It explains the end of the connection.
    Ends(Cause),
    /// The owner is told, and it explains the end.
    TellAndEnds(SessionEvent, Cause),
    /// Messages that did not pass the durability hook.
    Uncommitted,
    /// The request for a pairing code failed, or the code does not serve any more.
    CodeFailed(String),
    /// A message arrived that this device cannot read: it is counted, and the owner is told.
    Unread(SessionEvent),
    /// Of no interest here, under this name.
    Ignored(&'static str),
}

/// What `event` means.
pub(super) fn translate(event: &Event) -> Meaning {
    match event {
        Event::Connected(_) => Meaning::Tell(SessionEvent::Ready),
        Event::PairingQrCode(qr) => {
            let valid_ms = qr.timeout.as_millis() as u64;
            Meaning::Tell(SessionEvent::Qr { code: qr.code.clone(), valid_ms })
        }
        Event::PairingQrCodesExhausted(exhausted) if exhausted.disconnected => {
            Meaning::TellAndEnds(SessionEvent::CodesExhausted, Cause::CodesExhausted)
        }
        // A pairing code may still be typed on this connection.
        Event::PairingQrCodesExhausted(_) => Meaning::Ignored("qr_codes_exhausted"),
        Event::PairingCode(pairing) => {
            let valid_ms = pairing.timeout.as_millis() as u64;
            Meaning::Tell(SessionEvent::PairingCode { code: pairing.code.clone(), valid_ms })
        }
        Event::PairingCodeError(error) => Meaning::CodeFailed(shorten(error.error.clone())),
        Event::PairingCodeRefresh(_) => {
            Meaning::CodeFailed("the pairing code does not serve any more; ask for another".to_owned())
        }
        Event::QrScannedWithoutMultidevice(_) => failed_pairing("the phone does not support linked devices"),
        Event::PairSuccess(success) => Meaning::Paired {
            account: party(&success.id, Some(&success.lid), Some(&success.business_name)),
            platform: success.platform.clone(),
        },
        Event::PairError(error) => failed_pairing(&error.error),
        Event::PairPasskeyRequest(request) => Meaning::Tell(SessionEvent::PasskeyRequested {
            request_options_json: request.request_options_json.clone(),
        }),
        Event::PairPasskeyConfirmation(confirmation) => Meaning::Tell(SessionEvent::PasskeyConfirmation {
            code: confirmation.code.clone(),
            needs_person: !confirmation.skip_handoff_ux,
        }),
        Event::PairPasskeyError(error) => {
            Meaning::Tell(SessionEvent::PasskeyFailed { detail: shorten(error.error.clone()) })
        }
        Event::Messages(batch) if !batch.hook_committed => Meaning::Uncommitted,
        Event::LoggedOut(_)
        | Event::StreamReplaced(_)
        | Event::TemporaryBan(_)
        | Event::ClientOutdated(_)
        | Event::ConnectFailure(_)
        | Event::StreamError(_)
        | Event::Disconnected(_) => ending(event),
        other => traffic(other),
    }
}

fn failed_pairing(detail: &str) -> Meaning {
    Meaning::Tell(SessionEvent::PairFailed { detail: shorten(detail.to_owned()) })
}

/// Events that explain the end of a connection.
fn ending(event: &Event) -> Meaning {
    match event {
        Event::LoggedOut(out) => Meaning::Ends(Cause::LoggedOut(code(out.reason))),
        Event::StreamReplaced(_) => Meaning::Ends(Cause::Replaced),
        Event::TemporaryBan(ban) => {
            Meaning::Ends(Cause::TemporaryBan(ban.expire.num_seconds().max(0) as u64))
        }
        Event::ClientOutdated(_) => Meaning::Ends(Cause::Outdated),
        Event::ConnectFailure(failure) => Meaning::Ends(Cause::Failure(code(failure.reason))),
        Event::StreamError(error) => match error.code.parse() {
            Ok(code) => Meaning::Ends(Cause::StreamError(code)),
            // Without a code it is about one stanza, and the stream goes on.
            Err(_) => Meaning::Ignored("stream_error"),
        },
        Event::Disconnected(gone) => {
            Meaning::Ends(Cause::SocketEnded { silent_ms: 0, words: shorten(gone.reason.to_string()) })
        }
        other => Meaning::Ignored(kind_of(other)),
    }
}

fn code(reason: ConnectFailureReason) -> u16 {
    u16::try_from(reason.code()).unwrap_or(0)
}

/// Events of a connection in good health.
fn traffic(event: &Event) -> Meaning {
    match event {
        // Receipts and notifications are acknowledged too; only messages are waited for.
        Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
            Meaning::Tell(SessionEvent::ServerAck { wa_id: ack.id.clone(), error: ack.error.clone() })
        }
        Event::Receipt(receipt) => translate_receipt(receipt),
        // Between the devices of the account: nobody waits to read it.
        Event::UndecryptableMessage(message) if message.info.category == MessageCategory::Peer => {
            Meaning::Ignored("undecryptable_peer")
        }
        Event::UndecryptableMessage(message) => unread(message),
        Event::ChatPresence(update) => Meaning::Tell(SessionEvent::ChatPresence {
            chat: chat(&update.source),
            sender: sender(&update.source, None),
            state: match (update.state, update.media) {
                (ChatPresence::Paused, _) => "paused",
                (ChatPresence::Composing, ChatPresenceMedia::Audio) => "recording",
                (ChatPresence::Composing, ChatPresenceMedia::Text) => "composing",
            }
            .to_owned(),
        }),
        Event::Presence(update) => Meaning::Tell(SessionEvent::Presence {
            person: party(&update.from, None, None),
            online: !update.unavailable,
            last_seen_ms: update.last_seen.map(|seen| seen.timestamp_millis()),
        }),
        Event::GroupUpdate(update) => Meaning::Tell(group_changed(update)),
        Event::PictureUpdate(update) if update.jid.is_group() => Meaning::Tell(group_picture(update)),
        Event::IncomingCall(signal) => match calls::call_event(signal) {
            Some(call) => Meaning::Tell(SessionEvent::Call(Box::new(call))),
            None => Meaning::Ignored("call_signal"),
        },
        Event::MissedCall(call) => Meaning::Tell(SessionEvent::Call(Box::new(calls::missed(call)))),
        Event::MexNotification(notification) => match quotas::told(notification) {
            Some(limits) => Meaning::Tell(SessionEvent::LimitsChanged(Box::new(limits))),
            None => Meaning::Ignored("mex"),
        },
        Event::HistorySync(_) => Meaning::History,
        Event::Messages(_) => match timers(event) {
            timers if timers.is_empty() => Meaning::Ignored(kind_of(event)),
            timers => Meaning::TellAll(timers),
        },
        other => match changed(other) {
            Some(told) => Meaning::Tell(told),
            None => Meaning::Ignored(kind_of(other)),
        },
    }
}

/// The conversation of a stanza. In a chat of two the other person's second name is known from the sender or recipient.
pub(super) fn chat(source: &MessageSource) -> Party {
    let other = match (source.is_group, source.is_from_me) {
        (true, _) => None,
        (false, true) => source.recipient_alt.as_ref(),
        (false, false) => source.sender_alt.as_ref(),
    };
    party(&source.chat, other, None)
}

/// Who sent a stanza.
pub(super) fn sender(source: &MessageSource, name: Option<&str>) -> Party {
    party(&source.sender, source.sender_alt.as_ref(), name)
}

/// What a receipt tells; `None` of retries and the like, which are the protocol crate's business.
pub(super) fn receipt_kind(kind: &ReceiptType) -> Option<ReceiptKind> {
    Some(match kind {
        ReceiptType::Delivered => ReceiptKind::Delivered,
        ReceiptType::Read => ReceiptKind::Read,
        ReceiptType::Played => ReceiptKind::Played,
        ReceiptType::ReadSelf => ReceiptKind::ReadSelf,
        ReceiptType::PlayedSelf => ReceiptKind::PlayedSelf,
        _ => return None,
    })
}

fn translate_receipt(receipt: &Receipt) -> Meaning {
    let source = &receipt.source;
    // It names the status where the viewer should be; who it was is told from the stanza.
    if source.chat.is_status_broadcast() && source.sender.is_status_broadcast() {
        return Meaning::Ignored("receipt_of_status");
    }
    let Some(kind) = receipt_kind(&receipt.r#type) else { return Meaning::Ignored("receipt_other") };
    Meaning::Tell(SessionEvent::Receipt {
        wa_ids: receipt.message_ids.clone(),
        chat: chat(&receipt.source),
        sender: sender(&receipt.source, None),
        device: receipt.source.sender.device,
        kind,
        time_ms: receipt.timestamp.timestamp_millis(),
    })
}

/// A message that is not read: where it can still come, the protocol crate has asked for it.
fn unread(message: &UndecryptableMessage) -> Meaning {
    let withheld = message.is_unavailable && message.unavailable_type.is_unrecoverable_fanout();
    let cause = if withheld { "withheld" } else { "undecryptable" };
    let info = &message.info;
    Meaning::Unread(SessionEvent::Unread {
        wa_id: info.id.clone(),
        chat: chat(&info.source),
        sender: sender(&info.source, Some(&info.push_name)),
        cause,
    })
}

fn group_changed(update: &GroupUpdate) -> SessionEvent {
    let author = update.participant.as_ref();
    SessionEvent::GroupChanged {
        group: party(&update.group_jid, None, None),
        author: author.map(|jid| party(jid, update.participant_pn.as_ref(), update.notify.as_deref())),
        change: update.action.wire_tag().to_owned(),
        text: text_of(&update.action),
        participants: participants(&update.action),
    }
}

fn text_of(action: &GroupNotificationAction) -> Option<String> {
    match action {
        GroupNotificationAction::Subject { subject, .. } => Some(subject.clone()),
        GroupNotificationAction::Description { description, .. } => description.clone(),
        GroupNotificationAction::Delete { reason } => reason.clone(),
        GroupNotificationAction::MembershipApprovalMode { enabled: true } => Some("on".to_owned()),
        GroupNotificationAction::MembershipApprovalMode { enabled: false } => Some("off".to_owned()),
        _ => None,
    }
}

fn group_picture(update: &PictureUpdate) -> SessionEvent {
    SessionEvent::GroupChanged {
        group: party(&update.jid, None, None),
        author: update.author.as_ref().map(|jid| party(jid, None, None)),
        change: "picture".to_owned(),
        text: None,
        participants: Vec::new(),
    }
}

fn participants(action: &GroupNotificationAction) -> Vec<Party> {
    match action {
        GroupNotificationAction::Add { participants, .. }
        | GroupNotificationAction::Remove { participants, .. }
        | GroupNotificationAction::Promote { participants }
        | GroupNotificationAction::Demote { participants }
        | GroupNotificationAction::Modify { participants } => {
            participants.iter().map(|member| party(&member.jid, member.phone_number.as_ref(), None)).collect()
        }
        GroupNotificationAction::CreatedMembershipRequests { requests, .. } => {
            requests.iter().map(|person| party(&person.jid, person.phone_number.as_ref(), None)).collect()
        }
        GroupNotificationAction::RevokedMembershipRequests { participants } => {
            participants.iter().map(|jid: &Jid| party(jid, None, None)).collect()
        }
        _ => Vec::new(),
    }
}

/// A label for what nobody is told of.
fn kind_of(event: &Event) -> &'static str {
    match event {
        Event::Messages(_) => "messages",
        Event::ServerAck(_) => "server_ack_other",
        Event::Notification(_) => "notification",
        Event::HistorySync(_) => "history_sync",
        Event::OfflineSyncPreview(_) | Event::OfflineSyncCompleted(_) => "offline_sync",
        Event::CallEndedElsewhere(_) => "call",
        Event::PictureUpdate(_) | Event::UserAboutUpdate(_) | Event::PushNameUpdate(_) => "profile",
        Event::ContactUpdated(_)
        | Event::ContactNumberChanged(_)
        | Event::ContactSyncRequested(_)
        | Event::ContactUpdate(_) => "contact",
        Event::DeviceListUpdate(_) | Event::IdentityChange(_) => "device_list",
        Event::AppStateSyncFailed(_) => "app_state_sync_failed",
        Event::NewsletterLiveUpdate(_) => "newsletter",
        _ => "other",
    }
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
