//! Bounds of what a caller may hand in and of what is kept, each with its unit in its name.

/// Longest text body of a message, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// Longest caption of a media message, in bytes of UTF-8.
pub const CAPTION_BYTES_MAX: usize = 4_096;
/// Largest media file accepted for sending, in bytes.
pub const MEDIA_BYTES_MAX: u64 = 100 << 20;
/// Most people that one message may mention.
pub const MENTIONS_MAX: usize = 1_024;
/// Longest file name of a document, in bytes of UTF-8.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Longest `metadata` object that travels with a message or instance, in bytes of its JSON text.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Longest name of an instance, in bytes.
pub const INSTANCE_NAME_BYTES_MAX: usize = 64;
/// Longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// How long an idempotency key is remembered, in milliseconds.
pub const IDEMPOTENCY_TTL_MS: u64 = 24 * 3_600 * 1_000;
/// How long a received message's id is remembered against a second delivery, in milliseconds.
pub const INBOUND_DEDUP_TTL_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// Longest label of an API key, in bytes.
pub const KEY_LABEL_BYTES_MAX: usize = 64;
/// Longest webhook URL, in bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;
/// Most entries of one page of a list.
pub const PAGE_LIMIT_MAX: usize = 200;
/// Entries of a page when the caller names no limit.
pub const PAGE_LIMIT_DEFAULT: usize = 50;
/// Most attempts to hand one message to WhatsApp before it fails.
pub const SEND_ATTEMPTS_MAX: u32 = 8;
/// Longest WhatsApp message id, in bytes.
pub const WA_MESSAGE_ID_BYTES_MAX: usize = 64;

const _: () = assert!(PAGE_LIMIT_DEFAULT <= PAGE_LIMIT_MAX);
/// Longest subject of a group, in characters, as WhatsApp's own clients allow.
pub const GROUP_SUBJECT_CHARS_MAX: usize = 100;
/// Longest description of a group, in characters.
pub const GROUP_DESCRIPTION_CHARS_MAX: usize = 2_048;
/// Most people of one change to a group's participants.
pub const GROUP_PEOPLE_PER_CALL_MAX: usize = 1_024;
/// Longest code of an invitation link, in bytes.
pub const INVITE_CODE_BYTES_MAX: usize = 64;
/// Longest address of a proxy, in bytes.
pub const PROXY_URL_BYTES_MAX: usize = 512;
/// Longest user name and longest password of a proxy, in bytes: what SOCKS5 has room for (RFC 1929).
pub const PROXY_CREDENTIAL_BYTES_MAX: usize = 255;
