//! Status, which WhatsApp's own clients also call stories.

use crate::inbound::Party;
use crate::message::Audience;

/// A command about status. Every one of these asks or tells WhatsApp, and needs an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum StatusCommand {
    /// Who sees it. Answered by [`super::Reply::StatusAudience`].
    GetAudience,
    /// Takes back one that was posted. Answered by [`super::Reply::Done`].
    Delete {
        /// WhatsApp's id of it.
        wa_id: String,
        /// Whom it was posted to.
        audience: Audience,
    },
}

/// One of the lists of who sees the status.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct AudienceList {
    /// What it is.
    pub kind: AudienceKind,
    /// Whether it is the one in force.
    pub is_default: bool,
    /// The people on it.
    pub people: Vec<Party>,
}

/// The kinds of those lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum AudienceKind {
    /// All contacts.
    Contacts,
    /// All contacts but these.
    ContactsExcept,
    /// These only.
    Only,
}

impl AudienceKind {
    /// Every kind.
    pub const ALL: [AudienceKind; 3] =
        [AudienceKind::Contacts, AudienceKind::ContactsExcept, AudienceKind::Only];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            AudienceKind::Contacts => "contacts",
            AudienceKind::ContactsExcept => "contacts_except",
            AudienceKind::Only => "only",
        }
    }
}
