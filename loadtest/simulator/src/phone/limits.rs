//! Bounds of everything a phone keeps. The oldest entry leaves when a bound is reached.

/// Messages kept in the inbox, unless the phone's behaviour says otherwise.
pub const INBOX_MESSAGES_MAX: usize = 512;

/// Characters of a message text kept in the inbox.
pub const INBOX_TEXT_CHARS_MAX: usize = 4_096;

/// Own messages kept for resending after a retry receipt, and as targets of edits and revokes.
pub const SENT_MESSAGES_MAX: usize = 256;

/// Received messages kept whole, to answer a companion that asks for one it could not decrypt.
pub const RECEIVED_KEPT_MAX: usize = 64;

/// Signal sessions kept.
pub const SESSIONS_MAX: usize = 20_000;

/// Sender keys kept, own and others'.
pub const SENDER_KEYS_MAX: usize = 20_000;

/// Groups in which the phone remembers who holds its sender key.
pub const SENDER_KEY_GROUPS_MAX: usize = 1_024;

/// Undecryptable messages remembered, to number their retry receipts.
pub const RETRIES_REMEMBERED_MAX: usize = 1_024;

/// Retry receipts sent for one message before the phone gives up on it.
pub const RETRY_RECEIPTS_MAX: u32 = 5;

/// Resends of one message to one device.
pub const RESENDS_PER_DEVICE_MAX: u32 = 5;

/// Conversations put into a history sync.
pub const HISTORY_CONVERSATIONS_MAX: usize = 64;

/// Messages per conversation put into a history sync.
pub const HISTORY_MESSAGES_PER_CONVERSATION_MAX: usize = 32;

/// Records of one app-state collection.
pub const APP_STATE_RECORDS_MAX: usize = 10_000;

/// Companions signed in at a time; the service enforces its own, lower limit.
pub const COMPANIONS_MAX: usize = 64;

/// Pairings by code under way.
pub const PAIRINGS_BY_CODE_MAX: usize = 4;

/// Messages a companion may ask for in one placeholder request.
pub const PLACEHOLDERS_PER_REQUEST_MAX: usize = 32;

/// Changes of companions to app state that the phone remembers.
pub const COMPANION_CHANGES_MAX: usize = 64;
