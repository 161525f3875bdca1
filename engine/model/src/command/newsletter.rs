//! Newsletters, which WhatsApp's own clients call channels.

use super::group::InviteCode;

/// A command about newsletters. Every one of these asks WhatsApp, and needs an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum NewsletterCommand {
    /// Those that the account owns or follows. Answered by [`super::Reply::Newsletters`].
    List,
    /// One of them, or any other. Answered by [`super::Reply::Newsletter`].
    Get(NewsletterId),
    /// What a code or link leads to. Answered by [`super::Reply::Newsletter`].
    Preview(InviteCode),
    /// Makes one. Answered by [`super::Reply::Newsletter`].
    Create {
        /// Its name.
        name: String,
        /// Its description.
        description: Option<String>,
    },
    /// Changes name or description: `None` leaves a thing as it is. Answered by [`super::Reply::Newsletter`].
    Update {
        /// Which.
        newsletter: NewsletterId,
        /// New name.
        name: Option<String>,
        /// New description; empty for none.
        description: Option<String>,
    },
    /// Deletes it. Answered by [`super::Reply::Done`].
    Delete(NewsletterId),
    /// Follows it, or does so no longer. Answered by [`super::Reply::Done`].
    Follow {
        /// Which.
        newsletter: NewsletterId,
        /// Whether to follow.
        follow: bool,
    },
    /// Silences its notifications, or lets them through. Answered by [`super::Reply::Done`].
    Mute {
        /// Which.
        newsletter: NewsletterId,
        /// Whether to silence.
        mute: bool,
    },
    /// What was posted, newest first. Answered by [`super::Reply::NewsletterPosts`].
    Posts {
        /// Where.
        newsletter: NewsletterId,
        /// Only those before the one with this number.
        before: Option<u64>,
        /// At most so many.
        limit: usize,
    },
    /// Reacts to a post. Answered by [`super::Reply::Done`].
    React {
        /// Where.
        newsletter: NewsletterId,
        /// Number of the post.
        post: u64,
        /// The emoji; empty takes a reaction back.
        emoji: String,
    },
}

/// The part of a newsletter's WhatsApp id before `@newsletter`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct NewsletterId(pub String);

/// A newsletter as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct NewsletterView {
    /// Its WhatsApp id.
    pub jid: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// How many follow it, where told.
    pub followers: Option<u64>,
    /// Whether WhatsApp vouches for who makes it.
    pub verified: bool,
    /// WhatsApp's word for its state: `active`, `suspended`, ….
    pub state: String,
    /// What the account is to it: `owner`, `admin`, `subscriber`, `guest`.
    pub role: Option<String>,
    /// Whether its notifications are silenced, where told.
    pub muted: Option<bool>,
    /// The code of its link.
    pub invite: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: Option<i64>,
}

/// Something posted in a newsletter.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct NewsletterPost {
    /// Its number: what reactions and pages name.
    pub number: u64,
    /// WhatsApp's id of it, where told.
    pub wa_id: Option<String>,
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Whether this account posted it.
    pub from_me: bool,
    /// WhatsApp's word for what it is: `text`, `media`, ….
    pub kind: String,
    /// Its text or caption.
    pub text: Option<String>,
    /// Each reaction and how many gave it.
    pub reactions: Vec<(String, u64)>,
}
