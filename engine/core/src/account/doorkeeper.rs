//! Lets people in: passwords, links, and how often anybody may try.
//!
//! Nothing here tells who has an account: an address that nobody has is answered like a wrong password, after the same work, and a
//! forgotten password always alike and at once. Passwords are hashed by argon2id on threads that may block, a few at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use futures_util::future::BoxFuture;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use trunkline_model::account::{
    Author, MemberRecord, PasswordHash, RateLimits, Role, SessionRecord, Who, email_of,
};
use trunkline_model::command::{
    AccountCommand, AccountReply, ChosenPassword, Credentials, NewAccount, NewSession, Shown, SignUp,
};
use trunkline_model::record::table;
use trunkline_model::{AccountId, ErrorCode, Failure, MemberId, Scope};

use super::accounts::Accounts;
use super::{members, rows, secret};
use crate::clock;
use crate::limits::{
    BUSY_RETRY_AFTER_MS, HASHES_AT_ONCE, HASHES_WAITING_MAX, PASSWORD_MEMORY_KIB, PASSWORD_PASSES,
    RESETS_PER_ADDRESS, SIGN_INS_PER_IP, TRIES_REMEMBERED_MAX, Tries,
};

/// Brings letters to people.
pub trait Mailer: Send + Sync + 'static {
    /// Sends the link by which somebody chooses a password. The word of the link is in no log.
    fn send_link(&self, member: MemberRecord, link: Shown) -> BoxFuture<'static, ()>;
}

/// See the module.
pub(super) struct Doorkeeper {
    by_ip: Counter<IpAddr>,
    by_email: Counter<[u8; 32]>,
    hashing: Semaphore,
    waiting: AtomicUsize,
    mailer: OnceLock<Arc<dyn Mailer>>,
    /// Whether strangers make accounts of their own.
    is_open: AtomicBool,
}

impl Default for Doorkeeper {
    fn default() -> Doorkeeper {
        Doorkeeper {
            by_ip: Counter::new(SIGN_INS_PER_IP),
            by_email: Counter::new(RESETS_PER_ADDRESS),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            waiting: AtomicUsize::new(0),
            mailer: OnceLock::new(),
            is_open: AtomicBool::new(false),
        }
    }
}

/// Counts tries within a window of time.
struct Counter<K> {
    most: Tries,
    seen: Mutex<HashMap<K, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    begun_ms: u64,
    tries: u32,
}

impl<K: Hash + Eq> Counter<K> {
    fn new(most: Tries) -> Counter<K> {
        Counter { most, seen: Mutex::default() }
    }

    /// Another try. Says how many milliseconds to wait when it is one too many.
    fn try_at(&self, key: K, now_ms: u64) -> Result<(), u64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &Window| window.begun_ms + self.most.within_ms <= now_ms;
        if seen.len() >= TRIES_REMEMBERED_MAX {
            seen.retain(|_, window| !is_over(window));
        }
        if seen.len() >= TRIES_REMEMBERED_MAX && !seen.contains_key(&key) {
            return Err(self.most.within_ms);
        }
        let window = seen.entry(key).or_insert(Window { begun_ms: now_ms, tries: 0 });
        if is_over(window) {
            *window = Window { begun_ms: now_ms, tries: 0 };
        }
        if window.tries >= self.most.count {
            return Err(window.begun_ms + self.most.within_ms - now_ms);
        }
        window.tries += 1;
        Ok(())
    }
}

/// What is counted as one place: an address, or what one customer of a provider has of the new ones.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

impl Accounts {
    /// Has links sent by e-mail from now on.
    pub(crate) fn mail_through(&self, mailer: Arc<dyn Mailer>) {
        drop(self.door.mailer.set(mailer));
    }

    /// Lets strangers make accounts of their own from now on.
    pub(crate) fn open_sign_up(&self) {
        self.door.is_open.store(true, Ordering::Relaxed);
    }

    fn count_try(&self, from: Option<IpAddr>) -> Result<(), Failure> {
        let Some(from) = from else { return Ok(()) };
        self.door.by_ip.try_at(place(from), clock::steady_ms()).map_err(|wait_ms| {
            let detail = "Too many tries from this address. Wait a little.";
            Failure { retry_after_ms: Some(wait_ms), ..Failure::new(ErrorCode::TooManyRequests, detail) }
        })
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`] for a wrong address as for a wrong password, [`ErrorCode::TooManyRequests`],
    /// [`ErrorCode::AccountSuspended`], or overload.
    pub(crate) async fn sign_in(
        self: &Arc<Accounts>,
        credentials: Credentials,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        self.count_try(from)?;
        let Credentials { email, password } = credentials;
        let known = email_of(&email).and_then(|email| self.book.by_email(&email));
        let kept = known.and_then(|(account, member)| self.password_of(account, member));
        // Somebody who is not there is looked at as long as somebody who is.
        let is_right = self.verify(password, kept.clone().unwrap_or_else(nobodys)).await?;
        let (Some((account, member)), Some(_), true) = (known, kept, is_right) else {
            let detail = "The e-mail address or the password is wrong.";
            return Err(Failure::new(ErrorCode::Unauthorized, detail));
        };
        self.get(account)?.admits()?;
        let address = from.map(|address| address.to_string());
        self.let_in(account, member, NewSession { address, agent }).await
    }

    /// Makes an account for somebody who was not invited, and signs them in as its owner.
    ///
    /// # Errors
    /// [`ErrorCode::SignUpClosed`], [`ErrorCode::EmailTaken`], [`ErrorCode::AccountFull`] when the node has as many accounts as it
    /// may, [`ErrorCode::TooManyRequests`], or overload.
    pub(crate) async fn sign_up(
        self: &Arc<Accounts>,
        new: SignUp,
        from: Option<IpAddr>,
        agent: Option<String>,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        self.count_try(from)?;
        if !self.door.is_open.load(Ordering::Relaxed) {
            let detail = "This node takes nobody who was not invited. Ask for an invitation.";
            return Err(Failure::new(ErrorCode::SignUpClosed, detail));
        }
        let SignUp { email, name, account, password } = new;
        if self.book.by_email(&email).is_some() {
            return Err(members::email_taken());
        }
        let owner = MemberRecord {
            id: MemberId(clock::random_u64()),
            account: AccountId(clock::random_u64()),
            email,
            name,
            role: Role::Owner,
            password: Some(self.hash(password).await?),
            link: None,
            created_at_ms: clock::wall_ms(),
        };
        let (account_id, member) = (owner.account, owner.id);
        let address = from.map(|address| address.to_string());
        let new = NewAccount { name: account, credits: false, rate_limits: RateLimits::default() };
        self.create_for(themself(member, address.clone()), new, owner).await?;
        self.let_in(account_id, member, NewSession { address, agent }).await
    }

    /// Begins a session of somebody who proved who they are.
    async fn let_in(
        self: &Arc<Accounts>,
        account: AccountId,
        member: MemberId,
        new: NewSession,
    ) -> Result<(MemberRecord, SessionRecord, Shown), Failure> {
        let author = themself(member, new.address.clone());
        match self.ask(account, author, AccountCommand::SignIn(member, Box::new(new))).await? {
            AccountReply::SignedIn(member, session, shown) => Ok((*member, session, shown)),
            _ => Err(Failure::new(ErrorCode::Internal, "The account answered something else.")),
        }
    }

    fn password_of(&self, account: AccountId, member: MemberId) -> Option<PasswordHash> {
        let ledger = self.ledger(account.slot()).ok()?;
        let stored = rows::get::<MemberRecord>(&*ledger, &rows::key_of(account, table::MEMBER, member.0));
        stored.ok()??.password
    }

    /// Somebody forgot their password. A member gets a letter; the answer is the same for everybody, and does not wait.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyRequests`].
    pub(crate) fn forgot_password(
        self: &Arc<Accounts>,
        email: &str,
        from: Option<IpAddr>,
    ) -> Result<(), Failure> {
        self.count_try(from)?;
        let Some(email) = email_of(email) else { return Ok(()) };
        // Counted whether or not anybody has it, and never told: whoever tries would learn that somebody else did.
        let counted = self.door.by_email.try_at(secret::hash(&email), clock::steady_ms());
        let (Ok(()), Some(mailer)) = (counted, self.door.mailer.get().cloned()) else { return Ok(()) };
        let Some((account, member)) = self.book.by_email(&email) else { return Ok(()) };
        let (accounts, address) = (Arc::clone(self), from.map(|address| address.to_string()));
        self.run_on_shard(account.slot(), async move {
            let command = AccountCommand::LinkMember(member);
            match accounts.ask(account, themself(member, address), command).await {
                Ok(AccountReply::Invited(member, link)) => mailer.send_link(*member, link).await,
                Ok(_) => {}
                Err(failure) => tracing::warn!(%failure, "no link could be made for a forgotten password"),
            }
        });
        Ok(())
    }

    /// Sends somebody who was invited their link, where letters are sent.
    pub(crate) fn mail_link(&self, member: &MemberRecord, link: &Shown) -> bool {
        let Some(mailer) = self.door.mailer.get() else { return false };
        self.run_on_shard(member.account.slot(), mailer.send_link(member.clone(), link.clone()));
        true
    }

    /// Whoever has a link chooses their password. They are signed out everywhere.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`] for a link that opens nothing, [`ErrorCode::TooManyRequests`], or overload.
    pub(crate) async fn set_password(
        self: &Arc<Accounts>,
        (link, password): (&str, String),
        from: Option<IpAddr>,
    ) -> Result<(), Failure> {
        self.count_try(from)?;
        let link_sha256 = secret::hash(link);
        let (account, member) = self.book.by_link(&link_sha256).ok_or_else(members::link_is_over)?;
        let password = self.hash(password).await?;
        let chosen = ChosenPassword { link_sha256, password };
        let author = themself(member, from.map(|address| address.to_string()));
        let command = AccountCommand::SetPassword(member, Box::new(chosen));
        self.ask(account, author, command).await.map(drop)
    }

    /// Who presents the cookie of a session.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`], [`ErrorCode::AccountSuspended`].
    pub(crate) fn admit_member(&self, presented: &str) -> Result<super::Principal, Failure> {
        self.book.admit(presented)
    }

    async fn verify(&self, password: String, kept: PasswordHash) -> Result<bool, Failure> {
        self.aside(move || {
            let found = derive(&password, &kept)?;
            Some(found.ct_eq(&kept.hash).into())
        })
        .await
    }

    async fn hash(&self, password: String) -> Result<PasswordHash, Failure> {
        self.aside(move || {
            let salt = clock::random_16().ok()?;
            let mut kept = PasswordHash { salt, ..nobodys() };
            kept.hash = derive(&password, &kept)?;
            Some(kept)
        })
        .await
    }

    /// Does something that takes much memory and time, a few at a time.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let busy = || Failure::busy("Too many people sign in at this moment.", BUSY_RETRY_AFTER_MS);
        if self.door.waiting.fetch_add(1, Ordering::Relaxed) >= HASHES_WAITING_MAX {
            self.door.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(busy());
        }
        let _waits = Waits(&self.door.waiting);
        let _place = self.door.hashing.acquire().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(work).await.ok().flatten();
        done.ok_or_else(|| Failure::new(ErrorCode::Internal, "The password could not be looked at."))
    }
}

/// One who waits for their turn, until they are dropped.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A member who acts for themself.
fn themself(member: MemberId, address: Option<String>) -> Author {
    Author { who: Who::Member(member), address, scopes: Arc::new([Scope::All]) }
}

/// A hash that no password has.
fn nobodys() -> PasswordHash {
    PasswordHash { memory_kib: PASSWORD_MEMORY_KIB, passes: PASSWORD_PASSES, salt: [0; 16], hash: [0; 32] }
}

fn derive(password: &str, kept: &PasswordHash) -> Option<[u8; 32]> {
    let params = Params::new(kept.memory_kib, kept.passes, 1, Some(32)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    argon2.hash_password_into(password.as_bytes(), &kept.salt, &mut hash).ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_by_window_and_forgotten_when_it_is_over() {
        let counter = Counter::new(Tries { count: 2, within_ms: 1_000 });
        let check = |key: u8, now_ms: u64, expected: Result<(), u64>| {
            assert_eq!(counter.try_at(key, now_ms), expected, "{key} at {now_ms}");
        };
        check(1, 0, Ok(()));
        check(1, 100, Ok(()));
        check(1, 200, Err(800));
        check(2, 200, Ok(()));
        check(1, 1_000, Ok(()));
    }

    #[test]
    fn no_more_is_remembered_than_may_be() {
        let counter = Counter::new(Tries { count: 1, within_ms: 1_000 });
        for key in 0..TRIES_REMEMBERED_MAX {
            assert_eq!(counter.try_at(key, 0), Ok(()));
        }
        assert_eq!(counter.try_at(usize::MAX, 999), Err(1_000));
        assert_eq!(counter.try_at(usize::MAX, 1_000), Ok(()));
        assert_eq!(counter.seen.lock().expect("no panic").len(), 1);
    }

    #[test]
    fn a_place_is_an_address_or_a_network_of_a_customer() {
        let check = |address: &str, expected: &str| {
            assert_eq!(
                place(address.parse().expect("an address")),
                expected.parse::<IpAddr>().expect("an address")
            );
        };
        check("192.0.2.7", "192.0.2.7");
        check("::ffff:192.0.2.7", "192.0.2.7");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
    }
}
