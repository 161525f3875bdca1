//! The engine as the front end sees it. No logic: names and shapes of one side become those of the other.

use std::io;
use std::net::IpAddr;
use std::ops::Range;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use metrics_exporter_prometheus::PrometheusHandle;
use trunkline_api::{
    AccountFollower, AppPrincipal, EventTail, Gateway, Health, NodeStatus, OpenFiles, Principal, ShardStatus,
    dialect_event, event_id, event_json, events_json, tells_dialect_event, test_event_json,
};
use trunkline_engine::{Engine, EventWriter};
use trunkline_model::account::{AccountRecord, Author, FileRecord, MemberRecord, SessionRecord};
use trunkline_model::command::{
    AccountCommand, AccountReply, Command, CreateInstance, Credentials, EndpointCommand, EndpointReply,
    ImportRequest, InstanceFilter, InstanceView, MessageView, NewAccount, PlanCommand, PlanReply, Reply,
    Shown, SignUp,
};
use trunkline_model::delivery::{DialectFormat, FollowFrom, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::BlobRef;
use trunkline_model::record::EventRetention;
use trunkline_model::{AccountId, EndpointId, ErrorCode, Failure, InstanceId, MessageId};

use crate::open_files;

/// A local engine behind the front end.
#[derive(Clone)]
pub struct LocalGateway {
    engine: Engine,
    metrics: PrometheusHandle,
}

/// Follows an instance's event log; at its end at once when there is no such instance.
pub struct LocalTail(Option<trunkline_engine::EventTail>);

/// Follows the events of an account's instances.
pub struct LocalFollower(trunkline_engine::AccountFollower);

/// Writes events as the API does, natively and in its dialects.
pub struct NativeWriter;

impl LocalGateway {
    /// A gateway to `engine` whose metrics are those of `metrics`.
    pub fn new(engine: Engine, metrics: PrometheusHandle) -> LocalGateway {
        LocalGateway { engine, metrics }
    }
}

impl Gateway for LocalGateway {
    type Tail = LocalTail;
    type Follower = LocalFollower;

    fn authenticate(&self, presented: &str, from: Option<IpAddr>) -> Result<Principal, Failure> {
        self.engine.authenticate(presented, from).map(principal)
    }

    fn authenticate_app(&self, presented: &str, from: Option<IpAddr>) -> Result<AppPrincipal, Failure> {
        let found = self.engine.authenticate_app(presented, from)?;
        Ok(AppPrincipal { account: found.account, app: found.app, instances: found.instances })
    }

    fn authenticate_session(&self, presented: &str) -> Result<Principal, Failure> {
        self.engine.authenticate_session(presented).map(principal)
    }

    async fn sign_in(
        &self,
        credentials: Credentials,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        self.engine.sign_in(credentials, from, agent).await
    }

    async fn sign_up(
        &self,
        new: SignUp,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        self.engine.sign_up(new, from, agent).await
    }

    fn forgot_password(&self, email: &str, from: Option<IpAddr>) -> Result<(), Failure> {
        self.engine.forgot_password(email, from)
    }

    async fn set_password(&self, choice: (&str, String), from: Option<IpAddr>) -> Result<(), Failure> {
        self.engine.set_password(choice, from).await
    }

    fn mail_link(&self, member: &MemberRecord, link: &Shown) -> bool {
        self.engine.mail_link(member, link)
    }

    async fn account(
        &self,
        account: AccountId,
        author: Author,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure> {
        self.engine.account(account, author, command).await
    }

    async fn create_account(&self, author: Author, new: NewAccount) -> Result<AccountRecord, Failure> {
        self.engine.create_account(author, new).await
    }

    fn list_accounts(&self, after: Option<AccountId>, limit: usize) -> (Vec<AccountRecord>, bool) {
        self.engine.list_accounts(after, limit)
    }

    async fn create_instance(
        &self,
        account: AccountId,
        instance: CreateInstance,
    ) -> Result<InstanceView, Failure> {
        self.engine.create_instance(account, instance).await
    }

    async fn import_instance(
        &self,
        account: AccountId,
        wanted: ImportRequest,
    ) -> Result<InstanceView, Failure> {
        self.engine.import_instance(account, wanted).await
    }

    async fn list_instances(
        &self,
        account: AccountId,
        page: (Option<InstanceId>, usize),
        wanted: InstanceFilter<'_>,
    ) -> Result<(Vec<InstanceView>, bool), Failure> {
        self.engine.list_instances(account, page, wanted).await
    }

    fn state_of(&self, instance: InstanceId) -> Option<InstanceState> {
        self.engine.state_of(instance)
    }

    fn instances_of(&self, account: AccountId) -> Vec<(InstanceId, InstanceState)> {
        self.engine.instances_of(account)
    }

    fn instance_ids(&self, account: AccountId, page: (Option<InstanceId>, usize)) -> Vec<InstanceId> {
        self.engine.instance_ids(account, page)
    }

    fn resolve(&self, account: AccountId, id_or_name: &str) -> Option<InstanceId> {
        self.engine.resolve(account, id_or_name)
    }

    async fn owner_of_message(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<InstanceId>, Failure> {
        match self.engine.owner_of_message(account, message) {
            Ok(instance) => Ok(Some(instance)),
            Err(failure) if failure.code == ErrorCode::MessageNotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn call(&self, instance: InstanceId, command: Command) -> Result<Reply, Failure> {
        self.engine.call(instance, command).await
    }

    async fn call_as(
        &self,
        author: Author,
        instance: InstanceId,
        command: Command,
    ) -> Result<Reply, Failure> {
        self.engine.call_as(author, instance, command).await
    }

    async fn endpoints_as(
        &self,
        author: Author,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure> {
        self.engine.endpoints_as(author, account, command).await
    }

    async fn endpoints(
        &self,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure> {
        self.engine.endpoints(account, command).await
    }

    async fn plans(&self, account: AccountId, command: PlanCommand) -> Result<PlanReply, Failure> {
        self.engine.plans(account, command).await
    }

    async fn event_retention(&self, account: AccountId) -> Result<EventRetention, Failure> {
        self.engine.event_retention(account)
    }

    async fn set_event_retention(
        &self,
        account: AccountId,
        retention: EventRetention,
    ) -> Result<(), Failure> {
        self.engine.set_event_retention(account, retention).await
    }

    async fn follow_account(&self, account: AccountId, from: FollowFrom) -> Result<LocalFollower, Failure> {
        self.engine.follow_account(account, from).map(LocalFollower)
    }

    async fn wait_settled(
        &self,
        instance: InstanceId,
        message: MessageId,
        timeout_ms: u64,
    ) -> Result<MessageView, Failure> {
        self.engine.wait_settled(instance, message, timeout_ms).await
    }

    async fn store_blob(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure> {
        self.engine.store_blob(body).await
    }

    async fn read_blob(
        &self,
        blob: BlobRef,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, Failure> {
        self.engine.read_blob(&blob, range).await
    }

    async fn public_file(&self, word: &str) -> Result<FileRecord, Failure> {
        self.engine.public_file(word).await
    }

    fn tail(&self, instance: InstanceId) -> LocalTail {
        LocalTail(self.engine.tail(instance).ok())
    }

    fn health(&self) -> Health {
        let health = self.engine.health();
        Health { ready: health.ready, reasons: health.reasons, shards: health.shards.len() }
    }

    fn node(&self) -> NodeStatus {
        let status = self.engine.status();
        NodeStatus {
            version: env!("CARGO_PKG_VERSION"),
            started_at_ms: status.started_at_ms,
            uptime_ms: status.uptime_ms,
            shards: status
                .shards
                .into_iter()
                .map(|s| ShardStatus { shard: s.shard, instances: s.instances, lag_ms: s.lag_ms })
                .collect(),
            instances: status.instances,
            resume: status.resume,
            open_files: OpenFiles { limit: open_files::allowed(), used: open_files::used() },
        }
    }

    fn render_metrics(&self) -> String {
        self.metrics.render()
    }
}

fn principal(found: trunkline_engine::Principal) -> Principal {
    Principal {
        account: found.account,
        key: found.key,
        member: found.member,
        dialect: Some(found.dialect),
        scopes: found.scopes,
        dialect_scopes: found.dialect_scopes,
        instances: found.instances,
        rates: found.rates,
        app: None,
    }
}

impl EventTail for LocalTail {
    async fn next(&mut self) -> Option<u64> {
        self.0.as_mut()?.next().await
    }
}

impl AccountFollower for LocalFollower {
    async fn next(&mut self) -> Option<Vec<(InstanceId, Event)>> {
        // The engine has logged what failed; the client comes again.
        self.0.next().await.ok()
    }
}

impl EventWriter for NativeWriter {
    fn one(&self, account: AccountId, instance: InstanceId, event: &Event) -> Vec<u8> {
        event_json(account, instance, event)
    }

    fn many(&self, account: AccountId, instance: InstanceId, events: &[&Event]) -> Vec<u8> {
        events_json(account, instance, events)
    }

    fn id(&self, instance: InstanceId, sequence: u64) -> String {
        event_id(instance, sequence)
    }

    fn is_told(&self, format: &DialectFormat, event: &Event) -> bool {
        tells_dialect_event(format, event)
    }

    fn in_dialect(&self, telling: &Telling<'_>) -> Option<Told> {
        dialect_event(telling)
    }

    fn test(&self, account: AccountId, endpoint: EndpointId, time_ms: i64) -> Vec<u8> {
        test_event_json(account, endpoint, time_ms)
    }
}
