//! The accounts of this node, and the one way to change them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OwnedRwLockReadGuard, RwLock as Residence, Semaphore, oneshot};
use trunkline_model::account::{
    AccountRecord, AccountState, ApiKeyRecord, AppRecord, AuditAction, Author, HookDefaults, KeyUse,
    MemberRecord, Rates, SessionRecord,
};
use trunkline_model::command::{AccountCommand, AccountReply, NewAccount};
use trunkline_model::credit::{Told, Voucher};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::ACCOUNTS_MAX;
use trunkline_model::record::table;
use trunkline_model::slot::{PARTITIONS_DEFAULT, Slot};
use trunkline_model::{AccountId, ErrorCode, Failure, InstanceId, WorkspaceId};
use trunkline_store::{Batch, CommitClass, Ledger, Sealer};

use super::book::MemberBook;
use super::clerk::Clerk;
use super::doorkeeper::Doorkeeper;
use super::pockets::{self, AskInstance, Till};
use super::ring::{AppPrincipal, KeyRing, Principal};
use super::rows::{self, FoundAccounts};
use crate::clock;
use crate::limits::{ACCOUNT_CREDITS, BUSY_RETRY_AFTER_MS};

/// A shard as accounts see it.
pub(crate) struct Home {
    /// Its store.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Runs work on its thread; says whether the shard still takes any.
    pub(crate) run: Box<dyn Fn(BoxFuture<'static, ()>) -> bool + Send + Sync>,
}

/// What others hold for an account: it cannot go while there is any.
pub(crate) trait Belongings: Send + Sync {
    /// Number of its instances, of one workspace or of all.
    fn instances(&self, account: AccountId, workspace: Option<WorkspaceId>) -> usize;

    /// Number of its webhooks and consumers.
    fn endpoints(&self, account: AccountId) -> usize;

    /// Whether an instance is the account's.
    fn has_instance(&self, account: AccountId, instance: InstanceId) -> bool;

    /// Refuses hooks whose addresses nothing may be sent to.
    ///
    /// # Errors
    /// [`ErrorCode::Validation`].
    fn check_hooks(&self, hooks: &[HookDefaults]) -> Result<(), Failure>;
}

/// An account as it is in memory.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    record: RwLock<AccountRecord>,
    /// Whether its keys open anything, and how often: what every request asks, and so without a lock.
    is_active: AtomicBool,
    pub(super) rates: Arc<Rates>,
    /// Commands that may wait.
    credits: Arc<Semaphore>,
    /// One command at a time: what is written is what was read. Holds the number of the next entry in the log of changes.
    pub(super) turn: Mutex<Option<u64>>,
    /// Held shared while something is made in the account, and alone while it is removed.
    pub(super) residence: Arc<Residence<IsGone>>,
    pub(super) keys: AtomicUsize,
    pub(super) apps: AtomicUsize,
    /// Its credits.
    pub(super) till: Till,
}

/// Whether an account was removed.
pub(super) type IsGone = bool;

impl Account {
    pub(super) fn new(record: AccountRecord) -> Arc<Account> {
        let rates = Arc::new(Rates::default());
        rates.take_over(&record.rate_limits);
        Arc::new(Account {
            id: record.id,
            is_active: AtomicBool::new(record.state == AccountState::Active),
            rates,
            record: RwLock::new(record),
            credits: Arc::new(Semaphore::new(ACCOUNT_CREDITS)),
            turn: Mutex::default(),
            residence: Arc::default(),
            keys: AtomicUsize::new(0),
            apps: AtomicUsize::new(0),
            till: Till::default(),
        })
    }

    pub(super) fn record(&self) -> AccountRecord {
        self.record.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn say(&self, record: AccountRecord) {
        self.is_active.store(record.state == AccountState::Active, Ordering::Release);
        self.rates.take_over(&record.rate_limits);
        *self.record.write().unwrap_or_else(PoisonError::into_inner) = record;
    }

    /// Lets the keys of an active account in.
    pub(super) fn admits(&self) -> Result<(), Failure> {
        if self.is_active.load(Ordering::Acquire) {
            return Ok(());
        }
        let detail = "This account is suspended. Ask the operator of the node.";
        Err(Failure::new(ErrorCode::AccountSuspended, detail))
    }
}

/// See the module.
pub(crate) struct Accounts {
    known: RwLock<BTreeMap<AccountId, Arc<Account>>>,
    pub(super) ring: KeyRing,
    /// Who signs in.
    pub(super) book: MemberBook,
    pub(super) door: Doorkeeper,
    pub(super) belongings: Box<dyn Belongings>,
    homes: OnceLock<Box<[Home]>>,
    /// Accounts whose messages cost credits: where there is none, sending asks no further.
    charged: AtomicUsize,
    /// Asks instances about vouchers.
    ask: OnceLock<AskInstance>,
    /// Seals what is secret; the command line, which works without a server, has none.
    sealer: OnceLock<Arc<Sealer>>,
}

impl Accounts {
    pub(crate) fn new(belongings: Box<dyn Belongings>) -> Arc<Accounts> {
        let root = Account::new(AccountRecord::root());
        Arc::new(Accounts {
            known: RwLock::new(BTreeMap::from([(ROOT_ACCOUNT, root)])),
            ring: KeyRing::default(),
            book: MemberBook::default(),
            door: Doorkeeper::default(),
            belongings,
            homes: OnceLock::new(),
            charged: AtomicUsize::new(0),
            ask: OnceLock::new(),
            sealer: OnceLock::new(),
        })
    }

    /// Takes in what a shard has on disk.
    pub(crate) fn found(&self, found: &FoundAccounts) {
        for record in &found.accounts {
            self.enter(Account::new(record.clone()));
        }
        for record in &found.keys {
            self.with(record.account, |account| self.enter_key(account, record));
        }
        for record in &found.apps {
            self.with(record.account, |account| self.enter_app(account, record));
        }
        for record in &found.members {
            self.with(record.account, |account| self.enter_member(account, record, &found.sessions));
        }
        for account in &found.holding {
            self.with(*account, |account| account.till.use_it());
        }
    }

    fn with(&self, account: AccountId, enter: impl FnOnce(&Arc<Account>)) {
        match self.get(account) {
            Ok(account) => enter(&account),
            Err(_) => tracing::error!(%account, "something on disk belongs to no account"),
        }
    }

    pub(super) fn enter_key(&self, account: &Arc<Account>, record: &ApiKeyRecord) {
        self.ring.enter_key(account, record, None);
        account.keys.fetch_add(1, Ordering::Relaxed);
    }

    fn enter_member(&self, account: &Arc<Account>, record: &MemberRecord, sessions: &[SessionRecord]) {
        if !self.book.claim(account, record) {
            tracing::error!(member = %record.id, "two members have one e-mail address; one of them cannot sign in");
        }
        self.book.enter_link(record);
        for session in sessions.iter().filter(|session| session.member == record.id) {
            self.book.enter_session(account, record, session);
        }
    }

    pub(super) fn enter_app(&self, account: &Arc<Account>, record: &AppRecord) {
        self.ring.enter_app(account, record, None);
        account.apps.fetch_add(1, Ordering::Relaxed);
    }

    /// Has secrets sealed with this from now on.
    pub(crate) fn seal_with(&self, sealer: Arc<Sealer>) {
        drop(self.sealer.set(sealer));
    }

    /// What seals secrets.
    ///
    /// # Errors
    /// A retryable one where there is nothing to seal them with.
    pub(super) fn sealer(&self) -> Result<&Sealer, Failure> {
        self.sealer.get().map(Arc::as_ref).ok_or_else(stopping)
    }

    /// From now on commands are taken.
    pub(crate) fn begin(&self, homes: Box<[Home]>) {
        drop(self.homes.set(homes));
        self.count_charged();
    }

    /// From now on instances are asked about what accounts hold for them.
    pub(crate) fn begin_asking(self: &Arc<Accounts>, ask: AskInstance) {
        drop(self.ask.set(ask));
        let homes = self.homes.get().map(Box::as_ref).unwrap_or_default();
        let shards = u16::try_from(homes.len()).unwrap_or(u16::MAX);
        for (shard, home) in (0..shards).zip(homes) {
            // Refused by a shard that has ended already, with the process.
            let _ = (home.run)(Box::pin(pockets::sweep(Arc::downgrade(self), shard, shards)));
        }
    }

    pub(super) async fn ask_instance(
        &self,
        instance: InstanceId,
        vouchers: Vec<Voucher>,
    ) -> Result<Vec<(Voucher, Told)>, Failure> {
        match self.ask.get() {
            Some(ask) => ask(instance, vouchers).await,
            None => Err(stopping()),
        }
    }

    pub(crate) fn charges_any(&self) -> bool {
        self.charged.load(Ordering::Relaxed) > 0
    }

    /// Counts the accounts whose messages cost credits, after one of them changed.
    pub(super) fn count_charged(&self) {
        let count = self.all().iter().filter(|account| account.record().credits).count();
        self.charged.store(count, Ordering::Relaxed);
    }

    /// Every account.
    pub(super) fn all(&self) -> Vec<Arc<Account>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect()
    }

    pub(super) fn enter(&self, account: Arc<Account>) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(account.id, account);
    }

    pub(super) fn leave(&self, account: AccountId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&account);
        self.ring.leave_account(account);
        self.book.leave_account(account);
    }

    /// An account.
    ///
    /// # Errors
    /// [`ErrorCode::AccountNotFound`].
    pub(super) fn get(&self, account: AccountId) -> Result<Arc<Account>, Failure> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&account).map(Arc::clone).ok_or_else(|| no_account(account))
    }

    /// A page of accounts in the order of their ids, and whether more follow.
    pub(crate) fn list(&self, after: Option<AccountId>, limit: usize) -> (Vec<AccountRecord>, bool) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = known.range((from, Bound::Unbounded));
        let page = rest.by_ref().take(limit).map(|(_, account)| account.record()).collect();
        (page, rest.next().is_some())
    }

    /// Whether nobody can get in yet: a first start.
    pub(crate) fn has_no_keys(&self) -> bool {
        self.ring.is_empty()
    }

    /// Who presents this key. Its use is written down, once in a while.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`], [`ErrorCode::AccountSuspended`], [`ErrorCode::AddressNotAllowed`].
    pub(crate) fn admit(&self, presented: &str, from: Option<IpAddr>) -> Result<Principal, Failure> {
        let admitted = self.ring.admit(presented, from)?;
        if admitted.note_use {
            self.note_use(&admitted.principal);
        }
        Ok(admitted.principal)
    }

    /// Which app presents this key.
    ///
    /// # Errors
    /// As [`Accounts::admit`].
    pub(crate) fn admit_app(&self, presented: &str, from: Option<IpAddr>) -> Result<AppPrincipal, Failure> {
        self.ring.admit_app(presented, from)
    }

    fn note_use(&self, principal: &Principal) {
        let Ok(home) = self.home(principal.account.slot()) else { return };
        let mut batch = Batch::new();
        let key = rows::key_of(principal.account, table::KEY_USE, principal.key.0);
        if rows::put(&mut batch, key, &KeyUse { at_ms: clock::wall_ms() }).is_ok() {
            // Lost in a crash, or refused by a busy store: the next use is written then.
            home.ledger.commit(batch, CommitClass::Soon).detach();
        }
    }

    fn home(&self, slot: Slot) -> Result<&Home, Failure> {
        let homes = self.homes.get().map(Box::as_ref).unwrap_or_default();
        let shards = u16::try_from(homes.len()).unwrap_or(u16::MAX).max(1);
        homes.get(usize::from(slot.shard(PARTITIONS_DEFAULT, shards))).ok_or_else(stopping)
    }

    /// The store of a slot.
    ///
    /// # Errors
    /// A retryable one before the start and after the end.
    pub(super) fn ledger(&self, slot: Slot) -> Result<Arc<dyn Ledger>, Failure> {
        self.home(slot).map(|home| Arc::clone(&home.ledger))
    }

    /// Runs something on the shard of a slot; nobody waits for it, and a node that stops leaves it.
    pub(super) fn run_on_shard(&self, slot: Slot, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(home) = self.home(slot) {
            let _ = (home.run)(Box::pin(work));
        }
    }

    /// Asks an account. The command runs to its end whether or not the caller waits for that.
    ///
    /// # Errors
    /// [`ErrorCode::AccountNotFound`], what the command is refused for, or overload.
    pub(crate) async fn ask(
        self: &Arc<Accounts>,
        account: AccountId,
        author: Author,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure> {
        let account = self.get(account)?;
        let full = |_| Failure::busy("Too much is asked of this account at once.", BUSY_RETRY_AFTER_MS);
        let credit = Arc::clone(&account.credits).try_acquire_owned().map_err(full)?;
        let (accounts, slot) = (Arc::clone(self), account.id.slot());
        self.on_shard(slot, async move {
            let answer = accounts.answer(&account, author, command).await;
            drop(credit);
            answer
        })
        .await
    }

    /// Answers a command where it stands: for whoever is on the account's shard, or alone.
    ///
    /// # Errors
    /// As [`Accounts::ask`].
    pub(super) async fn answer(
        &self,
        account: &Arc<Account>,
        author: Author,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure> {
        let ledger = Arc::clone(&self.home(account.id.slot())?.ledger);
        let mut turn = account.turn.lock().await;
        if *account.residence.read().await {
            return Err(no_account(account.id));
        }
        Clerk { accounts: self, account, ledger, author, next_entry: &mut turn }.answer(command).await
    }

    /// Does something and remembers it in an account's log of changes once it is done. Both run to their end whether or not the
    /// caller waits for that: nobody changes something unremembered by going away.
    ///
    /// # Errors
    /// Those of the work; nothing is remembered then.
    pub(crate) async fn noted<T: Send + 'static>(
        self: &Arc<Accounts>,
        (account, author, action): (AccountId, Author, AuditAction),
        subject: impl FnOnce(&T) -> String + Send + 'static,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let accounts = Arc::clone(self);
        self.on_shard(account.slot(), async move {
            let done = work.await?;
            let subject = subject(&done);
            let note = AccountCommand::Note(action, subject.clone());
            if let Err(failure) = accounts.ask(account, author, note).await {
                let action = action.as_str();
                tracing::error!(subject, action, %failure, "a change is missing in the log of changes");
            }
            Ok(done)
        })
        .await
    }

    /// Makes an account; it is on disk when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::AccountFull`], or a failure of the store.
    pub(crate) async fn create(
        self: &Arc<Accounts>,
        author: Author,
        new: NewAccount,
    ) -> Result<AccountRecord, Failure> {
        let id = AccountId(clock::random_u64());
        let accounts = Arc::clone(self);
        self.on_shard(id.slot(), async move { accounts.create_here(id, author, new).await }).await
    }

    /// As [`Accounts::create`], with the member whose account it is: neither is there without the other.
    ///
    /// # Errors
    /// [`ErrorCode::EmailTaken`], or as [`Accounts::create`].
    pub(super) async fn create_for(
        self: &Arc<Accounts>,
        author: Author,
        new: NewAccount,
        owner: MemberRecord,
    ) -> Result<AccountRecord, Failure> {
        let (id, accounts) = (owner.account, Arc::clone(self));
        let work = async move { accounts.create_with(id, author, new, Some(&owner)).await };
        self.on_shard(id.slot(), work).await
    }

    /// As [`Accounts::create`], where it stands.
    ///
    /// # Errors
    /// As [`Accounts::create`].
    pub(super) async fn create_here(
        &self,
        id: AccountId,
        author: Author,
        new: NewAccount,
    ) -> Result<AccountRecord, Failure> {
        self.create_with(id, author, new, None).await
    }

    async fn create_with(
        &self,
        id: AccountId,
        author: Author,
        new: NewAccount,
        owner: Option<&MemberRecord>,
    ) -> Result<AccountRecord, Failure> {
        if self.known.read().unwrap_or_else(PoisonError::into_inner).len() >= ACCOUNTS_MAX {
            let detail = format!("A node has at most {ACCOUNTS_MAX} accounts; delete one.");
            return Err(Failure::new(ErrorCode::AccountFull, detail));
        }
        if id.0 == 0 || self.get(id).is_ok() {
            return Err(Failure::busy("The id of the account is taken. Try again.", 0));
        }
        let NewAccount { name, credits, rate_limits } = new;
        let record = AccountRecord { credits, rate_limits, ..AccountRecord::new(id, name, clock::wall_ms()) };
        let account = Account::new(record.clone());
        let ledger = Arc::clone(&self.home(id.slot())?.ledger);
        let mut turn = account.turn.lock().await;
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::account_key(id), &record)?;
        let mut action = AuditAction::AccountCreated;
        if let Some(owner) = owner {
            rows::put(&mut batch, rows::key_of(id, table::MEMBER, owner.id.0), owner)?;
            if !self.book.claim(&account, owner) {
                return Err(super::members::email_taken());
            }
            action = AuditAction::MemberSignedUp;
        }
        let mut clerk = Clerk { accounts: self, account: &account, ledger, author, next_entry: &mut turn };
        if let Err(failure) = clerk.commit(batch, action, &id).await {
            owner.into_iter().for_each(|owner| self.book.leave_member(owner));
            return Err(failure);
        }
        drop(turn);
        self.enter(account);
        self.count_charged();
        Ok(record)
    }

    /// Leave to make something in an account: it is not removed meanwhile.
    ///
    /// # Errors
    /// [`ErrorCode::AccountNotFound`].
    pub(crate) async fn stay(&self, account: AccountId) -> Result<OwnedRwLockReadGuard<IsGone>, Failure> {
        let staying = Arc::clone(&self.get(account)?.residence).read_owned().await;
        if *staying { Err(no_account(account)) } else { Ok(staying) }
    }

    /// Whether an account has a workspace.
    ///
    /// # Errors
    /// [`ErrorCode::WorkspaceNotFound`], or a failure of the store.
    pub(crate) fn check_workspace(&self, account: AccountId, workspace: WorkspaceId) -> Result<(), Failure> {
        let ledger = &self.home(account.slot())?.ledger;
        super::workspaces::find(&**ledger, &self.get(account)?.record(), workspace).map(drop)
    }

    pub(super) async fn on_shard<T: Send + 'static>(
        &self,
        slot: Slot,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answered) = oneshot::channel();
        let work = async move { drop(reply.send(work.await)) };
        if !(self.home(slot)?.run)(Box::pin(work)) {
            return Err(stopping());
        }
        // Dropped unanswered only by a panic, which is logged, or by the end of the shard.
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }
}

pub(super) fn no_account(account: AccountId) -> Failure {
    Failure::new(ErrorCode::AccountNotFound, format!("There is no account {account}."))
}

fn stopping() -> Failure {
    Failure::busy("The node is starting or stopping.", BUSY_RETRY_AFTER_MS)
}
