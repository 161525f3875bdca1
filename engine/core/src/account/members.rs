//! Members of an account, and where they are signed in.

use trunkline_model::account::{AuditAction, MemberLink, MemberRecord, Role, SessionRecord};
use trunkline_model::command::{AccountReply, ChosenPassword, NewMember, NewSession, UpdateMember};
use trunkline_model::limits::MEMBERS_PER_ACCOUNT_MAX;
use trunkline_model::record::table;
use trunkline_model::{ErrorCode, Failure, MemberId, Scope};
use trunkline_store::{Batch, Direction, Key, KeyRange};

use super::clerk::{Clerk, check_room};
use super::{rows, secret};
use crate::clock;
use crate::limits::{LINK_TTL_MS, SESSION_TTL_MS, SESSIONS_PER_MEMBER_MAX};

/// What the cookies of sessions begin with.
const SESSION_PREFIX: &str = "tss_";
/// What the words in links begin with.
const LINK_PREFIX: &str = "tsl_";

impl Clerk<'_> {
    /// A member of the account.
    ///
    /// # Errors
    /// [`ErrorCode::MemberNotFound`], or a failure of the store.
    pub(super) fn member(&self, id: MemberId) -> Result<MemberRecord, Failure> {
        let stored = rows::get(&*self.ledger, &rows::key_of(self.id(), table::MEMBER, id.0))?;
        stored.ok_or_else(|| no_member(id))
    }

    /// A member whom the author may change: one who may not do more than they.
    fn own_member(&self, id: MemberId) -> Result<MemberRecord, Failure> {
        let member = self.member(id)?;
        self.check_role(member.role)?;
        Ok(member)
    }

    fn check_role(&self, role: Role) -> Result<(), Failure> {
        if self.author.may_give(role.scopes().iter().map(|scope| scope.as_str())) {
            return Ok(());
        }
        let detail =
            format!("A member with the role `{}` may do more than you. Ask one of them.", role.as_str());
        Err(Failure::new(ErrorCode::Forbidden, detail))
    }

    pub(super) fn list_members(&self) -> Result<AccountReply, Failure> {
        Ok(AccountReply::Members(self.members()?))
    }

    fn members(&self) -> Result<Vec<MemberRecord>, Failure> {
        let range = rows::range_of(self.id(), table::MEMBER);
        Ok(rows::page(&*self.ledger, range, Direction::Forward, MEMBERS_PER_ACCOUNT_MAX)?.0)
    }

    pub(super) async fn invite_member(&mut self, new: NewMember) -> Result<AccountReply, Failure> {
        self.check_role(new.role)?;
        check_room(self.members()?.len(), MEMBERS_PER_ACCOUNT_MAX, "members")?;
        let id = MemberId(clock::random_u64());
        let (shown, link) = make_link()?;
        let record = MemberRecord {
            id,
            account: self.id(),
            email: new.email,
            name: new.name,
            role: new.role,
            password: None,
            link: Some(link),
            created_at_ms: clock::wall_ms(),
        };
        if !self.accounts.book.claim(self.account, &record) {
            return Err(email_taken());
        }
        if let Err(failure) = self.write_member(&record, AuditAction::MemberInvited).await {
            self.accounts.book.leave_member(&record);
            return Err(failure);
        }
        self.accounts.book.enter_link(&record);
        Ok(AccountReply::Invited(Box::new(record), shown))
    }

    pub(super) async fn update_member(
        &mut self,
        id: MemberId,
        update: UpdateMember,
    ) -> Result<AccountReply, Failure> {
        let mut record = self.own_member(id)?;
        let UpdateMember { name, role } = update;
        if let Some(role) = role {
            self.check_role(role)?;
            record.role = role;
        }
        record.name = name.unwrap_or(record.name);
        self.write_member(&record, AuditAction::MemberUpdated).await?;
        self.accounts.book.change_role(self.account, &record);
        Ok(AccountReply::Member(Box::new(record)))
    }

    pub(super) async fn remove_member(&mut self, id: MemberId) -> Result<AccountReply, Failure> {
        let record = self.own_member(id)?;
        let mut batch = Batch::new();
        batch.delete(rows::key_of(self.id(), table::MEMBER, id.0));
        self.end_sessions(&mut batch, id)?;
        self.commit(batch, AuditAction::MemberRemoved, &id).await?;
        self.accounts.book.leave_member(&record);
        Ok(AccountReply::Done)
    }

    pub(super) async fn link_member(&mut self, id: MemberId) -> Result<AccountReply, Failure> {
        let before = self.own_member(id)?;
        let (shown, link) = make_link()?;
        let record = MemberRecord { link: Some(link), ..before.clone() };
        self.write_member(&record, AuditAction::MemberLinkMade).await?;
        self.accounts.book.leave_link(&before);
        self.accounts.book.enter_link(&record);
        Ok(AccountReply::Invited(Box::new(record), shown))
    }

    pub(super) async fn set_password(
        &mut self,
        id: MemberId,
        chosen: ChosenPassword,
    ) -> Result<AccountReply, Failure> {
        let before = self.member(id)?;
        // Whoever else came by the same link was first, or it has ended meanwhile.
        let opens = |link: &MemberLink| link.sha256 == chosen.link_sha256 && clock::wall_ms() < link.until_ms;
        if !before.link.as_ref().is_some_and(opens) {
            return Err(link_is_over());
        }
        let record = MemberRecord { password: Some(chosen.password), link: None, ..before.clone() };
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::key_of(self.id(), table::MEMBER, id.0), &record)?;
        self.end_sessions(&mut batch, id)?;
        self.commit(batch, AuditAction::MemberPasswordSet, &id).await?;
        self.accounts.book.leave_link(&before);
        self.accounts.book.leave_sessions(self.id(), id);
        Ok(AccountReply::Member(Box::new(record)))
    }

    pub(super) async fn sign_in(&mut self, id: MemberId, new: NewSession) -> Result<AccountReply, Failure> {
        let member = self.member(id)?;
        // What has ended goes, and of too many the oldest.
        let (all, now_ms) = (self.sessions(id)?, clock::wall_ms());
        let is_over = |session: &SessionRecord| session.expires_at_ms <= now_ms;
        let live = all.iter().filter(|session| !is_over(session)).skip(SESSIONS_PER_MEMBER_MAX - 1);
        let gone = live.chain(all.iter().filter(|session| is_over(session))).cloned().collect();
        self.begin_session(member, new, (gone, AuditAction::MemberSignedIn)).await
    }

    pub(super) async fn renew_session(
        &mut self,
        id: MemberId,
        session: u64,
        new: NewSession,
    ) -> Result<AccountReply, Failure> {
        let member = self.member(id)?;
        let known = rows::get::<SessionRecord>(&*self.ledger, &self.session_key(id, session))?;
        let old = known.filter(|session| clock::wall_ms() < session.expires_at_ms).ok_or_else(signed_out)?;
        self.begin_session(member, new, (vec![old], AuditAction::MemberSessionRenewed)).await
    }

    /// Begins a session, and ends those that it comes in the place of, all in one batch.
    async fn begin_session(
        &mut self,
        member: MemberRecord,
        new: NewSession,
        (gone, action): (Vec<SessionRecord>, AuditAction),
    ) -> Result<AccountReply, Failure> {
        let (shown, kept) = secret::make(SESSION_PREFIX)?;
        let now_ms = clock::wall_ms();
        let session = SessionRecord {
            id: clock::random_u64(),
            member: member.id,
            sha256: kept.sha256,
            address: new.address,
            agent: new.agent,
            created_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(SESSION_TTL_MS),
        };
        let mut batch = Batch::new();
        rows::put(&mut batch, self.session_key(member.id, session.id), &session)?;
        for session in &gone {
            batch.delete(self.session_key(member.id, session.id));
        }
        self.commit(batch, action, &member.id).await?;
        gone.iter().for_each(|session| self.accounts.book.leave_session(session));
        self.accounts.book.enter_session(self.account, &member, &session);
        Ok(AccountReply::SignedIn(Box::new(member), session, shown))
    }

    pub(super) fn list_sessions(&self, member: MemberId) -> Result<AccountReply, Failure> {
        let now_ms = clock::wall_ms();
        let live = self.sessions(member)?.into_iter().filter(|session| session.expires_at_ms > now_ms);
        Ok(AccountReply::Sessions(live.collect()))
    }

    pub(super) async fn end_session(&mut self, member: MemberId, id: u64) -> Result<AccountReply, Failure> {
        let key = self.session_key(member, id);
        if let Some(session) = rows::get::<SessionRecord>(&*self.ledger, &key)? {
            let mut batch = Batch::new();
            batch.delete(key);
            self.commit(batch, AuditAction::MemberSignedOut, &member).await?;
            self.accounts.book.leave_session(&session);
        }
        Ok(AccountReply::Done)
    }

    /// The sessions of a member, newest first.
    fn sessions(&self, member: MemberId) -> Result<Vec<SessionRecord>, Failure> {
        let of_member = member.0.to_be_bytes();
        let range = KeyRange::prefix(self.id().slot().0, self.id().0, table::SESSION, &of_member);
        let (mut all, _) = rows::page::<SessionRecord>(
            &*self.ledger,
            range,
            Direction::Forward,
            2 * SESSIONS_PER_MEMBER_MAX,
        )?;
        all.sort_by_key(|session| std::cmp::Reverse(session.created_at_ms));
        Ok(all)
    }

    fn session_key(&self, member: MemberId, session: u64) -> Key {
        let mut suffix = [0; 16];
        suffix[..8].copy_from_slice(&member.0.to_be_bytes());
        suffix[8..].copy_from_slice(&session.to_be_bytes());
        Key::new(self.id().slot().0, self.id().0, table::SESSION, &suffix)
    }

    fn end_sessions(&self, batch: &mut Batch, member: MemberId) -> Result<(), Failure> {
        for session in self.sessions(member)? {
            batch.delete(self.session_key(member, session.id));
        }
        Ok(())
    }

    async fn write_member(&mut self, record: &MemberRecord, action: AuditAction) -> Result<(), Failure> {
        let mut batch = Batch::new();
        rows::put(&mut batch, rows::key_of(self.id(), table::MEMBER, record.id.0), record)?;
        self.commit(batch, action, &record.id).await
    }
}

fn make_link() -> Result<(trunkline_model::command::Shown, MemberLink), Failure> {
    let (shown, kept) = secret::make(LINK_PREFIX)?;
    let until_ms = clock::wall_ms().saturating_add(LINK_TTL_MS);
    Ok((shown, MemberLink { sha256: kept.sha256, until_ms }))
}

pub(super) fn no_member(id: MemberId) -> Failure {
    Failure::new(ErrorCode::MemberNotFound, format!("This account has no member {id}."))
}

/// The answer to a link that opens nothing, whatever the reason.
pub(super) fn link_is_over() -> Failure {
    Failure::new(ErrorCode::Unauthorized, "This link was used, replaced, or has ended. Ask for another one.")
}

/// The answer to an address that somebody has.
pub(super) fn email_taken() -> Failure {
    Failure::new(ErrorCode::EmailTaken, "Somebody signs in to this node with that address already.")
}

/// The answer to a session that is over.
pub(super) fn signed_out() -> Failure {
    Failure::new(ErrorCode::Unauthorized, "You are not signed in any more. Sign in again.")
}

/// What a role allows, as it is looked up.
pub(super) fn scopes(role: Role) -> std::sync::Arc<[Scope]> {
    role.scopes().into()
}
