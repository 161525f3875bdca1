//! Accounts, as front ends ask for them.

use std::net::IpAddr;
use std::sync::Arc;

use trunkline_model::account::{AccountRecord, AuditAction, Author};
use trunkline_model::command::{AccountCommand, AccountReply, NewAccount, NewKey, Shown};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::{
    AccountId, Dialect, ErrorCode, Failure, InstanceId, KeyId, LimitClass, Scope, WorkspaceId,
};

use super::handle::Engine;
use crate::account::{AppPrincipal, Belongings, Home, Principal};
use crate::delivery::Registry;
use crate::directory::Directory;
use crate::shard::{ShardHandle, SupervisorMsg};

impl Engine {
    /// Whether no key exists yet: a first start.
    pub fn has_no_keys(&self) -> bool {
        self.inner().accounts.has_no_keys()
    }

    /// Who presents this key, from this address.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`], [`ErrorCode::AccountSuspended`], [`ErrorCode::AddressNotAllowed`].
    pub fn authenticate(&self, presented: &str, from: Option<IpAddr>) -> Result<Principal, Failure> {
        self.inner().accounts.admit(presented, from)
    }

    /// Which app presents this key, from this address.
    ///
    /// # Errors
    /// As [`Engine::authenticate`].
    pub fn authenticate_app(&self, presented: &str, from: Option<IpAddr>) -> Result<AppPrincipal, Failure> {
        self.inner().accounts.admit_app(presented, from)
    }

    /// Asks an account. What is changed is on disk on return, with its entry in the account's log of changes.
    ///
    /// # Errors
    /// [`ErrorCode::AccountNotFound`], whatever the command is refused for, or overload; nothing is changed then.
    pub async fn account(
        &self,
        account: AccountId,
        author: Author,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure> {
        let accounts = &self.inner().accounts;
        if command != AccountCommand::Delete {
            return accounts.ask(account, author, command).await;
        }
        let reply = accounts.ask(account, author.clone(), command).await?;
        // The account's own log is gone with it.
        let note = AccountCommand::Note(AuditAction::AccountDeleted, account.to_string());
        accounts.ask(ROOT_ACCOUNT, author, note).await?;
        Ok(reply)
    }

    /// Makes an account; it is on disk on return.
    ///
    /// # Errors
    /// [`ErrorCode::AccountFull`] when the node has as many as it may, or a failure of the store.
    pub async fn create_account(&self, author: Author, new: NewAccount) -> Result<AccountRecord, Failure> {
        self.inner().accounts.create(author, new).await
    }

    /// Requests in a minute that an account's keys may make of a class, where the account says so itself.
    pub fn rate_limit(&self, account: AccountId, class: LimitClass) -> Option<u32> {
        self.inner().accounts.rate_limit(account, class)
    }

    /// A page of accounts in the order of their ids, and whether more follow.
    pub fn list_accounts(&self, after: Option<AccountId>, limit: usize) -> (Vec<AccountRecord>, bool) {
        self.inner().accounts.list(after, limit)
    }

    /// Makes a native key in the name of the operator: its public id, and what its holder presents.
    ///
    /// # Errors
    /// A failure of the store, or of the random number generator.
    pub async fn create_key(
        &self,
        account: AccountId,
        label: &str,
        scopes: &[Scope],
    ) -> Result<(KeyId, Shown), Failure> {
        let new = NewKey {
            label: label.to_owned(),
            dialect: Dialect::Native,
            scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            instances: None,
            allowed_ips: Vec::new(),
            expires_at_ms: None,
        };
        let command = AccountCommand::CreateKey(Box::new(new));
        match self.account(account, Author::operator(), command).await? {
            AccountReply::NewKey(view, shown) => Ok((view.record.id, shown)),
            _ => Err(Failure::new(ErrorCode::Internal, "The account answered something else.")),
        }
    }
}

/// What the parts of a running engine hold for an account.
pub(super) struct Held {
    pub(super) directory: Arc<Directory>,
    pub(super) registry: Arc<Registry>,
}

impl Belongings for Held {
    fn instances(&self, account: AccountId, workspace: Option<WorkspaceId>) -> usize {
        self.directory.count_of(account, workspace)
    }

    fn endpoints(&self, account: AccountId) -> usize {
        self.registry.list(account, true).len() + self.registry.list(account, false).len()
    }

    fn has_instance(&self, account: AccountId, instance: InstanceId) -> bool {
        self.directory.belongs_to(instance, account)
    }
}

/// What accounts use of each shard.
pub(super) fn homes(shards: &[ShardHandle]) -> Box<[Home]> {
    let home = |shard: &ShardHandle| {
        let supervisor = shard.supervisor.clone();
        Home {
            ledger: Arc::new(shard.ledger.clone()),
            run: Box::new(move |work| supervisor.cast(SupervisorMsg::Run { name: "account", work }).is_ok()),
        }
    };
    shards.iter().map(home).collect()
}
