//! The homomorphic checksum of a collection: order does not matter, and what was added can be subtracted.

use crate::crypto::derive::hkdf;

/// Bytes of a checksum: 64 little-endian lanes of 16 bits.
pub const LTHASH_BYTES: usize = 128;

const INFO: &[u8] = b"WhatsApp Patch Integrity";

/// Checksum over a multiset of value MACs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LtHash([u8; LTHASH_BYTES]);

impl Default for LtHash {
    fn default() -> Self {
        Self([0; LTHASH_BYTES])
    }
}

impl LtHash {
    /// Adds a value MAC.
    pub fn add(&mut self, value_mac: &[u8]) {
        self.combine(value_mac, u16::wrapping_add);
    }

    /// Takes a value MAC out.
    pub fn subtract(&mut self, value_mac: &[u8]) {
        self.combine(value_mac, u16::wrapping_sub);
    }

    /// The bytes MACs are computed over.
    pub fn as_bytes(&self) -> &[u8; LTHASH_BYTES] {
        &self.0
    }

    fn combine(&mut self, value_mac: &[u8], lane: fn(u16, u16) -> u16) {
        let expanded: [u8; LTHASH_BYTES] = hkdf(value_mac, None, INFO);
        for (own, other) in self.0.chunks_exact_mut(2).zip(expanded.chunks_exact(2)) {
            let sum = lane(u16::from_le_bytes([own[0], own[1]]), u16::from_le_bytes([other[0], other[1]]));
            own.copy_from_slice(&sum.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lanes_are_little_endian_and_wrap() {
        let mut hash = LtHash([0xff; LTHASH_BYTES]);
        let expanded: [u8; LTHASH_BYTES] = hkdf(b"mac", None, INFO);
        hash.add(b"mac");
        let first = u16::from_le_bytes([expanded[0], expanded[1]]);
        assert_eq!(hash.0[..2], first.wrapping_sub(1).to_le_bytes());
    }

    proptest! {
        #[test]
        fn subtracting_undoes_adding_in_any_order(
            base in proptest::collection::vec(any::<[u8; 32]>(), 0..6),
            extra in proptest::collection::vec(any::<[u8; 32]>(), 1..6),
        ) {
            let mut hash = LtHash::default();
            base.iter().for_each(|mac| hash.add(mac));
            let before = hash.clone();
            extra.iter().for_each(|mac| hash.add(mac));
            prop_assert_ne!(&hash, &before);
            extra.iter().rev().for_each(|mac| hash.subtract(mac));
            prop_assert_eq!(&hash, &before);
            let mut reversed = LtHash::default();
            base.iter().rev().for_each(|mac| reversed.add(mac));
            prop_assert_eq!(reversed, before);
        }
    }
}
