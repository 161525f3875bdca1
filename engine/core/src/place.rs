//! Where things are stored: the keys that more than one part of the engine names.

use trunkline_model::InstanceId;
use trunkline_model::record::table;
use trunkline_model::slot::Slot;
use trunkline_store::Key;

/// Key of something of an instance.
pub(crate) fn instance_key(instance: InstanceId, table: u8, suffix: &[u8]) -> Key {
    Key::new(instance.slot().0, instance.0, table, suffix)
}

/// Key of something that belongs to a slot or bucket rather than to an instance.
pub(crate) fn slot_key(slot: Slot, table: u8, suffix: &[u8]) -> Key {
    Key::new(slot.0, 0, table, suffix)
}

/// Key of a deadline: `time ‖ table ‖ key` under the instance, so that what expires first comes first.
pub(crate) fn deadline_key(instance: InstanceId, expires_at_ms: i64, of_table: u8, key: &[u8]) -> Key {
    instance_key(instance, table::DEADLINE, &deadline_suffix(expires_at_ms, of_table, key))
}

/// Suffix of [`deadline_key`].
pub(crate) fn deadline_suffix(expires_at_ms: i64, of_table: u8, key: &[u8]) -> Vec<u8> {
    let mut suffix = Vec::with_capacity(9 + key.len());
    suffix.extend_from_slice(&expires_at_ms.unsigned_abs().to_be_bytes());
    suffix.push(of_table);
    suffix.extend_from_slice(key);
    suffix
}
