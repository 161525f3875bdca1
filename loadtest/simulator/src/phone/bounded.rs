//! A map that forgets its oldest entries.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Hash map of at most `max` entries. Writing a new key into a full map drops the key that was written first;
/// writing a known key again does not make it younger.
#[derive(Debug)]
pub(super) struct BoundedMap<K, V> {
    entries: HashMap<K, V>,
    oldest_first: VecDeque<K>,
    max: usize,
}

impl<K: Clone + Eq + Hash, V> BoundedMap<K, V> {
    /// An empty map, which owns no memory yet.
    pub(super) fn new(max: usize) -> Self {
        Self { entries: HashMap::new(), oldest_first: VecDeque::new(), max }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(super) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if let Some(existing) = self.entries.get_mut(&key) {
            *existing = value;
            return;
        }
        if self.entries.len() >= self.max
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.oldest_first.push_back(key.clone());
        self.entries.insert(key, value);
    }

    /// The value of `key`, made with `default` when it is missing.
    pub(super) fn entry_or(&mut self, key: &K, default: impl FnOnce() -> V) -> &mut V {
        if !self.entries.contains_key(key) {
            self.insert(key.clone(), default());
        }
        #[expect(clippy::expect_used, reason = "inserted two lines above when it was missing")]
        self.entries.get_mut(key).expect("present")
    }

    /// Entries from the oldest to the newest.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.oldest_first.iter().filter_map(|key| self.entries.get_key_value(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves_first() {
        let mut map = BoundedMap::new(2);
        for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            map.insert(key, value);
        }
        assert_eq!(map.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>(), [("b", 2), ("c", 4)]);
        *map.entry_or(&"d", || 5) += 1;
        assert_eq!((map.len(), map.get("d"), map.get("b")), (2, Some(&6), None));
    }
}
