//! Resolves the ordered operations of several batches into one write per key. Pure: the database is seen
//! through [`Base`] only.
//!
//! One fjall batch gives all its items the same sequence number, so a key must not appear in it twice; and an
//! operation must see those before it, which the database does not hold yet. Both are settled here.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::batch::Op;
use crate::{Key, KeyRange, StoreError};

/// What is committed already.
pub(crate) trait Base {
    /// Up to `limit` keys of the range, in order.
    fn keys_in(&self, range: &KeyRange, limit: usize) -> Result<Vec<Key>, StoreError>;
    /// Whether the key has a value.
    fn contains(&self, key: &Key) -> Result<bool, StoreError>;
}

/// Writes on top of a base: `None` is a deletion.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    writes: BTreeMap<Key, Option<Bytes>>,
}

impl Overlay {
    pub(crate) fn len(&self) -> usize {
        self.writes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Sum of keys and values, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let size = |(key, value): (&Key, &Option<Bytes>)| {
            key.as_bytes().len() + value.as_ref().map_or(0, Bytes::len)
        };
        self.writes.iter().map(size).sum::<usize>() as u64
    }

    pub(crate) fn writes(&self) -> impl Iterator<Item = (&Key, &Option<Bytes>)> {
        self.writes.iter()
    }

    pub(crate) fn delete_all(keys: &[Key]) -> Overlay {
        Overlay { writes: keys.iter().map(|key| (key.clone(), None)).collect() }
    }

    /// Adds one operation after all that were added before.
    pub(crate) fn apply(&mut self, op: Op, base: &impl Base) -> Result<(), StoreError> {
        match op {
            Op::Put(key, value) => {
                self.writes.insert(key, Some(value));
            }
            Op::Delete(key) => {
                self.writes.insert(key, None);
            }
            Op::DeleteGuarded { guard, key } => {
                let guarded = match self.writes.get(&guard) {
                    Some(write) => write.is_some(),
                    None => base.contains(&guard)?,
                };
                if guarded {
                    self.writes.insert(guard, None);
                    self.writes.insert(key, None);
                }
            }
            Op::DeleteRange(range) if range.is_empty() => {}
            Op::DeleteRange(range) => {
                for (_, write) in self.writes.range_mut::<[u8], _>(range.bounds()) {
                    *write = None;
                }
                for key in base.keys_in(&range, usize::MAX)? {
                    self.writes.insert(key, None);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Map = BTreeMap<Key, Bytes>;

    impl Base for Map {
        fn keys_in(&self, range: &KeyRange, limit: usize) -> Result<Vec<Key>, StoreError> {
            Ok(self.keys().filter(|key| range.contains(key)).take(limit).cloned().collect())
        }

        fn contains(&self, key: &Key) -> Result<bool, StoreError> {
            Ok(self.contains_key(key))
        }
    }

    /// What the operation means, one at a time.
    fn apply_directly(map: &mut Map, op: Op) {
        match op {
            Op::Put(key, value) => drop(map.insert(key, value)),
            Op::Delete(key) => drop(map.remove(&key)),
            Op::DeleteRange(range) => map.retain(|key, _| !range.contains(key)),
            Op::DeleteGuarded { guard, key } => {
                if map.remove(&guard).is_some() {
                    map.remove(&key);
                }
            }
        }
    }

    fn any_key() -> impl Strategy<Value = Key> {
        (0..2u16, 0..2u64, 0..2u8, "[ab]{0,2}")
            .prop_map(|(slot, owner, table, suffix)| Key::new(slot, owner, table, suffix.as_bytes()))
    }

    fn any_op() -> impl Strategy<Value = Op> {
        prop_oneof![
            4 => (any_key(), "[xy]{0,2}").prop_map(|(key, value)| Op::Put(key, value.into())),
            2 => any_key().prop_map(Op::Delete),
            1 => any_key().prop_map(|key| Op::DeleteRange(KeyRange::table(key.slot(), key.owner(), key.table()))),
            1 => any_key().prop_map(|key| Op::DeleteRange(KeyRange::owner(key.slot(), key.owner()))),
            1 => (any_key(), any_key()).prop_map(|(from, to)| Op::DeleteRange(KeyRange::between(from, to))),
            1 => (any_key(), any_key()).prop_map(|(guard, key)| Op::DeleteGuarded { guard, key }),
        ]
    }

    proptest! {
        #[test]
        fn one_write_per_key_means_the_same_as_the_operations_in_order(
            base in prop::collection::btree_map(any_key(), Just(Bytes::from_static(b"old")), 0..12),
            ops in prop::collection::vec(any_op(), 0..24),
        ) {
            let mut expected = base.clone();
            let mut overlay = Overlay::default();
            for op in ops {
                overlay.apply(op.clone(), &base).unwrap();
                apply_directly(&mut expected, op);
            }
            let mut resolved = base;
            for (key, write) in overlay.writes() {
                match write {
                    Some(value) => drop(resolved.insert(key.clone(), value.clone())),
                    None => drop(resolved.remove(key)),
                }
            }
            prop_assert_eq!(resolved, expected);
        }
    }
}
