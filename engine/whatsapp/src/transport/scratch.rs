//! The buffers that all sockets of a thread share: borrowed within one poll, never held across an await.

use std::cell::Cell;

use ring::rand::{SecureRandom as _, SystemRandom};

use super::record_layer::RECORD_OVERHEAD_BYTES;
use crate::limits::{READ_BYTES_PER_TURN, TLS_HELD_BYTES_MAX, WRITE_PIECE_BYTES};
use crate::metrics::SCRATCH_BYTES;
use crate::transport::frames::CLIENT_HEADER_BYTES_MAX;

/// Random bytes drawn at once: one system call serves the masks of 64 frames.
const MASK_POOL_BYTES: usize = 256;

/// What a socket needs while it is worked on.
pub(super) struct Scratch {
    /// Where the kernel puts bytes, from [`TLS_HELD_BYTES_MAX`] on. The space before is for what an incomplete TLS record
    /// had left behind, so that it and the new bytes lie in one piece.
    pub(super) incoming: Box<[u8]>,
    /// Frames before they are sealed.
    pub(super) plain: Vec<u8>,
    /// TLS records on their way to the kernel.
    pub(super) sealed: Vec<u8>,
    pub(super) masks: Masks,
    counted_bytes: usize,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends this thread's scratch to `work`, with `plain` and `sealed` empty. A call within a call gets one of its own.
pub(super) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    // A thread that is ending has no scratch any more; one made for the occasion does.
    let kept = SCRATCH.try_with(Cell::take).ok().flatten();
    let mut scratch = kept.unwrap_or_else(|| Box::new(Scratch::new()));
    let result = work(&mut scratch);
    scratch.plain.clear();
    scratch.sealed.clear();
    // Without a place for it the scratch is dropped.
    let _ = SCRATCH.try_with(|cell| cell.set(Some(scratch)));
    result
}

impl Scratch {
    fn new() -> Scratch {
        let incoming = vec![0; TLS_HELD_BYTES_MAX + READ_BYTES_PER_TURN].into_boxed_slice();
        let plain = Vec::with_capacity(WRITE_PIECE_BYTES + CLIENT_HEADER_BYTES_MAX);
        let sealed = Vec::with_capacity(plain.capacity() + 8 * RECORD_OVERHEAD_BYTES);
        let counted_bytes = incoming.len() + plain.capacity() + sealed.capacity();
        metrics::gauge!(SCRATCH_BYTES).increment(counted_bytes as f64);
        Scratch { incoming, plain, sealed, masks: Masks::new(), counted_bytes }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        metrics::gauge!(SCRATCH_BYTES).decrement(self.counted_bytes as f64);
    }
}

/// The operating system gives no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub(super) struct NoRandom;

/// A pool of frame masks.
pub(super) struct Masks {
    random: SystemRandom,
    pool: [u8; MASK_POOL_BYTES],
    used: usize,
}

impl Masks {
    fn new() -> Masks {
        Masks { random: SystemRandom::new(), pool: [0; MASK_POOL_BYTES], used: MASK_POOL_BYTES }
    }

    /// The mask of one frame.
    pub(super) fn next(&mut self) -> Result<[u8; 4], NoRandom> {
        let (masks, _) = self.pool.as_chunks::<4>();
        if let Some(mask) = masks.get(self.used / 4) {
            let mask = *mask;
            self.used += 4;
            return Ok(mask);
        }
        self.random.fill(&mut self.pool).map_err(|_| NoRandom)?;
        self.used = 4;
        Ok([self.pool[0], self.pool[1], self.pool[2], self.pool[3]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_within_a_call_is_no_conflict_and_buffers_come_back_empty() {
        with(|outer| {
            outer.plain.extend_from_slice(b"left behind");
            with(|inner| assert!(inner.plain.is_empty()));
        });
        with(|scratch| assert!(scratch.plain.is_empty() && scratch.sealed.is_empty()));
    }

    #[test]
    fn masks_differ() {
        let mut masks = Masks::new();
        let drawn: std::collections::HashSet<_> =
            (0..200).map(|_| masks.next().expect("random numbers")).collect();
        assert!(drawn.len() > 190, "{} of 200", drawn.len());
    }
}
