//! Accounts and keys of a data directory that no server uses.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use trunkline_model::account::{AccountRecord, Author, HookDefaults};
use trunkline_model::command::{AccountCommand, AccountReply, NewAccount};
use trunkline_model::delivery::EndpointRecord;
use trunkline_model::record;
use trunkline_model::{AccountId, Failure, InstanceId, WorkspaceId};
use trunkline_store::{DataDir, Ledger, LocalLedger, StoreOptions};

use super::accounts::{Accounts, Belongings, Home};
use crate::clock;
use crate::engine::EngineError;
use crate::shard;

/// The accounts of a data directory, opened alone. Everything blocks.
pub struct OfflineAccounts {
    accounts: Arc<Accounts>,
    ledgers: Vec<LocalLedger>,
    runtime: tokio::runtime::Runtime,
    _data_dir: DataDir,
}

impl OfflineAccounts {
    /// Opens a data directory.
    ///
    /// # Errors
    /// [`EngineError::Store`]: the directory is in use, is not Trunkline's, or fails; [`EngineError::NeverStarted`].
    pub fn open(data_dir: &Path) -> Result<OfflineAccounts, EngineError> {
        let data_dir = DataDir::open_or_create(data_dir)?;
        let shards = data_dir.shards().ok_or(EngineError::NeverStarted)?;
        let mut has = Has::default();
        let (mut ledgers, mut found) = (Vec::new(), Vec::new());
        for shard in 0..shards {
            let ledger = LocalLedger::open(&data_dir, shard, StoreOptions::default())?;
            let here = shard::read(&ledger, shard, shards)?;
            for instance in &here.instances {
                has.instances.insert(instance.id, (instance.account, instance.workspace));
            }
            for endpoint in &here.endpoints {
                let endpoint: EndpointRecord = record::decode(endpoint)?;
                *has.endpoints.entry(endpoint.account).or_default() += 1;
            }
            found.push(here.accounts);
            ledgers.push(ledger);
        }
        let accounts = Accounts::new(Box::new(has));
        found.iter().for_each(|found| accounts.found(found));
        let home = |ledger: &LocalLedger| Home {
            ledger: Arc::new(ledger.clone()) as Arc<dyn Ledger>,
            run: Box::new(|_| false),
        };
        accounts.begin(ledgers.iter().map(home).collect());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| EngineError::Thread(error.to_string()))?;
        Ok(OfflineAccounts { accounts, ledgers, runtime, _data_dir: data_dir })
    }

    /// A page of accounts in the order of their ids, and whether more follow.
    pub fn list(&self, after: Option<AccountId>, limit: usize) -> (Vec<AccountRecord>, bool) {
        self.accounts.list(after, limit)
    }

    /// Makes an account; it is on disk when this returns.
    ///
    /// # Errors
    /// As [`crate::Engine::create_account`].
    pub fn create(&self, new: NewAccount) -> Result<AccountRecord, Failure> {
        let id = AccountId(clock::random_u64());
        self.runtime.block_on(self.accounts.create_here(id, Author::operator(), new))
    }

    /// Asks an account, in the name of the operator.
    ///
    /// # Errors
    /// As [`crate::Engine::account`].
    pub fn ask(&self, account: AccountId, command: AccountCommand) -> Result<AccountReply, Failure> {
        let account = self.accounts.get(account)?;
        self.runtime.block_on(self.accounts.answer(&account, Author::operator(), command))
    }

    /// Closes the stores in good order.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub fn close(self) -> Result<(), EngineError> {
        let OfflineAccounts { accounts, ledgers, .. } = self;
        drop(accounts);
        ledgers.into_iter().try_for_each(|ledger| Ok(ledger.close()?))
    }
}

/// What was found on disk.
#[derive(Default)]
struct Has {
    instances: HashMap<InstanceId, (AccountId, WorkspaceId)>,
    endpoints: HashMap<AccountId, usize>,
}

impl Belongings for Has {
    fn instances(&self, account: AccountId, workspace: Option<WorkspaceId>) -> usize {
        let belongs = |(owner, place): &&(AccountId, WorkspaceId)| {
            *owner == account && workspace.is_none_or(|workspace| workspace == *place)
        };
        self.instances.values().filter(belongs).count()
    }

    fn endpoints(&self, account: AccountId) -> usize {
        self.endpoints.get(&account).copied().unwrap_or(0)
    }

    fn has_instance(&self, account: AccountId, instance: InstanceId) -> bool {
        self.instances.get(&instance).is_some_and(|(owner, _)| *owner == account)
    }

    fn check_hooks(&self, _: &[HookDefaults]) -> Result<(), Failure> {
        Ok(())
    }
}
