//! Apps of an account.

use std::sync::atomic::Ordering;

use trunkline_model::account::{AppRecord, AuditAction, Secrets};
use trunkline_model::command::{AccountReply, NewApp, UpdateApp};
use trunkline_model::limits::APPS_PER_ACCOUNT_MAX;
use trunkline_model::record::table;
use trunkline_model::{AppId, ErrorCode, Failure};
use trunkline_store::{Batch, Direction};

use super::clerk::{Clerk, check_room};
use super::{rows, secret};
use crate::clock;

/// What the keys of apps begin with.
const APP_KEY_PREFIX: &str = "wapp_";

impl Clerk<'_> {
    /// An app of the account.
    ///
    /// # Errors
    /// [`ErrorCode::AppNotFound`], or a failure of the store.
    pub(super) fn app(&self, id: AppId) -> Result<AppRecord, Failure> {
        let stored = rows::get(&*self.ledger, &rows::key_of(self.id(), table::APP, id.0))?;
        stored.ok_or_else(|| Failure::new(ErrorCode::AppNotFound, format!("This account has no app {id}.")))
    }

    pub(super) fn list_apps(&self, after: Option<AppId>, limit: usize) -> Result<AccountReply, Failure> {
        let all = rows::range_of(self.id(), table::APP);
        let range = match after {
            Some(after) => all.after(&rows::key_of(self.id(), table::APP, after.0)),
            None => all,
        };
        let (records, more) = rows::page(&*self.ledger, range, Direction::Forward, limit)?;
        Ok(AccountReply::Apps(records, more))
    }

    pub(super) async fn create_app(&mut self, new: NewApp) -> Result<AccountReply, Failure> {
        let NewApp { name, instances, allowed_ips } = new;
        check_room(self.account.apps.load(Ordering::Relaxed), APPS_PER_ACCOUNT_MAX, "apps")?;
        self.check_instances(instances.as_deref())?;
        let (shown, kept) = secret::make(APP_KEY_PREFIX)?;
        let record = AppRecord {
            id: AppId(clock::random_u64()),
            account: self.id(),
            name,
            secrets: Secrets::new(kept),
            instances,
            allowed_ips,
            created_at_ms: clock::wall_ms(),
        };
        self.write_app(&record, AuditAction::AppCreated).await?;
        self.accounts.enter_app(self.account, &record);
        Ok(AccountReply::NewApp(Box::new(record), shown))
    }

    pub(super) async fn update_app(&mut self, id: AppId, update: UpdateApp) -> Result<AccountReply, Failure> {
        let before = self.app(id)?;
        let UpdateApp { name, instances, allowed_ips } = update;
        self.check_instances(instances.as_ref().and_then(Option::as_deref))?;
        let mut record = before.clone();
        record.name = name.unwrap_or(record.name);
        record.instances = instances.unwrap_or(record.instances);
        record.allowed_ips = allowed_ips.unwrap_or(record.allowed_ips);
        self.write_app(&record, AuditAction::AppUpdated).await?;
        self.accounts.ring.enter_app(self.account, &record, Some(&before));
        Ok(AccountReply::App(Box::new(record)))
    }

    pub(super) async fn rotate_app(&mut self, id: AppId, overlap_ms: u64) -> Result<AccountReply, Failure> {
        let before = self.app(id)?;
        let mut record = before.clone();
        let (shown, fresh) = secret::make(APP_KEY_PREFIX)?;
        record.secrets.rotate(fresh, clock::wall_ms(), overlap_ms);
        self.write_app(&record, AuditAction::AppRotated).await?;
        self.accounts.ring.enter_app(self.account, &record, Some(&before));
        Ok(AccountReply::NewApp(Box::new(record), shown))
    }

    pub(super) async fn delete_app(&mut self, id: AppId) -> Result<AccountReply, Failure> {
        let record = self.app(id)?;
        let mut batch = Batch::new();
        batch.delete(rows::key_of(self.id(), table::APP, id.0));
        self.commit(batch, AuditAction::AppDeleted, &id).await?;
        self.accounts.ring.leave_app(&record);
        self.account.apps.fetch_sub(1, Ordering::Relaxed);
        Ok(AccountReply::Done)
    }

    async fn write_app(&mut self, record: &AppRecord, action: AuditAction) -> Result<(), Failure> {
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::key_of(self.id(), table::APP, record.id.0), record)?;
        self.commit(batch, action, &record.id).await
    }
}
