//! What a client process says: replies to commands and events, typed.

use serde::Deserialize;
use serde_json::Value;

/// One line from a client process.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    /// Answer to the command with this id.
    Reply {
        /// Id of the command.
        id: u64,
        /// What it returned.
        #[serde(default)]
        ok: Value,
        /// Why it failed.
        error: Option<ClientError>,
    },
    /// Something that happened.
    Event(Event),
}

/// Why a client refused or failed a command.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientError {
    /// The client's own words.
    pub message: String,
    /// Protocol status (HTTP-like), where the client gives one.
    pub status: Option<u16>,
}

/// Something that happened to a client.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The process is up.
    Hello {
        /// Client library.
        client: String,
        /// Operating system's process id.
        pid: u32,
    },
    /// A QR code to scan.
    Qr {
        /// The text in the code.
        qr: String,
    },
    /// pair-success was accepted.
    Paired,
    /// Logged in.
    Open,
    /// The end of the offline queue arrived.
    CaughtUp,
    /// The client announced itself available or unavailable.
    PresenceSent {
        /// Available.
        online: bool,
    },
    /// The connection ended.
    Closed {
        /// The client's disconnect status: 401 logged out, 408 lost, 440 replaced, 515 restart, …
        status: u16,
        /// The client's own words.
        reason: String,
    },
    /// The first synchronisation of app state and history is over.
    Synced,
    /// The account's display name became known.
    PushName {
        /// The name.
        name: String,
    },
    /// A message arrived, or the client's own was filed.
    Message(Box<Message>),
    /// A message changed: status, edit, deletion.
    MessageUpdate(MessageUpdate),
    /// Somebody's receipt for a group message.
    Receipt {
        /// Which message.
        key: Key,
        /// Whose.
        user: String,
        /// `delivered` or `read`.
        receipt: String,
    },
    /// A reaction to a message.
    Reaction {
        /// Id of the message reacted to.
        target: String,
        /// The emoji, empty when taken back.
        text: String,
    },
    /// A piece of history.
    History {
        /// `initial_bootstrap`, `recent`, `push_name`, …
        sync_type: String,
        /// Chat ids in it.
        chats: Vec<String>,
        /// Messages in it.
        messages: Vec<Message>,
        /// Contacts in it.
        contacts: Vec<Value>,
    },
    /// A setting of the account, from app state.
    Setting {
        /// Its name, e.g. `locale`.
        setting: String,
        /// Its value.
        value: String,
    },
    /// A chat appeared or changed.
    ChatUpdate {
        /// Chat id.
        chat: String,
        /// Changed fields, in the client's own names.
        changes: Value,
    },
    /// A contact appeared or changed.
    Contact {
        /// In the client's own names.
        contact: Value,
    },
    /// A group this account joined or made.
    Group {
        /// Group id.
        group: String,
        /// Its subject.
        subject: String,
        /// Member ids.
        participants: Vec<String>,
    },
    /// A group's settings changed.
    GroupUpdate {
        /// Group id.
        group: String,
        /// Changed fields, in the client's own names.
        changes: Value,
    },
    /// Members came or went.
    GroupParticipants {
        /// Group id.
        group: String,
        /// Who did it.
        author: String,
        /// `add`, `remove`, `promote`, `demote`.
        action: String,
        /// To whom.
        participants: Vec<String>,
    },
    /// Somebody is available, away, or typing.
    Presence {
        /// In which chat.
        chat: String,
        /// Who.
        who: String,
        /// `available`, `unavailable`, `composing`, `recording`, `paused`.
        presence: String,
        /// Last seen, unix seconds.
        last_seen: Option<u64>,
    },
    /// A call's signal.
    Call {
        /// Id of the call.
        call: String,
        /// Whom the signal came from.
        chat: String,
        /// Who began the call.
        from: String,
        /// `offer`, `accept`, `reject`, `terminate`, ….
        status: String,
        /// Whether with video.
        video: Option<bool>,
    },
    /// A chat was deleted for this account.
    ChatDeleted {
        /// Chat id.
        chat: String,
    },
    /// A message was deleted for this account.
    MessageDeleted {
        /// Message id.
        id: String,
        /// Chat id.
        chat: String,
    },
    /// A label was made, changed or deleted.
    Label {
        /// In the client's own names.
        label: Value,
    },
    /// A label was put on a chat, or taken off.
    LabelAssociation {
        /// `add` or `remove`.
        change: String,
        /// Label id.
        label: String,
        /// Chat id.
        chat: String,
    },
    /// An incoming stanza with a watched tag.
    Stanza {
        /// The stanza.
        stanza: Stanza,
    },
    /// A webhook reached the program of a customer, and was read by the library that it uses.
    Webhook {
        /// Which event.
        kind: String,
        /// Whether it is of the service, by the library's own check.
        verified: bool,
        /// The same of one that somebody else made.
        forged: bool,
        /// What the library read.
        data: Value,
    },
    /// The driver itself stumbled. A test that sees this fails.
    Failure {
        /// Doing what.
        during: String,
        /// What went wrong.
        message: String,
    },
}

/// Which message.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub struct Key {
    /// Message id.
    pub id: String,
    /// Conversation, as this client names it.
    pub chat: Option<String>,
    /// The conversation's other name (LID for PN, PN for LID).
    pub chat_alt: Option<String>,
    /// Sent by this account.
    pub from_me: bool,
    /// Sender, in groups.
    pub participant: Option<String>,
    /// The sender's other name.
    pub participant_alt: Option<String>,
}

/// A message as a client understood it.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// Which one.
    pub key: Key,
    /// `notify` (live) or `append` (offline, or filed by the client itself).
    #[serde(default)]
    pub upsert: String,
    /// Unix seconds.
    pub timestamp: u64,
    /// Sender's display name.
    pub push_name: Option<String>,
    /// `server_ack`, `delivered`, `read`, …
    pub status: Option<String>,
    /// Status parameters, e.g. an error code, where the client folded a status into the message.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Why it could not be decrypted, if it could not.
    pub undecryptable: Option<String>,
    /// `text`, `image`, `video`, `audio`, `voice`, `document`, `sticker`, `reaction`, `protocol`, …
    pub kind: String,
    /// Text or caption, or the new text of an edit.
    pub text: Option<String>,
    /// Id of the message quoted.
    pub quoted: Option<String>,
    /// Who is mentioned.
    #[serde(default)]
    pub mentions: Vec<String>,
    /// Message this one is about (reaction, edit, deletion).
    pub target: Option<String>,
    /// Sort of protocol message: `revoke`, `message_edit`, …
    pub protocol: Option<String>,
    /// MIME type of media.
    pub mimetype: Option<String>,
    /// File name of a document.
    pub file_name: Option<String>,
    /// Plain size of media, bytes.
    pub file_length: Option<u64>,
    /// SHA-256 of the plain media, base64.
    pub file_sha256: Option<String>,
    /// Address of the encrypted media.
    pub url: Option<String>,
    /// Path of the encrypted media on whichever host.
    pub direct_path: Option<String>,
    /// The rest of it, in the client's own names.
    #[serde(default)]
    pub facts: Value,
}

/// A change to a message.
#[derive(Debug, Clone, Deserialize)]
pub struct MessageUpdate {
    /// Which one.
    pub key: Key,
    /// New status.
    pub status: Option<String>,
    /// Status parameters, e.g. an error code.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// It was deleted for everyone.
    #[serde(default)]
    pub revoked: bool,
    /// Its new text.
    pub edited: Option<String>,
    /// Whether it is starred now.
    pub starred: Option<bool>,
}

/// A protocol stanza.
#[derive(Debug, Clone, Deserialize)]
pub struct Stanza {
    /// Element name.
    pub tag: String,
    /// Attributes.
    pub attrs: std::collections::BTreeMap<String, String>,
    /// Children, text, or `{"base64"}`.
    pub content: Option<Value>,
}

impl Stanza {
    /// Attribute value, empty when absent.
    pub fn attr(&self, name: &str) -> &str {
        self.attrs.get(name).map_or("", String::as_str)
    }

    /// Child elements.
    pub fn children(&self) -> Vec<Stanza> {
        match &self.content {
            Some(Value::Array(children)) => {
                children.iter().filter_map(|child| serde_json::from_value(child.clone()).ok()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// First child with this name.
    pub fn child(&self, tag: &str) -> Option<Stanza> {
        self.children().into_iter().find(|child| child.tag == tag)
    }

    /// First descendant along a path of names.
    pub fn descend(&self, path: &[&str]) -> Option<Stanza> {
        path.iter().try_fold(self.clone(), |stanza, tag| stanza.child(tag))
    }

    /// Byte content in base64, empty when there is none.
    pub fn base64(&self) -> &str {
        self.content.as_ref().and_then(|content| content["base64"].as_str()).unwrap_or_default()
    }
}
