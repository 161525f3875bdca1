//! Placement: id → slot → bucket → partition → shard. The slot is the sort prefix of every stored key and never changes.

/// One of 4 096 hash slots: `xxh3_64(id) & 4095`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// Number of slots. Fixed for ever: stored keys start with the slot.
pub const SLOTS: u16 = 4096;
/// Slots of one bucket.
pub const SLOTS_PER_BUCKET: u16 = SLOTS / 256;
/// Partitions of a fresh data directory: contiguous slot ranges, units of ownership.
pub const PARTITIONS_DEFAULT: u16 = 64;

const _: () = assert!(SLOTS.is_power_of_two() && SLOTS_PER_BUCKET * 256 == SLOTS);
const _: () = assert!(PARTITIONS_DEFAULT.is_power_of_two() && PARTITIONS_DEFAULT <= 256);

impl Slot {
    /// The slot of an owner id.
    pub fn of(owner: u64) -> Slot {
        let hash = xxhash_rust::xxh3::xxh3_64(&owner.to_be_bytes());
        Slot((hash & u64::from(SLOTS - 1)) as u16)
    }

    /// The bucket that contains this slot.
    pub fn bucket(self) -> Bucket {
        Bucket((self.0 / SLOTS_PER_BUCKET) as u8)
    }

    /// The partition that contains this slot, of `partitions` (a power of two, at most 256).
    pub fn partition(self, partitions: u16) -> u16 {
        self.0 / (SLOTS / partitions)
    }

    /// The shard that runs this slot's partition, of `shards` on this node.
    pub fn shard(self, partitions: u16, shards: u16) -> u16 {
        self.partition(partitions) % shards
    }
}

/// The top eight bits of a slot: 256 buckets, each inside one partition whatever the number of partitions. Message ids carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(pub u8);

impl Bucket {
    /// The first slot of the bucket: where the bucket's own counters and indexes are stored.
    pub fn first_slot(self) -> Slot {
        Slot(u16::from(self.0) * SLOTS_PER_BUCKET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn placement_of_known_ids_never_moves() {
        let placed: Vec<u16> = [0, 1, 42, u64::MAX].map(|id| Slot::of(id).0).to_vec();
        assert_eq!(placed, [3289, 3059, 172, 1043]);
    }

    proptest! {
        #[test]
        fn a_bucket_lies_inside_one_partition(slot in 0..SLOTS, exponent in 0u32..=8) {
            let partitions = 1u16 << exponent;
            let slot = Slot(slot);
            prop_assert_eq!(slot.partition(partitions), slot.bucket().first_slot().partition(partitions));
        }
    }
}
