//! An account's endpoints, as its front ends ask for them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::oneshot;
use trunkline_model::command::{
    EndpointCommand, EndpointReply, EndpointView, NewEndpoint, TestResult, UpdateEndpoint,
};
use trunkline_model::delivery::{
    DeliveryRecord, Endpoint, FollowFrom, HookChange, HookId, HttpTarget, OldSecret, Pause, PauseReason,
    Rehearsal, Target, TargetKind,
};
use trunkline_model::record::{self, EventRetention, table};
use trunkline_model::{AccountId, EndpointId, ErrorCode, Failure, FieldError, InstanceId};
use trunkline_store::{Batch, CommitClass, Ledger};

use super::error::EngineError;
use super::handle::Engine;
use crate::clock;
use crate::delivery::{self, AccountFollower, Entry, Registry};
use crate::patient;
use crate::place::slot_key;
use crate::shard::{SupervisorMsg, store_failure};

impl Engine {
    /// Asks an account's endpoints.
    ///
    /// # Errors
    /// [`ErrorCode::WebhookNotFound`], [`ErrorCode::WebhookState`], [`ErrorCode::WebhooksFull`], [`ErrorCode::Validation`], or a
    /// failure of the store; nothing is changed then.
    pub async fn endpoints(
        &self,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure> {
        let registry = self.registry();
        match command {
            EndpointCommand::Create(new) => self.create_endpoint(account, *new).await,
            EndpointCommand::List { pulling, after, limit } => {
                let mut all = registry.list(account, pulling);
                all.retain(|entry| after.is_none_or(|after| entry.endpoint.id > after));
                let more = all.len() > limit;
                all.truncate(limit);
                Ok(EndpointReply::Endpoints(self.views(all).await?, more))
            }
            EndpointCommand::Get(id) => self.view_of(registry.of_account(account, id)?).await,
            EndpointCommand::Update(id, update) => {
                self.check_instances(account, update.instances.as_ref().and_then(Option::as_deref))?;
                if let Some(target) = &update.target {
                    self.check_target(target)?;
                }
                self.change_endpoint((account, id), move |endpoint| apply(endpoint, *update)).await
            }
            EndpointCommand::Delete { id, pulling } => {
                registry.delete(account, id, pulling).await?;
                Ok(EndpointReply::Done)
            }
            EndpointCommand::Pause(id) => self.change_endpoint((account, id), pause).await,
            EndpointCommand::Resume(id) => self.change_endpoint((account, id), resume).await,
            EndpointCommand::RotateSecret(id, overlap_ms) => {
                self.rotate_secret(account, id, overlap_ms).await
            }
            EndpointCommand::Test(id) => self.test_endpoint(registry.of_account(account, id)?, None).await,
            EndpointCommand::Rehearse(id, rehearsal) => {
                self.test_endpoint(registry.of_account(account, id)?, Some(rehearsal)).await
            }
            EndpointCommand::Deliveries { id, instance, failed, limit } => {
                registry.of_account(account, id)?;
                self.deliveries_of(id, (instance, failed), limit).await
            }
            EndpointCommand::DeadLetters { id, after, limit } => {
                let entry = registry.of_account(account, id)?;
                let read = move |registry: &Registry| delivery::dead_letters(registry, &entry, after, limit);
                let (letters, more) = self.aside(read).await?;
                Ok(EndpointReply::DeadLetters(letters, more))
            }
            EndpointCommand::Replay(id, what) => {
                let entry = registry.of_account(account, id)?;
                must_push(&entry.endpoint)?;
                Ok(EndpointReply::Replaying(delivery::replay(registry, &entry, what).await?))
            }
            EndpointCommand::Pull { id, limit, wait_ms } => {
                let entry = registry.of_account(account, id)?;
                must_pull(&entry.endpoint)?;
                Ok(EndpointReply::Events(delivery::pull(registry, &entry, limit, wait_ms).await?))
            }
            EndpointCommand::Ack(id, places) => {
                let entry = registry.of_account(account, id)?;
                must_pull(&entry.endpoint)?;
                delivery::acknowledge(registry, &entry, places).await?;
                Ok(EndpointReply::Done)
            }
            EndpointCommand::GetHook(id) => Ok(hook(registry.hook(account, id))),
            EndpointCommand::ChangeHook(id, change) => self.change_hook(account, id, *change).await,
        }
    }

    async fn change_endpoint(
        &self,
        of: (AccountId, EndpointId),
        change: impl FnOnce(&mut Endpoint) -> Result<(), Failure> + Send + 'static,
    ) -> Result<EndpointReply, Failure> {
        self.view_of(self.registry().change(of, change).await?).await
    }

    async fn deliveries_of(
        &self,
        id: EndpointId,
        (instance, failed): (Option<InstanceId>, bool),
        limit: usize,
    ) -> Result<EndpointReply, Failure> {
        let wanted = move |delivery: &DeliveryRecord| {
            instance.is_none_or(|instance| instance == delivery.instance)
                && !(failed && delivery.outcome.word == "delivered")
        };
        let read = move |registry: &Registry| delivery::deliveries(registry, id, wanted, limit);
        Ok(EndpointReply::Deliveries(self.aside(read).await?))
    }

    /// Follows an account's instances, also those that are made later.
    ///
    /// # Errors
    /// A retryable one when too many follow already.
    pub fn follow_account(&self, account: AccountId, from: FollowFrom) -> Result<AccountFollower, Failure> {
        AccountFollower::open(self.registry(), account, from)
    }

    /// How long an account's events are kept.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn event_retention(&self, account: AccountId) -> Result<EventRetention, Failure> {
        Ok(self.registry().retention(account))
    }

    /// Says how long an account's events are kept from now on. On disk when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::AccountNotFound`], or a failure of the store.
    pub async fn set_event_retention(
        &self,
        account: AccountId,
        retention: EventRetention,
    ) -> Result<(), Failure> {
        let _staying = self.inner().accounts.stay(account).await?;
        let mut batch = Batch::new();
        let bytes = record::encode(&retention).map_err(|error| unreadable(&error.into()))?;
        batch.put(slot_key(account.slot(), table::EVENT_RETENTION, &account.0.to_be_bytes()), bytes);
        let ledger: &dyn Ledger = &self.shard_of(account.slot()).ledger;
        patient::commit(ledger, batch, CommitClass::First).await.map_err(|error| store_failure(&error))?;
        self.registry().keep_retention(account, retention);
        Ok(())
    }

    async fn create_endpoint(&self, account: AccountId, new: NewEndpoint) -> Result<EndpointReply, Failure> {
        let _staying = self.inner().accounts.stay(account).await?;
        let NewEndpoint { name, mut target, filter, batching, concurrency, timeout_ms, schedule } = new;
        self.check_target(&target)?;
        self.check_instances(account, filter.instances.as_deref())?;
        if let Target::Http(http) = &mut target
            && http.secret.is_empty()
        {
            http.secret = make_secret()?;
        }
        let now_ms = clock::wall_ms();
        let endpoint = Endpoint {
            id: EndpointId(clock::random_u64()),
            account,
            name,
            target,
            filter,
            batching,
            concurrency,
            timeout_ms,
            schedule,
            pause: None,
            created_at_ms: now_ms,
            changed_at_ms: now_ms,
        };
        let entry = self.registry().create(endpoint).await?;
        self.view_of(entry).await
    }

    fn check_target(&self, target: &Target) -> Result<(), Failure> {
        delivery::check_target(target, self.inner().allow_private_fetch)
    }

    fn check_instances(&self, account: AccountId, instances: Option<&[InstanceId]>) -> Result<(), Failure> {
        let directory = &self.inner().directory;
        match instances.unwrap_or_default().iter().find(|id| !directory.belongs_to(**id, account)) {
            Some(unknown) => {
                let message = format!("names {unknown}, which this account does not have");
                Err(Failure::invalid(vec![FieldError::new("instances", message)]))
            }
            None => Ok(()),
        }
    }

    async fn change_hook(
        &self,
        account: AccountId,
        id: HookId,
        change: HookChange,
    ) -> Result<EndpointReply, Failure> {
        self.check_instances(account, Some(&[id.instance]))?;
        if let Some(url) = change.url.as_deref().filter(|url| !url.is_empty()) {
            delivery::check_address(url, self.inner().allow_private_fetch)?;
        }
        Ok(hook(Some(self.registry().change_hook(account, id, change).await?)))
    }

    async fn rotate_secret(
        &self,
        account: AccountId,
        id: EndpointId,
        overlap_ms: u64,
    ) -> Result<EndpointReply, Failure> {
        let secret = make_secret()?;
        let fresh = secret.clone();
        let until_ms = clock::wall_ms().saturating_add(i64::try_from(overlap_ms).unwrap_or(i64::MAX));
        let change = move |endpoint: &mut Endpoint| match &mut endpoint.target {
            Target::Http(HttpTarget { secret, old_secret, .. }) => {
                let old = std::mem::replace(secret, fresh);
                *old_secret = (overlap_ms > 0).then_some(OldSecret { secret: old, until_ms });
                endpoint.changed_at_ms = clock::wall_ms();
                Ok(())
            }
            _ => Err(state("Only a webhook over HTTP has a secret.")),
        };
        self.registry().change((account, id), change).await?;
        Ok(EndpointReply::Secret(secret))
    }

    async fn test_endpoint(
        &self,
        entry: Arc<Entry>,
        rehearsal: Option<Box<Rehearsal>>,
    ) -> Result<EndpointReply, Failure> {
        must_push(&entry.endpoint)?;
        if entry.endpoint.hook().is_some() != rehearsal.is_some() {
            return Err(state(
                "A webhook in the form of a dialect is tested with an event of that dialect, and no other is.",
            ));
        }
        // On the endpoint's own shard: couriers belong to a shard.
        let (reply, tested) = oneshot::channel();
        let id = entry.endpoint.id;
        let message =
            SupervisorMsg::TestEndpoint { endpoint: Box::new(entry.endpoint.clone()), rehearsal, reply };
        let stopping = || Failure::busy("The node is stopping.", crate::limits::BUSY_RETRY_AFTER_MS);
        self.shard_of(id.slot()).supervisor.cast(message).map_err(|_| stopping())?;
        let (outcome, latency_ms) = tested.await.map_err(|_| stopping())?;
        Ok(EndpointReply::Tested(TestResult { outcome, latency_ms }))
    }

    async fn view_of(&self, entry: Arc<Entry>) -> Result<EndpointReply, Failure> {
        let mut views = self.views(vec![entry]).await?;
        let view = views.pop().ok_or_else(|| Failure::new(ErrorCode::Internal, "There is no view."))?;
        Ok(EndpointReply::Endpoint(Box::new(view)))
    }

    async fn views(&self, entries: Vec<Arc<Entry>>) -> Result<Vec<EndpointView>, Failure> {
        let read = move |registry: &Registry| {
            let view = |entry: &Arc<Entry>| {
                let health = delivery::health(registry, entry)?;
                Ok(EndpointView { endpoint: entry.endpoint.clone(), health })
            };
            entries.iter().map(view).collect()
        };
        self.aside(read).await
    }

    /// Reads a lot, on a thread of its own.
    async fn aside<R: Send + 'static>(
        &self,
        read: impl FnOnce(&Registry) -> Result<R, EngineError> + Send + 'static,
    ) -> Result<R, Failure> {
        self.registry().aside(move |registry| read(registry).map_err(|error| unreadable(&error))).await
    }
}

fn hook(entry: Option<Arc<Entry>>) -> EndpointReply {
    EndpointReply::Hook(entry.map(|entry| Box::new(entry.endpoint.clone())))
}

fn pause(endpoint: &mut Endpoint) -> Result<(), Failure> {
    let pause = Pause { reason: PauseReason::Requested, since_ms: clock::wall_ms() };
    endpoint.pause.get_or_insert(pause);
    must_push(endpoint)
}

fn resume(endpoint: &mut Endpoint) -> Result<(), Failure> {
    (endpoint.pause, endpoint.changed_at_ms) = (None, clock::wall_ms());
    must_push(endpoint)
}

fn apply(endpoint: &mut Endpoint, update: UpdateEndpoint) -> Result<(), Failure> {
    let UpdateEndpoint { name, target, events, instances, chat_kinds, batching, .. } = update;
    if endpoint.is_of_one_instance() && instances.is_some() {
        return Err(state("The webhook of an instance hears of that alone."));
    }
    if endpoint.hook().is_some() && matches!(batching, Some(Some(_))) {
        return Err(state("A webhook in the form of a dialect hears event by event."));
    }
    if let Some(mut target) = target {
        if target.kind() != endpoint.target.kind() {
            return Err(state("The type of a webhook cannot be changed; make another one."));
        }
        if let (Target::Http(new), Target::Http(old)) = (&mut target, &endpoint.target)
            && new.secret.is_empty()
        {
            new.secret.clone_from(&old.secret);
            new.old_secret.clone_from(&old.old_secret);
        }
        endpoint.target = target;
    }
    let filter = &mut endpoint.filter;
    (filter.events, filter.chat_kinds) = (
        events.unwrap_or(std::mem::take(&mut filter.events)),
        chat_kinds.unwrap_or(std::mem::take(&mut filter.chat_kinds)),
    );
    filter.instances = instances.unwrap_or(filter.instances.take());
    endpoint.name = name.unwrap_or(endpoint.name.take());
    endpoint.batching = batching.unwrap_or(endpoint.batching);
    endpoint.concurrency = update.concurrency.unwrap_or(endpoint.concurrency);
    endpoint.timeout_ms = update.timeout_ms.unwrap_or(endpoint.timeout_ms);
    if let Some(schedule) = update.schedule {
        endpoint.schedule = schedule;
    }
    endpoint.changed_at_ms = clock::wall_ms();
    Ok(())
}

fn make_secret() -> Result<String, Failure> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Failure::new(ErrorCode::Internal, "No secret could be made.")
    })?;
    Ok(format!("whsec_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn must_pull(endpoint: &Endpoint) -> Result<(), Failure> {
    match endpoint.target.kind() {
        TargetKind::Pull => Ok(()),
        _ => Err(state("Events are pushed to a webhook; only a consumer pulls.")),
    }
}

fn must_push(endpoint: &Endpoint) -> Result<(), Failure> {
    match endpoint.target.kind() {
        TargetKind::Pull => Err(state("A consumer pulls; nothing is delivered to it.")),
        _ => Ok(()),
    }
}

fn state(detail: &str) -> Failure {
    Failure::new(ErrorCode::WebhookState, detail)
}

fn unreadable(error: &EngineError) -> Failure {
    tracing::error!(%error, "something of an endpoint cannot be read or written");
    Failure::new(ErrorCode::Internal, "The webhook's place cannot be read.")
}
