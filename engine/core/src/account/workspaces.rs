//! Workspaces of an account.

use trunkline_model::account::{AccountRecord, AuditAction, WorkspaceRecord};
use trunkline_model::command::AccountReply;
use trunkline_model::limits::WORKSPACES_PER_ACCOUNT_MAX;
use trunkline_model::record::table;
use trunkline_model::{ErrorCode, Failure, WorkspaceId};
use trunkline_store::{Batch, Direction, Ledger};

use super::clerk::{Clerk, check_room, refused};
use super::rows;
use crate::clock;

/// A workspace of an account. The default one needs no row.
///
/// # Errors
/// [`ErrorCode::WorkspaceNotFound`], or a failure of the store.
pub(super) fn find(
    ledger: &dyn Ledger,
    account: &AccountRecord,
    id: WorkspaceId,
) -> Result<WorkspaceRecord, Failure> {
    if let Some(stored) = rows::get(ledger, &rows::key_of(account.id, table::WORKSPACE, id.0))? {
        return Ok(stored);
    }
    if id == WorkspaceId::default_of(account.id) {
        return Ok(WorkspaceRecord::default_of(account));
    }
    let detail = format!("This account has no workspace {id}.");
    Err(Failure::new(ErrorCode::WorkspaceNotFound, detail))
}

impl Clerk<'_> {
    pub(super) fn workspace(&self, id: WorkspaceId) -> Result<WorkspaceRecord, Failure> {
        find(&*self.ledger, &self.account.record(), id)
    }

    pub(super) fn list_workspaces(&self) -> Result<AccountReply, Failure> {
        Ok(AccountReply::Workspaces(self.workspaces()?))
    }

    fn workspaces(&self) -> Result<Vec<WorkspaceRecord>, Failure> {
        let range = rows::range_of(self.id(), table::WORKSPACE);
        let (stored, _) =
            rows::page(&*self.ledger, range, Direction::Forward, WORKSPACES_PER_ACCOUNT_MAX + 1)?;
        let default = WorkspaceId::default_of(self.id());
        let others = stored.into_iter().filter(|workspace: &WorkspaceRecord| workspace.id != default);
        Ok(std::iter::once(self.workspace(default)?).chain(others).collect())
    }

    pub(super) async fn create_workspace(&mut self, name: String) -> Result<AccountReply, Failure> {
        let all = self.workspaces()?;
        check_room(all.len(), WORKSPACES_PER_ACCOUNT_MAX, "workspaces")?;
        check_name(&all, &name, None)?;
        let id = WorkspaceId(clock::random_u64());
        let record = WorkspaceRecord { id, name, created_at_ms: clock::wall_ms() };
        self.put_workspace(record, AuditAction::WorkspaceCreated).await
    }

    pub(super) async fn rename_workspace(
        &mut self,
        id: WorkspaceId,
        name: String,
    ) -> Result<AccountReply, Failure> {
        let record = WorkspaceRecord { name, ..self.workspace(id)? };
        check_name(&self.workspaces()?, &record.name, Some(id))?;
        self.put_workspace(record, AuditAction::WorkspaceUpdated).await
    }

    async fn put_workspace(
        &mut self,
        record: WorkspaceRecord,
        action: AuditAction,
    ) -> Result<AccountReply, Failure> {
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::key_of(self.id(), table::WORKSPACE, record.id.0), &record)?;
        self.commit(batch, action, &record.id).await?;
        Ok(AccountReply::Workspace(record))
    }

    pub(super) async fn delete_workspace(&mut self, id: WorkspaceId) -> Result<AccountReply, Failure> {
        self.workspace(id)?;
        if id == WorkspaceId::default_of(self.id()) {
            return Err(refused("The default workspace cannot be deleted."));
        }
        // Nobody moves an instance into it meanwhile.
        let residence = std::sync::Arc::clone(&self.account.residence);
        let _alone = residence.write().await;
        let instances = self.accounts.belongings.instances(self.id(), Some(id));
        if instances > 0 {
            let detail =
                format!("{instances} instances belong to the workspace. Move them to another one first.");
            return Err(refused(&detail));
        }
        let mut batch = Batch::new();
        batch.delete(rows::key_of(self.id(), table::WORKSPACE, id.0));
        self.commit(batch, AuditAction::WorkspaceDeleted, &id).await?;
        Ok(AccountReply::Done)
    }
}

fn check_name(all: &[WorkspaceRecord], name: &str, except: Option<WorkspaceId>) -> Result<(), Failure> {
    if all.iter().any(|other| other.name == name && Some(other.id) != except) {
        let detail = format!("Another workspace of this account is called `{name}`.");
        return Err(Failure::new(ErrorCode::NameTaken, detail));
    }
    Ok(())
}
