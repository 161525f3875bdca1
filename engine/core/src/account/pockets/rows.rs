//! What is on disk of an account's pockets.

use trunkline_model::credit::{Entry, Held, Pocket, PocketEffect, PocketKind, Voucher};
use trunkline_model::record::{self, table};
use trunkline_model::{AccountId, Failure};
use trunkline_store::{Batch, Direction, Key, KeyRange, Ledger};

use crate::account::rows;
use crate::shard::store_failure;

/// Rows that are read at a time.
const PAGE: usize = 512;

fn key(account: AccountId, of_table: u8, (pocket, number): (PocketKind, u64)) -> Key {
    let mut suffix = [0; 9];
    suffix[0] = pocket.rank();
    suffix[1..].copy_from_slice(&number.to_be_bytes());
    Key::new(account.slot().0, account.0, of_table, &suffix)
}

fn range(account: AccountId, of_table: u8, pocket: PocketKind) -> KeyRange {
    KeyRange::prefix(account.slot().0, account.0, of_table, &[pocket.rank()])
}

/// Adds what a pocket decided to a batch.
///
/// # Errors
/// [`trunkline_model::ErrorCode::Internal`] when it cannot be encoded.
pub(super) fn put(
    batch: &mut Batch,
    (account, pocket): (AccountId, PocketKind),
    effect: &PocketEffect,
) -> Result<(), Failure> {
    let held = |voucher: &Voucher| key(account, table::CREDIT_HELD, (pocket, voucher.0));
    match effect {
        PocketEffect::Write(entry) => {
            rows::put(batch, key(account, table::CREDIT_ENTRY, (pocket, entry.number)), entry)
        }
        PocketEffect::Hold(voucher, row) => rows::put(batch, held(voucher), row),
        PocketEffect::Drop(voucher) => {
            batch.delete(held(voucher));
            Ok(())
        }
    }
}

/// A pocket as it is on disk.
///
/// # Errors
/// A failure of the store, or a row that cannot be read.
pub(super) fn read(ledger: &dyn Ledger, account: AccountId, pocket: PocketKind) -> Result<Pocket, Failure> {
    let (newest, _) = entries(ledger, (account, pocket), None, 1)?;
    let mut held: Vec<(Voucher, Held)> = Vec::new();
    let mut rest = range(account, table::CREDIT_HELD, pocket);
    loop {
        let page =
            ledger.scan(rest.clone(), Direction::Forward, PAGE).map_err(|error| store_failure(&error))?;
        for (key, row) in &page {
            let number = key.suffix().get(1..).and_then(|number| number.try_into().ok());
            let row = record::decode(row).map_err(|error| super::unreadable(&error))?;
            held.extend(number.map(|number| (Voucher(u64::from_be_bytes(number)), row)));
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => rest = rest.after(last),
            _ => break,
        }
    }
    Ok(Pocket::found(newest.first().copied(), held))
}

/// A page of a pocket's ledger, newest first, only entries before `before`; and whether more follow.
///
/// # Errors
/// A failure of the store, or a row that cannot be read.
pub(crate) fn entries(
    ledger: &dyn Ledger,
    (account, pocket): (AccountId, PocketKind),
    before: Option<u64>,
    limit: usize,
) -> Result<(Vec<Entry>, bool), Failure> {
    let all = range(account, table::CREDIT_ENTRY, pocket);
    let range = match before {
        Some(before) => all.before(&key(account, table::CREDIT_ENTRY, (pocket, before))),
        None => all,
    };
    rows::page(ledger, range, Direction::Backward, limit)
}
