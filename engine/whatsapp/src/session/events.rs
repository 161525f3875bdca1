//! What a session tells its owner, and the bounded channel it does so through.

use metrics::counter;
use tokio::sync::mpsc;
use trunkline_model::chat::{ChatChanged, ContactChanged, LabelChanged};
use trunkline_model::command::{CallEvent, LimitsView};
use trunkline_model::event::CloseReason;
use trunkline_model::inbound::Party;

use crate::limits::{SESSION_EVENTS_MAX, SESSION_EVENTS_RESERVED};
use crate::metrics::{EVENTS, EVENTS_DROPPED};

/// Something that happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// A QR code is to be shown; it replaces the one before.
    Qr {
        /// The text to draw.
        code: String,
        /// How long a phone can scan it, in milliseconds.
        valid_ms: u64,
    },
    /// There is no further QR code, nobody has a pairing code, and the connection ends.
    CodesExhausted,
    /// An 8-character code is to be typed on the phone.
    PairingCode {
        /// The code, without a dash.
        code: String,
        /// How long the phone takes it, in milliseconds.
        valid_ms: u64,
    },
    /// WhatsApp asks for a passkey assertion; see [`crate::Session::answer_passkey`].
    PasskeyRequested {
        /// WebAuthn `PublicKeyCredentialRequestOptions`, as JSON text.
        request_options_json: String,
    },
    /// The passkey was accepted; see [`crate::Session::confirm_passkey`].
    PasskeyConfirmation {
        /// The code to compare on both screens.
        code: String,
        /// Whether a person has to compare it; otherwise WhatsApp knows this device from before.
        needs_person: bool,
    },
    /// The passkey ceremony failed.
    PasskeyFailed {
        /// Why, without private data.
        detail: String,
    },
    /// A phone accepted this device, and the device with its account is on disk. `Closed` with
    /// [`CloseReason::StreamRestart`] follows.
    PairAccepted {
        /// The account that the device belongs to now.
        account: Party,
        /// The phone's platform, as WhatsApp names it.
        platform: String,
    },
    /// Pairing failed; codes go on being shown where the connection lives.
    PairFailed {
        /// Why, without private data.
        detail: String,
    },
    /// WhatsApp accepted the login.
    LoginAccepted {
        /// The account that the stored device belongs to. An owner that does not know of the link learns it here: it was cut off
        /// between the device's last write and [`SessionEvent::PairAccepted`].
        account: Option<Party>,
    },
    /// The offline queue and the critical app state are in: messages can be sent.
    Ready,
    /// The connection ended. Exactly one for each [`crate::Session::start`]. A receipt that was being handled may still
    /// follow it.
    Closed {
        /// Why.
        reason: CloseReason,
        /// How long WhatsApp wants to be left alone, in milliseconds, where it said so.
        retry_after_ms: Option<u64>,
        /// What happened, without private data.
        detail: String,
    },
    /// WhatsApp's server took a message, or refused it.
    ServerAck {
        /// Id of the message.
        wa_id: String,
        /// The code of the refusal.
        error: Option<String>,
    },
    /// A recipient, or another device of the account, tells what became of messages.
    Receipt {
        /// Ids of the messages.
        wa_ids: Vec<String>,
        /// The conversation.
        chat: Party,
        /// Whose device tells.
        sender: Party,
        /// Number of that device: 0 is the phone.
        device: u16,
        /// What it tells.
        kind: ReceiptKind,
        /// When, by the server's clock, in milliseconds since the Unix epoch.
        time_ms: i64,
    },
    /// Somebody is typing, recording, or stopped.
    ChatPresence {
        /// The conversation.
        chat: Party,
        /// Who.
        sender: Party,
        /// `composing`, `recording` or `paused`.
        state: String,
    },
    /// Somebody came online or left.
    Presence {
        /// Who.
        person: Party,
        /// Whether online now.
        online: bool,
        /// Last time seen, in milliseconds since the Unix epoch, where shown.
        last_seen_ms: Option<i64>,
    },
    /// A message arrived that cannot be read. Where it can still come, it has been asked for.
    Unread {
        /// Its id.
        wa_id: String,
        /// The conversation.
        chat: Party,
        /// Who sent it.
        sender: Party,
        /// Why, in a word.
        cause: &'static str,
    },
    /// A group changed: its members, subject or settings.
    GroupChanged {
        /// The group.
        group: Party,
        /// Who changed it.
        author: Option<Party>,
        /// The protocol's own word for the change.
        change: String,
        /// What it is changed to, where that is a text or a mode.
        text: Option<String>,
        /// The members that it concerns.
        participants: Vec<Party>,
    },
    /// The phone has sent the messages of the last time before it was linked, and they are on disk.
    HistoryTaken,
    /// WhatsApp told of the account's limits.
    LimitsChanged(Box<LimitsView>),
    /// A call rings, was taken or ended.
    Call(Box<CallEvent>),
    /// A chat, a person or a label changed, on another device of the account or by this session's own doing.
    Changed {
        /// What.
        change: Box<AppStateChange>,
        /// Whether it is part of what a new device is told of the past.
        is_past: bool,
        /// When, in milliseconds since the Unix epoch, by the clock of whoever changed it.
        at_ms: i64,
    },
}

/// What changed of what the devices of an account share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppStateChange {
    /// Of a chat.
    Chat(ChatChanged),
    /// Of a person.
    Contact(ContactChanged),
    /// Of a label.
    Label(LabelChanged),
}

/// What a receipt tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptKind {
    /// A device of the recipient has the message.
    Delivered,
    /// The recipient has seen it.
    Read,
    /// The recipient has played it.
    Played,
    /// Another device of this account has read it.
    ReadSelf,
    /// Another device of this account has played it.
    PlayedSelf,
}

/// How much an event matters when the owner does not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// States and acknowledgements: without them the owner would be wrong about the session.
    Essential,
    /// The rest: dropped, with a counter, before it takes the reserved places.
    Useful,
}

impl SessionEvent {
    /// The event's kind: a metric label.
    pub fn kind(&self) -> &'static str {
        match self {
            SessionEvent::Qr { .. } => "qr",
            SessionEvent::CodesExhausted => "codes_exhausted",
            SessionEvent::PairingCode { .. } => "pairing_code",
            SessionEvent::PasskeyRequested { .. } => "passkey_requested",
            SessionEvent::PasskeyConfirmation { .. } => "passkey_confirmation",
            SessionEvent::PasskeyFailed { .. } => "passkey_failed",
            SessionEvent::PairAccepted { .. } => "pair_accepted",
            SessionEvent::PairFailed { .. } => "pair_failed",
            SessionEvent::LoginAccepted { .. } => "login_accepted",
            SessionEvent::Ready => "ready",
            SessionEvent::Closed { .. } => "closed",
            SessionEvent::ServerAck { .. } => "server_ack",
            SessionEvent::Receipt { .. } => "receipt",
            SessionEvent::ChatPresence { .. } => "chat_presence",
            SessionEvent::Presence { .. } => "presence",
            SessionEvent::Unread { .. } => "unread",
            SessionEvent::GroupChanged { .. } => "group_changed",
            SessionEvent::HistoryTaken => "history_taken",
            SessionEvent::LimitsChanged(_) => "limits_changed",
            SessionEvent::Call(_) => "call",
            SessionEvent::Changed { .. } => "changed",
        }
    }

    fn weight(&self) -> Weight {
        match self {
            SessionEvent::Receipt { .. }
            | SessionEvent::ChatPresence { .. }
            | SessionEvent::Presence { .. }
            | SessionEvent::GroupChanged { .. }
            | SessionEvent::LimitsChanged(_)
            | SessionEvent::Call(_)
            | SessionEvent::Changed { .. }
            | SessionEvent::Unread { .. } => Weight::Useful,
            _ => Weight::Essential,
        }
    }
}

/// The events of a session, in order.
#[derive(Debug)]
pub struct SessionEvents(mpsc::Receiver<Box<SessionEvent>>);

impl SessionEvents {
    /// The next event. `None` once the session is dropped and everything was received.
    pub async fn recv(&mut self) -> Option<SessionEvent> {
        self.0.recv().await.map(|event| *event)
    }

    /// The next event, if one is there.
    pub fn try_recv(&mut self) -> Option<SessionEvent> {
        self.0.try_recv().ok().map(|event| *event)
    }
}

/// The session's side of the channel.
#[derive(Clone)]
pub(super) struct EventSink(mpsc::Sender<Box<SessionEvent>>);

/// An essential event found the channel full: the connection has to end, so that the owner starts from a known state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overflow;

/// Boxed, so that an idle session's channel is a few hundred bytes.
pub(super) fn channel() -> (EventSink, SessionEvents) {
    let (sender, receiver) = mpsc::channel(SESSION_EVENTS_MAX);
    (EventSink(sender), SessionEvents(receiver))
}

impl EventSink {
    /// Hands an event over without waiting.
    pub(super) fn offer(&self, event: SessionEvent) -> Result<(), Overflow> {
        let kind = event.kind();
        counter!(EVENTS, "kind" => kind).increment(1);
        if event.weight() == Weight::Useful && self.0.capacity() <= SESSION_EVENTS_RESERVED {
            counter!(EVENTS_DROPPED, "kind" => kind).increment(1);
            return Ok(());
        }
        match self.0.try_send(Box::new(event)) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                counter!(EVENTS_DROPPED, "kind" => kind).increment(1);
                Err(Overflow)
            }
        }
    }

    /// Hands an event over, waiting for a place. An owner that went away gets nothing.
    pub(super) async fn deliver(&self, event: SessionEvent) {
        counter!(EVENTS, "kind" => event.kind()).increment(1);
        drop(self.0.send(Box::new(event)).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence() -> SessionEvent {
        SessionEvent::Presence { person: Party::default(), online: true, last_seen_ms: None }
    }

    #[tokio::test]
    async fn the_useful_makes_room_for_the_essential() {
        let (sink, mut events) = channel();
        for _ in 0..SESSION_EVENTS_MAX * 2 {
            assert_eq!(sink.offer(presence()), Ok(()));
        }
        for _ in 0..SESSION_EVENTS_RESERVED {
            assert_eq!(sink.offer(SessionEvent::Ready), Ok(()));
        }
        assert_eq!(sink.offer(SessionEvent::Ready), Err(Overflow));
        let mut received = 0;
        while events.try_recv().is_some() {
            received += 1;
        }
        assert_eq!(received, SESSION_EVENTS_MAX);
        sink.deliver(SessionEvent::Ready).await;
        assert_eq!(events.recv().await, Some(SessionEvent::Ready));
    }
}
