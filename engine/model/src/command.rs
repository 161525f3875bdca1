//! What a front end asks an instance to do, and what it answers. Neither knows a wire format.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

mod account;
mod audited;
mod call;
mod chat;
mod community;
mod contact;
mod endpoint;
mod group;
mod limits;
mod newsletter;
mod plan;
mod portable;
mod presence;
mod privacy;
mod profile;
mod status;

pub use account::*;
pub use call::*;
pub use chat::*;
pub use community::*;
pub use contact::*;
pub use endpoint::*;
pub use group::*;
pub use limits::*;
pub use newsletter::*;
pub use plan::*;
pub use portable::*;
pub use presence::*;
pub use privacy::*;
pub use profile::*;
pub use status::*;

use std::collections::BTreeMap;

use crate::delivery::PauseReason;
use crate::event::{CloseReason, Event};
use crate::failure::Failure;
use crate::id::{AccountId, EndpointId, InstanceId, MessageId, WorkspaceId};
use crate::inbound::{InboundMedia, Party};
use crate::instance::InstanceState;
use crate::message::{BlobRef, Lane, MessageStatus, SendMessage};
use crate::settings::{HistorySync, InstanceSettings, SettingsUpdate};

/// A command to one instance.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Command {
    /// Its record and live status. Answered by [`Reply::Instance`].
    GetInstance,
    /// Changes name or metadata. Answered by [`Reply::Instance`].
    UpdateInstance(Box<UpdateInstance>),
    /// Logs out when linked, then deletes everything. Answered by [`Reply::Done`].
    DeleteInstance,
    /// Opens the connection; starts pairing when not linked. Answered by [`Reply::Instance`].
    Connect,
    /// Closes the connection and keeps the link. Answered by [`Reply::Instance`].
    Disconnect,
    /// Closes and opens the connection. Answered by [`Reply::Instance`].
    Restart,
    /// Unlinks the device on WhatsApp and forgets the credentials. Answered by [`Reply::Instance`].
    Logout,
    /// The code or ceremony that pairing waits for. Answered by [`Reply::Pairing`].
    GetPairing,
    /// Asks for an 8-character code for this phone number. Answered by [`Reply::Pairing`].
    RequestPairingCode {
        /// Digits of the phone that will type it.
        phone: String,
    },
    /// Hands over the WebAuthn assertion. Answered by [`Reply::Pairing`].
    AnswerPasskey(PasskeyAssertion),
    /// Confirms that the codes on both screens agree. Answered by [`Reply::Pairing`].
    ConfirmPasskey,
    /// Whether a message would be accepted now, as far as that does not depend on the message: asked before a file is stored
    /// for it. Answered by [`Reply::Done`], and by [`Reply::Repeated`] where it was accepted already.
    CheckSend {
        /// The caller's idempotency key: a request that repeats an accepted one is answered whatever became of the instance.
        idempotency_key: Option<String>,
    },
    /// Accepts a message for sending. Answered by [`Reply::Message`], once it is on disk.
    Send(Box<SendRequest>),
    /// Accepts messages for sending, in one go: each stands for itself. Answered by [`Reply::Sent`], once they are on disk.
    SendMany(Vec<SendRequest>),
    /// Who got and read one message. Answered by [`Reply::Receipts`].
    GetReceipts {
        /// Which.
        id: MessageId,
    },
    /// One message's status. Answered by [`Reply::Message`].
    GetMessage {
        /// Which.
        id: MessageId,
    },
    /// Messages, newest first. Answered by [`Reply::Messages`].
    ListMessages {
        /// Only those older than this one.
        before: Option<MessageId>,
        /// Only those in this status.
        status: Option<MessageStatus>,
        /// At most so many.
        limit: usize,
    },
    /// Events after a position, oldest first. Answered by [`Reply::Events`].
    PullEvents {
        /// Sequence number of the last event already seen; 0 for all.
        after: u64,
        /// At most so many.
        limit: usize,
    },
    /// Has the file of a received message on this node's disk, downloaded and opened if need be. Answered by [`Reply::Media`].
    FetchMedia {
        /// Sequence number of the `message.received` event.
        sequence: u64,
    },
    /// Downloads and opens a file on WhatsApp's media hosts that somebody knows the keys of. Answered by [`Reply::Media`].
    DownloadMedia(Box<InboundMedia>),
    /// Marks received messages as read. Answered by [`Reply::Done`].
    MarkRead {
        /// WhatsApp id of the chat.
        chat: String,
        /// WhatsApp id of the author, in a group.
        participant: Option<String>,
        /// WhatsApp ids of the messages.
        wa_ids: Vec<String>,
    },
    /// Something about groups.
    Group(GroupCommand),
    /// Something about the account's own profile.
    Profile(ProfileCommand),
    /// Something about its privacy.
    Privacy(PrivacyCommand),
    /// Something about presence.
    Presence(PresenceCommand),
    /// What WhatsApp publishes of the account's limits. Answered by [`Reply::Limits`].
    GetLimits,
    /// Something about calls.
    Call(CallCommand),
    /// Something about newsletters.
    Newsletter(NewsletterCommand),
    /// Something about communities.
    Community(CommunityCommand),
    /// Something about status.
    Status(StatusCommand),
    /// Something about chats.
    Chat(Box<ChatCommand>),
    /// Something about people.
    Contact(ContactCommand),
    /// How the instance behaves by itself. Answered by [`Reply::Settings`].
    GetSettings,
    /// Changes that. Answered by [`Reply::Settings`].
    UpdateSettings(Box<SettingsUpdate>),
    /// The credentials of a number that stands still, sealed. Answered by [`Reply::Exported`].
    Export(Box<ExportRequest>),
    /// Writes down where the credentials came from. Answered by [`Reply::Instance`].
    NoteImport {
        /// The word of [`ImportSource::as_str`].
        source: String,
        /// Public id of the API key that asked.
        by: String,
    },
    /// Sends a message again that failed, as a new one under the same WhatsApp id. Answered by [`Reply::Message`].
    ResendMessage {
        /// Which one.
        id: MessageId,
    },
    /// Writes down that an endpoint was paused because of one of its events. Answered by [`Reply::Done`].
    NotePaused {
        /// Which endpoint.
        endpoint: EndpointId,
        /// Why.
        reason: PauseReason,
    },
    /// The outgoing message that WhatsApp knows by this id. Answered by [`Reply::Message`].
    FindMessage {
        /// WhatsApp's id of it.
        wa_id: String,
    },
    /// What messages say, as they were accepted. Answered by [`Reply::Bodies`].
    GetBodies {
        /// Which ones, [`crate::limits::PAGE_LIMIT_MAX`] at the most.
        ids: Vec<MessageId>,
    },
}

/// An instance that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateInstance {
    /// Name, unique in the account; the id serves when there is none.
    pub name: Option<String>,
    /// The caller's own JSON object, kept verbatim.
    pub metadata: Option<String>,
    /// Where it belongs; the account's default workspace when nothing is said.
    pub workspace: Option<WorkspaceId>,
}

/// Which instances of an account are listed: those that match all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InstanceFilter<'a> {
    /// Only those in this state.
    pub state: Option<InstanceState>,
    /// Only those of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only these.
    pub only: Option<&'a [InstanceId]>,
}

/// Changes to an instance: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct UpdateInstance {
    /// New name.
    pub name: Option<String>,
    /// New metadata; `Some(None)` removes it.
    pub metadata: Option<Option<String>>,
    /// Another workspace.
    pub workspace: Option<WorkspaceId>,
}

/// A WebAuthn assertion, as `navigator.credentials.get` gave it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PasskeyAssertion {
    /// The credential's raw id.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON`, verbatim.
    pub client_data_json: Vec<u8>,
    /// `authenticatorData`, verbatim.
    pub authenticator_data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The user handle, where the authenticator gave one.
    pub user_handle: Option<Vec<u8>>,
}

/// A message with what makes a repeated request harmless.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SendRequest {
    /// The message.
    pub message: SendMessage,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
}

/// An instance's answer.
#[derive(Debug, Clone, PartialEq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Reply {
    /// Done; nothing to tell.
    Done,
    /// Nothing is to be done: it was accepted under the same key.
    Repeated,
    /// The instance.
    Instance(Box<InstanceView>),
    /// What pairing waits for.
    Pairing(PairingView),
    /// A message.
    Message(Box<MessageView>),
    /// What became of each message of a batch, in its order.
    Sent(Vec<Result<MessageView, Failure>>),
    /// Who got and read a message.
    Receipts(Vec<ReceiptView>),
    /// A page of messages.
    Messages {
        /// The messages, newest first.
        messages: Vec<MessageView>,
        /// Where the next page goes on, as `before`; `None` when there is nothing older. With a filter a page may be empty and
        /// have a next one: a question looks at a bounded number of messages.
        next: Option<MessageId>,
    },
    /// A page of events.
    Events {
        /// The events, oldest first.
        events: Vec<Event>,
        /// Sequence number of the newest event in the log.
        newest: u64,
    },
    /// A file, which is on this node's disk by now.
    Media {
        /// MIME type as the sender declared it.
        mime_type: Option<String>,
        /// Name of a document.
        file_name: Option<String>,
        /// The file, checked against what its sender declared.
        file: BlobRef,
    },
    /// Groups, with their participants.
    Groups(Vec<GroupView>),
    /// One group.
    Group(Box<GroupView>),
    /// What became of each person of a change.
    Participants(Vec<ParticipantOutcome>),
    /// Who waits to be let in.
    JoinRequests(Vec<JoinRequest>),
    /// An invitation link.
    InviteLink(String),
    /// A group that was joined, or will be.
    Joined(JoinedGroup),
    /// The account's own profile.
    Profile(Box<ProfileView>),
    /// The account's devices.
    Devices(Vec<LinkedDevice>),
    /// Its privacy settings.
    Privacy(PrivacyView),
    /// Its limits.
    Limits(Box<LimitsView>),
    /// A link to join a call by.
    CallLink(String),
    /// Newsletters.
    Newsletters(Vec<NewsletterView>),
    /// One newsletter.
    Newsletter(Box<NewsletterView>),
    /// A page of what was posted in a newsletter.
    NewsletterPosts {
        /// The posts, newest first.
        posts: Vec<NewsletterPost>,
        /// Where the next page goes on, as `before`; `None` when there is nothing older.
        next: Option<u64>,
    },
    /// The groups of a community.
    SubGroups(Vec<SubGroup>),
    /// What became of each group that was to be linked or unlinked.
    Links(Vec<LinkOutcome>),
    /// People in a community.
    Members(Vec<Party>),
    /// Who sees the status.
    StatusAudience(Vec<AudienceList>),
    /// A page of chats.
    Chats {
        /// The chats, the one with the newest message first.
        chats: Vec<ChatView>,
        /// Where the next page goes on; a page with a filter may be empty and have a next one.
        next: Option<Place>,
    },
    /// One chat.
    Chat(Box<ChatView>),
    /// A page of messages of a chat, or of a search.
    StoredMessages {
        /// The messages, newest first.
        messages: Vec<StoredMessage>,
        /// Where the next page goes on; a page may be empty and have a next one.
        next: Option<Place>,
    },
    /// The phone was asked for older messages.
    HistoryRequested,
    /// Every label.
    Labels(Vec<LabelView>),
    /// One label.
    Label(LabelView),
    /// Days that messages stay in their chats; `None` for ever.
    Retention(Option<u32>),
    /// A page of people.
    Contacts {
        /// The people.
        contacts: Vec<ContactView>,
        /// Where the next page goes on.
        next: Option<Place>,
    },
    /// Somebody.
    Contact(Box<ContactView>),
    /// What became of people who were to be saved.
    SavedContacts(Vec<SavedContact>),
    /// People, by their names alone.
    People(Vec<Party>),
    /// A picture; `None` when there is none, or it is not shown to this account.
    Picture(Option<PictureView>),
    /// What somebody says about itself.
    About(AboutView),
    /// What a business says about itself; `None` for somebody who is none.
    Business(Option<Box<BusinessView>>),
    /// Who is on WhatsApp.
    Checked(Vec<CheckedPerson>),
    /// How the instance behaves by itself.
    Settings(Box<InstanceSettings>),
    /// Sealed credentials.
    Exported(Vec<u8>),
    /// What messages say, in the order in which they were asked for; `None` for one that there is not, and for what is sent in
    /// [`Lane::Otp`], which is kept for nobody.
    Bodies(Vec<Option<SendMessage>>),
}

/// An instance as callers see it. The status part is computed when asked, not remembered.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InstanceView {
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
    /// Where it stands.
    pub state: InstanceState,
    /// Why it is not open, where a reason is known.
    pub reason: Option<CloseReason>,
    /// The linked WhatsApp account.
    pub linked: Option<Party>,
    /// Milliseconds since the last frame from WhatsApp; `None` without a connection.
    pub last_frame_age_ms: Option<u64>,
    /// When the next attempt is made, in milliseconds since the Unix epoch, while backing off or restricted.
    pub next_attempt_at_ms: Option<i64>,
    /// Messages accepted and not yet settled.
    pub outbox_depth: u64,
    /// Sequence number of the newest event.
    pub newest_event: u64,
    /// How much the phone is asked for of the time before it was linked.
    pub history: HistorySync,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// What pairing waits for.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PairingView {
    /// Where the instance stands.
    pub state: InstanceState,
    /// Text of the QR code on show.
    pub qr: Option<Expiring>,
    /// The 8-character code on show.
    pub code: Option<Expiring>,
    /// The number that it is for, in digits.
    pub code_for: Option<String>,
    /// WebAuthn request options to be answered, as JSON text.
    pub passkey_request_json: Option<String>,
    /// Code to compare on both screens.
    pub passkey_confirmation: Option<String>,
}

/// A text with an end.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Expiring {
    /// The text.
    pub text: String,
    /// Until when it serves, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// An outgoing message as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// The instance that sends it.
    pub instance: InstanceId,
    /// WhatsApp's id of it, fixed when it was accepted.
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
    /// Why it failed: the public reason word.
    pub error: Option<String>,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
    /// Whether an earlier request with the same idempotency key made it.
    pub replayed: bool,
    /// Whether it failed and what it cost goes back.
    pub refunded: bool,
}

/// What one recipient told about a message.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ReceiptView {
    /// Who.
    pub person: Party,
    /// Number of the device, where it was told: 0 is the phone.
    pub device: Option<u16>,
    /// When it had the message, in milliseconds since the Unix epoch.
    pub delivered_at_ms: Option<i64>,
    /// When it was read, in milliseconds since the Unix epoch.
    pub read_at_ms: Option<i64>,
    /// When it was played, in milliseconds since the Unix epoch.
    pub played_at_ms: Option<i64>,
}
