//! Files at public addresses.
//!
//! The word of an address says where the row is that it opens, so that nothing is in memory for it: account, file, and 192 random
//! bits. What has ended opens nothing at once; its row goes with the next file that is made, and its bytes with the next sweep
//! ([`spare`] keeps those of files that are there).

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use trunkline_model::account::{AuditAction, FileRecord};
use trunkline_model::command::{AccountReply, NewFile, Shown};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::{FILES_BYTES_PER_ACCOUNT_MAX, FILES_PER_ACCOUNT_MAX};
use trunkline_model::record::{self, table};
use trunkline_model::slot::Slot;
use trunkline_model::{AccountId, ErrorCode, Failure, FileId};
use trunkline_store::{Batch, Direction, KeyRange, Ledger};

use super::accounts::Accounts;
use super::clerk::{Clerk, check_room};
use super::{rows, secret};
use crate::clock;
use crate::engine::EngineError;

/// Random bytes of a word.
const RANDOM_BYTES: usize = 24;
/// Bytes of a word: account, file, and what is random.
const WORD_BYTES: usize = 16 + RANDOM_BYTES;

fn no_file() -> Failure {
    Failure::new(ErrorCode::FileNotFound, "There is no such file, or not any more.")
}

/// A new word for the address of a file.
fn make_word(account: AccountId, file: FileId) -> Result<Shown, Failure> {
    let mut bytes = [0u8; WORD_BYTES];
    bytes[..8].copy_from_slice(&account.0.to_be_bytes());
    bytes[8..16].copy_from_slice(&file.0.to_be_bytes());
    getrandom::fill(&mut bytes[16..]).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Failure::new(ErrorCode::Internal, "No address could be made.")
    })?;
    Ok(Shown(URL_SAFE_NO_PAD.encode(bytes)))
}

/// The file that a word could open.
fn named(word: &str) -> Option<(AccountId, FileId)> {
    let bytes: [u8; WORD_BYTES] = URL_SAFE_NO_PAD.decode(word).ok()?.try_into().ok()?;
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
    Some((AccountId(number(&bytes[..8])?), FileId(number(&bytes[8..16])?)))
}

impl Accounts {
    /// The file that the word of an address opens.
    ///
    /// # Errors
    /// [`ErrorCode::FileNotFound`], also for a file that has ended and for one of a suspended account; a failure of the store.
    pub(crate) fn public_file(&self, word: &str) -> Result<FileRecord, Failure> {
        let (account, file) = named(word).ok_or_else(no_file)?;
        self.get(account).and_then(|account| account.admits()).map_err(|_| no_file())?;
        let ledger = self.ledger(account.slot())?;
        let stored: Option<FileRecord> = rows::get(&*ledger, &rows::key_of(account, table::FILE, file.0))?;
        let opens = |record: &FileRecord| {
            let same: bool = record.sha256.ct_eq(&secret::hash(word)).into();
            same && !record.is_over(clock::wall_ms())
        };
        stored.filter(opens).ok_or_else(no_file)
    }
}

impl Clerk<'_> {
    /// Every file that has a row, those that are over last.
    fn files(&self) -> Result<(Vec<FileRecord>, Vec<FileRecord>), Failure> {
        let range = rows::range_of(self.id(), table::FILE);
        let most = FILES_PER_ACCOUNT_MAX.saturating_mul(2);
        let (all, _) = rows::page::<FileRecord>(&*self.ledger, range, Direction::Forward, most)?;
        let now_ms = clock::wall_ms();
        Ok(all.into_iter().partition(|file| !file.is_over(now_ms)))
    }

    pub(super) fn check_file_room(&self, size_bytes: u64) -> Result<AccountReply, Failure> {
        check_files(&self.files()?.0, size_bytes)?;
        Ok(AccountReply::Done)
    }

    pub(super) async fn create_file(&mut self, new: NewFile) -> Result<AccountReply, Failure> {
        let NewFile { blob, mime_type, file_name, life_ms } = new;
        let (live, over) = self.files()?;
        check_files(&live, blob.size_bytes)?;
        let id = FileId(clock::random_u64());
        let word = make_word(self.id(), id)?;
        let now_ms = clock::wall_ms();
        let record = FileRecord {
            id,
            account: self.id(),
            blob,
            mime_type,
            file_name,
            sha256: secret::hash(&word.0),
            created_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(i64::try_from(life_ms).unwrap_or(i64::MAX)),
        };
        let mut batch = Batch::new();
        over.iter().for_each(|file| batch.delete(rows::key_of(self.id(), table::FILE, file.id.0)));
        rows::put(&mut batch, rows::key_of(self.id(), table::FILE, id.0), &record)?;
        self.commit(batch, AuditAction::FileCreated, &id).await?;
        Ok(AccountReply::NewFile(Box::new(record), word))
    }

    pub(super) fn list_files(&self, after: Option<FileId>, limit: usize) -> Result<AccountReply, Failure> {
        let (mut live, _) = self.files()?;
        live.retain(|file| after.is_none_or(|after| file.id > after));
        let more = live.len() > limit;
        live.truncate(limit);
        Ok(AccountReply::Files(live, more))
    }

    pub(super) fn file(&self, id: FileId) -> Result<FileRecord, Failure> {
        let stored = rows::get(&*self.ledger, &rows::key_of(self.id(), table::FILE, id.0))?;
        stored.filter(|file: &FileRecord| !file.is_over(clock::wall_ms())).ok_or_else(no_file)
    }

    pub(super) async fn delete_file(&mut self, id: FileId) -> Result<AccountReply, Failure> {
        self.file(id)?;
        let mut batch = Batch::new();
        batch.delete(rows::key_of(self.id(), table::FILE, id.0));
        self.commit(batch, AuditAction::FileDeleted, &id).await?;
        Ok(AccountReply::Done)
    }
}

/// Refuses another file, of so many bytes, beside those that are there.
fn check_files(live: &[FileRecord], size_bytes: u64) -> Result<(), Failure> {
    check_room(live.len(), FILES_PER_ACCOUNT_MAX, "files at public addresses")?;
    let held = live.iter().fold(size_bytes, |held, file| held.saturating_add(file.blob.size_bytes));
    if held > FILES_BYTES_PER_ACCOUNT_MAX {
        let detail = format!(
            "The files of an account at public addresses have at most {FILES_BYTES_PER_ACCOUNT_MAX} bytes together; delete one."
        );
        return Err(Failure::new(ErrorCode::AccountFull, detail));
    }
    Ok(())
}

/// Takes out of `unused` the bytes of the files at public addresses that the accounts of a slot have.
///
/// # Errors
/// A failure of the store, or a record that cannot be read.
pub(crate) fn spare(
    ledger: &dyn Ledger,
    slot: Slot,
    unused: &mut HashSet<[u8; 32]>,
) -> Result<(), EngineError> {
    let mut accounts = Vec::new();
    rows::each(ledger, KeyRange::table(slot.0, 0, table::ACCOUNT), |key, _| {
        accounts.extend(key.suffix().try_into().ok().map(u64::from_be_bytes).map(AccountId));
        Ok(())
    })?;
    if ROOT_ACCOUNT.slot() == slot && !accounts.contains(&ROOT_ACCOUNT) {
        accounts.push(ROOT_ACCOUNT);
    }
    let now_ms = clock::wall_ms();
    for account in accounts {
        rows::each(ledger, rows::range_of(account, table::FILE), |_, value| {
            let file: FileRecord = record::decode(value)?;
            if !file.is_over(now_ms) {
                unused.remove(&file.blob.sha256);
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunkline_model::message::BlobRef;

    #[test]
    fn a_word_names_its_file_and_nothing_else_does() {
        let (account, file) = (AccountId(7), FileId(u64::MAX));
        let Shown(word) = make_word(account, file).expect("random numbers");
        assert_eq!(named(&word), Some((account, file)));
        assert_ne!(make_word(account, file).expect("random numbers").0, word);
        for wrong in ["", "a", &word[1..], "../../etc/passwd", &format!("{word}AA")] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn files_are_bounded_in_number_and_bytes() {
        let file = |size_bytes: u64| FileRecord {
            id: FileId(1),
            account: AccountId(1),
            blob: BlobRef { sha256: [7; 32], size_bytes },
            mime_type: None,
            file_name: None,
            sha256: [8; 32],
            created_at_ms: 0,
            expires_at_ms: 1,
        };
        let check = |live: &[FileRecord], size_bytes: u64, expected: bool| {
            assert_eq!(check_files(live, size_bytes).is_ok(), expected, "{} and {size_bytes}", live.len());
        };
        check(&[], FILES_BYTES_PER_ACCOUNT_MAX, true);
        check(&[], FILES_BYTES_PER_ACCOUNT_MAX + 1, false);
        check(&[file(1)], FILES_BYTES_PER_ACCOUNT_MAX, false);
        check(&vec![file(1); FILES_PER_ACCOUNT_MAX - 1], 1, true);
        check(&vec![file(1); FILES_PER_ACCOUNT_MAX], 1, false);
    }
}
