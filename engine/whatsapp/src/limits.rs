//! Every bound of the protocol crate, with its unit. The assertions at the end hold the bounds to each other.

use std::time::Duration;

/// Largest media file that is downloaded or uploaded, in bytes; the same bound as the model's for accepting one.
pub const MEDIA_BYTES_MAX: u64 = trunkline_model::limits::MEDIA_BYTES_MAX;
/// What encryption adds to a media file at most: padding to a whole AES block and a truncated MAC, in bytes.
pub const MEDIA_OVERHEAD_BYTES: u64 = 16 + 10;
/// Bytes between a media file on disk and whoever encrypts, opens or sends it.
pub const FILE_BUFFER_BYTES: usize = 64 << 10;
/// Pieces of [`FILE_BUFFER_BYTES`] of an upload that are read ahead of the socket.
pub const UPLOAD_PIECES_AHEAD: usize = 2;
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

/// Connections of a shard that are being opened at the same time. Each costs the shard's thread some tenths of a
/// millisecond, so that all of them in one tick hold the others up for tens of milliseconds at most; at 250 ms a round trip,
/// of which a connection takes four, the shard still opens 64 a second.
pub const HANDSHAKES_MAX: usize = 64;
/// Waiting for a turn among them may take this long.
pub const HANDSHAKE_WAIT_TIMEOUT: Duration = Duration::from_secs(7);
/// Name resolution, TCP, TLS and the WebSocket upgrade together may take this long. The protocol crate gives up
/// [`PROTOCOL_CONNECT_TIMEOUT`] after it asked for a connection, without telling why.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(12);
/// How long the protocol crate waits for a connection.
pub const PROTOCOL_CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest answer to the WebSocket upgrade, in bytes.
pub const UPGRADE_ANSWER_BYTES_MAX: usize = 8 << 10;
/// Most headers in that answer.
pub const UPGRADE_HEADERS_MAX: usize = 32;
/// What one socket reads before it lets the shard do something else, in bytes. The scratch of a shard has room for it.
pub const READ_BYTES_PER_TURN: usize = 64 << 10;
/// Bytes of incomplete TLS records that a connection may hold: a handshake message of 64 KiB, the most that rustls accepts,
/// with its records' overhead, or one record of 16 KiB.
pub const TLS_HELD_BYTES_MAX: usize = 80 << 10;
/// What one step of writing frames and seals, in bytes. The scratch of a shard has room for it.
pub const WRITE_PIECE_BYTES: usize = 64 << 10;
/// Room that is made for announced bytes of an incomplete message before they arrive, in bytes.
pub const READ_AHEAD_BYTES: usize = 64 << 10;
/// Handing one WebSocket message to the operating system may take this long; then the connection counts as broken.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// A polite WebSocket close may take this long; then the socket is dropped.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Reaching WhatsApp's address through a proxy that is to be used may take this long.
pub const PROXY_CHECK_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest WebSocket message that is accepted, in bytes: one Noise frame has a 24-bit length.
pub const WS_MESSAGE_BYTES_MAX: usize = 1 << 24;
/// WebSocket messages waiting between a socket and its client. A full channel stops the reading of the socket, so that
/// back pressure reaches the peer.
pub const TRANSPORT_EVENTS_MAX: usize = 8;
/// Hosts whose TLS sessions a shard remembers for resumption.
pub const TLS_HOSTS_MAX: usize = 16;
/// TLS 1.3 tickets remembered for one host. Each serves once and brings new ones: enough for every connection that is being
/// opened, with as many to spare. A ticket takes about 1 KiB and the server's certificates.
pub const TLS_TICKETS_PER_HOST_MAX: usize = 2 * HANDSHAKES_MAX;
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
/// Chats that keep an idle worker in a client (8 to 16 KiB each). A worker with work is never evicted, so this bounds what a
/// number keeps of its past chats, not how many it can talk in; a chat whose worker is gone costs a new one.
pub const CHAT_LANES_MAX: u64 = 2;
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
/// How often changes of the device record are written at the latest. Long, because it wakes every idle client: a change wakes
/// the writer at once, the end of a run writes too, and only a write that failed waits for this.
pub const DEVICE_SAVE_INTERVAL: Duration = Duration::from_secs(600);
/// What a connected client holds before it has talked to anybody, socket included, in bytes. Measured, rounded.
pub const CLIENT_BASE_BYTES: u64 = 72 << 10;
/// What one chat's worker holds, in bytes: the protocol crate counts workers, not their bytes. Measured, rounded.
pub const CHAT_LANE_BYTES: u64 = 12 << 10;
/// What one contact holds beyond what the protocol crate's report says, in bytes: identity, lock, names, and what of the
/// session is not in the record. Measured, rounded.
pub const CONTACT_BYTES: u64 = 2 << 10;
/// One-time pre-keys made in one upload.
pub const PRE_KEYS_PER_UPLOAD: usize = 100;

/// Rows in between for each wanted pre-key from which on look-ups are cheaper than one pass.
pub const PRE_KEYS_SKIPPED_PER_LOOK_UP: usize = 8;
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
/// How long a phone may take to answer a request for older messages.
pub const HISTORY_ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
/// Older messages that are committed at a time.
pub const HISTORY_MESSAGES_PER_COMMIT: usize = 100;
/// Stopping a session may take this long; then its tasks are aborted.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// After the service announced the end of a stream, the session waits this long for the client to notice by itself.
pub const STREAM_END_GRACE: Duration = Duration::from_secs(5);
/// People whose LIDs are asked for by one request before a status goes to them.
pub const STATUS_LOOKUP_PEOPLE_MAX: usize = 100;
/// WhatsApp's acknowledgement of a stanza that is no message (a reaction, a declined call) may take this long.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(20);
/// Calls that ring at a time; an older one is forgotten, and declining it has to say who calls.
pub const RINGING_CALLS_MAX: usize = 16;
/// Longest text kept of an error of a foreign crate, in bytes.
pub const DETAIL_BYTES_MAX: usize = 256;
/// How many wrappers (ephemeral, view once, …) around an inbound message are opened.
pub const WRAPPERS_MAX: usize = 8;

/// Longest side of a picture that is opened for its thumbnail, in pixels.
pub const PICTURE_SIDE_PIXELS_MAX: u32 = 12_000;
/// What opening one picture may take, in bytes.
pub const PICTURE_DECODED_BYTES_MAX: u64 = 96 << 20;
/// Largest picture or voice note that is opened, in bytes; [`PREPARATIONS_MAX`] of them are in memory at a time.
pub const PREPARED_BYTES_MAX: u64 = 32 << 20;
/// Files of all sessions of the process that are opened at the same time.
pub const PREPARATIONS_MAX: usize = 2;
/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE_PIXELS: u32 = 100;
/// Quality of a thumbnail's JPEG, of 100.
pub const THUMBNAIL_QUALITY: u8 = 60;
/// Side of a sticker's square, in pixels.
pub const STICKER_SIDE_PIXELS: u32 = 512;
/// Values of a voice note's shape.
pub const WAVEFORM_VALUES: usize = 64;
/// ffmpeg may take this long for one file.
pub const FFMPEG_TIMEOUT: Duration = Duration::from_secs(30);
/// Most that ffmpeg may write, in bytes.
pub const FFMPEG_OUTPUT_BYTES_MAX: u64 = 64 << 20;
/// Rows of one table of a database that is imported.
pub const IMPORT_ROWS_MAX: usize = 200_000;
/// Longest token of a trusted contact in an import, in bytes.
pub const CONTACT_TOKEN_BYTES_MAX: usize = 1_024;
/// Such tokens of one batch.
pub const CONTACT_TOKENS_PER_BATCH: usize = 1_024;
/// Steps of SQLite's machine between two counts of them.
pub const IMPORT_SQLITE_STEPS: i32 = 10_000;
/// Steps that an import may take in all; a row takes about forty.
pub const IMPORT_SQLITE_STEPS_MAX: i32 = 200_000_000;

const _: () = {
    assert!(SESSION_EVENTS_RESERVED < SESSION_EVENTS_MAX);
    let connect_secs = HANDSHAKE_WAIT_TIMEOUT.as_secs() + CONNECT_TIMEOUT.as_secs();
    assert!(connect_secs < PROTOCOL_CONNECT_TIMEOUT.as_secs(), "the protocol crate would give up first");
    assert!(UPGRADE_ANSWER_BYTES_MAX < READ_BYTES_PER_TURN);
    assert!(HTTP_BODY_BYTES_MAX < MEDIA_BYTES_MAX);
    assert!(STREAM_END_GRACE.as_secs() < STOP_TIMEOUT.as_secs());
    assert!(EXPIRED_ROWS_PER_BATCH * 2 <= trunkline_store::limits::BATCH_OPS_MAX);
    assert!(ROWS_PER_BATCH_MAX * 2 <= trunkline_store::limits::BATCH_OPS_MAX);
    let token_bytes_max = CONTACT_TOKEN_BYTES_MAX + 2 * (SUFFIX_BYTES_MAX + 64);
    assert!(CONTACT_TOKENS_PER_BATCH * token_bytes_max <= trunkline_store::limits::BATCH_BYTES_MAX);
    assert!(BATCH_BYTES_TARGET <= trunkline_store::limits::BATCH_BYTES_MAX);
    assert!(SUFFIX_BYTES_MAX + 32 <= trunkline_store::limits::KEY_BYTES_MAX);
};
