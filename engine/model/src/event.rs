//! Facts that happened to an instance, numbered without gaps. They feed webhooks, streams and statuses.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

use crate::chat::{ChatChanged, ContactChanged, LabelChanged};
use crate::command::{CallEvent, CallStep, LimitsView};
use crate::delivery::PauseReason;
use crate::id::{EndpointId, MessageId};
use crate::inbound::{InboundMessage, Party};
use crate::instance::InstanceState;
use crate::message::MessageStatus;

/// One entry of an instance's event log.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Event {
    /// Position in the instance's log, from 1, without gaps.
    pub sequence: u64,
    /// When it was recorded, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Whether it tells of something from before the instance was online.
    pub backfilled: bool,
    /// What happened.
    pub body: EventBody,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum EventBody {
    /// The instance changed its state.
    StateChanged {
        /// Before.
        from: InstanceState,
        /// Now.
        to: InstanceState,
        /// Why, in a closed vocabulary; see [`CloseReason`].
        reason: Option<CloseReason>,
    },
    /// A QR code is to be shown.
    QrIssued {
        /// The text to draw.
        code: String,
        /// Until when a phone can scan it, in milliseconds since the Unix epoch.
        expires_at_ms: i64,
    },
    /// An 8-character code is to be typed on the phone.
    PairingCodeIssued {
        /// The code, without a dash.
        code: String,
        /// Until when the phone takes it, in milliseconds since the Unix epoch.
        expires_at_ms: i64,
    },
    /// WhatsApp asks for a passkey assertion.
    PasskeyRequested {
        /// WebAuthn `PublicKeyCredentialRequestOptions`, as JSON text.
        request_options_json: String,
    },
    /// The passkey was accepted; the code is to be compared on both screens.
    PasskeyConfirmation {
        /// The code to compare.
        code: String,
    },
    /// The device is linked.
    Linked {
        /// Who it belongs to.
        account: Party,
    },
    /// A message arrived.
    MessageReceived(Box<InboundMessage>),
    /// An outgoing message changed its status.
    MessageStatus(StatusChange),
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
    /// A group changed: its members, subject or settings.
    GroupChanged {
        /// The group.
        group: Party,
        /// Who changed it.
        author: Option<Party>,
        /// The protocol's own word for the change: `add`, `remove`, `subject`, …
        change: String,
        /// What a subject or a description is now, or whether joining takes consent (`on`, `off`); `None` of a description that is gone, and
        /// of other changes.
        text: Option<String>,
        /// The members that it concerns.
        participants: Vec<Party>,
    },
    /// WhatsApp told of the account's limits; what it did not tell is `None`.
    LimitsChanged(Box<LimitsView>),
    /// A call rings, was taken or ended.
    Call(Box<CallEvent>),
    /// A chat changed: here, or on another device of the account.
    ChatChanged(Box<ChatChanged>),
    /// What is known of a person changed.
    ContactChanged(Box<ContactChanged>),
    /// A label changed, or went away.
    LabelChanged(Box<LabelChanged>),
    /// Somebody voted in a poll.
    PollVoted(Box<PollVoted>),
    /// A message arrived that cannot be read.
    MessageUndecryptable(Box<Undecryptable>),
    /// The credentials left the node.
    Exported {
        /// Public id of the API key that asked.
        by: String,
    },
    /// The instance was made from credentials that came from elsewhere.
    Imported {
        /// Where they came from: `trunkline`, `baileys`.
        source: String,
        /// Public id of the API key that asked.
        by: String,
    },
    /// An endpoint of the account is told nothing any more, because of an event of this instance.
    WebhookPaused {
        /// Which endpoint.
        endpoint: EndpointId,
        /// Why.
        reason: PauseReason,
    },
    /// The messages that the phone sends of the last time before it was linked are in the log.
    HistoryTaken,
}

/// A vote, and how the poll stands with it.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PollVoted {
    /// WhatsApp's id of the poll.
    pub poll_wa_id: String,
    /// The outgoing message that the poll is, if this number made it.
    pub message: Option<MessageId>,
    /// The conversation.
    pub chat: Party,
    /// Who voted.
    pub voter: Party,
    /// Whether the linked account itself voted, on another device.
    pub from_me: bool,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// The options chosen now; none when the vote was taken back.
    pub selected: Vec<String>,
    /// Every option, in the poll's order, with its votes. Empty when the poll itself was never seen.
    pub tally: Vec<PollCount>,
    /// People whose vote counts now.
    pub voters: u32,
}

/// An option of a poll and its votes.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PollCount {
    /// The option.
    pub option: String,
    /// How many chose it.
    pub votes: u32,
}

/// A message that cannot be read.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Undecryptable {
    /// WhatsApp's id of it.
    pub wa_id: String,
    /// The conversation.
    pub chat: Party,
    /// Who sent it.
    pub sender: Party,
    /// Why: `undecryptable` (asked for again), `withheld` (the sender's app keeps it for phones).
    pub cause: String,
}

/// An outgoing message's new status.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct StatusChange {
    /// Which message.
    pub message: MessageId,
    /// Its WhatsApp id.
    pub wa_id: String,
    /// The conversation, with every name of it that is known.
    pub chat: Party,
    /// The new status.
    pub status: MessageStatus,
    /// Why it failed: the public reason word, for [`MessageStatus::Failed`].
    pub error: Option<String>,
    /// Who has it or read it, with every name that is known; `None` where no recipient told.
    pub participant: Option<Party>,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
}

impl EventBody {
    /// The event's type, `noun.verb_past`.
    pub fn kind(&self) -> &'static str {
        match self {
            EventBody::StateChanged { to, .. } => match to {
                InstanceState::New => "instance.created",
                InstanceState::AwaitingScan => "instance.awaiting_scan",
                InstanceState::AwaitingPasskey => "instance.awaiting_passkey",
                InstanceState::Pairing => "instance.pairing",
                InstanceState::Connecting => "instance.connecting",
                InstanceState::Syncing => "instance.syncing",
                InstanceState::Open => "instance.open",
                InstanceState::BackingOff => "instance.closed",
                InstanceState::Conflict => "instance.conflicted",
                InstanceState::Restricted => "instance.restricted",
                InstanceState::Stopped => "instance.stopped",
                InstanceState::Parked => "instance.parked",
                InstanceState::LoggedOut => "instance.logged_out",
                InstanceState::Deleted => "instance.deleted",
            },
            EventBody::QrIssued { .. } => "instance.qr",
            EventBody::PairingCodeIssued { .. } => "instance.pairing_code",
            EventBody::PasskeyRequested { .. } => "instance.passkey_requested",
            EventBody::PasskeyConfirmation { .. } => "instance.passkey_confirmation",
            EventBody::Linked { .. } => "instance.linked",
            EventBody::MessageReceived(_) => "message.received",
            EventBody::MessageStatus(change) => match change.status {
                MessageStatus::Pending => "message.pending",
                MessageStatus::Processing => "message.processing",
                MessageStatus::Sent => "message.sent",
                MessageStatus::Delivered => "message.delivered",
                MessageStatus::Read => "message.read",
                MessageStatus::Played => "message.played",
                MessageStatus::Failed => "message.failed",
            },
            EventBody::ChatPresence { .. } => "chat.presence_changed",
            EventBody::Presence { .. } => "contact.presence_changed",
            EventBody::GroupChanged { .. } => "group.changed",
            EventBody::LimitsChanged(_) => "instance.limits_changed",
            EventBody::Call(call) => match call.step {
                CallStep::Offered { .. } => "call.offered",
                CallStep::Accepted { .. } => "call.accepted",
                CallStep::Ended { .. } => "call.ended",
            },
            EventBody::ChatChanged(_) => "chat.changed",
            EventBody::ContactChanged(_) => "contact.changed",
            EventBody::LabelChanged(_) => "label.changed",
            EventBody::PollVoted(_) => "poll.voted",
            EventBody::MessageUndecryptable(_) => "message.undecryptable",
            EventBody::Exported { .. } => "instance.exported",
            EventBody::Imported { .. } => "instance.imported",
            EventBody::WebhookPaused { .. } => "webhook.paused",
            EventBody::HistoryTaken => "instance.history_taken",
        }
    }
}

/// Why a connection ended or a state was left. Closed: each value is a row of the reconnect policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum CloseReason {
    /// Asked for through the API.
    Requested,
    /// The codes ran out before anybody scanned one.
    CodesExpired,
    /// The phone or the service refused the pairing.
    PairingRefused,
    /// The socket closed or broke.
    ConnectionLost,
    /// The socket, TLS or Noise could not be set up.
    ConnectFailed,
    /// The service asked for a new stream (515 after pairing, or a restart).
    StreamRestart,
    /// Nothing was received for longer than the keep-alive allows.
    Silent,
    /// Another client took over the stream.
    Replaced,
    /// The device was removed on the phone, or logged out here.
    DeviceRemoved,
    /// The account is locked or banned for good.
    AccountLocked,
    /// A temporary ban.
    TemporaryBan,
    /// The client version is too old for the service.
    ClientOutdated,
    /// The service is unavailable (500, 503).
    ServiceUnavailable,
    /// A state's exit timer ran out.
    TimedOut,
    /// Failed too often in too short a time.
    RestartLimit,
    /// The process is stopping.
    ShuttingDown,
    /// The node made the connection anew to get back the memory that it held; nothing was wrong with it.
    Recycled,
    /// The process restarted, and this number waits for its turn to connect.
    WaitingForTurn,
    /// The service wants fewer connections (429).
    RateLimited,
}

impl CloseReason {
    /// Every reason, in order of declaration.
    pub const ALL: [CloseReason; 19] = [
        CloseReason::Requested,
        CloseReason::CodesExpired,
        CloseReason::PairingRefused,
        CloseReason::ConnectionLost,
        CloseReason::ConnectFailed,
        CloseReason::StreamRestart,
        CloseReason::Silent,
        CloseReason::Replaced,
        CloseReason::DeviceRemoved,
        CloseReason::AccountLocked,
        CloseReason::TemporaryBan,
        CloseReason::ClientOutdated,
        CloseReason::ServiceUnavailable,
        CloseReason::TimedOut,
        CloseReason::RestartLimit,
        CloseReason::ShuttingDown,
        CloseReason::Recycled,
        CloseReason::WaitingForTurn,
        CloseReason::RateLimited,
    ];

    /// The word that the native API and the metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            CloseReason::Requested => "requested",
            CloseReason::CodesExpired => "codes_expired",
            CloseReason::PairingRefused => "pairing_refused",
            CloseReason::ConnectionLost => "connection_lost",
            CloseReason::ConnectFailed => "connect_failed",
            CloseReason::StreamRestart => "stream_restart",
            CloseReason::Silent => "silent",
            CloseReason::Replaced => "replaced",
            CloseReason::DeviceRemoved => "device_removed",
            CloseReason::AccountLocked => "account_locked",
            CloseReason::TemporaryBan => "temporary_ban",
            CloseReason::ClientOutdated => "client_outdated",
            CloseReason::ServiceUnavailable => "service_unavailable",
            CloseReason::TimedOut => "timed_out",
            CloseReason::RestartLimit => "restart_limit",
            CloseReason::ShuttingDown => "shutting_down",
            CloseReason::Recycled => "recycled",
            CloseReason::WaitingForTurn => "waiting_for_turn",
            CloseReason::RateLimited => "rate_limited",
        }
    }
}
