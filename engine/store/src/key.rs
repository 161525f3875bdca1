//! Keys and key ranges: `slot:u16 ‖ owner:u64 ‖ table:u8 ‖ suffix`, integers big-endian, so that byte order is
//! slot order, a partition is one contiguous range, and so is everything of one owner.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Bound;

use crate::StoreError;
use crate::octets::Octets;

/// Bytes before the suffix.
pub(crate) const HEADER_BYTES: usize = 2 + 8 + 1;

/// Where a record lives. Keys order by their bytes.
///
/// Up to 54 bytes are kept inline; a longer key shares one allocation among its clones. A key longer than
/// [`crate::limits::KEY_BYTES_MAX`] can be made but no batch that holds it is accepted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Octets);

impl Key {
    /// The key of `suffix` in `table` of `owner`, under the sort prefix `slot`.
    pub fn new(slot: u16, owner: u64, table: u8, suffix: &[u8]) -> Key {
        Key(Octets::concat(&[&slot.to_be_bytes(), &owner.to_be_bytes(), &[table], suffix]))
    }

    /// Reads a key from its bytes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the bytes are shorter than the header of 11 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Key, StoreError> {
        if bytes.len() < HEADER_BYTES {
            return Err(StoreError::Corrupt {
                what: "a key".into(),
                detail: format!("{} bytes, shorter than the header of {HEADER_BYTES}", bytes.len()),
            });
        }
        Ok(Key(Octets::concat(&[bytes])))
    }

    /// The whole key as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The slot, `0..4096`.
    pub fn slot(&self) -> u16 {
        u16::from_be_bytes(self.header())
    }

    /// The owner: an instance, an account, or 0 for what belongs to the slot itself.
    pub fn owner(&self) -> u64 {
        let bytes = self.as_bytes();
        let mut owner = [0; 8];
        owner.copy_from_slice(&bytes[2..10]);
        u64::from_be_bytes(owner)
    }

    /// The table number.
    pub fn table(&self) -> u8 {
        self.as_bytes()[HEADER_BYTES - 1]
    }

    /// What follows the header; meaning is the table's.
    pub fn suffix(&self) -> &[u8] {
        &self.as_bytes()[HEADER_BYTES..]
    }

    fn header(&self) -> [u8; 2] {
        let bytes = self.as_bytes();
        [bytes[0], bytes[1]]
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Key {
    /// The header only: a suffix may hold a JID, and keys end up in log lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slot, owner, table) = (self.slot(), self.owner(), self.table());
        write!(f, "Key({slot}/{owner:016x}/{table}+{})", self.suffix().len())
    }
}

/// A contiguous range of keys: from inclusive, to exclusive or open.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRange {
    from: Octets,
    to: Option<Octets>,
}

impl KeyRange {
    /// All keys of one table of one owner.
    pub fn table(slot: u16, owner: u64, table: u8) -> KeyRange {
        KeyRange::prefix(slot, owner, table, &[])
    }

    /// The keys of one table of one owner whose suffix starts with `suffix_prefix`.
    pub fn prefix(slot: u16, owner: u64, table: u8, suffix_prefix: &[u8]) -> KeyRange {
        KeyRange::starting_with(&[&slot.to_be_bytes(), &owner.to_be_bytes(), &[table], suffix_prefix])
    }

    /// From `from` up to, but without, `to`. Empty when `to` is not greater than `from`.
    pub fn between(from: Key, to: Key) -> KeyRange {
        KeyRange { from: from.0, to: Some(to.0) }
    }

    /// Everything of one owner.
    pub fn owner(slot: u16, owner: u64) -> KeyRange {
        KeyRange::starting_with(&[&slot.to_be_bytes(), &owner.to_be_bytes()])
    }

    /// The part of this range that lies after `key`: the next page of a forward scan.
    #[must_use]
    pub fn after(&self, key: &Key) -> KeyRange {
        // The shortest key greater than `key` is `key` with a zero byte appended.
        let next = Octets::concat(&[key.as_bytes(), &[0]]);
        KeyRange { from: next.max(self.from.clone()), to: self.to.clone() }
    }

    /// The part of this range that lies before `key`: the next page of a backward scan.
    #[must_use]
    pub fn before(&self, key: &Key) -> KeyRange {
        let to = match &self.to {
            Some(to) => to.clone().min(key.0.clone()),
            None => key.0.clone(),
        };
        KeyRange { from: self.from.clone(), to: Some(to) }
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &Key) -> bool {
        self.from <= key.0 && self.to.as_ref().is_none_or(|to| key.0 < *to)
    }

    /// Whether no key can lie in the range.
    pub fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| *to <= self.from)
    }

    pub(crate) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        let to = match &self.to {
            Some(to) => Bound::Excluded(to.as_slice()),
            None => Bound::Unbounded,
        };
        (Bound::Included(self.from.as_slice()), to)
    }

    pub(crate) fn cost_bytes(&self) -> usize {
        self.from.as_slice().len() + self.to.as_ref().map_or(0, |to| to.as_slice().len())
    }

    fn starting_with(parts: &[&[u8]]) -> KeyRange {
        let from = Octets::concat(parts);
        let to = successor(from.as_slice());
        KeyRange { from, to }
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bytes: &Octets| {
            let slice = bytes.as_slice();
            let head: String = slice.iter().take(HEADER_BYTES).map(|byte| format!("{byte:02x}")).collect();
            format!("{head}+{}", slice.len().saturating_sub(HEADER_BYTES))
        };
        let to = self.to.as_ref().map_or_else(|| "end".into(), shown);
        write!(f, "KeyRange({}..{to})", shown(&self.from))
    }
}

/// The smallest byte string greater than every string that starts with `prefix`; `None` if there is none.
fn successor(prefix: &[u8]) -> Option<Octets> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    Some(Octets::concat(&[&prefix[..last], &[prefix[last] + 1]]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(slot: u16, owner: u64, table: u8, suffix: &[u8]) -> Key {
        Key::new(slot, owner, table, suffix)
    }

    proptest! {
        #[test]
        fn key_parts_survive(slot: u16, owner: u64, table: u8, suffix in prop::collection::vec(any::<u8>(), 0..90)) {
            let key = key(slot, owner, table, &suffix);
            let read = Key::from_bytes(key.as_bytes()).unwrap();
            prop_assert_eq!((read.slot(), read.owner(), read.table()), (slot, owner, table));
            prop_assert_eq!(read.suffix(), &suffix[..]);
        }

        #[test]
        fn prefix_range_is_starts_with(
            table: u8,
            prefix in prop::collection::vec(prop::sample::select(vec![0u8, 1, 0xfe, 0xff]), 0..4),
            suffix in prop::collection::vec(prop::sample::select(vec![0u8, 1, 0xfe, 0xff]), 0..5),
            slot in prop::sample::select(vec![0u16, 1, u16::MAX]),
            owner in prop::sample::select(vec![0u64, 1, u64::MAX]),
        ) {
            let range = KeyRange::prefix(slot, owner, table, &prefix);
            prop_assert_eq!(range.contains(&key(slot, owner, table, &suffix)), suffix.starts_with(&prefix));
            prop_assert!(!range.contains(&key(slot, owner, table.wrapping_add(1), &suffix)));
        }
    }

    #[test]
    fn what_an_owner_has_is_contiguous() {
        assert!(KeyRange::owner(1, u64::MAX).contains(&key(1, u64::MAX, 255, b"x")));
        assert!(!KeyRange::owner(1, u64::MAX).contains(&key(2, 0, 0, b"")));
    }

    #[test]
    fn pages_leave_out_the_key_they_follow() {
        let whole = KeyRange::table(1, 2, 3);
        let at = key(1, 2, 3, b"m");
        assert!(!whole.after(&at).contains(&at) && whole.after(&at).contains(&key(1, 2, 3, b"m\0")));
        assert!(!whole.before(&at).contains(&at) && whole.before(&at).contains(&key(1, 2, 3, b"l")));
        assert!(KeyRange::between(at.clone(), at).is_empty());
        assert!(whole.after(&key(9, 0, 0, b"")).is_empty());
    }

    #[test]
    fn log_lines_show_no_suffix() {
        assert_eq!(
            format!("{:?}", key(1, 2, 3, b"4915112345678@s.whatsapp.net")),
            "Key(1/0000000000000002/3+28)"
        );
    }
}
