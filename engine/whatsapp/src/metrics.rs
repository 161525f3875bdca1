//! Names of this crate's metrics, with unit, help text and labels. No label ever carries an instance, a number or a JID.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Session events by `kind`, those dropped because nobody asked for them included.
pub const EVENTS: &str = "trunkline_whatsapp_events_total";
/// Session events dropped by `kind`: either of no interest, or the channel was full.
pub const EVENTS_DROPPED: &str = "trunkline_whatsapp_events_dropped_total";
/// Messages that arrived and could not be read, by `reason`: `undecryptable` (asked for again) or `withheld` (they will not come).
pub const UNREAD: &str = "trunkline_whatsapp_messages_unread_total";
/// Ends of connections by `reason`.
pub const CLOSED: &str = "trunkline_whatsapp_connections_closed_total";
/// Sends by `outcome`: `handed_over`, or the reason word of the error.
pub const SENDS: &str = "trunkline_whatsapp_sends_total";
/// Time from the call to the stanza on the socket, in seconds.
pub const SEND_SECONDS: &str = "trunkline_whatsapp_send_seconds";
/// Inbound batches by `outcome`: `committed`, or `refused` by the sink.
pub const INBOUND_BATCHES: &str = "trunkline_whatsapp_inbound_batches_total";
/// Inbound messages by `kind` of content.
pub const INBOUND_MESSAGES: &str = "trunkline_whatsapp_inbound_messages_total";
/// Media transfers by `direction` (`up`, `down`) and `outcome` (`ok`, `failed`).
pub const MEDIA: &str = "trunkline_whatsapp_media_transfers_total";
/// TLS handshakes that succeeded, by `kind` (`full`, `resumed`).
pub const HANDSHAKES: &str = "trunkline_whatsapp_tls_handshakes_total";
/// Time from the open TCP connection to the end of its TLS handshake, in seconds.
pub const HANDSHAKE_SECONDS: &str = "trunkline_whatsapp_tls_handshake_seconds";
/// WebSocket messages by `direction` (`in`, `out`), control frames that came in included.
pub const FRAMES: &str = "trunkline_whatsapp_socket_messages_total";
/// Bytes by `direction`: `in` as they come from the kernel, `out` as the client hands them over, before framing and TLS.
pub const BYTES: &str = "trunkline_whatsapp_socket_bytes_total";
/// Bytes of the buffers that all sockets of a thread share, over all threads.
pub const SCRATCH_BYTES: &str = "trunkline_whatsapp_scratch_bytes";

/// Tells the recorder what the names mean. Call once, after a recorder is installed.
pub fn describe() {
    describe_counter!(EVENTS, "Events of WhatsApp sessions, by kind");
    describe_counter!(EVENTS_DROPPED, "Events of WhatsApp sessions that nobody was told of, by kind");
    describe_counter!(UNREAD, "Messages that arrived and could not be read, by reason");
    describe_counter!(CLOSED, "Connections to WhatsApp that ended, by reason");
    describe_counter!(SENDS, "Messages handed to WhatsApp, by outcome");
    describe_histogram!(SEND_SECONDS, Unit::Seconds, "Time from the call to the stanza on the socket");
    describe_counter!(INBOUND_BATCHES, "Batches of received messages, by what became of them");
    describe_counter!(INBOUND_MESSAGES, "Received messages, by kind of content");
    describe_counter!(HANDSHAKES, "TLS handshakes that succeeded, by kind");
    describe_histogram!(HANDSHAKE_SECONDS, Unit::Seconds, "Time of a TLS handshake");
    describe_counter!(FRAMES, "WebSocket messages, by direction");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of WebSocket connections, by direction");
    describe_gauge!(SCRATCH_BYTES, Unit::Bytes, "Buffers that all sockets of a thread share");
    describe_counter!(MEDIA, "Media files transferred, by direction and outcome");
}
