//! The seam to the engine: everything that the front end may ask of it.
#![allow(
    async_fn_in_trait,
    reason = "front threads run their tasks on a local runtime, so the futures need not be Send"
)]

use std::io;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use trunkline_model::account::{AccountRecord, Author, FileRecord, MemberRecord, Rates, SessionRecord};
use trunkline_model::command::{
    AccountCommand, AccountReply, Command, CreateInstance, Credentials, EndpointCommand, EndpointReply,
    ImportRequest, InstanceFilter, InstanceView, MessageView, NewAccount, PlanCommand, PlanReply, Reply,
    Shown, SignUp,
};
use trunkline_model::delivery::FollowFrom;
use trunkline_model::event::Event;
use trunkline_model::gate::Progress;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::BlobRef;
use trunkline_model::record::EventRetention;
use trunkline_model::{AccountId, AppId, Dialect, Failure, InstanceId, KeyId, MemberId, MessageId, Scope};

/// Who presented a valid API key, or is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account that the key opens.
    pub account: AccountId,
    /// Public id of the key; of a member, the number of their session.
    pub key: KeyId,
    /// The member who is signed in, where it is no key.
    pub member: Option<MemberId>,
    /// Which form of the API the key speaks; `None` where there is no key.
    pub dialect: Option<Dialect>,
    /// What the key may do.
    pub scopes: Arc<[Scope]>,
    /// The same in the words of its dialect; empty for a native key.
    pub dialect_scopes: Arc<[String]>,
    /// The instances that exist for the key, in ascending order; `None` for all of its account.
    pub instances: Option<Arc<[InstanceId]>>,
    /// Requests in a minute that the account grants, where it says so itself.
    pub rates: Arc<Rates>,
    /// The app that the request names itself with, where its dialect asks for one.
    pub app: Option<AppId>,
}

/// Which app presented a valid app key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPrincipal {
    /// Whose it is.
    pub account: AccountId,
    /// Its public id.
    pub app: AppId,
    /// The instances that it is bound to; `None` for all of its account.
    pub instances: Option<Arc<[InstanceId]>>,
}

impl Principal {
    /// Who presents a native key without bounds.
    pub fn of_key(account: AccountId, key: KeyId, scopes: Vec<Scope>) -> Principal {
        Principal {
            account,
            key,
            member: None,
            dialect: Some(Dialect::Native),
            scopes: scopes.into(),
            dialect_scopes: Arc::default(),
            instances: None,
            rates: Arc::default(),
            app: None,
        }
    }

    /// Whether an instance of the account exists for the key.
    pub fn may_see(&self, instance: InstanceId) -> bool {
        self.instances.as_ref().is_none_or(|instances| instances.binary_search(&instance).is_ok())
    }
}

/// Whether the node can do its work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// Why not, one sentence each, without a full stop; no tenant's data.
    pub reasons: Vec<String>,
    /// Shards that this node runs.
    pub shards: usize,
}

/// The node as its operator sees it. Counts only, nothing of any tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeStatus {
    /// Version of the program.
    pub version: &'static str,
    /// When it started, in milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// Milliseconds since then.
    pub uptime_ms: u64,
    /// Each shard.
    pub shards: Vec<ShardStatus>,
    /// Number of instances in each state that any is in.
    pub instances: Vec<(InstanceState, usize)>,
    /// What became of the numbers that were to come back online at the start.
    pub resume: Progress,
    /// Open files of the process.
    pub open_files: OpenFiles,
}

/// A shard at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardStatus {
    /// Number of the shard.
    pub shard: u16,
    /// Instances that live on it.
    pub instances: usize,
    /// Milliseconds since its loop last turned.
    pub lag_ms: u64,
}

/// Open files, where the system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// Most that the process may have.
    pub limit: Option<u64>,
    /// Those that it has.
    pub used: Option<u64>,
}

/// A local or routed engine. Cheap to clone: every front thread has its own.
pub trait Gateway: Clone + Send + Sync + 'static {
    /// Wakes a stream when an instance has new events.
    type Tail: EventTail;
    /// Follows the events of all instances of an account.
    type Follower: AccountFollower;

    /// Who presents an API key, from this address; compared by hash in constant time.
    ///
    /// # Errors
    /// `UNAUTHORIZED` for a key that is not known or has expired, `ACCOUNT_SUSPENDED`, `ADDRESS_NOT_ALLOWED`.
    fn authenticate(&self, presented: &str, from: Option<IpAddr>) -> Result<Principal, Failure>;

    /// Which app presents an app key, from this address.
    ///
    /// # Errors
    /// As [`Gateway::authenticate`].
    fn authenticate_app(&self, presented: &str, from: Option<IpAddr>) -> Result<AppPrincipal, Failure>;

    /// Who presents the cookie of a session.
    ///
    /// # Errors
    /// `UNAUTHORIZED` for one that is not known or has ended, `ACCOUNT_SUSPENDED`.
    fn authenticate_session(&self, presented: &str) -> Result<Principal, Failure>;

    /// Signs a member in; their session is on disk on return.
    ///
    /// # Errors
    /// `UNAUTHORIZED` for a wrong address as for a wrong password, `TOO_MANY_REQUESTS`, `ACCOUNT_SUSPENDED`, or overload.
    async fn sign_in(
        &self,
        credentials: Credentials,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure>;

    /// Makes an account for somebody who was not invited, and signs them in as its owner; both are on disk on return.
    ///
    /// # Errors
    /// `SIGN_UP_CLOSED`, `EMAIL_TAKEN`, `ACCOUNT_FULL`, `TOO_MANY_REQUESTS`, or overload.
    async fn sign_up(
        &self,
        new: SignUp,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure>;

    /// Has a link sent to a member who forgot their password; who is none hears the same.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    fn forgot_password(&self, email: &str, from: Option<IpAddr>) -> Result<(), Failure>;

    /// Sets the password of a member who has a link; on disk on return.
    ///
    /// # Errors
    /// `UNAUTHORIZED` for a link that opens nothing, `TOO_MANY_REQUESTS`, or overload.
    async fn set_password(&self, choice: (&str, String), from: Option<IpAddr>) -> Result<(), Failure>;

    /// Sends a member their link, where letters are sent; says whether they are.
    fn mail_link(&self, member: &MemberRecord, link: &Shown) -> bool;

    /// Asks an account. What is changed is on disk on return, with its entry in the account's log of changes.
    ///
    /// # Errors
    /// `ACCOUNT_NOT_FOUND`, whatever the account refuses it for, or overload.
    async fn account(
        &self,
        account: AccountId,
        author: Author,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure>;

    /// Makes an account; on disk on return.
    ///
    /// # Errors
    /// `ACCOUNT_FULL` when the node has as many as it may, or a failure of the store.
    async fn create_account(&self, author: Author, new: NewAccount) -> Result<AccountRecord, Failure>;

    /// The node's accounts in the order of their ids, only those after `after`, at most `limit`; and whether more follow.
    fn list_accounts(&self, after: Option<AccountId>, limit: usize) -> (Vec<AccountRecord>, bool);

    /// Makes an instance.
    ///
    /// # Errors
    /// `NAME_TAKEN`, `NODE_FULL`, or overload.
    async fn create_instance(
        &self,
        account: AccountId,
        instance: CreateInstance,
    ) -> Result<InstanceView, Failure>;

    /// Makes a linked instance from credentials that came from elsewhere. It stands still.
    ///
    /// # Errors
    /// `VALIDATION`, `NAME_TAKEN`, `NODE_FULL`, or overload.
    async fn import_instance(
        &self,
        account: AccountId,
        wanted: ImportRequest,
    ) -> Result<InstanceView, Failure>;

    /// An account's instances that match, in order of id, only those after `after`, at most `limit`; and whether more follow.
    ///
    /// # Errors
    /// Overload.
    async fn list_instances(
        &self,
        account: AccountId,
        page: (Option<InstanceId>, usize),
        wanted: InstanceFilter<'_>,
    ) -> Result<(Vec<InstanceView>, bool), Failure>;

    /// The last state that an instance entered; `None` where there is no such instance.
    fn state_of(&self, instance: InstanceId) -> Option<InstanceState>;

    /// Every instance of an account and its state, in order of id.
    fn instances_of(&self, account: AccountId) -> Vec<(InstanceId, InstanceState)>;

    /// Ids of an account's instances after one of them, in order, at most so many.
    fn instance_ids(&self, account: AccountId, page: (Option<InstanceId>, usize)) -> Vec<InstanceId>;

    /// The account's instance with this id or name. Instances of other accounts do not exist for it.
    fn resolve(&self, account: AccountId, id_or_name: &str) -> Option<InstanceId>;

    /// The account's instance that a message belongs to.
    ///
    /// # Errors
    /// Overload.
    async fn owner_of_message(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<InstanceId>, Failure>;

    /// Gives a command to an instance and returns its answer.
    ///
    /// # Errors
    /// Whatever the instance refuses it for.
    async fn call(&self, instance: InstanceId, command: Command) -> Result<Reply, Failure>;

    /// As [`Gateway::call`], in the name of somebody: what the command changes is in the log of changes of the instance's account
    /// ([`Command::audited`]), whether or not the caller waits for the answer.
    ///
    /// # Errors
    /// As [`Gateway::call`].
    async fn call_as(&self, author: Author, instance: InstanceId, command: Command)
    -> Result<Reply, Failure>;

    /// Asks an account's endpoints: its webhooks, brokers and consumers.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`, whatever the endpoints refuse it for, or overload.
    async fn endpoints(&self, account: AccountId, command: EndpointCommand)
    -> Result<EndpointReply, Failure>;

    /// Asks an account's plans: templates, address book, suppression list, one-time passwords, campaigns, schedules.
    ///
    /// # Errors
    /// What the plans refuse it for, or overload.
    async fn plans(&self, account: AccountId, command: PlanCommand) -> Result<PlanReply, Failure>;

    /// As [`Gateway::endpoints`], in the name of somebody: what the command changes is in the log of changes
    /// ([`EndpointCommand::audited`]).
    ///
    /// # Errors
    /// As [`Gateway::endpoints`].
    async fn endpoints_as(
        &self,
        author: Author,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure>;

    /// How long an account's events are kept.
    ///
    /// # Errors
    /// A failure of the store.
    async fn event_retention(&self, account: AccountId) -> Result<EventRetention, Failure>;

    /// Says how long an account's events are kept from now on; on disk on return.
    ///
    /// # Errors
    /// A failure of the store.
    async fn set_event_retention(&self, account: AccountId, retention: EventRetention)
    -> Result<(), Failure>;

    /// Follows an account's instances, also those that are made later.
    ///
    /// # Errors
    /// Overload.
    async fn follow_account(&self, account: AccountId, from: FollowFrom) -> Result<Self::Follower, Failure>;

    /// Waits until a message is sent or failed, `timeout_ms` at most, and returns it as it is then.
    ///
    /// # Errors
    /// `MESSAGE_NOT_FOUND`, or overload.
    async fn wait_settled(
        &self,
        instance: InstanceId,
        message: MessageId,
        timeout_ms: u64,
    ) -> Result<MessageView, Failure>;

    /// Streams a file to disk, durable on return, named by its content. An error in the stream abandons the file.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` above [`trunkline_model::limits::MEDIA_BYTES_MAX`], the stream's own error, or a full disk.
    async fn store_blob(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure>;

    /// A part of a file on this node's disk, piece by piece.
    ///
    /// # Errors
    /// `UNAVAILABLE` when too many files are being read; a failure of the disk, in the stream too.
    async fn read_blob(
        &self,
        blob: BlobRef,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, Failure>;

    /// The file at a public address, by the word in that; on this node's disk by now.
    ///
    /// # Errors
    /// `FILE_NOT_FOUND`, `UNAVAILABLE`, or a failure of the store.
    async fn public_file(&self, word: &str) -> Result<FileRecord, Failure>;

    /// Follows an instance's events from now on.
    fn tail(&self, instance: InstanceId) -> Self::Tail;

    /// Whether this node can do its work.
    fn health(&self) -> Health;

    /// How the node is doing, for its operator.
    fn node(&self) -> NodeStatus;

    /// Every metric of the process, in Prometheus' text format.
    fn render_metrics(&self) -> String;
}

/// News of an instance's event log.
pub trait EventTail: 'static {
    /// Sequence number of the newest event, as soon as it is one that this tail has not told yet. `None` when there will be
    /// no more: the instance is gone or the engine is stopping. Cancel safe: dropping the future loses nothing.
    async fn next(&mut self) -> Option<u64>;
}

/// Follows the events of an account's instances.
pub trait AccountFollower: Send + 'static {
    /// Waits for events and gives the next ones, each instance's in the order of its log; `None` at its end.
    async fn next(&mut self) -> Option<Vec<(InstanceId, Event)>>;
}
