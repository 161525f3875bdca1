//! A short byte string that is cheap to make and to clone.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Bytes kept inside the value itself. Chosen so that the whole value is 56 bytes: nearly every key fits.
const INLINE_BYTES: usize = 54;

#[derive(Clone)]
pub(crate) enum Octets {
    Inline { len: u8, data: [u8; INLINE_BYTES] },
    Shared(Arc<[u8]>),
}

impl Octets {
    /// Joins the parts.
    pub(crate) fn concat(parts: &[&[u8]]) -> Octets {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        if len > INLINE_BYTES {
            return Octets::Shared(parts.concat().into());
        }
        let mut data = [0; INLINE_BYTES];
        let mut at = 0;
        for part in parts {
            data[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        Octets::Inline { len: len as u8, data }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Octets::Inline { len, data } => &data[..usize::from(*len)],
            Octets::Shared(bytes) => bytes,
        }
    }
}

impl PartialEq for Octets {
    fn eq(&self, other: &Octets) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Octets {}

impl PartialOrd for Octets {
    fn partial_cmp(&self, other: &Octets) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Octets {
    fn cmp(&self, other: &Octets) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Octets {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_and_shared_read_alike() {
        for len in [0, 1, INLINE_BYTES - 1, INLINE_BYTES, INLINE_BYTES + 1, 900] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let (head, tail) = bytes.split_at(len / 3);
            assert_eq!(Octets::concat(&[head, tail]).as_slice(), bytes);
        }
    }

    #[test]
    fn value_stays_small() {
        assert!(size_of::<Octets>() <= 56);
    }
}
