//! Whoever changes an account: one command at a time.

use std::fmt::Display;
use std::sync::Arc;

use trunkline_model::account::{AuditAction, AuditRecord, Author};
use trunkline_model::command::{AccountCommand, AccountReply, UpdateAccount};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::AUDIT_ENTRIES_MAX;
use trunkline_model::record::table;
use trunkline_model::{AccountId, ErrorCode, Failure, FieldError, InstanceId};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange, Ledger};

use super::accounts::{Account, Accounts};
use super::rows;
use crate::clock;
use crate::limits::AUDIT_TRIMMED_EVERY;
use crate::patient;
use crate::shard::store_failure;

/// One command's view of its account.
pub(super) struct Clerk<'a> {
    pub(super) accounts: &'a Accounts,
    pub(super) account: &'a Arc<Account>,
    /// The store of the account's slot.
    pub(super) ledger: Arc<dyn Ledger>,
    /// Who asks.
    pub(super) author: Author,
    /// Number of the next entry in the log of changes, once it was looked up.
    pub(super) next_entry: &'a mut Option<u64>,
}

impl Clerk<'_> {
    pub(super) fn id(&self) -> AccountId {
        self.account.id
    }

    pub(super) async fn answer(&mut self, command: AccountCommand) -> Result<AccountReply, Failure> {
        use AccountCommand as Ask;
        match command {
            Ask::Get => Ok(AccountReply::Account(Box::new(self.account.record()))),
            Ask::Update(update) => self.update(*update).await,
            Ask::Delete => self.delete().await,
            Ask::CreateWorkspace(name) => self.create_workspace(name).await,
            Ask::ListWorkspaces => self.list_workspaces(),
            Ask::GetWorkspace(id) => self.workspace(id).map(AccountReply::Workspace),
            Ask::RenameWorkspace(id, name) => self.rename_workspace(id, name).await,
            Ask::DeleteWorkspace(id) => self.delete_workspace(id).await,
            Ask::CreateKey(new) => self.create_key(*new).await,
            Ask::ListKeys { after, limit } => self.list_keys(after, limit),
            Ask::GetKey(id) => self.key_reply(self.key(id)?),
            Ask::UpdateKey(id, update) => self.update_key(id, *update).await,
            Ask::RotateKey(id, rotation) => self.rotate_key(id, rotation).await,
            Ask::RevokeKey(id) => self.revoke_key(id).await,
            Ask::CreateApp(new) => self.create_app(*new).await,
            Ask::ListApps { after, limit } => self.list_apps(after, limit),
            Ask::GetApp(id) => self.app(id).map(|app| AccountReply::App(Box::new(app))),
            Ask::UpdateApp(id, update) => self.update_app(id, *update).await,
            Ask::RotateApp(id, overlap_ms) => self.rotate_app(id, overlap_ms).await,
            Ask::DeleteApp(id) => self.delete_app(id).await,
            Ask::GetCredits => self.credits(false).await,
            Ask::ListCredits { pocket, before, limit } => self.list_credits(pocket, before, limit),
            Ask::AddCredits(order) => self.add_credits(order).await,
            Ask::InviteMember(new) => self.invite_member(new).await,
            Ask::ListMembers => self.list_members(),
            Ask::GetMember(id) => self.member(id).map(|member| AccountReply::Member(Box::new(member))),
            Ask::UpdateMember(id, update) => self.update_member(id, update).await,
            Ask::RemoveMember(id) => self.remove_member(id).await,
            Ask::LinkMember(id) => self.link_member(id).await,
            Ask::SetPassword(id, chosen) => self.set_password(id, *chosen).await,
            Ask::SignIn(id, new) => self.sign_in(id, *new).await,
            Ask::ListSessions(member) => self.list_sessions(member),
            Ask::RenewSession(member, session, new) => self.renew_session(member, session, *new).await,
            Ask::EndSession(member, session) => self.end_session(member, session).await,
            Ask::Note(action, subject) => {
                self.commit(Batch::new(), action, &subject).await?;
                Ok(AccountReply::Done)
            }
            Ask::Audit { before, limit } => self.audit(before, limit),
            Ask::GetInstanceDefaults => self.instance_defaults(),
            Ask::SetInstanceDefaults(defaults) => self.set_instance_defaults(*defaults).await,
            Ask::CheckFileRoom(size_bytes) => self.check_file_room(size_bytes),
            Ask::CreateFile(new) => self.create_file(*new).await,
            Ask::ListFiles { after, limit } => self.list_files(after, limit),
            Ask::GetFile(id) => self.file(id).map(|file| AccountReply::File(Box::new(file))),
            Ask::DeleteFile(id) => self.delete_file(id).await,
        }
    }

    async fn update(&mut self, update: UpdateAccount) -> Result<AccountReply, Failure> {
        let mut record = self.account.record();
        let UpdateAccount { name, state, credits, rate_limits } = update;
        record.name = name.unwrap_or(record.name);
        record.credits = credits.unwrap_or(record.credits);
        record.rate_limits = rate_limits.unwrap_or(record.rate_limits);
        if let Some(state) = state {
            if self.id() == ROOT_ACCOUNT && state != record.state {
                return Err(refused("The operator's own account cannot be suspended."));
            }
            record.state = state;
        }
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::account_key(self.id()), &record)?;
        self.commit(batch, AuditAction::AccountUpdated, &self.id()).await?;
        self.account.say(record.clone());
        self.accounts.count_charged();
        Ok(AccountReply::Account(Box::new(record)))
    }

    /// Nothing of the account stays, its log of changes included.
    async fn delete(&mut self) -> Result<AccountReply, Failure> {
        let id = self.id();
        if id == ROOT_ACCOUNT {
            return Err(refused("The operator's own account cannot be deleted."));
        }
        let mut is_gone = self.account.residence.write().await;
        let belongings = &self.accounts.belongings;
        let (instances, endpoints) = (belongings.instances(id, None), belongings.endpoints(id));
        if instances + endpoints > 0 {
            let detail = format!(
                "The account has {instances} instances and {endpoints} webhooks and consumers. Delete them first."
            );
            return Err(refused(&detail));
        }
        let mut batch = Batch::new();
        batch.delete(rows::account_key(id));
        batch.delete(crate::place::slot_key(id.slot(), table::EVENT_RETENTION, &id.0.to_be_bytes()));
        batch.delete(crate::place::slot_key(id.slot(), table::PLANNER, &id.0.to_be_bytes()));
        batch.delete_range(KeyRange::owner(id.slot().0, id.0));
        self.write(batch).await?;
        *is_gone = true;
        self.accounts.leave(id);
        Ok(AccountReply::Done)
    }

    fn audit(&self, before: Option<u64>, limit: usize) -> Result<AccountReply, Failure> {
        let all = rows::range_of(self.id(), table::AUDIT);
        let range = match before {
            Some(before) => all.before(&rows::key_of(self.id(), table::AUDIT, before)),
            None => all,
        };
        let (entries, more) = rows::page(&*self.ledger, range, Direction::Backward, limit)?;
        Ok(AccountReply::Audit(entries, more))
    }

    /// Writes a change together with its entry in the log of changes; both are on disk when this returns.
    ///
    /// # Errors
    /// A failure of the store; neither is written then.
    pub(super) async fn commit(
        &mut self,
        mut batch: Batch,
        action: AuditAction,
        subject: &(impl Display + Sync),
    ) -> Result<(), Failure> {
        let number = self.remember(&mut batch, action, subject)?;
        self.write(batch).await?;
        *self.next_entry = Some(number + 1);
        Ok(())
    }

    /// Adds the entry in the log of changes to the batch of a change; gives its number, which is taken once the batch is on disk.
    ///
    /// # Errors
    /// A failure of the store.
    pub(super) fn remember(
        &self,
        batch: &mut Batch,
        action: AuditAction,
        subject: &impl Display,
    ) -> Result<u64, Failure> {
        let number = self.number()?;
        let entry = AuditRecord {
            number,
            time_ms: clock::wall_ms(),
            who: self.author.who,
            address: self.author.address.clone(),
            action: action.as_str().to_owned(),
            subject: subject.to_string(),
        };
        let key = |number| rows::key_of(self.id(), table::AUDIT, number);
        rows::put(batch, key(number), &entry)?;
        if number > AUDIT_ENTRIES_MAX && number.is_multiple_of(AUDIT_TRIMMED_EVERY) {
            batch.delete_range(KeyRange::between(key(0), key(number - AUDIT_ENTRIES_MAX)));
        }
        Ok(number)
    }

    async fn write(&self, batch: Batch) -> Result<(), Failure> {
        let written = patient::commit(&*self.ledger, batch, CommitClass::First).await;
        written.map(drop).map_err(|error| store_failure(&error))
    }

    fn number(&self) -> Result<u64, Failure> {
        if let Some(number) = *self.next_entry {
            return Ok(number);
        }
        let range = rows::range_of(self.id(), table::AUDIT);
        let (newest, _) = rows::page::<AuditRecord>(&*self.ledger, range, Direction::Backward, 1)?;
        Ok(newest.first().map_or(1, |entry| entry.number + 1))
    }

    /// Refuses instances that the account does not have.
    pub(super) fn check_instances(&self, instances: Option<&[InstanceId]>) -> Result<(), Failure> {
        let belongings = &self.accounts.belongings;
        let foreign =
            instances.unwrap_or_default().iter().find(|id| !belongings.has_instance(self.id(), **id));
        match foreign {
            Some(foreign) => {
                let message = format!("names {foreign}, which this account does not have");
                Err(Failure::invalid(vec![FieldError::new("instances", message)]))
            }
            None => Ok(()),
        }
    }
}

pub(super) fn refused(detail: &str) -> Failure {
    Failure::new(ErrorCode::AccountState, detail)
}

/// Refuses another one of what there may be so many.
pub(super) fn check_room(has: usize, max: usize, what: &str) -> Result<(), Failure> {
    if has < max {
        return Ok(());
    }
    let detail = format!("An account has at most {max} {what}; delete one.");
    Err(Failure::new(ErrorCode::AccountFull, detail))
}
