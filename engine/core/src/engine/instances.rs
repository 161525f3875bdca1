//! Making, finding and listing instances.

use tokio::sync::{OwnedRwLockReadGuard, oneshot};
use trunkline_model::account::InstanceDefaults;
use trunkline_model::command::{
    Command, CreateInstance, EndpointCommand, InstanceFilter, InstanceView, Reply,
};
use trunkline_model::delivery::HookId;
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{InstanceRecord, table};
use trunkline_model::settings::{InstanceSettings, SettingsUpdate};
use trunkline_model::slot::PARTITIONS_DEFAULT;
use trunkline_model::{AccountId, ErrorCode, Failure, InstanceId, WorkspaceId};
use trunkline_store::{Batch, CommitClass, Ledger};

use super::handle::Engine;
use crate::clock;
use crate::instance::settings_to_disk;
use crate::limits::BUSY_RETRY_AFTER_MS;
use crate::patient;
use crate::place::instance_key;
use crate::shard::{SupervisorMsg, store_failure};

impl Engine {
    /// Makes an instance; it is on disk when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::NameTaken`], [`ErrorCode::NodeFull`], or a failure of the store.
    pub async fn create_instance(
        &self,
        account: AccountId,
        wanted: CreateInstance,
    ) -> Result<InstanceView, Failure> {
        self.check_room()?;
        let CreateInstance { name, metadata, workspace } = wanted;
        let (_staying, workspace) = self.place(account, workspace).await?;
        let defaults = self.inner().accounts.instance_defaults(account)?;
        let id = self.free_id();
        if let Some(name) = &name
            && !self.inner().directory.claim_name(account, name, id)
        {
            let detail = format!("Another instance of this account is called `{name}`.");
            return Err(Failure::new(ErrorCode::NameTaken, detail));
        }
        let record = InstanceRecord {
            id,
            account,
            workspace,
            name: name.clone(),
            metadata,
            state: InstanceState::New,
            reason: None,
            scheduled_at_ms: None,
            linked: None,
            created_at_ms: clock::wall_ms(),
        };
        let made = match self.settle_in(id, &defaults).await {
            Ok(()) => self.make(record).await,
            refused => refused,
        };
        if made.is_err() {
            self.inner().directory.withdraw(id);
            if let Some(name) = &name {
                self.inner().directory.release_name(account, name, id);
            }
        }
        made?;
        if let Err(failure) = self.hang_hooks(account, id, &defaults).await {
            // Half of what it should be would be in the caller's way when it tries again.
            self.call(id, Command::DeleteInstance).await?;
            return Err(failure);
        }
        self.view(id).await
    }

    /// Writes the settings that an instance begins with, before there is one: what a crash leaves of that names nothing.
    async fn settle_in(&self, id: InstanceId, defaults: &InstanceDefaults) -> Result<(), Failure> {
        if defaults.settings == SettingsUpdate::default() {
            return Ok(());
        }
        let settings = InstanceSettings::default().with(defaults.settings.clone());
        let encoded = settings_to_disk(&settings, &self.inner().sealer, id).map_err(|error| {
            tracing::error!(instance = %id, %error, "settings cannot be written");
            Failure::new(ErrorCode::Internal, "The settings could not be stored.")
        })?;
        let mut batch = Batch::new();
        batch.put(instance_key(id, table::SETTINGS, b""), encoded);
        let ledger: &dyn Ledger = &self.shard_of(id.slot()).ledger;
        let written = patient::commit(ledger, batch, CommitClass::First).await;
        written.map(drop).map_err(|error| store_failure(&error))
    }

    async fn hang_hooks(
        &self,
        account: AccountId,
        instance: InstanceId,
        defaults: &InstanceDefaults,
    ) -> Result<(), Failure> {
        for hook in &defaults.hooks {
            let id = HookId { instance, dialect: hook.dialect };
            self.endpoints(account, EndpointCommand::ChangeHook(id, Box::new(hook.to_change()))).await?;
        }
        Ok(())
    }

    /// A place for a new instance: its workspace, and leave to make it.
    ///
    /// # Errors
    /// [`ErrorCode::AccountNotFound`], [`ErrorCode::WorkspaceNotFound`], or a failure of the store.
    pub(super) async fn place(
        &self,
        account: AccountId,
        workspace: Option<WorkspaceId>,
    ) -> Result<(OwnedRwLockReadGuard<bool>, WorkspaceId), Failure> {
        let accounts = &self.inner().accounts;
        let staying = accounts.stay(account).await?;
        if let Some(workspace) = workspace {
            accounts.check_workspace(account, workspace)?;
        }
        Ok((staying, workspace.unwrap_or(WorkspaceId::default_of(account))))
    }

    /// As [`Engine::place`], for an instance that moves.
    pub(super) async fn mind_workspace(
        &self,
        instance: InstanceId,
        workspace: Option<WorkspaceId>,
    ) -> Result<Option<OwnedRwLockReadGuard<bool>>, Failure> {
        let Some(workspace) = workspace else { return Ok(None) };
        let account = self.route(instance)?.account;
        self.place(account, Some(workspace)).await.map(|(staying, _)| Some(staying))
    }

    /// Refuses what the node has no room for. Makers that ask at the same moment may pass together; the room that is kept for
    /// the API's own sockets takes that.
    pub(super) fn check_room(&self) -> Result<(), Failure> {
        let max = self.inner().instances_max;
        if self.inner().directory.count() < max {
            return Ok(());
        }
        let detail = format!(
            "This node holds {max} instances, as many as its limit of open files allows. Delete one, or have the operator \
             raise the limit."
        );
        Err(Failure::new(ErrorCode::NodeFull, detail))
    }

    pub(super) async fn make(&self, record: InstanceRecord) -> Result<(), Failure> {
        let shard = usize::from(record.id.slot().shard(PARTITIONS_DEFAULT, self.shard_count()));
        let (reply, made) = oneshot::channel();
        let message = SupervisorMsg::Create { record: Box::new(record), reply };
        let stopping = || Failure::busy("The node is stopping.", BUSY_RETRY_AFTER_MS);
        self.inner().shards[shard].supervisor.cast(message).map_err(|_| stopping())?;
        made.await.map_err(|_| stopping())?
    }

    pub(super) fn free_id(&self) -> InstanceId {
        loop {
            let id = InstanceId(clock::random_u64());
            // Owner 0 holds what belongs to a slot; everything else is free unless it is taken.
            if id.0 != 0 && self.inner().directory.route(id).is_none() {
                return id;
            }
        }
    }

    async fn view(&self, id: InstanceId) -> Result<InstanceView, Failure> {
        match self.call(id, Command::GetInstance).await? {
            Reply::Instance(view) => Ok(*view),
            _ => Err(Failure::new(ErrorCode::Internal, "The instance answered something else.")),
        }
    }

    /// An instance of this account, by id or by name.
    pub fn resolve(&self, account: AccountId, id_or_name: &str) -> Option<InstanceId> {
        let directory = &self.inner().directory;
        let id = id_or_name.parse().ok().or_else(|| directory.by_name(account, id_or_name))?;
        directory.belongs_to(id, account).then_some(id)
    }

    /// The last state that an instance entered; `None` where there is no such instance.
    pub fn state_of(&self, instance: InstanceId) -> Option<InstanceState> {
        self.inner().directory.route(instance).map(|route| route.state.get())
    }

    /// Every instance of an account and its state, in the order of their ids.
    pub fn instances_of(&self, account: AccountId) -> Vec<(InstanceId, InstanceState)> {
        self.inner().directory.of_account(account)
    }

    /// Ids of an account's instances after one of them, in order, at most so many.
    pub fn instance_ids(&self, account: AccountId, page: (Option<InstanceId>, usize)) -> Vec<InstanceId> {
        self.inner().directory.page_of(account, page, InstanceFilter::default())
    }

    /// A page of an account's instances that match, in the order of their ids, and whether there are more.
    ///
    /// # Errors
    /// As [`Engine::call`]. An instance deleted meanwhile is left out.
    pub async fn list_instances(
        &self,
        account: AccountId,
        (after, limit): (Option<InstanceId>, usize),
        wanted: InstanceFilter<'_>,
    ) -> Result<(Vec<InstanceView>, bool), Failure> {
        let ids = self.inner().directory.page_of(account, (after, limit.saturating_add(1)), wanted);
        let more = ids.len() > limit;
        let mut views = Vec::with_capacity(limit.min(ids.len()));
        for id in ids.into_iter().take(limit) {
            match self.view(id).await {
                Ok(view) => views.push(view),
                Err(failure) if failure.code == ErrorCode::InstanceNotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok((views, more))
    }
}
