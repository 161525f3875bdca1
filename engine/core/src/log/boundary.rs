//! Where the newest events of a log begin that fit into so many bytes. A log may be long, so this is found out a bounded number of
//! events at a time, and then kept true by looking at what is new.

use trunkline_model::InstanceId;
use trunkline_model::record::table;
use trunkline_store::{Direction, Key, KeyRange, Ledger, StoreError};

use super::event_log::{key, newest_on_disk, sequence_of};
use crate::limits::TRIM_SCAN_MAX;

/// The events `first..=newest`, which have been counted.
#[derive(Debug, Default)]
pub(crate) struct Boundary {
    /// Most bytes of them.
    most: u64,
    bytes: u64,
    first: u64,
    newest: u64,
    /// No event before `first` fits, or there is none.
    is_found: bool,
}

impl Boundary {
    /// Looks on. Gives the first event that stays, which is the newest one at the latest, and whether there is more to look at: until it
    /// is found everything stays.
    ///
    /// # Errors
    /// Those of [`Ledger::scan`].
    pub(crate) fn step(
        &mut self,
        ledger: &dyn Ledger,
        instance: InstanceId,
        most: u64,
    ) -> Result<(u64, bool), StoreError> {
        if self.most != most || self.newest == 0 {
            let newest = newest_on_disk(ledger, instance)?;
            *self = Boundary { most, bytes: 0, first: newest + 1, newest, is_found: false };
        }
        let mut room = self.count_new(ledger, instance)?;
        if self.bytes > self.most {
            room = self.move_up(ledger, instance, room)?;
        }
        if !self.is_found && room > 0 {
            self.count_old(ledger, instance, room)?;
            room = usize::from(self.is_found);
        }
        let first = if self.is_found { self.first.min(self.newest) } else { 0 };
        Ok((first, room == 0 || !self.is_found))
    }

    /// Counts what came since the last look. Gives how many events may still be looked at.
    fn count_new(&mut self, ledger: &dyn Ledger, instance: InstanceId) -> Result<usize, StoreError> {
        let news = events_of(instance).after(&key(instance, self.newest));
        let news = ledger.scan(news, Direction::Forward, TRIM_SCAN_MAX)?;
        for (key, value) in &news {
            self.bytes += size(key, value);
            self.newest = sequence_of(key);
        }
        Ok(TRIM_SCAN_MAX - news.len())
    }

    /// Leaves the oldest ones out that do not fit.
    fn move_up(
        &mut self,
        ledger: &dyn Ledger,
        instance: InstanceId,
        room: usize,
    ) -> Result<usize, StoreError> {
        self.is_found = true;
        if room == 0 {
            return Ok(0);
        }
        let counted = events_of(instance).after(&key(instance, self.first - 1));
        let counted = ledger.scan(counted, Direction::Forward, room)?;
        for (key, value) in &counted {
            if self.bytes <= self.most {
                return Ok(1);
            }
            self.bytes = self.bytes.saturating_sub(size(key, value));
            self.first = sequence_of(key) + 1;
        }
        Ok(room - counted.len())
    }

    /// Goes back as far as there is room for what is there.
    fn count_old(
        &mut self,
        ledger: &dyn Ledger,
        instance: InstanceId,
        room: usize,
    ) -> Result<(), StoreError> {
        let older = events_of(instance).before(&key(instance, self.first));
        let older = ledger.scan(older, Direction::Backward, room)?;
        for (key, value) in &older {
            let size = size(key, value);
            if self.bytes + size > self.most {
                self.is_found = true;
                return Ok(());
            }
            (self.bytes, self.first) = (self.bytes + size, sequence_of(key));
        }
        self.is_found = older.len() < room;
        Ok(())
    }
}

fn events_of(instance: InstanceId) -> KeyRange {
    KeyRange::table(instance.slot().0, instance.0, table::EVENT)
}

fn size(key: &Key, value: &[u8]) -> u64 {
    (key.as_bytes().len() + value.len()) as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tempfile::TempDir;
    use trunkline_store::{Batch, CommitClass};

    use super::*;
    use crate::testing::{self, TestLedger};

    const INSTANCE: InstanceId = InstanceId(7);
    const VALUE: usize = 100;

    fn write(ledger: &Arc<TestLedger>, sequences: std::ops::RangeInclusive<u64>) {
        let mut batch = Batch::new();
        sequences.for_each(|sequence| batch.put(key(INSTANCE, sequence), vec![0; VALUE]));
        ledger.commit(batch, CommitClass::First).wait().expect("written");
    }

    /// Looks until there is nothing more to look at: the first event that stays, and the number of looks.
    fn found(boundary: &mut Boundary, ledger: &TestLedger, events: u64) -> (u64, usize) {
        let one = (key(INSTANCE, 1).as_bytes().len() + VALUE) as u64;
        for looks in 1..100 {
            let (first, more) = boundary.step(ledger, INSTANCE, one * events).expect("it reads");
            if !more {
                return (first, looks);
            }
        }
        unreachable!("it comes to no end");
    }

    #[test]
    fn a_long_log_is_looked_at_in_steps_and_then_only_what_is_new() {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let long = 3 * TRIM_SCAN_MAX as u64;
        write(&ledger, 1..=long);
        let mut boundary = Boundary::default();
        assert_eq!(found(&mut boundary, &ledger, long + 10), (1, 4), "all of it fits");
        assert_eq!(found(&mut boundary, &ledger, 10), (long - 9, 1));
        assert_eq!(found(&mut boundary, &ledger, 10), (long - 9, 1), "nothing is new");
        write(&ledger, long + 1..=long + 4);
        assert_eq!(found(&mut boundary, &ledger, 10), (long - 5, 1));
        assert_eq!(found(&mut boundary, &ledger, 0), (long + 4, 1), "the newest one stays");
        write(&ledger, long + 5..=2 * long);
        let (first, looks) = found(&mut boundary, &ledger, 2);
        assert_eq!(first, 2 * long - 1);
        assert!(looks <= 8, "{looks} looks");
    }
}
