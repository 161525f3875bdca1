//! Every bound of the simulator, by name and unit.

/// Longest wait for a client to finish the Noise handshake, milliseconds.
pub const HANDSHAKE_MS_MAX: u64 = 20_000;

/// Longest a connection stays open after the service's last stanza, for the client to read it and leave
/// first, milliseconds.
pub const LINGER_MS_MAX: u64 = 1_000;

/// Largest frame the three-byte length can announce, bytes.
pub const FRAME_BYTES_MAX: usize = (1 << 24) - 1;

/// Largest edge-routing blob accepted before the prologue, bytes.
pub const ROUTING_INFO_BYTES_MAX: usize = 4 * 1024;

/// Largest WebSocket message accepted, bytes: one maximal frame and its length.
pub const SOCKET_MESSAGE_BYTES_MAX: usize = FRAME_BYTES_MAX + 3;

/// Stanzas waiting for one connection's socket. A connection that lets them pile up is closed; what
/// it missed is in its device's offline queue.
pub const OUTBOUND_STANZAS_MAX: usize = 32 * 1024;

/// Frames put into one WebSocket message while frames are coalesced.
pub const COALESCED_FRAMES_MAX: usize = 16;

/// Bytes of one WebSocket message while frames are split.
pub const SPLIT_MESSAGE_BYTES: usize = 7;

/// Stanzas a device's offline queue holds until it confirms them.
pub const OFFLINE_STANZAS_MAX: usize = 24 * 1024;

/// Stanzas sent before the first batch request when offline delivery is pulled.
pub const OFFLINE_PRIMER_STANZAS: usize = 5;

/// Largest batch of offline stanzas a client may pull at once.
pub const OFFLINE_BATCH_STANZAS_MAX: usize = 1_000;

/// One-time pre-keys kept per companion.
pub const ONE_TIME_KEYS_MAX: usize = 4_096;

/// Fewer one-time keys than this and the device is told to upload more.
pub const ONE_TIME_KEYS_LOW: usize = 5;

/// Companions per account.
pub const COMPANIONS_MAX: usize = 8;

/// References offered to a client that wants to show a QR.
pub const PAIRING_REFS: usize = 6;

/// Longest wait for a companion to answer pair-success, milliseconds.
pub const PAIR_ANSWER_MS_MAX: u64 = 60_000;

/// Wait for a companion's first keys before its phone welcomes it anyway, milliseconds.
pub const WELCOME_WITHOUT_KEYS_MS: u64 = 2_000;

/// Accounts in one simulator.
pub const ACCOUNTS_MAX: usize = 1_000_000;

/// Accounts created by one control request.
pub const BATCH_ACCOUNTS_MAX: usize = 50_000;

/// Accounts an account counts as contacts; they hear of its device changes.
pub const CONTACTS_MAX: usize = 4_096;

/// Members of a group.
pub const GROUP_MEMBERS_MAX: usize = 2_048;

/// Groups in one simulator.
pub const GROUPS_MAX: usize = 100_000;

/// Newsletters in one simulator.
pub const NEWSLETTERS_MAX: usize = 10_000;

/// Posts that a newsletter keeps; the oldest goes.
pub const NEWSLETTER_POSTS_MAX: usize = 4_096;

/// Posts in one answer.
pub const NEWSLETTER_PAGE_POSTS: usize = 300;

/// Users in one usync query or devices in one key query.
pub const QUERY_USERS_MAX: usize = 4_096;

/// Devices following one account's presence.
pub const PRESENCE_WATCHERS_MAX: usize = 1_024;

/// Items on one blocklist.
pub const BLOCKLIST_MAX: usize = 1_024;

/// Patches kept per app-state collection; older ones need a snapshot.
pub const PATCHES_MAX: usize = 4_096;

/// Bytes of one uploaded file.
pub const MEDIA_FILE_BYTES_MAX: usize = 110 * 1024 * 1024;

/// Bytes of all uploaded files together. An upload beyond it is refused with 507.
pub const MEDIA_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Bytes of a control request body. Files travel in base64.
pub const CONTROL_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Longest a control request may wait for something to happen, milliseconds.
pub const LONG_POLL_MS_MAX: u64 = 120_000;

/// Stanzas virtual phones handle in one turn of the world, so that one turn stays short.
pub const PHONE_STANZAS_PER_TURN: usize = 32;

/// Stanzas waiting for virtual phones. Beyond it the oldest is dropped and counted.
pub const PHONE_QUEUE_STANZAS_MAX: usize = 256 * 1024;

/// Armed faults at one time.
pub const FAULTS_MAX: usize = 256;

/// Distinct unknown IQs remembered by name; the counter goes on.
pub const UNKNOWN_IQS_MAX: usize = 64;

/// Ciphertexts the judge remembers, about 40 bytes each.
pub const JUDGE_CIPHERTEXTS_MAX: usize = 1 << 20;

/// Message ids the judge remembers.
pub const JUDGE_IDS_MAX: usize = 1 << 19;

/// Findings the judge lists; the counter goes on.
pub const JUDGE_FINDINGS_MAX: usize = 100;

/// Period of the world's clock, milliseconds.
pub const TICK_MS: u64 = 200;

/// Stated bound on memory per account that never sent or received anything, bytes.
pub const IDLE_ACCOUNT_BYTES_MAX: usize = 1_024;

/// How long a phone takes to sign in a companion after a ceremony with a passkey, in milliseconds.
pub const PASSKEY_SIGN_IN_MS: u64 = 250;
