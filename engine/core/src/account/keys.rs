//! API keys of an account.

use std::sync::atomic::Ordering;

use trunkline_model::account::{
    ApiKeyRecord, AuditAction, KeyKind, KeySecret, KeyUse, Secrets, native_scopes,
};
use trunkline_model::command::{AccountReply, KeyRotation, KeyView, NewKey, Shown, UpdateKey};
use trunkline_model::limits::KEYS_PER_ACCOUNT_MAX;
use trunkline_model::record::table;
use trunkline_model::{Dialect, ErrorCode, Failure, FieldError, KeyId};
use trunkline_store::{Batch, Direction};

use super::accounts::Accounts;
use super::clerk::{Clerk, check_room};
use super::ring::Claim;
use super::{rows, secret};
use crate::clock;

impl Clerk<'_> {
    /// A key of the account.
    ///
    /// # Errors
    /// [`ErrorCode::KeyNotFound`], or a failure of the store.
    pub(super) fn key(&self, id: KeyId) -> Result<ApiKeyRecord, Failure> {
        let stored = rows::get(&*self.ledger, &rows::key_of(self.id(), table::API_KEY, id.0))?;
        stored
            .ok_or_else(|| Failure::new(ErrorCode::KeyNotFound, format!("This account has no API key {id}.")))
    }

    /// A key that the author may change: it may not do more than they.
    fn own_key(&self, id: KeyId) -> Result<ApiKeyRecord, Failure> {
        let key = self.key(id)?;
        self.check_gives(&key.scopes)?;
        Ok(key)
    }

    fn check_gives(&self, scopes: &[String]) -> Result<(), Failure> {
        if self.author.may_give(scopes.iter().map(String::as_str)) {
            return Ok(());
        }
        let detail =
            "That key may do more than the one that was presented. Present a key with all of its scopes.";
        Err(Failure::new(ErrorCode::Forbidden, detail))
    }

    fn view(&self, record: ApiKeyRecord) -> Result<KeyView, Failure> {
        let used = rows::key_of(self.id(), table::KEY_USE, record.id.0);
        let used: Option<KeyUse> = rows::get(&*self.ledger, &used)?;
        Ok(KeyView { record, last_used_at_ms: used.map(|used| used.at_ms) })
    }

    pub(super) fn key_reply(&self, record: ApiKeyRecord) -> Result<AccountReply, Failure> {
        Ok(AccountReply::Key(Box::new(self.view(record)?)))
    }

    pub(super) fn list_keys(&self, after: Option<KeyId>, limit: usize) -> Result<AccountReply, Failure> {
        let all = rows::range_of(self.id(), table::API_KEY);
        let range = match after {
            Some(after) => all.after(&rows::key_of(self.id(), table::API_KEY, after.0)),
            None => all,
        };
        let (records, more) = rows::page(&*self.ledger, range, Direction::Forward, limit)?;
        let views = records.into_iter().map(|record| self.view(record)).collect::<Result<_, _>>()?;
        Ok(AccountReply::Keys(views, more))
    }

    pub(super) async fn create_key(&mut self, new: NewKey) -> Result<AccountReply, Failure> {
        let NewKey { label, dialect, scopes, instances, allowed_ips, expires_at_ms, chosen } = new;
        check_room(self.account.keys.load(Ordering::Relaxed), KEYS_PER_ACCOUNT_MAX, "API keys")?;
        self.check_instances(instances.as_deref())?;
        let (scopes, dialect_scopes) = translated(dialect, scopes);
        self.check_gives(&scopes)?;
        let accounts = self.accounts;
        let _claim = claimed(accounts, chosen.as_ref())?;
        let (shown, kept) = secret_of(chosen, KeyKind::prefix(dialect, &dialect_scopes))?;
        let record = ApiKeyRecord {
            id: KeyId(clock::random_u64()),
            account: self.id(),
            label,
            dialect,
            secrets: Secrets::new(kept),
            scopes,
            dialect_scopes,
            instances,
            allowed_ips,
            expires_at_ms,
            created_at_ms: clock::wall_ms(),
        };
        self.write_key(&record, AuditAction::KeyCreated).await?;
        self.accounts.enter_key(self.account, &record);
        self.shown(record, shown)
    }

    pub(super) async fn update_key(&mut self, id: KeyId, update: UpdateKey) -> Result<AccountReply, Failure> {
        let before = self.own_key(id)?;
        let UpdateKey { label, scopes, instances, allowed_ips, expires_at_ms } = update;
        self.check_instances(instances.as_ref().and_then(Option::as_deref))?;
        let mut record = before.clone();
        if let Some(words) = scopes {
            (record.scopes, record.dialect_scopes) = translated(record.dialect, words);
            self.check_gives(&record.scopes)?;
        }
        record.label = label.unwrap_or(record.label);
        record.instances = instances.unwrap_or(record.instances);
        record.allowed_ips = allowed_ips.unwrap_or(record.allowed_ips);
        record.expires_at_ms = expires_at_ms.unwrap_or(record.expires_at_ms);
        self.write_key(&record, AuditAction::KeyUpdated).await?;
        self.accounts.ring.enter_key(self.account, &record, Some(&before));
        self.key_reply(record)
    }

    pub(super) async fn rotate_key(
        &mut self,
        id: KeyId,
        rotation: KeyRotation,
    ) -> Result<AccountReply, Failure> {
        let KeyRotation { overlap_ms, chosen } = rotation;
        let before = self.own_key(id)?;
        let mut record = before.clone();
        let accounts = self.accounts;
        let _claim = claimed(accounts, chosen.as_ref())?;
        let (shown, fresh) = secret_of(chosen, KeyKind::prefix(record.dialect, &record.dialect_scopes))?;
        record.secrets.rotate(fresh, clock::wall_ms(), overlap_ms);
        self.write_key(&record, AuditAction::KeyRotated).await?;
        self.accounts.ring.enter_key(self.account, &record, Some(&before));
        self.shown(record, shown)
    }

    pub(super) async fn revoke_key(&mut self, id: KeyId) -> Result<AccountReply, Failure> {
        let record = self.own_key(id)?;
        let mut batch = Batch::new();
        batch.delete(rows::key_of(self.id(), table::API_KEY, id.0));
        batch.delete(rows::key_of(self.id(), table::KEY_USE, id.0));
        self.commit(batch, AuditAction::KeyRevoked, &id).await?;
        self.accounts.ring.leave_key(&record);
        self.account.keys.fetch_sub(1, Ordering::Relaxed);
        Ok(AccountReply::Done)
    }

    async fn write_key(&mut self, record: &ApiKeyRecord, action: AuditAction) -> Result<(), Failure> {
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::key_of(self.id(), table::API_KEY, record.id.0), record)?;
        self.commit(batch, action, &record.id).await
    }

    fn shown(&self, record: ApiKeyRecord, shown: Shown) -> Result<AccountReply, Failure> {
        Ok(AccountReply::NewKey(Box::new(self.view(record)?), shown))
    }
}

/// Takes a chosen secret for one key.
fn claimed<'a>(accounts: &'a Accounts, chosen: Option<&Shown>) -> Result<Option<Claim<'a>>, Failure> {
    let Some(chosen) = chosen else { return Ok(None) };
    let taken = || Failure::invalid(vec![FieldError::new("key", "is in use; choose another one")]);
    accounts.ring.claim(secret::hash(&chosen.0)).map(Some).ok_or_else(taken)
}

/// The secret that was chosen, or a fresh one, and what is kept of it.
fn secret_of(chosen: Option<Shown>, prefix: &str) -> Result<(Shown, KeySecret), Failure> {
    match chosen {
        Some(chosen) => {
            let kept = secret::keep(&chosen);
            Ok((chosen, kept))
        }
        None => secret::make(prefix),
    }
}

/// What a key may do in Trunkline's scopes, and in the words of its dialect.
fn translated(dialect: Dialect, words: Vec<String>) -> (Vec<String>, Vec<String>) {
    if dialect == Dialect::Native {
        return (words, Vec::new());
    }
    let scopes = native_scopes(dialect, &words);
    (scopes.into_iter().map(|scope| scope.as_str().to_owned()).collect(), words)
}
