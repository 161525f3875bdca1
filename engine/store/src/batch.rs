//! A batch: the unit of atomicity.

use bytes::Bytes;

use crate::limits::{BATCH_BYTES_MAX, BATCH_OPS_MAX, BATCH_RANGES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::{Key, KeyRange, StoreError};

/// What one operation of a batch does.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Put(Key, Bytes),
    Delete(Key),
    DeleteRange(KeyRange),
    DeleteGuarded { guard: Key, key: Key },
}

/// Ordered writes that happen together or not at all.
///
/// Later operations see the effect of earlier ones: of two puts to one key the second stays. Sizes are checked
/// when the batch is committed ([`StoreError::TooLarge`]), not while it is built.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    ops: Vec<Op>,
    bytes: usize,
    ranges: usize,
    longest_key: usize,
    longest_value: usize,
}

impl Batch {
    /// An empty batch. Committing one is a barrier: it resolves once everything before it is durable.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, key: Key, value: impl Into<Bytes>) {
        let value = value.into();
        self.longest_value = self.longest_value.max(value.len());
        self.bytes += value.len();
        self.note_key(&key);
        self.ops.push(Op::Put(key, value));
    }

    /// Removes `key`; nothing happens if it is absent.
    pub fn delete(&mut self, key: Key) {
        self.note_key(&key);
        self.ops.push(Op::Delete(key));
    }

    /// Removes every key of `range` that exists when the batch is applied.
    ///
    /// The disk thread looks the keys up. Up to [`crate::limits::RANGE_STEP_KEYS`] keys go atomically with the
    /// rest of the batch. Of a larger range all but the last so many keys are removed in earlier steps: readers,
    /// and a crash before the batch resolved, may find the range partly empty, and later batches wait meanwhile.
    pub fn delete_range(&mut self, range: KeyRange) {
        self.bytes += range.cost_bytes();
        self.ranges += 1;
        self.ops.push(Op::DeleteRange(range));
    }

    /// Removes `guard` and `key` if `guard` exists when the batch is applied, and does nothing otherwise.
    ///
    /// Decided on the disk thread, after every batch committed before this one, so a caller that read `guard`
    /// a while ago cannot remove a `key` that was renewed since (a renewal replaces the guard).
    pub fn delete_guarded(&mut self, guard: Key, key: Key) {
        self.note_key(&guard);
        self.note_key(&key);
        self.ops.push(Op::DeleteGuarded { guard, key });
    }

    /// Number of operations.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there is no operation.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Sum of keys and values, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn check_limits(&self) -> Result<(), StoreError> {
        for (what, got, limit) in [
            ("bytes of one key", self.longest_key, KEY_BYTES_MAX),
            ("bytes of one value", self.longest_value, VALUE_BYTES_MAX),
            ("bytes of one batch", self.bytes, BATCH_BYTES_MAX),
            ("operations of one batch", self.ops.len(), BATCH_OPS_MAX),
            ("range deletions of one batch", self.ranges, BATCH_RANGES_MAX),
        ] {
            if got > limit {
                return Err(StoreError::TooLarge { what, got, limit });
            }
        }
        Ok(())
    }

    pub(crate) fn ranges(&self) -> impl Iterator<Item = &KeyRange> {
        self.ops.iter().filter_map(|op| match op {
            Op::DeleteRange(range) => Some(range),
            _ => None,
        })
    }

    pub(crate) fn has_ranges(&self) -> bool {
        self.ranges > 0
    }

    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    fn note_key(&mut self, key: &Key) {
        let len = key.as_bytes().len();
        self.longest_key = self.longest_key.max(len);
        self.bytes += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(suffix: &[u8]) -> Key {
        Key::new(0, 1, 2, suffix)
    }

    #[test]
    fn every_limit_is_named_when_broken() {
        type Build = fn(&mut Batch);
        let cases: [(&str, Build); 5] = [
            ("bytes of one key", |b| b.put(key(&[0; KEY_BYTES_MAX]), "")),
            ("bytes of one value", |b| b.put(key(b""), vec![0; VALUE_BYTES_MAX + 1])),
            ("bytes of one batch", |b| (0..5u8).for_each(|i| b.put(key(&[i]), vec![0; 1024 * 1024]))),
            ("operations of one batch", |b| (0..=BATCH_OPS_MAX).for_each(|_| b.delete(key(b"")))),
            ("range deletions of one batch", |b| {
                (0..=BATCH_RANGES_MAX).for_each(|_| b.delete_range(KeyRange::owner(0, 1)));
            }),
        ];
        for (expected, build) in cases {
            let mut batch = Batch::new();
            build(&mut batch);
            match batch.check_limits() {
                Err(StoreError::TooLarge { what, got, limit }) => {
                    assert!(what == expected && got > limit, "{what} {got} {limit}");
                }
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
