//! Rows of an account: keys, and records in them.

use bytes::Bytes;
use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Error as RkyvError, Strategy};
use trunkline_model::command::Place;
use trunkline_model::record::{self, Counter, Record, Serializer, table};
use trunkline_model::{AccountId, ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass, Direction, Key, KeyRange};

use super::Planner;
use crate::limits::PLAN_PAGE;
use crate::patient;
use crate::shard::store_failure;

/// Key of something of an account.
pub(super) fn key(account: AccountId, table: u8, suffix: &[u8]) -> Key {
    Key::new(account.slot().0, account.0, table, suffix)
}

/// Everything of an account in one table whose suffix begins so.
pub(super) fn range(account: AccountId, table: u8, prefix: &[u8]) -> KeyRange {
    KeyRange::prefix(account.slot().0, account.0, table, prefix)
}

/// Puts a record into a batch.
pub(super) fn put<R>(batch: &mut Batch, key: Key, row: &R) -> Result<(), Failure>
where
    R: Record + for<'a> rkyv::Serialize<Serializer<'a>>,
{
    let bytes = record::encode(row).map_err(|error| damaged(&error))?;
    batch.put(key, bytes);
    Ok(())
}

/// Reads a record.
pub(super) fn read<R>(bytes: &[u8]) -> Result<R, Failure>
where
    R: Record,
    R::Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
        + rkyv::Deserialize<R, Strategy<rkyv::de::Pool, RkyvError>>,
{
    record::decode(bytes).map_err(|error| damaged(&error))
}

/// The number that a suffix ends with.
pub(super) fn id_at_end(suffix: &[u8]) -> Option<u64> {
    suffix.last_chunk::<8>().copied().map(u64::from_be_bytes)
}

fn damaged(error: &record::RecordError) -> Failure {
    tracing::error!(%error, "a row of an account's plans cannot be read or written");
    Failure::new(ErrorCode::Internal, "A row of the account's plans cannot be read or written.")
}

impl Planner {
    pub(super) fn get<R>(&self, account: AccountId, table: u8, suffix: &[u8]) -> Result<Option<R>, Failure>
    where
        R: Record,
        R::Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
            + rkyv::Deserialize<R, Strategy<rkyv::de::Pool, RkyvError>>,
    {
        self.bytes(account, table, suffix)?.map(|bytes| read(&bytes)).transpose()
    }

    pub(super) fn bytes(
        &self,
        account: AccountId,
        table: u8,
        suffix: &[u8],
    ) -> Result<Option<Bytes>, Failure> {
        self.ledger(account).get(&key(account, table, suffix)).map_err(|error| store_failure(&error))
    }

    pub(super) fn scan(
        &self,
        account: AccountId,
        range: KeyRange,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Key, Bytes)>, Failure> {
        self.ledger(account).scan(range, direction, limit).map_err(|error| store_failure(&error))
    }

    /// Rows of a table in the order of their keys after `after`, those that `pick` takes, at most `limit`; and the key of the last
    /// one when more may follow.
    pub(super) fn page<T>(
        &self,
        account: AccountId,
        (whole, after): (KeyRange, Option<Key>),
        limit: usize,
        mut pick: impl FnMut(&Key, &[u8]) -> Result<Option<T>, Failure>,
    ) -> Result<(Vec<T>, Option<Key>), Failure> {
        let (mut found, mut looked_at) = (Vec::new(), 0);
        let mut rest = after.map_or_else(|| whole.clone(), |after| whole.after(&after));
        loop {
            let page = self.scan(account, rest.clone(), Direction::Forward, PLAN_PAGE)?;
            for (key, bytes) in &page {
                if let Some(picked) = pick(key, bytes)? {
                    found.push(picked);
                }
                looked_at += 1;
                if found.len() >= limit || looked_at >= crate::limits::PLAN_SCAN_MAX {
                    return Ok((found, Some(key.clone())));
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == PLAN_PAGE => rest = whole.after(last),
                _ => return Ok((found, None)),
            }
        }
    }

    /// A page of the records of a table, in the order of their keys, those that `wanted` takes; and the place where it ends when
    /// more may follow.
    pub(super) fn list<R>(
        &self,
        account: AccountId,
        (of, after): (u8, Option<Place>),
        limit: usize,
        wanted: impl Fn(&R) -> bool,
    ) -> Result<(Vec<R>, Option<Place>), Failure>
    where
        R: Record,
        R::Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
            + rkyv::Deserialize<R, Strategy<rkyv::de::Pool, RkyvError>>,
    {
        let after = after.map(|place| key(account, of, &place.0));
        let (records, next) = self.page(account, (range(account, of, b""), after), limit, |_, bytes| {
            let record: R = read(bytes)?;
            Ok(wanted(&record).then_some(record))
        })?;
        Ok((records, next.map(|key| Place(key.suffix().to_vec()))))
    }

    /// How many rows a table has, of those that are counted: counting them anew would read them all.
    pub(super) fn size(&self, account: AccountId, of: u8) -> Result<u64, Failure> {
        let size: Option<Counter> = self.get(account, table::PLAN_SIZE, &[of])?;
        Ok(size.map_or(0, |size| size.next))
    }

    /// Notes how many rows a table has, in the batch that changes it. Under the account's lock.
    pub(super) fn put_size(account: AccountId, of: u8, size: u64, batch: &mut Batch) -> Result<(), Failure> {
        put(batch, key(account, table::PLAN_SIZE, &[of]), &Counter { next: size })
    }

    /// Counts one more, unless there are as many as there may be. Under the account's lock.
    ///
    /// # Errors
    /// [`ErrorCode::PlansFull`], or a failure of the store.
    pub(super) fn grow(
        &self,
        account: AccountId,
        of: u8,
        (what, most): (&str, usize),
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let size = self.size(account, of)?;
        if size >= most as u64 {
            return Err(full(what, most));
        }
        Planner::put_size(account, of, size + 1, batch)
    }

    /// Counts some less. Under the account's lock.
    pub(super) fn shrink(
        &self,
        account: AccountId,
        of: u8,
        by: usize,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let size = self.size(account, of)?.saturating_sub(by as u64);
        Planner::put_size(account, of, size, batch)
    }

    /// Writes a batch; it is on disk when this returns.
    pub(super) async fn commit(&self, account: AccountId, batch: Batch) -> Result<(), Failure> {
        let written = patient::commit(self.ledger(account), batch, CommitClass::First).await;
        written.map(drop).map_err(|error| store_failure(&error))
    }

    /// Says at the next start that the account has plans.
    pub(super) fn note_account(account: AccountId, batch: &mut Batch) {
        let place = crate::place::slot_key(account.slot(), table::PLANNER, &account.0.to_be_bytes());
        batch.put(place, &b""[..]);
    }
}

/// Refuses a further one of what there may be only so many of.
pub(super) fn full(what: &str, most: usize) -> Failure {
    Failure::new(ErrorCode::PlansFull, format!("An account has at most {most} {what}; delete one."))
}
