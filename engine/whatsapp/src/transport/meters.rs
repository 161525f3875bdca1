//! Metrics of a shard's sockets, with their handles held: a look-up for each frame would cost more than the counting.

use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};
use rustls::HandshakeKind;

use crate::metrics::{BYTES, FRAMES, HANDSHAKE_SECONDS, HANDSHAKES};

pub(crate) struct Meters {
    frames_in: Counter,
    frames_out: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
    full: Counter,
    resumed: Counter,
    handshake_seconds: Histogram,
}

impl Meters {
    pub(crate) fn new() -> Meters {
        Meters {
            frames_in: counter!(FRAMES, "direction" => "in"),
            frames_out: counter!(FRAMES, "direction" => "out"),
            bytes_in: counter!(BYTES, "direction" => "in"),
            bytes_out: counter!(BYTES, "direction" => "out"),
            full: counter!(HANDSHAKES, "kind" => "full"),
            resumed: counter!(HANDSHAKES, "kind" => "resumed"),
            handshake_seconds: histogram!(HANDSHAKE_SECONDS),
        }
    }

    pub(super) fn handshake(&self, kind: HandshakeKind, took: Duration) {
        match kind {
            HandshakeKind::Resumed => self.resumed.increment(1),
            HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest => self.full.increment(1),
        }
        self.handshake_seconds.record(took.as_secs_f64());
    }

    pub(super) fn received(&self, messages: u64, bytes: usize) {
        self.frames_in.increment(messages);
        self.bytes_in.increment(bytes as u64);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.frames_out.increment(1);
        self.bytes_out.increment(bytes as u64);
    }
}
