//! Records with a deadline, found in deadline order.
//!
//! Beside its record, a writer keeps one index row `slot ‖ 0 ‖ table ‖ deadline:u64 ‖ owner ‖ table ‖ suffix` with
//! an empty value, in the same batch. The owner of a shard asks now and then for the rows that are due and commits
//! their burial. A burial removes the record only if its index row is still there when the disk thread applies it,
//! so a record that was renewed in between stays.
//!
//! A record past its deadline is dead from that moment, buried or not: readers compare the deadline themselves.

use std::ops::RangeInclusive;

use bytes::Bytes;

use crate::limits::SWEEP_SLOTS_PER_STEP;
use crate::{Batch, Direction, Key, KeyRange, Ledger, StoreError};

/// Owner number of what belongs to a slot and not to an instance or account.
pub const SLOT_OWNER: u64 = 0;

/// Bytes of deadline, owner and table in an index row's suffix.
const INDEX_HEADER_BYTES: usize = 8 + 8 + 1;

/// The deadline index kept in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    table: u8,
}

/// An index row that is due, and the record it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// When the record died, in milliseconds of Unix time.
    pub deadline_ms: u64,
    /// Key of the record.
    pub subject: Key,
    index: Key,
}

impl Deadlines {
    /// The index in table `table`, which must hold nothing else.
    pub const fn new(table: u8) -> Deadlines {
        Deadlines { table }
    }

    /// Adds the deadline of a record that is put in the same batch. `deadline_ms` is Unix time in milliseconds.
    pub fn arm(&self, batch: &mut Batch, subject: &Key, deadline_ms: u64) {
        batch.put(self.index(subject, deadline_ms), Bytes::new());
    }

    /// Takes the deadline of a record away; for a record that is deleted or stays for ever.
    pub fn disarm(&self, batch: &mut Batch, subject: &Key, deadline_ms: u64) {
        batch.delete(self.index(subject, deadline_ms));
    }

    /// Moves the deadline of a record that is renewed, from the one it had.
    pub fn renew(&self, batch: &mut Batch, subject: &Key, from_ms: u64, to_ms: u64) {
        self.disarm(batch, subject, from_ms);
        self.arm(batch, subject, to_ms);
    }

    /// Up to `limit` records of one slot whose deadline is not after `now_ms`, the earliest first.
    ///
    /// # Errors
    /// As [`Ledger::scan`].
    pub fn expired(
        &self,
        ledger: &dyn Ledger,
        slot: u16,
        now_ms: u64,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        let all = KeyRange::table(slot, SLOT_OWNER, self.table);
        let due = match now_ms.checked_add(1) {
            Some(next_ms) => all.before(&Key::new(slot, SLOT_OWNER, self.table, &next_ms.to_be_bytes())),
            None => all,
        };
        let rows = ledger.scan(due, Direction::Forward, limit)?;
        rows.into_iter().map(|(index, _)| Expired::read(index)).collect()
    }

    fn index(&self, subject: &Key, deadline_ms: u64) -> Key {
        let (slot, after_slot) = (subject.slot(), &subject.as_bytes()[2..]);
        Key::new(slot, SLOT_OWNER, self.table, &[&deadline_ms.to_be_bytes(), after_slot].concat())
    }
}

impl Expired {
    fn read(index: Key) -> Result<Expired, StoreError> {
        let suffix = index.suffix();
        let Some((deadline, after_slot)) =
            suffix.split_first_chunk::<8>().filter(|_| suffix.len() >= INDEX_HEADER_BYTES)
        else {
            let detail =
                format!("its suffix has {} bytes, at least {INDEX_HEADER_BYTES} are needed", suffix.len());
            return Err(StoreError::Corrupt { what: "a deadline index row".into(), detail });
        };
        let subject = Key::from_bytes(&[&index.slot().to_be_bytes(), after_slot].concat())?;
        Ok(Expired { deadline_ms: u64::from_be_bytes(*deadline), subject, index })
    }

    /// Removes the record and its index row, unless the record was renewed meanwhile.
    pub fn bury(&self, batch: &mut Batch) {
        batch.delete_guarded(self.index.clone(), self.subject.clone());
    }
}

/// Walks the slots of a shard, a few at each step, for ever.
#[derive(Clone, Debug)]
pub struct Sweep {
    deadlines: Deadlines,
    slots: Vec<u16>,
    next: usize,
}

impl Sweep {
    /// A sweep over the slots of the given ranges (the shard's partitions).
    pub fn new(deadlines: Deadlines, partitions: impl IntoIterator<Item = RangeInclusive<u16>>) -> Sweep {
        Sweep { deadlines, slots: partitions.into_iter().flatten().collect(), next: 0 }
    }

    /// The burials of up to `limit` due records from the next [`SWEEP_SLOTS_PER_STEP`] slots. Commit the batch
    /// with [`crate::CommitClass::Soon`]. A slot that reached the limit is looked at again in the next step.
    ///
    /// # Errors
    /// As [`Ledger::scan`].
    pub fn step(&mut self, ledger: &dyn Ledger, now_ms: u64, limit: usize) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        for _ in 0..self.slots.len().min(usize::from(SWEEP_SLOTS_PER_STEP)) {
            let slot = self.slots[self.next];
            let room = limit.saturating_sub(batch.len());
            let expired = self.deadlines.expired(ledger, slot, now_ms, room)?;
            expired.iter().for_each(|expired| expired.bury(&mut batch));
            if batch.len() >= limit {
                break;
            }
            self.next = (self.next + 1) % self.slots.len();
        }
        Ok(batch)
    }
}
