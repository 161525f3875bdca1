//! Accounts, as front ends ask for them.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use trunkline_model::account::{
    AccountRecord, AuditAction, Author, HookDefaults, MemberRecord, SessionRecord,
};
use trunkline_model::command::{
    AccountCommand, AccountReply, Command, Credentials, EndpointCommand, EndpointReply, NewAccount, NewKey,
    Reply, Shown, SignUp,
};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::{AccountId, Dialect, ErrorCode, Failure, InstanceId, KeyId, Scope, WorkspaceId};

use super::handle::Engine;
use crate::account::{AppPrincipal, AskInstance, Belongings, Home, Mailer, Principal};
use crate::delivery::{self, Registry};
use crate::directory::Directory;
use crate::instance::Ask;
use crate::limits::{BUSY_RETRY_AFTER_MS, CALL_TIMEOUT};
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

    /// Who presents the cookie of a session.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`], [`ErrorCode::AccountSuspended`].
    pub fn authenticate_session(&self, presented: &str) -> Result<Principal, Failure> {
        self.inner().accounts.admit_member(presented)
    }

    /// Signs a member in; their session is on disk on return.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`] for a wrong address as for a wrong password, [`ErrorCode::TooManyRequests`],
    /// [`ErrorCode::AccountSuspended`], or overload.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        self.inner().accounts.sign_in(credentials, from, agent).await
    }

    /// Makes an account for somebody who was not invited, and signs them in as its owner; both are on disk on return.
    ///
    /// # Errors
    /// [`ErrorCode::SignUpClosed`], [`ErrorCode::EmailTaken`], [`ErrorCode::AccountFull`] when the node has as many accounts as it
    /// may, [`ErrorCode::TooManyRequests`], or overload.
    pub async fn sign_up(
        &self,
        new: SignUp,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        self.inner().accounts.sign_up(new, from, agent).await
    }

    /// Lets strangers make accounts of their own from now on.
    pub fn open_sign_up(&self) {
        self.inner().accounts.open_sign_up();
    }

    /// Has a link sent to a member who forgot their password; who is none hears the same.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyRequests`].
    pub fn forgot_password(&self, email: &str, from: Option<IpAddr>) -> Result<(), Failure> {
        self.inner().accounts.forgot_password(email, from)
    }

    /// Sets the password of a member who has a link; on disk on return.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`] for a link that opens nothing, [`ErrorCode::TooManyRequests`], or overload.
    pub async fn set_password(
        &self,
        (link, password): (&str, String),
        from: Option<IpAddr>,
    ) -> Result<(), Failure> {
        self.inner().accounts.set_password((link, password), from).await
    }

    /// Has letters sent from now on.
    pub fn mail_through(&self, mailer: Arc<dyn Mailer>) {
        self.inner().accounts.mail_through(mailer);
    }

    /// Sends a member their link, where letters are sent; says whether they are.
    pub fn mail_link(&self, member: &MemberRecord, link: &Shown) -> bool {
        self.inner().accounts.mail_link(member, link)
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
        // The account's own log goes with it.
        let deleting = Arc::clone(accounts);
        let gone = author.clone();
        let work = async move { deleting.ask(account, gone, AccountCommand::Delete).await };
        let subject = move |_: &AccountReply| account.to_string();
        accounts.noted((ROOT_ACCOUNT, author, AuditAction::AccountDeleted), subject, work).await
    }

    /// As [`Engine::call`], in the name of somebody: what the command changes is in the log of changes of the instance's account,
    /// whether or not the caller waits for the answer.
    ///
    /// # Errors
    /// As [`Engine::call`]; a failure of the store where it has to be remembered first.
    pub async fn call_as(
        &self,
        author: Author,
        instance: InstanceId,
        command: Command,
    ) -> Result<Reply, Failure> {
        let Some(action) = command.audited() else { return self.call(instance, command).await };
        let (account, engine) = (self.route(instance)?.account, self.clone());
        let work = async move { engine.call(instance, command).await };
        let subject = move |_: &Reply| instance.to_string();
        if action.is_remembered_before() {
            let note = AccountCommand::Note(action, instance.to_string());
            self.inner().accounts.ask(account, author, note).await?;
            return work.await;
        }
        self.inner().accounts.noted((account, author, action), subject, work).await
    }

    /// As [`Engine::endpoints`], in the name of somebody: what the command changes is in the account's log of changes, whether or not
    /// the caller waits for the answer.
    ///
    /// # Errors
    /// As [`Engine::endpoints`].
    pub async fn endpoints_as(
        &self,
        author: Author,
        account: AccountId,
        command: EndpointCommand,
    ) -> Result<EndpointReply, Failure> {
        let Some(action) = command.audited() else { return self.endpoints(account, command).await };
        let named = match &command {
            EndpointCommand::Update(id, _)
            | EndpointCommand::Pause(id)
            | EndpointCommand::Resume(id)
            | EndpointCommand::RotateSecret(id, _)
            | EndpointCommand::Delete { id, .. } => Some(*id),
            EndpointCommand::ChangeHook(hook, _) => Some(hook.endpoint()),
            _ => None,
        };
        let subject = move |reply: &EndpointReply| match (named, reply) {
            (Some(id), _) => id.to_string(),
            (None, EndpointReply::Endpoint(view)) => view.endpoint.id.to_string(),
            _ => String::new(),
        };
        let engine = self.clone();
        let work = async move { engine.endpoints(account, command).await };
        self.inner().accounts.noted((account, author, action), subject, work).await
    }

    /// Makes an account; it is on disk on return.
    ///
    /// # Errors
    /// [`ErrorCode::AccountFull`] when the node has as many as it may, or a failure of the store.
    pub async fn create_account(&self, author: Author, new: NewAccount) -> Result<AccountRecord, Failure> {
        self.inner().accounts.create(author, new).await
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
            chosen: None,
        };
        let command = AccountCommand::CreateKey(Box::new(new));
        match self.account(account, Author::operator(), command).await? {
            AccountReply::NewKey(view, shown) => Ok((view.record.id, shown)),
            _ => Err(Failure::new(ErrorCode::Internal, "The account answered something else.")),
        }
    }
}

impl Engine {
    /// Has messages paid for, where their account has credits.
    ///
    /// # Errors
    /// A failure of the store, or overload. Messages that cannot be paid are refused by the instance, each for itself.
    pub(super) async fn priced(&self, instance: InstanceId, mut ask: Ask) -> Result<Ask, Failure> {
        let (wanted, accounts) = (ask.messages(), &self.inner().accounts);
        if wanted == 0 || !accounts.charges_any() {
            return Ok(ask);
        }
        if let Some(account) = accounts.charged(self.route(instance)?.account) {
            ask.cost(accounts.prices(&account, (instance, wanted)).await?);
        }
        Ok(ask)
    }

    /// Asks instances what became of vouchers.
    pub(super) fn asker_about_vouchers(&self) -> AskInstance {
        let engine = self.downgrade();
        Box::new(move |instance, vouchers| {
            let engine = engine.clone();
            Box::pin(async move {
                let stopping = || Failure::busy("The node is stopping.", BUSY_RETRY_AFTER_MS);
                let engine = Engine::upgrade(&engine).ok_or_else(stopping)?;
                let (tell, told) = oneshot::channel();
                engine.ask(instance, Ask::Vouchers(vouchers, tell), CALL_TIMEOUT).await?;
                told.await.map_err(|_| stopping())?
            })
        })
    }
}

/// What the parts of a running engine hold for an account.
pub(super) struct Held {
    pub(super) directory: Arc<Directory>,
    pub(super) registry: Arc<Registry>,
    /// Whether events may go to private addresses.
    pub(super) allow_private: bool,
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

    fn check_hooks(&self, hooks: &[HookDefaults]) -> Result<(), Failure> {
        for (index, hook) in hooks.iter().enumerate().filter(|(_, hook)| !hook.url.is_empty()) {
            delivery::check_address(&hook.url, self.allow_private).map_err(|mut failure| {
                failure
                    .fields
                    .iter_mut()
                    .for_each(|field| field.field = format!("hooks.{index}.{}", field.field));
                failure
            })?;
        }
        Ok(())
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
