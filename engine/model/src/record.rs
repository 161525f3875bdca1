//! Stored records. A value on disk is a two-byte big-endian version tag, then one rkyv archive, always validated when read.
//!
//! A record gains a field by a new type with a new tag and an explicit upgrade; no tag is ever used twice. The bytes of every
//! version are pinned in `tests` below.

use std::collections::BTreeMap;

use rkyv::api::high::{HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Error as RkyvError, Strategy};
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use crate::account::{
    AccountRecord, ApiKeyRecord, AppRecord, AuditRecord, FileRecord, InstanceDefaults, KeyUse, MemberRecord,
    SealedDefaults, SessionRecord, WorkspaceRecord,
};
use crate::budget::CheckBudget;
use crate::chat::{ChatRecord, CheckRecord, ContactRecord, LabelRecord, RetentionRecord};
use crate::credit::{CreditOrder, Entry as CreditEntry, Fate, Held, Voucher};
use crate::delivery::{DeadLetterRecord, DeliveryRecord, EndpointRecord, LaneRecord, Target};
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, InstanceId, MessageId, WorkspaceId};
use crate::inbound::Party;
use crate::instance::InstanceState;
use crate::message::{Lane, MessageStatus, SendMessage};
use crate::plan::{
    CampaignRecord, ContactRecord as BookRecord, OtpRecord, RecipientRecord, RunRecord, ScheduleRecord,
    SuppressionRecord, SuppressionSettings, TemplateRecord,
};
use crate::settings::InstanceSettings;

/// A type that is stored under a version tag.
pub trait Record: Archive + Sized {
    /// The tag of this version; unique over all records and versions, never reused.
    const TAG: u16;
}

/// Why stored bytes are not the record that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Shorter than a tag.
    #[error("the record is cut off")]
    CutOff,
    /// Another record, or a version that this build does not know.
    #[error("the record has version tag {found}, this build reads {wanted}; a newer Trunkline wrote it")]
    Tag {
        /// What the bytes say.
        found: u16,
        /// What was expected.
        wanted: u16,
    },
    /// The archive does not validate.
    #[error("the record is damaged: {0}")]
    Damaged(String),
}

/// Serializer bound of [`encode`].
pub type Serializer<'a> = HighSerializer<AlignedVec, ArenaHandle<'a>, RkyvError>;

/// Encodes a record: tag, then archive.
///
/// # Errors
/// [`RecordError::Damaged`] when the archive cannot be built, which only a length overflow can cause.
pub fn encode<R>(record: &R) -> Result<Vec<u8>, RecordError>
where
    R: Record + for<'a> Serialize<Serializer<'a>>,
{
    let archive =
        rkyv::to_bytes::<RkyvError>(record).map_err(|error| RecordError::Damaged(error.to_string()))?;
    let mut bytes = Vec::with_capacity(2 + archive.len());
    bytes.extend_from_slice(&R::TAG.to_be_bytes());
    bytes.extend_from_slice(&archive);
    Ok(bytes)
}

/// Decodes what [`encode`] made, after validation.
///
/// # Errors
/// [`RecordError`] when the bytes are cut off, carry another tag, or do not validate.
pub fn decode<R>(bytes: &[u8]) -> Result<R, RecordError>
where
    R: Record,
    R::Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
        + Deserialize<R, Strategy<rkyv::de::Pool, RkyvError>>,
{
    let (tag, archive) = bytes.split_first_chunk::<2>().ok_or(RecordError::CutOff)?;
    let found = u16::from_be_bytes(*tag);
    if found != R::TAG {
        return Err(RecordError::Tag { found, wanted: R::TAG });
    }
    rkyv::from_bytes::<R, RkyvError>(archive).map_err(|error| RecordError::Damaged(error.to_string()))
}

macro_rules! records {
    ($($name:ty = $tag:literal;)*) => { $(impl Record for $name { const TAG: u16 = $tag; })* };
}

records! {
    InstanceRecord = 0x0101;
    MessageRecord = 0x0201;
    SendMessage = 0x0202;
    IdempotencyRecord = 0x0203;
    OutboxRow = 0x0204;
    PollRecord = 0x0205;
    VoteRecord = 0x0206;
    ReceiptRecord = 0x0207;
    Event = 0x0301;
    LaneRecord = 0x0302;
    EndpointRecord = 0x0303;
    DeadLetterRecord = 0x0304;
    DeliveryRecord = 0x0305;
    Target = 0x0306;
    EventRetention = 0x0307;
    ApiKeyRecord = 0x0401;
    Counter = 0x0501;
    InstancePointer = 0x0502;
    ChatRecord = 0x0601;
    ContactRecord = 0x0602;
    LabelRecord = 0x0603;
    CheckRecord = 0x0604;
    CheckBudget = 0x0605;
    RetentionRecord = 0x0606;
    UploadedMedia = 0x0701;
    SettingsRecord = 0x0702;
    TemplateRecord = 0x0b01;
    BookRecord = 0x0b02;
    SuppressionRecord = 0x0b03;
    SuppressionSettings = 0x0b04;
    OtpRecord = 0x0b05;
    CampaignRecord = 0x0b06;
    RecipientRecord = 0x0b07;
    ScheduleRecord = 0x0b08;
    RunRecord = 0x0b09;
    AccountRecord = 0x0a01;
    WorkspaceRecord = 0x0a02;
    AppRecord = 0x0a03;
    KeyUse = 0x0a04;
    AuditRecord = 0x0a05;
    CreditEntry = 0x0a06;
    Held = 0x0a07;
    Fate = 0x0a08;
    CreditOrder = 0x0a09;
    MemberRecord = 0x0a0a;
    SessionRecord = 0x0a0b;
    InstanceDefaults = 0x0a0c;
    SealedDefaults = 0x0a0d;
    FileRecord = 0x0a0e;
}

/// Tables of the engine: the byte after the owner in every key. Numbers are never reused; 64–127 belong to the protocol crate,
/// 128–191 are an account's.
pub mod table {
    /// Owner 0 of a slot: instances that live in it (suffix: instance id).
    pub const INSTANCE_DIRECTORY: u8 = 1;
    /// Owner 0 of a bucket's first slot: message id → instance (suffix: message id).
    pub const MESSAGE_DIRECTORY: u8 = 2;
    /// Owner 0 of a bucket's first slot: next message sequence number.
    pub const MESSAGE_SEQUENCE: u8 = 3;
    /// Owner 0 of an endpoint's slot: the endpoint (suffix: its id).
    pub const ENDPOINT: u8 = 5;
    /// Owner 0 of an account's slot: how long its events are kept (suffix: account id).
    pub const EVENT_RETENTION: u8 = 6;
    /// Owner = instance: its record.
    pub const INSTANCE: u8 = 16;
    /// Owner = instance: status of a message (suffix: message id).
    pub const MESSAGE: u8 = 17;
    /// Owner = instance: what is sent, as it was accepted (suffix: message id).
    pub const MESSAGE_BODY: u8 = 18;
    /// Owner = instance: messages that are not settled (suffix: lane, message id).
    pub const OUTBOX: u8 = 19;
    /// Owner = instance: WhatsApp id → message id.
    pub const MESSAGE_BY_WA_ID: u8 = 20;
    /// Owner = instance: idempotency keys (suffix: SHA-256 of the key).
    pub const IDEMPOTENCY: u8 = 21;
    /// Owner = instance: events (suffix: sequence number).
    pub const EVENT: u8 = 22;
    /// Owner = instance: received messages already in the log (suffix: SHA-256 of chat, sender, id).
    pub const INBOUND_SEEN: u8 = 23;
    /// Owner = instance: how far endpoints got (suffix: endpoint, lane; lane 0 is the live one, others are replays).
    pub const LANE: u8 = 24;
    /// Owner = instance: deadlines of what expires (suffix: deadline, table, key).
    pub const DEADLINE: u8 = 25;
    /// Owner = instance: events that were given up (suffix: endpoint, sequence number).
    pub const DEAD_LETTER: u8 = 26;
    /// Owner = endpoint, in the first slot of a partition: its newest deliveries for instances of that partition (suffix: place
    /// in a ring).
    pub const DELIVERY: u8 = 27;
    /// Owner = instance: chats (suffix: chat key).
    pub const CHAT: u8 = 50;
    /// Owner = instance: chats by the hour of their newest message (suffix: hour, chat key).
    pub const CHAT_ACTIVITY: u8 = 51;
    /// Owner = instance: messages of chats (suffix: chat key, time, side, number); the message itself is an event or an
    /// outgoing record.
    pub const CHAT_MESSAGE: u8 = 52;
    /// Owner = instance: people (suffix: chat key).
    pub const CONTACT: u8 = 53;
    /// Owner = instance: phone number of a LID (suffix: LID).
    pub const PERSON_ALIAS: u8 = 54;
    /// Owner = instance: labels (suffix: id).
    pub const LABEL: u8 = 55;
    /// Owner = instance: who is on WhatsApp (suffix: chat key).
    pub const PERSON_CHECK: u8 = 56;
    /// Owner = instance: how many people it may still ask about.
    pub const CHECK_BUDGET: u8 = 57;
    /// Owner = instance: what people did to single messages (suffix: chat key, WhatsApp id).
    pub const MESSAGE_MARK: u8 = 58;
    /// Owner = instance: how long messages stay in their chats.
    pub const RETENTION: u8 = 59;
    /// Owner = instance: polls (suffix: WhatsApp id).
    pub const POLL: u8 = 40;
    /// Owner = instance: votes in polls (suffix: WhatsApp id of the poll, voter).
    pub const VOTE: u8 = 41;
    /// Owner = instance: receipts of messages to several people (suffix: message id, kind, device, person).
    pub const RECEIPT: u8 = 42;
    /// Owner = instance: files that WhatsApp's media hosts have (suffix: kind, 0, SHA-256 of the plain file).
    pub const UPLOADED_MEDIA: u8 = 60;
    /// Owner = instance: its settings; without it, the defaults.
    pub const SETTINGS: u8 = 61;
    /// Owner 0 of an account's slot: it has plans (suffix: account id).
    pub const PLANNER: u8 = 144;
    /// Owner = account: templates (suffix: id).
    pub const TEMPLATE: u8 = 145;
    /// Owner = account: ids of templates (suffix: name).
    pub const TEMPLATE_NAME: u8 = 146;
    /// Owner = account: the address book (suffix: id).
    pub const BOOK: u8 = 147;
    /// Owner = account: ids of contacts (suffix: phone number).
    pub const BOOK_PHONE: u8 = 148;
    /// Owner = account: contacts by tag (suffix: tag, 0, id).
    pub const BOOK_TAG: u8 = 149;
    /// Owner = account: contacts by what they are found by (suffix: folded word, 0, id).
    pub const BOOK_WORD: u8 = 150;
    /// Owner = account: how many rows some of its tables have (suffix: table).
    pub const PLAN_SIZE: u8 = 151;
    /// Owner = account: the suppression list (suffix: person).
    pub const SUPPRESSION: u8 = 152;
    /// Owner = account: people of the list by their other name (suffix: LID).
    pub const SUPPRESSION_ALIAS: u8 = 153;
    /// Owner = account: how it goes about the list; without it, the defaults.
    pub const SUPPRESSION_SETTINGS: u8 = 154;
    /// Owner = account: one-time passwords (suffix: id).
    pub const OTP: u8 = 155;
    /// Owner = account: when they are forgotten (suffix: time, id).
    pub const OTP_END: u8 = 156;
    /// Owner = account: campaigns (suffix: id).
    pub const CAMPAIGN: u8 = 157;
    /// Owner = account: people of campaigns (suffix: campaign, number).
    pub const RECIPIENT: u8 = 158;
    /// Owner = account: who is in a campaign already (suffix: campaign, phone number).
    pub const RECIPIENT_PHONE: u8 = 159;
    /// Owner = account: schedules (suffix: id).
    pub const SCHEDULE: u8 = 160;
    /// Owner = account: their runs (suffix: schedule, when they were due).
    pub const SCHEDULE_RUN: u8 = 161;
    /// Owner = account: ids of the newest one-time passwords (suffix: person, 0, purpose).
    pub const OTP_NEWEST: u8 = 162;
    /// First table of the protocol crate.
    pub const PROTOCOL_FIRST: u8 = 64;
    /// Last table of the protocol crate.
    pub const PROTOCOL_LAST: u8 = 127;
    /// Owner 0 of an account's slot: the account (suffix: its id). The root account has a row once somebody changed it.
    pub const ACCOUNT: u8 = 128;
    /// Owner = account: workspaces (suffix: id). The default one has a row once somebody renamed it.
    pub const WORKSPACE: u8 = 129;
    /// Owner = account: API keys (suffix: id).
    pub const API_KEY: u8 = 130;
    /// Owner = account: when keys were last used (suffix: id of the key).
    pub const KEY_USE: u8 = 131;
    /// Owner = account: apps (suffix: id).
    pub const APP: u8 = 132;
    /// Owner = account: who changed what (suffix: number).
    pub const AUDIT: u8 = 133;
    /// Owner = account: lines of its credit ledger (suffix: pocket, number).
    pub const CREDIT_ENTRY: u8 = 134;
    /// Owner = account: vouchers of messages that have not ended (suffix: pocket, voucher).
    pub const CREDIT_HELD: u8 = 135;
    /// Owner = account: top-ups that were carried out under a key (suffix: SHA-256 of the key).
    pub const CREDIT_ORDER: u8 = 136;
    /// Owner = instance: what became of the vouchers of its account's `whatsapp` pocket (suffix: voucher).
    pub const VOUCHER: u8 = 137;
    /// Owner = account: members (suffix: id).
    pub const MEMBER: u8 = 138;
    /// Owner = account: members who are signed in (suffix: member, number of the session).
    pub const SESSION: u8 = 139;
    /// Owner = account: what its new instances begin with (suffix: 0).
    pub const INSTANCE_DEFAULTS: u8 = 140;
    /// Owner = account: files at public addresses (suffix: id).
    pub const FILE: u8 = 141;
}

/// An instance at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct InstanceRecord {
    /// Its id.
    pub id: InstanceId,
    /// Who owns it.
    pub account: AccountId,
    /// The workspace that it belongs to.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: Option<String>,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
    /// State when it was last written.
    pub state: InstanceState,
    /// Why that state.
    pub reason: Option<CloseReason>,
    /// When a scheduled state ends, in milliseconds since the Unix epoch.
    pub scheduled_at_ms: Option<i64>,
    /// The linked WhatsApp account.
    pub linked: Option<Party>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// Status of an outgoing message at rest; its content is stored once, apart, as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Its id.
    pub id: MessageId,
    /// WhatsApp's id of it, chosen when it was accepted.
    pub wa_id: String,
    /// WhatsApp id of the chat.
    pub to: String,
    /// `text`, `image`, …
    pub kind: String,
    /// Its lane.
    pub lane: Lane,
    /// Where it stands.
    pub status: MessageStatus,
    /// When each status was reached, in milliseconds since the Unix epoch.
    pub status_times_ms: BTreeMap<MessageStatus, i64>,
    /// Times it was handed to WhatsApp.
    pub attempts: u32,
    /// Why it failed.
    pub error: Option<String>,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
    /// What it was paid with, where messages cost credits.
    pub voucher: Option<Voucher>,
}

/// A file on WhatsApp's media hosts: where it is, and what opens it. Any number of messages may name it until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct UploadedMedia {
    /// Full address.
    pub url: String,
    /// Path below any media host.
    pub direct_path: String,
    /// Secret that its keys derive from.
    pub media_key: [u8; 32],
    /// SHA-256 of the plain file.
    pub file_sha256: [u8; 32],
    /// SHA-256 of the encrypted file.
    pub file_enc_sha256: [u8; 32],
    /// Length of the plain file, in bytes.
    pub size_bytes: u64,
    /// When the key was made, in seconds since the Unix epoch.
    pub key_made_at_s: i64,
    /// Checksums that let a player begin before the whole file is there; audio and video only.
    pub streaming_sidecar: Option<Vec<u8>>,
    /// Until when a new message may name it, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
    /// Its type, where it was given another form than it came in.
    pub mime_type: Option<String>,
    /// What is shown of it.
    pub facts: MediaFacts,
}

/// What is known of a file besides its bytes; `None` where it was not found out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Archive, Serialize, Deserialize)]
pub struct MediaFacts {
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// A small picture, as JPEG.
    pub thumbnail_jpeg: Option<Vec<u8>>,
    /// Length of audio, in seconds, rounded up.
    pub duration_seconds: Option<u32>,
    /// Loudness of a voice note over time: 64 values from 0 to 100.
    pub waveform: Option<Vec<u8>>,
    /// A sticker that moves.
    pub animated: bool,
}

/// An instance's settings at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct SettingsRecord {
    /// The settings, without the password of the proxy.
    pub settings: InstanceSettings,
    /// The password of the proxy, sealed.
    pub proxy_password_sealed: Option<Vec<u8>>,
}

/// A message that is not settled, as the stored outbox keeps it beside lane and id.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Hash of its chat: messages of one chat go in order.
    pub chat: u64,
}

/// What an idempotency key stood for.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// SHA-256 of the accepted archive.
    pub body_sha256: [u8; 32],
    /// The message that it made.
    pub message: MessageId,
    /// When it is forgotten, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// How long an account's events stay in the logs of its instances. The newest event of a log always stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct EventRetention {
    /// Longest, in days; `None` for ever.
    pub days: Option<u32>,
    /// Most bytes of one instance's log; `None` without a bound.
    pub bytes: Option<u64>,
}

/// A counter at rest.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Counter {
    /// The next value to hand out.
    pub next: u64,
}

/// A pointer to an instance.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct InstancePointer {
    /// Which instance.
    pub instance: InstanceId,
}

/// A poll, sent or received: what is needed to open and count its votes.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct PollRecord {
    /// The outgoing message that it is.
    pub message: Option<MessageId>,
    /// WhatsApp id of who made it; `None` for this number.
    pub creator: Option<String>,
    /// WhatsApp id of the chat that it is in.
    pub chat: String,
    /// Its options, in order.
    pub options: Vec<String>,
    /// How many of them one may choose; 0 for any number.
    pub selectable: u32,
    /// The secret that votes are opened with, of a received one. Of an own one it is derived.
    pub secret: Option<Vec<u8>>,
}

/// A vote as it counts now.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct VoteRecord {
    /// Places of the chosen options in the poll.
    pub selected: Vec<u32>,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct ReceiptRecord {
    /// Who told.
    pub person: Party,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    pub time_ms: i64,
}
