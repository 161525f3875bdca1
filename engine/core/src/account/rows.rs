//! What is on disk of accounts.

use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Error as RkyvError, Strategy};
use rkyv::{Archive, Deserialize};
use trunkline_model::account::{AccountRecord, ApiKeyRecord, AppRecord, MemberRecord, SessionRecord};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::record::{self, Record, Serializer, table};
use trunkline_model::slot::Slot;
use trunkline_model::{AccountId, ErrorCode, Failure};
use trunkline_store::{Batch, Direction, Key, KeyRange, Ledger};

use crate::clock;
use crate::engine::EngineError;
use crate::place::slot_key;
use crate::shard::store_failure;

/// Rows that are read at a time.
const PAGE: usize = 256;

/// The accounts of a slot with what has to be in memory of them.
#[derive(Default)]
pub(crate) struct FoundAccounts {
    pub(crate) accounts: Vec<AccountRecord>,
    pub(crate) keys: Vec<ApiKeyRecord>,
    pub(crate) apps: Vec<AppRecord>,
    pub(crate) members: Vec<MemberRecord>,
    /// Those that have not ended.
    pub(crate) sessions: Vec<SessionRecord>,
    /// Accounts that hold something for messages on their way.
    pub(crate) holding: Vec<AccountId>,
}

/// Key of the account itself.
pub(super) fn account_key(account: AccountId) -> Key {
    slot_key(account.slot(), table::ACCOUNT, &account.0.to_be_bytes())
}

/// Key of something of an account.
pub(super) fn key_of(account: AccountId, table: u8, number: u64) -> Key {
    Key::new(account.slot().0, account.0, table, &number.to_be_bytes())
}

/// Everything of one kind of an account.
pub(super) fn range_of(account: AccountId, table: u8) -> KeyRange {
    KeyRange::table(account.slot().0, account.0, table)
}

/// Adds the accounts of a slot to what was found.
///
/// # Errors
/// A failure of the store, or a record that cannot be read.
pub(crate) fn read(ledger: &dyn Ledger, slot: Slot, found: &mut FoundAccounts) -> Result<(), EngineError> {
    let mut here = Vec::new();
    for value in all(ledger, KeyRange::table(slot.0, 0, table::ACCOUNT))? {
        let account: AccountRecord = record::decode(&value)?;
        here.push(account.id);
        found.accounts.push(account);
    }
    if ROOT_ACCOUNT.slot() == slot && !here.contains(&ROOT_ACCOUNT) {
        here.push(ROOT_ACCOUNT);
    }
    for account in here {
        for value in all(ledger, range_of(account, table::API_KEY))? {
            found.keys.push(record::decode(&value)?);
        }
        for value in all(ledger, range_of(account, table::APP))? {
            found.apps.push(record::decode(&value)?);
        }
        for value in all(ledger, range_of(account, table::MEMBER))? {
            found.members.push(record::decode(&value)?);
        }
        for value in all(ledger, range_of(account, table::SESSION))? {
            let session: SessionRecord = record::decode(&value)?;
            found.sessions.extend(Some(session).filter(|session| clock::wall_ms() < session.expires_at_ms));
        }
        if !ledger.scan(range_of(account, table::CREDIT_HELD), Direction::Forward, 1)?.is_empty() {
            found.holding.push(account);
        }
    }
    Ok(())
}

fn all(ledger: &dyn Ledger, range: KeyRange) -> Result<Vec<bytes::Bytes>, EngineError> {
    let mut all = Vec::new();
    each(ledger, range, |_, value| {
        all.push(value.clone());
        Ok(())
    })?;
    Ok(all)
}

/// Shows every row of a range, read a page at a time.
///
/// # Errors
/// A failure of the store, and that of `row`.
pub(super) fn each(
    ledger: &dyn Ledger,
    range: KeyRange,
    mut row: impl FnMut(&Key, &bytes::Bytes) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut rest = range;
    loop {
        let page = ledger.scan(rest.clone(), Direction::Forward, PAGE)?;
        for (key, value) in &page {
            row(key, value)?;
        }
        match page.last().filter(|_| page.len() == PAGE) {
            Some((last, _)) => rest = rest.after(last),
            None => return Ok(()),
        }
    }
}

/// Puts a record into a batch.
///
/// # Errors
/// [`ErrorCode::Internal`] when it cannot be encoded.
pub(super) fn put<R>(batch: &mut Batch, key: Key, row: &R) -> Result<(), Failure>
where
    R: Record + for<'a> rkyv::Serialize<Serializer<'a>>,
{
    batch.put(key, record::encode(row).map_err(|error| unreadable(&error))?);
    Ok(())
}

/// A record, where there is one.
///
/// # Errors
/// A failure of the store; [`ErrorCode::Internal`] when the record cannot be read.
pub(super) fn get<R>(ledger: &dyn Ledger, key: &Key) -> Result<Option<R>, Failure>
where
    R: Record,
    R::Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
        + Deserialize<R, Strategy<rkyv::de::Pool, RkyvError>>,
    R: Archive,
{
    let stored = ledger.get(key).map_err(|error| store_failure(&error))?;
    stored.map(|bytes| record::decode(&bytes).map_err(|error| unreadable(&error))).transpose()
}

/// A page of records, and whether more follow.
///
/// # Errors
/// As [`get`].
pub(super) fn page<R>(
    ledger: &dyn Ledger,
    range: KeyRange,
    direction: Direction,
    limit: usize,
) -> Result<(Vec<R>, bool), Failure>
where
    R: Record,
    R::Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
        + Deserialize<R, Strategy<rkyv::de::Pool, RkyvError>>,
{
    let rows =
        ledger.scan(range, direction, limit.saturating_add(1)).map_err(|error| store_failure(&error))?;
    let more = rows.len() > limit;
    let read = rows.iter().take(limit).map(|(_, value)| record::decode(value));
    let read = read.collect::<Result<Vec<R>, _>>().map_err(|error| unreadable(&error))?;
    Ok((read, more))
}

fn unreadable(error: &record::RecordError) -> Failure {
    tracing::error!(%error, "something of an account cannot be read or written");
    Failure::new(ErrorCode::Internal, "The account's data cannot be read.")
}
