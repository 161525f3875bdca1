//! Who signs in: by address, by link, by cookie. All of it in memory; the hashes of passwords are not.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use trunkline_model::account::{MemberRecord, SessionRecord};
use trunkline_model::{AccountId, Dialect, Failure, KeyId, MemberId, Scope};

use super::accounts::Account;
use super::ring::Principal;
use super::{members, secret};
use crate::clock;

/// See the module. What is presented is looked up by its SHA-256, so its timing tells nothing of what others have.
#[derive(Default)]
pub(super) struct MemberBook {
    by_email: DashMap<String, (AccountId, MemberId)>,
    links: DashMap<[u8; 32], (AccountId, MemberId)>,
    sessions: DashMap<[u8; 32], Arc<Session>>,
}

struct Session {
    account: Arc<Account>,
    number: u64,
    member: MemberId,
    scopes: Arc<[Scope]>,
    expires_at_ms: i64,
}

impl MemberBook {
    /// Takes a member's address for them. Says whether it was free.
    pub(super) fn claim(&self, account: &Arc<Account>, member: &MemberRecord) -> bool {
        match self.by_email.entry(member.email.clone()) {
            Entry::Occupied(taken) => *taken.get() == (account.id, member.id),
            Entry::Vacant(free) => {
                free.insert((account.id, member.id));
                true
            }
        }
    }

    pub(super) fn enter_link(&self, member: &MemberRecord) {
        if let Some(link) = &member.link {
            self.links.insert(link.sha256, (member.account, member.id));
        }
    }

    pub(super) fn leave_link(&self, member: &MemberRecord) {
        if let Some(link) = &member.link {
            self.links.remove(&link.sha256);
        }
    }

    pub(super) fn enter_session(
        &self,
        account: &Arc<Account>,
        member: &MemberRecord,
        session: &SessionRecord,
    ) {
        let entry = Session {
            account: Arc::clone(account),
            number: session.id,
            member: member.id,
            scopes: members::scopes(member.role),
            expires_at_ms: session.expires_at_ms,
        };
        self.sessions.insert(session.sha256, Arc::new(entry));
    }

    pub(super) fn leave_session(&self, session: &SessionRecord) {
        self.sessions.remove(&session.sha256);
    }

    pub(super) fn leave_sessions(&self, account: AccountId, member: MemberId) {
        self.sessions.retain(|_, session| (session.account.id, session.member) != (account, member));
    }

    /// From now on a member's sessions may do what their role allows.
    pub(super) fn change_role(&self, account: &Arc<Account>, member: &MemberRecord) {
        let scopes = members::scopes(member.role);
        for mut session in self.sessions.iter_mut() {
            if (session.account.id, session.member) == (account.id, member.id) {
                let Session { number, expires_at_ms, .. } = **session;
                let account = Arc::clone(account);
                let (member, scopes) = (member.id, Arc::clone(&scopes));
                *session.value_mut() = Arc::new(Session { account, number, member, scopes, expires_at_ms });
            }
        }
    }

    pub(super) fn leave_member(&self, member: &MemberRecord) {
        self.by_email.remove_if(&member.email, |_, owner| *owner == (member.account, member.id));
        self.leave_link(member);
        self.leave_sessions(member.account, member.id);
    }

    /// Forgets everybody of an account.
    pub(super) fn leave_account(&self, account: AccountId) {
        self.by_email.retain(|_, (owner, _)| *owner != account);
        self.links.retain(|_, (owner, _)| *owner != account);
        self.sessions.retain(|_, session| session.account.id != account);
    }

    /// Whose an address is.
    pub(super) fn by_email(&self, email: &str) -> Option<(AccountId, MemberId)> {
        self.by_email.get(email).map(|found| *found)
    }

    /// Whose a link is.
    pub(super) fn by_link(&self, sha256: &[u8; 32]) -> Option<(AccountId, MemberId)> {
        self.links.get(sha256).map(|found| *found)
    }

    /// Who presents this cookie.
    ///
    /// # Errors
    /// `UNAUTHORIZED`, `ACCOUNT_SUSPENDED`.
    pub(super) fn admit(&self, presented: &str) -> Result<Principal, Failure> {
        let session = self.sessions.get(&secret::hash(presented)).map(|found| Arc::clone(&found));
        let session = session
            .filter(|session| clock::wall_ms() < session.expires_at_ms)
            .ok_or_else(members::signed_out)?;
        session.account.admits()?;
        Ok(Principal {
            account: session.account.id,
            // Limits and logs tell sessions apart as they do keys.
            key: KeyId(session.number),
            member: Some(session.member),
            dialect: Dialect::Native,
            scopes: Arc::clone(&session.scopes),
            dialect_scopes: Arc::default(),
            instances: None,
            rates: Arc::clone(&session.account.rates),
        })
    }
}
