//! An engine that holds three instances and remembers every request that reached it.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{Notify, watch};
use trunkline_api::{AppPrincipal, Gateway, Health, NodeStatus, Principal};
use trunkline_model::account::{
    AccountRecord, AuditAction, Author, FileRecord, MemberRecord, Role, SessionRecord,
};
use trunkline_model::command::{
    AccountCommand, AccountReply, Command, CreateInstance, Credentials, EndpointCommand, EndpointReply,
    ImportRequest, InstanceFilter, InstanceView, MessageView, NewAccount, PlanCommand, PlanReply, Reply,
    Shown, SignUp,
};
use trunkline_model::delivery::{Endpoint, FollowFrom};
use trunkline_model::event::Event;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{BlobRef, MessageStatus, SendMessage};
use trunkline_model::record::EventRetention;
use trunkline_model::settings::SettingsUpdate;
use trunkline_model::{AccountId, ErrorCode, Failure, InstanceId, KeyId, MessageId, WorkspaceId};

use crate::answers;

mod accepting;
mod follower;
mod keys;
mod sample;
mod tail;

use accepting::takes_messages;
use follower::FakeFollower;
pub use keys::*;
pub use sample::{instance, message, message_id};
use sample::{pairing, received};
use tail::FakeTail;

pub const ACCOUNT: AccountId = AccountId(1);
pub const OTHER_ACCOUNT: AccountId = AccountId(2);
/// Open, named `shop`.
pub const OPEN: InstanceId = InstanceId(0x11);
/// Never linked, named `fresh`.
pub const UNLINKED: InstanceId = InstanceId(0x12);
/// Belongs to the other account.
pub const FOREIGN: InstanceId = InstanceId(0x13);

/// The cookie of a member who looks at everything.
pub const COOKIE: &str = "tss_member";

/// A text that makes the engine's handle panic.
pub const PANIC: &str = "boom";
/// A text or file that makes the engine wait until [`Fake::release`].
pub const HOLD: &str = "hold";

/// The file of every received message.
pub const FILE: &[u8] = b"0123456789";

/// Text of the QR code on show.
pub const QR: &str = "2@qr-text,abc,def";

/// What reached the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Create(CreateInstance),
    Account(AccountId, AccountCommand),
    CreateAccount(NewAccount),
    ListAccounts(Option<AccountId>, usize),
    ListOnly(Vec<InstanceId>),
    ListOf(WorkspaceId),
    List(Option<InstanceId>, usize, Option<InstanceState>),
    Command(InstanceId, Command),
    Blob(Vec<u8>),
    Node,
    Endpoint(EndpointCommand),
    Plan(PlanCommand),
    GetRetention,
    SetRetention(EventRetention),
    Follow(FollowFrom),
}

#[derive(Clone)]
pub struct Fake(Arc<Inner>);

struct Inner {
    seen: Mutex<Vec<Seen>>,
    notes: Mutex<Vec<(Author, AuditAction, String)>>,
    idempotent: Mutex<HashMap<String, SendMessage>>,
    events: Mutex<Vec<Event>>,
    newest: watch::Sender<u64>,
    tails: watch::Sender<usize>,
    held: watch::Sender<usize>,
    release: Notify,
    ready: Mutex<bool>,
    refusal: Mutex<Option<Failure>>,
    followed: Mutex<bool>,
    /// The only hook that there is.
    hook: Mutex<Option<Box<Endpoint>>>,
    revoked: Mutex<bool>,
}

impl Fake {
    pub fn new() -> Fake {
        Fake(Arc::new(Inner {
            seen: Mutex::default(),
            notes: Mutex::default(),
            idempotent: Mutex::default(),
            events: Mutex::default(),
            newest: watch::Sender::new(0),
            tails: watch::Sender::new(0),
            held: watch::Sender::new(0),
            release: Notify::new(),
            ready: Mutex::new(true),
            refusal: Mutex::default(),
            followed: Mutex::default(),
            hook: Mutex::default(),
            revoked: Mutex::default(),
        }))
    }

    /// Takes what was to be remembered of changes since the last time.
    pub fn take_notes(&self) -> Vec<(Author, AuditAction, String)> {
        std::mem::take(&mut *lock(&self.0.notes))
    }

    /// Takes what reached the engine since the last time.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *lock(&self.0.seen))
    }

    pub fn set_ready(&self, ready: bool) {
        *lock(&self.0.ready) = ready;
    }

    /// Refuses every message from now on.
    pub fn refuse(&self, failure: Failure) {
        *lock(&self.0.refusal) = Some(failure);
    }

    /// From now on no key opens anything.
    pub fn revoke_keys(&self) {
        *lock(&self.0.revoked) = true;
    }

    /// From now on a stream over all instances goes on after what is in the log; before, it ends there.
    pub fn follow_on(&self) {
        *lock(&self.0.followed) = true;
    }

    fn is_followed(&self) -> bool {
        *lock(&self.0.followed)
    }

    /// Adds a received text to the open instance's log.
    pub fn receive(&self, body: &str) {
        let mut events = lock(&self.0.events);
        let sequence = events.len() as u64 + 1;
        events.push(received(sequence, body));
        drop(events);
        self.0.newest.send_replace(sequence);
    }

    /// Waits until exactly `count` streams follow the log.
    pub async fn tails(&self, count: usize) {
        let mut tails = self.0.tails.subscribe();
        tails.wait_for(|open| *open == count).await.expect("the fake lives");
    }

    /// Waits until `count` requests are held.
    pub async fn held(&self, count: usize) {
        let mut held = self.0.held.subscribe();
        held.wait_for(|waiting| *waiting == count).await.expect("the fake lives");
    }

    /// Lets the held requests go on.
    pub fn release(&self) {
        self.0.release.notify_waiters();
    }

    fn see(&self, seen: Seen) {
        lock(&self.0.seen).push(seen);
    }

    async fn hold(&self) {
        let released = self.0.release.notified();
        self.0.held.send_modify(|held| *held += 1);
        released.await;
    }

    fn pull(&self, after: u64, limit: usize) -> Reply {
        let events = lock(&self.0.events);
        let newest = events.len() as u64;
        let page = events.iter().filter(|event| event.sequence > after).take(limit);
        Reply::Events { events: page.cloned().collect(), newest }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics with the lock held")
}

impl Gateway for Fake {
    type Tail = FakeTail;
    type Follower = FakeFollower;

    fn authenticate(&self, presented: &str, _from: Option<IpAddr>) -> Result<Principal, Failure> {
        if *lock(&self.0.revoked) {
            return Err(Failure::new(ErrorCode::Unauthorized, "No."));
        }
        keys::principal(presented)
    }

    fn authenticate_app(&self, presented: &str, _from: Option<IpAddr>) -> Result<AppPrincipal, Failure> {
        keys::app(presented)
    }

    fn authenticate_session(&self, presented: &str) -> Result<Principal, Failure> {
        if presented != COOKIE {
            return Err(Failure::new(ErrorCode::Unauthorized, "No."));
        }
        let signed_in = Principal::of_key(ACCOUNT, KeyId(answers::account::SESSION), Role::Viewer.scopes());
        Ok(Principal { member: Some(answers::account::MEMBER), ..signed_in })
    }

    async fn sign_in(
        &self,
        credentials: Credentials,
        _from: Option<IpAddr>,
        _agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        if credentials.password == "wrong" {
            return Err(Failure::new(ErrorCode::Unauthorized, "No."));
        }
        Ok((answers::account::member(), answers::account::session(), Shown(COOKIE.to_owned())))
    }

    async fn sign_up(
        &self,
        new: SignUp,
        _from: Option<IpAddr>,
        _agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        if new.email == "taken@example.org" {
            return Err(Failure::new(ErrorCode::EmailTaken, "No."));
        }
        Ok((answers::account::member(), answers::account::session(), Shown(COOKIE.to_owned())))
    }

    fn forgot_password(&self, _email: &str, _from: Option<IpAddr>) -> Result<(), Failure> {
        Ok(())
    }

    async fn set_password(&self, _choice: (&str, String), _from: Option<IpAddr>) -> Result<(), Failure> {
        Ok(())
    }

    fn mail_link(&self, _member: &MemberRecord, _link: &Shown) -> bool {
        false
    }

    async fn account(
        &self,
        account: AccountId,
        author: Author,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure> {
        match command.clone() {
            AccountCommand::Note(action, subject) => lock(&self.0.notes).push((author, action, subject)),
            _ => self.see(Seen::Account(account, command.clone())),
        }
        answers::account::account(account, &command)
    }

    async fn create_account(&self, _author: Author, new: NewAccount) -> Result<AccountRecord, Failure> {
        self.see(Seen::CreateAccount(new));
        Ok(answers::account::record(answers::account::TENANT))
    }

    fn list_accounts(&self, after: Option<AccountId>, limit: usize) -> (Vec<AccountRecord>, bool) {
        self.see(Seen::ListAccounts(after, limit));
        (vec![answers::account::record(ACCOUNT)], limit == 1)
    }

    async fn create_instance(
        &self,
        _account: AccountId,
        create: CreateInstance,
    ) -> Result<InstanceView, Failure> {
        let taken = create.name.as_deref() == Some("taken");
        self.see(Seen::Create(create));
        if taken {
            return Err(Failure::new(ErrorCode::NameTaken, "Choose another."));
        }
        Ok(instance(OPEN, InstanceState::New))
    }

    async fn import_instance(
        &self,
        account: AccountId,
        wanted: ImportRequest,
    ) -> Result<InstanceView, Failure> {
        self.create_instance(account, wanted.instance).await
    }

    async fn list_instances(
        &self,
        _account: AccountId,
        (after, limit): (Option<InstanceId>, usize),
        wanted: InstanceFilter<'_>,
    ) -> Result<(Vec<InstanceView>, bool), Failure> {
        match wanted {
            InstanceFilter { only: Some(only), .. } => self.see(Seen::ListOnly(only.to_vec())),
            InstanceFilter { workspace: Some(workspace), .. } => self.see(Seen::ListOf(workspace)),
            InstanceFilter { state, .. } => self.see(Seen::List(after, limit, state)),
        }
        let views = vec![instance(OPEN, InstanceState::Open)];
        Ok((views, limit == 1))
    }

    fn state_of(&self, instance: InstanceId) -> Option<InstanceState> {
        Some(if instance == UNLINKED { InstanceState::New } else { InstanceState::Open })
    }

    fn instances_of(&self, account: AccountId) -> Vec<(InstanceId, InstanceState)> {
        match account {
            ACCOUNT => vec![(OPEN, InstanceState::Open), (UNLINKED, InstanceState::New)],
            _ => vec![(FOREIGN, InstanceState::Open)],
        }
    }

    fn instance_ids(
        &self,
        account: AccountId,
        (after, limit): (Option<InstanceId>, usize),
    ) -> Vec<InstanceId> {
        let all = self.instances_of(account).into_iter().map(|(id, _)| id);
        all.filter(|id| after.is_none_or(|after| *id > after)).take(limit).collect()
    }

    fn resolve(&self, account: AccountId, id_or_name: &str) -> Option<InstanceId> {
        let known =
            [(ACCOUNT, OPEN, "shop"), (ACCOUNT, UNLINKED, "fresh"), (OTHER_ACCOUNT, FOREIGN, "foreign")];
        known
            .into_iter()
            .find(|(owner, id, name)| {
                *owner == account && (*name == id_or_name || id.to_string() == id_or_name)
            })
            .map(|(_, id, _)| id)
    }

    async fn owner_of_message(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<InstanceId>, Failure> {
        Ok((account == ACCOUNT && message == message_id()).then_some(OPEN))
    }

    async fn call(&self, id: InstanceId, command: Command) -> Result<Reply, Failure> {
        self.see(Seen::Command(id, command.clone()));
        let state = if id == OPEN { InstanceState::Open } else { InstanceState::New };
        match command {
            Command::GetInstance
            | Command::UpdateInstance(_)
            | Command::Connect
            | Command::Disconnect
            | Command::Restart
            | Command::Logout => {
                let newest_event = *self.0.newest.borrow();
                let mut view = InstanceView { newest_event, ..instance(id, state) };
                view.linked = view.linked.filter(|_| id != UNLINKED);
                Ok(Reply::Instance(Box::new(view)))
            }
            Command::Group(command) => Ok(answers::group(&command)),
            Command::Profile(command) => Ok(answers::profile(&command)),
            Command::Privacy(_) => Ok(answers::privacy()),
            Command::Presence(_) => Ok(Reply::Done),
            Command::GetLimits => Ok(answers::limits()),
            Command::Call(command) => Ok(answers::call(&command)),
            Command::Newsletter(command) => Ok(answers::newsletter(&command)),
            Command::Community(command) => Ok(answers::community(&command)),
            Command::Status(command) => Ok(answers::status(&command)),
            Command::Chat(command) => Ok(answers::chat(&command)),
            Command::Contact(command) => Ok(answers::contact(&command)),
            Command::DeleteInstance | Command::MarkRead { .. } => Ok(Reply::Done),
            Command::GetPairing if id == OPEN => Ok(pairing(InstanceState::AwaitingScan)),
            Command::GetPairing
            | Command::RequestPairingCode { .. }
            | Command::AnswerPasskey(_)
            | Command::ConfirmPasskey => Ok(pairing(state)),
            Command::CheckSend { .. } => takes_messages(id).map(|()| Reply::Done),
            Command::Send(request) => self.accept(id, *request).await,
            Command::ResendMessage { .. } => Ok(Reply::Message(Box::new(message(MessageStatus::Pending)))),
            Command::GetMessage { id } if id == message_id() => {
                Ok(Reply::Message(Box::new(message(MessageStatus::Sent))))
            }
            Command::SendMany(requests) => Ok(answers::sent(requests, &message(MessageStatus::Pending))),
            Command::GetReceipts { .. } => Ok(answers::receipts()),
            Command::FindMessage { wa_id } if wa_id == "3EB0AA" => {
                Ok(Reply::Message(Box::new(message(MessageStatus::Sent))))
            }
            Command::GetMessage { .. } | Command::FindMessage { .. } => {
                Err(Failure::new(ErrorCode::MessageNotFound, "No."))
            }
            Command::GetBodies { ids } => Ok(answers::bodies(&ids)),
            Command::ListMessages { status, limit, .. } => {
                // A page that a filter left empty has a cursor as well.
                let next = (limit == 1).then(message_id);
                let found = |wanted: Option<MessageStatus>| wanted.is_none_or(|s| s == MessageStatus::Read);
                let messages = if found(status) { vec![message(MessageStatus::Read)] } else { Vec::new() };
                Ok(Reply::Messages { messages, next })
            }
            Command::PullEvents { after, limit } => Ok(self.pull(after, limit)),
            Command::Export(_) => Ok(Reply::Exported(vec![1, 2, 3])),
            Command::NoteImport { .. } | Command::NotePaused { .. } => unreachable!(),
            Command::GetSettings => Ok(answers::settings(SettingsUpdate::default())),
            Command::UpdateSettings(update) => Ok(answers::settings(*update)),
            Command::FetchMedia { .. } | Command::DownloadMedia(_) => Ok(Reply::Media {
                mime_type: Some("image/png".to_owned()),
                file_name: Some("صورة 1.png".to_owned()),
                file: blob(FILE),
            }),
        }
    }

    async fn call_as(&self, author: Author, id: InstanceId, command: Command) -> Result<Reply, Failure> {
        let action = command.audited().expect("it changes something");
        let reply = self.call(id, command).await?;
        lock(&self.0.notes).push((author, action, id.to_string()));
        Ok(reply)
    }

    async fn endpoints_as(
        &self,
        author: Author,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure> {
        let action = command.audited().expect("it changes something");
        let reply = self.endpoints(account, command).await?;
        lock(&self.0.notes).push((author, action, "an endpoint".to_owned()));
        Ok(reply)
    }

    async fn endpoints(
        &self,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure> {
        self.see(Seen::Endpoint(command.clone()));
        if account != ACCOUNT {
            return Err(Failure::new(ErrorCode::WebhookNotFound, "No."));
        }
        match &command {
            EndpointCommand::GetHook(_) => return Ok(EndpointReply::Hook(lock(&self.0.hook).clone())),
            EndpointCommand::ChangeHook(id, change) => {
                let mut hook = lock(&self.0.hook);
                let changed = change.as_ref().clone().apply(*id, account, hook.as_deref(), 0);
                *hook = Some(Box::new(changed));
                return Ok(EndpointReply::Hook(hook.clone()));
            }
            _ => {}
        }
        match (&command, self.pull(0, usize::MAX)) {
            (EndpointCommand::Pull { limit, .. }, Reply::Events { events, .. }) => {
                let events = events.into_iter().take(*limit).map(|event| (OPEN, event));
                Ok(EndpointReply::Events(events.collect()))
            }
            _ => answers::endpoint::endpoint(&command),
        }
    }

    async fn plans(&self, _account: AccountId, command: PlanCommand) -> Result<PlanReply, Failure> {
        self.see(Seen::Plan(command.clone()));
        Ok(answers::plan::plan(command))
    }

    async fn event_retention(&self, _account: AccountId) -> Result<EventRetention, Failure> {
        self.see(Seen::GetRetention);
        Ok(EventRetention { days: Some(30), bytes: None })
    }

    async fn set_event_retention(
        &self,
        _account: AccountId,
        retention: EventRetention,
    ) -> Result<(), Failure> {
        self.see(Seen::SetRetention(retention));
        Ok(())
    }

    async fn follow_account(&self, _account: AccountId, from: FollowFrom) -> Result<FakeFollower, Failure> {
        self.see(Seen::Follow(from));
        Ok(FakeFollower::new(self, from))
    }

    async fn wait_settled(
        &self,
        _instance: InstanceId,
        _message: MessageId,
        timeout_ms: u64,
    ) -> Result<MessageView, Failure> {
        let status = if timeout_ms > 1 { MessageStatus::Sent } else { MessageStatus::Pending };
        Ok(message(status))
    }

    async fn store_blob(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure> {
        let mut body = std::pin::pin!(body);
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        if bytes == HOLD.as_bytes() {
            self.hold().await;
        }
        let blob = blob(&bytes);
        self.see(Seen::Blob(bytes));
        Ok(blob)
    }

    async fn read_blob(
        &self,
        file: BlobRef,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, Failure> {
        assert_eq!(file, blob(FILE), "another file");
        let part = &FILE[range.start as usize..range.end as usize];
        // In two pieces, as a disk gives them.
        let (first, rest) = part.split_at(part.len() / 2);
        let pieces = [first, rest].map(|piece| Ok(Bytes::copy_from_slice(piece)));
        Ok(stream::iter(pieces).boxed())
    }

    async fn public_file(&self, word: &str) -> Result<FileRecord, Failure> {
        match word {
            "a-word" => Ok(answers::account::file()),
            _ => Err(Failure::new(ErrorCode::FileNotFound, "No.")),
        }
    }

    fn tail(&self, _instance: InstanceId) -> FakeTail {
        self.0.tails.send_modify(|open| *open += 1);
        FakeTail::new(self.clone())
    }

    fn health(&self) -> Health {
        let ready = *lock(&self.0.ready);
        Health {
            ready,
            reasons: if ready { Vec::new() } else { vec!["shard 1 is stalled".to_owned()] },
            shards: 2,
        }
    }

    fn node(&self) -> NodeStatus {
        self.see(Seen::Node);
        sample::node()
    }

    fn render_metrics(&self) -> String {
        "trunkline_up 1\n".to_owned()
    }
}

/// Where the fake stores bytes: under their length.
pub fn blob(bytes: &[u8]) -> BlobRef {
    BlobRef { sha256: [7; 32], size_bytes: bytes.len() as u64 }
}
