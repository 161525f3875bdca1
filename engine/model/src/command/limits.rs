//! What WhatsApp publishes of what an account may do towards people it never wrote to.

/// The limits of an account. A part that WhatsApp did not tell is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LimitsView {
    /// Whether writing to strangers is restricted.
    pub reachout: Option<ReachoutLimit>,
    /// How many chats may be begun.
    pub new_chats: Option<NewChatLimit>,
}

/// A restriction of writing to strangers. Chats that exist go on.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ReachoutLimit {
    /// Whether it is in force.
    pub restricted: bool,
    /// WhatsApp's word for why, in lower case.
    pub kind: Option<String>,
    /// Until when, in milliseconds since the Unix epoch, where WhatsApp says so.
    pub until_ms: Option<i64>,
}

/// A quota of new chats.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct NewChatLimit {
    /// WhatsApp's word for how it stands, in lower case: `none` without a quota.
    pub status: String,
    /// How many in a cycle.
    pub total: Option<u64>,
    /// How many of them are used.
    pub used: Option<u64>,
    /// Begin of the cycle, in milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// Its end, in milliseconds since the Unix epoch.
    pub until_ms: Option<i64>,
}
