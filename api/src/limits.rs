//! Bounds of the front end, each with its unit in its name. Those that an operator may want to change are defaults of
//! [`crate::server::Bounds`].

/// Open connections of all front threads together.
pub const CONNECTIONS_MAX: usize = 10_000;
/// Requests being worked on at a time; more are answered 503.
pub const REQUESTS_MAX: usize = 4_096;
/// Open event streams; more are answered 503.
pub const STREAMS_MAX: usize = 2_048;
/// From the end of one answer to the last byte of the next request's header, in milliseconds: slow senders and idle
/// keep-alive connections end here.
pub const HEADER_READ_MS_MAX: u64 = 30_000;
/// Longest pause within a request body, in milliseconds.
pub const BODY_IDLE_MS_MAX: u64 = 15_000;
/// Time that any body may take, in milliseconds, before [`BODY_BYTES_PER_SECOND_MIN`] counts.
pub const BODY_GRACE_MS: u64 = 30_000;
/// Slowest rate of a long body, in bytes per second.
pub const BODY_BYTES_PER_SECOND_MIN: u64 = 16 << 10;
/// Longest time without progress of a write to a client, in milliseconds. It also ends event streams that nobody reads.
pub const WRITE_STALL_MS_MAX: u64 = 30_000;
/// Longest request header, in bytes.
pub const HEADER_BYTES_MAX: usize = 32 << 10;
/// Largest read and write buffer of one connection, in bytes.
pub const CONNECTION_BUFFER_BYTES_MAX: usize = 64 << 10;
/// Connections that wait to be accepted, per front thread.
pub const LISTEN_BACKLOG: i32 = 1_024;
/// Pause after the operating system refused to accept (no file descriptors left), in milliseconds.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// How long a closing connection is read on, so that the client can read an early answer, in milliseconds.
pub const LINGER_MS_MAX: u64 = 2_000;
/// How much of it is read, in bytes.
pub const LINGER_BYTES_MAX: usize = 4 * MESSAGE_JSON_BYTES_MAX as usize;
/// How long a stopping server waits for requests under way, in milliseconds.
pub const DRAIN_MS_MAX: u64 = 10_000;
/// Most front threads.
pub const THREADS_MAX: usize = 64;

/// Largest JSON body of an ordinary operation, in bytes.
pub const JSON_BYTES_MAX: u64 = 64 << 10;
/// Largest JSON body of a message with its file inside, in bytes. Larger files go by multipart or by URL.
pub const MESSAGE_JSON_BYTES_MAX: u64 = 24 << 20;
/// Largest JSON body of a batch of messages, in bytes.
pub const BATCH_JSON_BYTES_MAX: u64 = 8 << 20;
/// Longest body with credentials that are to be imported, in bytes.
pub const IMPORT_JSON_BYTES_MAX: u64 = 24 << 20;
/// Files of an archive that is imported.
pub const IMPORT_FILES_MAX: usize = 20_000;
/// What they may be together, unpacked, in bytes.
pub const IMPORT_UNPACKED_BYTES_MAX: u64 = 64 << 20;
/// Longest WhatsApp id that names a device in an import, in bytes.
pub const IMPORT_JID_BYTES_MAX: usize = 128;
/// Shortest passphrase of an export, in bytes.
pub const PASSPHRASE_BYTES_MIN: usize = 12;
/// Longest passphrase, in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 1_024;
/// What a multipart body may have beside the file, in bytes. Parsers keep all of it, so it is charged like a whole body.
pub const MULTIPART_OVERHEAD_BYTES_MAX: u64 = 256 << 10;
/// Bytes of request bodies held in memory at a time, over all requests; more are answered 503.
pub const BUFFERED_BYTES_MAX: usize = 256 << 20;
/// How often whoever listens for longer is asked for their key again, in milliseconds: a revoked one hears nothing after it.
pub const LAPSE_SEEN_MS: u64 = 500;
/// Ranges of addresses of proxies that are trusted.
pub const TRUSTED_PROXIES_MAX: usize = 64;
/// Longest answer of the engine, in milliseconds. The engine has its own, shorter bounds; this one catches a stuck engine.
pub const ENGINE_MS_MAX: u64 = 90_000;

/// Longest `X-Request-Id` that is taken over, in bytes.
pub const REQUEST_ID_BYTES_MAX: usize = 128;
/// Most parameters of a query string.
pub const QUERY_PARAMETERS_MAX: usize = 16;
/// How long `?wait=sent` waits when the caller names no time, in milliseconds.
pub const WAIT_MS_DEFAULT: u64 = 10_000;
/// Longest `?timeout_ms=`, in milliseconds.
pub const WAIT_MS_MAX: u64 = 60_000;
/// Largest profile or group picture, in bytes.
pub const PICTURE_BYTES_MAX: u64 = 1 << 20;
/// Most messages marked as read by one request.
pub const READ_IDS_MAX: usize = 256;
/// Most scopes of a key and event types of a webhook, repetitions included.
pub const WORDS_MAX: usize = 64;
/// Shortest webhook secret, in bytes: the strength of its signature.
pub const WEBHOOK_SECRET_BYTES_MIN: usize = 16;
/// Longest webhook secret, in bytes.
pub const WEBHOOK_SECRET_BYTES_MAX: usize = 256;
/// Longest name of a header that a webhook sends, in bytes.
pub const HEADER_NAME_BYTES_MAX: usize = 64;
/// Longest name of a caller's own that an error gives back, in characters.
pub const FIELD_NAME_CHARS_MAX: usize = 64;
/// Longest name, password or token of a broker, in bytes.
pub const BROKER_CREDENTIAL_BYTES_MAX: usize = 1_024;
/// Longest subject, exchange or routing key, in bytes: what AMQP 0-9-1 has room for (short strings).
pub const BROKER_NAME_BYTES_MAX: usize = 255;
/// Shortest delay before a delivery is tried again, in milliseconds.
pub const RETRY_DELAY_MS_MIN: u32 = 100;
/// Longest delay before a delivery is tried again, in milliseconds: a day.
pub const RETRY_DELAY_MS_MAX: u32 = 86_400_000;
/// First delay of a schedule that names none, in milliseconds.
pub const RETRY_BASE_MS_DEFAULT: u32 = 1_000;
/// Longest delay of a schedule that names none, in milliseconds.
pub const RETRY_CAP_MS_DEFAULT: u32 = 600_000;
/// How long a schedule that does not say so tries, in seconds: a day.
pub const RETRY_FOR_SECONDS_DEFAULT: u64 = 86_400;
/// Most days that events may be kept, short of for ever.
pub const EVENT_RETENTION_DAYS_MAX: u32 = 3_650;
/// Longest media URL, in bytes.
pub const MEDIA_URL_BYTES_MAX: usize = 4_096;
/// Longest MIME type, in bytes.
pub const MIME_TYPE_BYTES_MAX: usize = 127;
/// Longest part of a passkey assertion, in bytes, decoded.
pub const PASSKEY_PART_BYTES_MAX: usize = 8 << 10;

/// Pause between two heartbeats of an event stream, in milliseconds.
pub const HEARTBEAT_MS: u64 = 15_000;
/// How long a client is told to wait before it opens a broken stream again, in milliseconds.
pub const STREAM_RETRY_MS: u64 = 2_000;
/// Events read from the log and held for one stream at a time.
pub const STREAM_PAGE: usize = 64;

/// How far before the last event that a client saw a stream over many instances begins again, in milliseconds: their logs have
/// no common order, so what was recorded about then comes again.
pub const STREAM_OVERLAP_MS: i64 = 60_000;

/// Pixels of one QR module in a PNG.
pub const QR_MODULE_PIXELS: usize = 8;
/// Light border of a QR code, in modules (ISO/IEC 18004 asks for four).
pub const QR_QUIET_MODULES: usize = 4;

/// Buckets of rate limits that are remembered at a time; one that is full needs no memory.
pub const RATE_LIMIT_BUCKETS: usize = 64 << 10;
/// Places of the table that a bucket may have.
pub const RATE_LIMIT_NEIGHBOURS: usize = 8;
/// Requests of a WSAPI key in a minute that send something, where the account says nothing.
pub const WSAPI_SENDS_PER_MINUTE: u32 = 60;
/// Other requests of a WSAPI key in a minute, for each class.
pub const WSAPI_OTHERS_PER_MINUTE: u32 = 300;
/// Entries of a list that a dialect gives whole.
pub const DIALECT_LIST_MAX: usize = 10_000;
/// How long a request for a QR code or a link code waits for one, in milliseconds.
pub const CODE_WAIT_MS_MAX: u64 = 30_000;
/// Entries of a page of WSAPI when the caller names no size.
pub const WSAPI_PAGE_SIZE_DEFAULT: usize = 20;
/// When a customer of a dialect is told to ask again for an instance that is offline, in milliseconds.
pub const OFFLINE_RETRY_MS: u64 = 5_000;
/// Numbers that one request of WSAPI asks about; the engine is asked about some of them at a time.
pub const WSAPI_CHECKS_MAX: usize = 1_000;
/// Requests of a WASaaS key in a minute, where the account says nothing: what the service's larger plan has.
pub const WASAAS_REQUESTS_PER_MINUTE: u32 = 1_000;
/// Messages of one bulk of WASaaS.
pub const WASAAS_BULK_MAX: usize = 1_000;
/// Contacts of one import, and recipients of one campaign, that a request of WASaaS names.
pub const WASAAS_PEOPLE_MAX: usize = 1_000;
/// Entries of a page of WASaaS when the caller names no size.
pub const WASAAS_PAGE_SIZE_DEFAULT: usize = 50;
/// Most entries of a page of WASaaS.
pub const WASAAS_PAGE_SIZE_MAX: usize = 200;
/// Longest that a delivery to a WASaaS webhook takes, in milliseconds.
pub const WASAAS_WEBHOOK_TIMEOUT_MS: u32 = 10_000;
/// First delay of a delivery to a WASaaS webhook, in milliseconds; each further one is twice as long.
pub const WASAAS_RETRY_BASE_MS: u32 = 5_000;
/// No delay is longer, in milliseconds.
pub const WASAAS_RETRY_CAP_MS: u32 = 60_000;
/// After so long a delivery is given up, in milliseconds: after the third repetition.
pub const WASAAS_RETRY_FOR_MS: u64 = 30_000;
/// Requests of a Wessaal key in an hour, where the account says nothing.
pub const WESSAAL_REQUESTS_PER_HOUR: u32 = 5_000;
/// Messages of one bulk of Wessaal.
pub const WESSAAL_BULK_MAX: usize = 100;
/// Entries of a page of Wessaal when the caller names no size.
pub const WESSAAL_PAGE_SIZE_DEFAULT: usize = 50;
/// Most entries of a page of Wessaal.
pub const WESSAAL_PAGE_SIZE_MAX: usize = 100;
/// Longest header of buttons and question of a poll of Wessaal, in characters.
pub const WESSAAL_TITLE_CHARS_MAX: usize = 255;
/// Longest footer of buttons of Wessaal, in characters.
pub const WESSAAL_FOOTER_CHARS_MAX: usize = 60;
/// Instances whose messages a Wessaal key lists together: each is asked for its own.
pub const WESSAAL_LISTED_INSTANCES_MAX: usize = 100;
/// Longest row of an uploaded list, in bytes.
pub const IMPORT_ROW_BYTES_MAX: usize = 64 << 10;
/// Most columns of an uploaded list.
pub const IMPORT_COLUMNS_MAX: usize = 256;
/// Wrong rows of a list that are told one by one; the others are counted.
pub const IMPORT_PROBLEMS_SHOWN_MAX: usize = 100;
/// Longest uploaded list, in bytes.
pub const IMPORT_BYTES_MAX: u64 = 64 << 20;
/// Parts of a list that are read for one request of a dialect whose pages have numbers: each has as many entries as a page may have.
pub const DIALECT_PARTS_MAX: usize = 50;
/// Fields of a form, beside its file.
pub const FORM_FIELDS_MAX: usize = 64;
/// Requests of a WAStack key in a minute that send something, as its reference says.
pub const WASTACK_SENDS_PER_MINUTE: u32 = 30;
/// Other requests of a WAStack key in a minute, likewise.
pub const WASTACK_READS_PER_MINUTE: u32 = 60;
/// Requests for WAStack's health from one address in a minute, likewise.
pub const WASTACK_HEALTH_PER_MINUTE: u32 = 100;
/// Entries of a page of WAStack when the caller names no number.
pub const WASTACK_PAGE_DEFAULT: usize = 20;
/// Most entries of a page of WAStack.
pub const WASTACK_PAGE_MAX: usize = 100;
/// Messages of one bulk request of WAStack.
pub const WASTACK_BULK_MAX: usize = 100;
/// Longest pause between two messages of a bulk request, in milliseconds.
pub const WASTACK_BULK_DELAY_MS_MAX: u32 = 3_600_000;
/// Devices whose messages one list of WAStack puts together.
pub const WASTACK_DEVICES_LISTED_MAX: usize = 20;
/// Contacts of one bulk request of WAStack.
pub const WASTACK_CONTACTS_MAX: usize = 1_000;
/// Longest name of a WAStack device, in bytes.
pub const DISPLAY_NAME_BYTES_MAX: usize = 255;
/// Messages that a session of 7aduta sends in a minute: what its reference states.
pub const ADUTA_SENDS_PER_MINUTE: u32 = 10;
/// Requests of a customer of 7aduta in a minute, those that send included: likewise.
pub const ADUTA_REQUESTS_PER_MINUTE: u32 = 100;
/// A session of 7aduta that is protected sends one message in so many seconds.
pub const ADUTA_PROTECTED_SECONDS: u32 = 5;
/// Entries of a page of 7aduta's logs when the caller names no size.
pub const ADUTA_PAGE_SIZE_DEFAULT: usize = 10;
/// How long a session of 7aduta that is told to connect waits for its first QR code, in milliseconds.
pub const ADUTA_CONNECT_WAIT_MS_MAX: u64 = 10_000;
/// Longest that a customer of 7aduta shows that somebody is typing, in milliseconds.
pub const ADUTA_PRESENCE_MS_MAX: u64 = 25_000;
