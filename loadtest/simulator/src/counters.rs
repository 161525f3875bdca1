//! What the simulator counts. Names are the JSON keys of `GET /stats`.

use serde::Serialize;

use crate::limits::UNKNOWN_IQS_MAX;

/// Events since the simulator started.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Counters {
    /// WebSocket connections accepted.
    pub connections: u64,
    /// Handshakes by pattern XX.
    pub handshakes_xx: u64,
    /// Handshakes by pattern IK.
    pub handshakes_ik: u64,
    /// IK hellos answered with XXfallback.
    pub handshakes_fallback: u64,
    /// Handshakes that failed.
    pub handshakes_failed: u64,
    /// Connections that began with an edge-routing pre-intro.
    pub edge_routed: u64,
    /// Companions paired.
    pub paired: u64,
    /// Pairings refused by either side.
    pub pairings_refused: u64,
    /// Successful logins.
    pub logins: u64,
    /// Logins answered with a failure.
    pub logins_refused: u64,
    /// Older connections of a device closed by a newer one.
    pub replaced: u64,
    /// Stanzas received from clients.
    pub stanzas_in: u64,
    /// Stanzas sent to clients.
    pub stanzas_out: u64,
    /// Stanzas of unknown tag.
    pub unknown_stanzas: u64,
    /// IQs without a route, answered 501.
    pub unknown_iq: u64,
    /// The first of them, as `xmlns type child`.
    pub unknown_iqs: Vec<String>,
    /// IQs answered with an error other than 501.
    pub iq_errors: u64,
    /// Messages accepted from devices, phones included.
    pub messages: u64,
    /// Messages refused in their ack.
    pub messages_refused: u64,
    /// Ciphertexts put on a device's queue, phones included.
    pub deliveries: u64,
    /// `<to>` entries of a fan-out that name no device of sender, recipient or group.
    pub stray_targets: u64,
    /// Group messages whose participant hash was not the service's.
    pub phash_mismatches: u64,
    /// Receipts from devices.
    pub receipts: u64,
    /// Retry receipts among them.
    pub retries: u64,
    /// Delivered receipts forwarded to the author's account.
    pub delivered: u64,
    /// Read receipts forwarded to the author's account.
    pub read: u64,
    /// Key bundles handed out.
    pub bundles: u64,
    /// Key bundles handed out without a one-time key.
    pub bundles_without_one_time_key: u64,
    /// Stanzas given to a device after it came back.
    pub offline_delivered: u64,
    /// Stanzas refused by a full offline queue.
    pub offline_overflow: u64,
    /// Stanzas dropped from the phones' work queue.
    pub phone_overflow: u64,
    /// Connections closed because their client read too slowly.
    pub slow_readers: u64,
    /// Files uploaded.
    pub uploads: u64,
    /// Files downloaded, or parts of files.
    pub downloads: u64,
    /// Faults that struck.
    pub faults_struck: u64,
}

impl Counters {
    /// Counts an IQ nothing here answers.
    pub fn count_unknown_iq(&mut self, name: String) {
        self.unknown_iq += 1;
        if self.unknown_iqs.len() < UNKNOWN_IQS_MAX && !self.unknown_iqs.contains(&name) {
            self.unknown_iqs.push(name);
        }
    }
}
