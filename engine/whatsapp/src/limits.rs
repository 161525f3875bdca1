//! Every bound of the protocol crate, with its unit. The assertions at the end hold the bounds to each other.

use std::time::Duration;

/// Largest media file that is downloaded or uploaded, in bytes; the same bound as the model's for accepting one.
pub const MEDIA_BYTES_MAX: u64 = trunkline_model::limits::MEDIA_BYTES_MAX;
/// What encryption adds to a media file at most: padding to a whole AES block and a truncated MAC, in bytes.
pub const MEDIA_OVERHEAD_BYTES: u64 = 16 + 10;
/// Largest body of any other HTTP answer (an upload's receipt, the version file), in bytes.
pub const HTTP_BODY_BYTES_MAX: u64 = 4 << 20;
/// Opening a connection to a media host may take this long.
pub const HTTP_CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// A media host may be silent for this long within one answer.
pub const HTTP_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// One HTTP exchange may take this long in all.
pub const HTTP_TOTAL_TIMEOUT: Duration = Duration::from_secs(300);
/// Idle HTTP connections kept per media host, over all sessions of a shard.
pub const HTTP_IDLE_PER_HOST_MAX: usize = 4;
/// How long an idle HTTP connection is kept.
pub const HTTP_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Name resolution, TCP, TLS and the WebSocket upgrade together may take this long. The protocol crate gives up after
/// 20 s by itself, without telling why.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(18);
/// Handing one WebSocket message to the operating system may take this long; then the connection counts as broken.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// A polite WebSocket close may take this long; then the socket is dropped.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest WebSocket message that is accepted, in bytes: one Noise frame has a 24-bit length.
pub const WS_MESSAGE_BYTES_MAX: usize = 1 << 24;
/// WebSocket messages waiting between a socket and its client. A full channel stops the reading of the socket, so that
/// back pressure reaches the peer.
pub const TRANSPORT_EVENTS_MAX: usize = 8;
/// TLS sessions remembered for resumption, over all connections of a shard.
pub const TLS_SESSIONS_MAX: usize = 64;
/// Longest PEM text with additional roots, in bytes.
pub const EXTRA_ROOTS_BYTES_MAX: usize = 256 << 10;
/// Most test networks that a simulated build may be told to dial.
pub const TEST_NETWORKS_MAX: usize = 8;

/// Frames that a client handles before it lets the shard do something else.
pub const YIELD_FREQUENCY_FRAMES: u32 = 16;

/// Session events waiting for the instance's actor. Events that may be dropped are dropped when only
/// [`SESSION_EVENTS_RESERVED`] places are left. Wide, because a number that was away comes back to thousands of receipts at
/// once and a dropped one leaves a status behind the truth; an empty channel costs the same at any width.
pub const SESSION_EVENTS_MAX: usize = 8_192;
/// Places of the event channel that only state changes and acknowledgements may use.
pub const SESSION_EVENTS_RESERVED: usize = 64;
/// Chats that keep a worker in a client (8 to 16 KiB each); others share the room of the least recent.
pub const CHAT_LANES_MAX: u64 = 8;
/// Device lists in a client's memory; the rest is read from the store.
pub const DEVICE_LISTS_CACHED_MAX: u64 = 512;
/// Groups in a client's memory.
pub const GROUPS_CACHED_MAX: u64 = 64;
/// Groups whose sender-key distribution is in a client's memory.
pub const SENDER_KEY_GROUPS_CACHED_MAX: u64 = 64;
/// How long an entry of a client's caches serves.
pub const CACHE_TTL: Duration = Duration::from_secs(3_600);
/// How long a sent message is kept for a recipient that asks for it again.
pub const SENT_MESSAGE_TTL: Duration = Duration::from_secs(7_200);
/// How often changes of the device record are written at the latest; a change wakes the writer at once.
pub const DEVICE_SAVE_INTERVAL: Duration = Duration::from_secs(30);
/// One-time pre-keys made in one upload.
pub const PRE_KEYS_PER_UPLOAD: usize = 100;

/// Rows that one page of a table scan reads.
pub const SCAN_PAGE_ROWS: usize = 1_024;
/// Expired rows removed in one batch.
pub const EXPIRED_ROWS_PER_BATCH: usize = 512;
/// Batches of expired rows in one call; the next call goes on.
pub const EXPIRED_BATCHES_PER_CALL: usize = 8;
/// Longest key suffix written as it is; a longer one is replaced by its hash, in bytes.
pub const SUFFIX_BYTES_MAX: usize = 512;
/// Rows of one batch when a bulk write is split (each row may bring an index row along).
pub const ROWS_PER_BATCH_MAX: usize = 4_096;
/// Bytes of one batch when a bulk write is split.
pub const BATCH_BYTES_TARGET: usize = 1 << 20;

/// Waiting for a socket before a pairing code is asked for may take this long.
pub const PAIRING_SOCKET_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a pairing code serves, by WhatsApp's own clients.
pub const PAIRING_CODE_TTL: Duration = Duration::from_secs(180);
/// Stopping a session may take this long; then its tasks are aborted.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// After the service announced the end of a stream, the session waits this long for the client to notice by itself.
pub const STREAM_END_GRACE: Duration = Duration::from_secs(5);
/// Longest text kept of an error of a foreign crate, in bytes.
pub const DETAIL_BYTES_MAX: usize = 256;
/// How many wrappers (ephemeral, view once, …) around an inbound message are opened.
pub const WRAPPERS_MAX: usize = 8;

const _: () = {
    assert!(SESSION_EVENTS_RESERVED < SESSION_EVENTS_MAX);
    assert!(CONNECT_TIMEOUT.as_secs() < 20, "the protocol crate would give up first");
    assert!(HTTP_BODY_BYTES_MAX < MEDIA_BYTES_MAX);
    assert!(STREAM_END_GRACE.as_secs() < STOP_TIMEOUT.as_secs());
    assert!(EXPIRED_ROWS_PER_BATCH * 2 <= trunkline_store::limits::BATCH_OPS_MAX);
    assert!(ROWS_PER_BATCH_MAX * 2 <= trunkline_store::limits::BATCH_OPS_MAX);
    assert!(BATCH_BYTES_TARGET <= trunkline_store::limits::BATCH_BYTES_MAX);
    assert!(SUFFIX_BYTES_MAX + 32 <= trunkline_store::limits::KEY_BYTES_MAX);
};
