//! Members over a store that can refuse, and over restarts.

use trunkline_model::account::Role;
use trunkline_model::command::{Credentials, NewMember, SignUp, UpdateMember};
use trunkline_model::{MemberId, Scope};

use super::*;
use crate::limits::{LINK_TTL_MS, SESSIONS_PER_MEMBER_MAX, SIGN_INS_PER_IP};

const EMAIL: &str = "nora@example.org";
const PASSWORD: &str = "correct horse battery staple";

impl House {
    async fn invite(&self, email: &str, role: Role) -> Result<(MemberId, String), ErrorCode> {
        let new = NewMember { email: email.to_owned(), name: "Nora".to_owned(), role };
        match self.ask(Ask::InviteMember(new)).await {
            Ok(AccountReply::Invited(member, link)) => Ok((member.id, link.0)),
            Err(failure) => Err(failure.code),
            other => panic!("{other:?}"),
        }
    }

    async fn choose(&self, link: &str, password: &str) -> Result<(), ErrorCode> {
        let chosen = self.accounts.set_password((link, password.to_owned()), None).await;
        chosen.map_err(|failure| failure.code)
    }

    /// A member who has chosen a password.
    async fn member(&self, role: Role) -> MemberId {
        let (id, link) = self.invite(EMAIL, role).await.expect("the address is free");
        self.choose(&link, PASSWORD).await.expect("the link opens");
        id
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<String, ErrorCode> {
        let credentials = Credentials { email: email.to_owned(), password: password.to_owned() };
        let signed_in = self.accounts.sign_in(credentials, None, None).await;
        signed_in.map(|(_, _, cookie)| cookie.0).map_err(|failure| failure.code)
    }

    /// What a cookie may do, now and after a start.
    fn may(&self, cookie: &str) -> Result<Vec<Scope>, ErrorCode> {
        let scopes = |accounts: &Accounts| {
            let admitted = accounts.admit_member(cookie).map_err(|failure| failure.code);
            admitted.map(|principal| principal.scopes.to_vec())
        };
        let now = scopes(&self.accounts);
        assert_eq!(now, scopes(&known_after_start(&self.ledger)), "a start knows something else");
        now
    }
}

#[tokio::test]
async fn a_member_is_let_in_by_their_password_until_they_are_removed() {
    let house = House::new().await;
    let id = house.member(Role::Viewer).await;
    let cookie = house.sign_in("Nora@Example.org", PASSWORD).await.expect("it is right");
    assert_eq!(house.may(&cookie), Ok(Role::Viewer.scopes()));
    let update = UpdateMember { role: Some(Role::Operator), ..UpdateMember::default() };
    house.ask(Ask::UpdateMember(id, update)).await.expect("it is changed");
    assert_eq!(house.may(&cookie), Ok(Role::Operator.scopes()));
    let suspended = UpdateAccount { state: Some(AccountState::Suspended), ..UpdateAccount::default() };
    house.ask(Ask::Update(Box::new(suspended))).await.expect("it is changed");
    assert_eq!(house.may(&cookie), Err(ErrorCode::AccountSuspended));
    assert_eq!(house.sign_in(EMAIL, PASSWORD).await, Err(ErrorCode::AccountSuspended));
    assert_eq!(
        house.sign_in(EMAIL, "a wrong one").await,
        Err(ErrorCode::Unauthorized),
        "told nothing before"
    );
    let active = UpdateAccount { state: Some(AccountState::Active), ..UpdateAccount::default() };
    house.ask(Ask::Update(Box::new(active))).await.expect("it is changed");
    house.ask(Ask::RemoveMember(id)).await.expect("they are removed");
    assert_eq!(house.may(&cookie), Err(ErrorCode::Unauthorized));
    assert_eq!(house.sign_in(EMAIL, PASSWORD).await, Err(ErrorCode::Unauthorized));
    house.invite(EMAIL, Role::Viewer).await.expect("the address is free again");
}

#[tokio::test]
async fn a_link_opens_once_and_ends_every_session() {
    let house = House::new().await;
    let id = house.member(Role::Viewer).await;
    let cookie = house.sign_in(EMAIL, PASSWORD).await.expect("it is right");
    let link = async || match house.ask(Ask::LinkMember(id)).await {
        Ok(AccountReply::Invited(_, link)) => link.0,
        other => panic!("{other:?}"),
    };
    let (first, second) = (link().await, link().await);
    assert_eq!(house.choose(&first, "a newer password").await, Err(ErrorCode::Unauthorized), "replaced");
    assert!(house.may(&cookie).is_ok());
    house.choose(&second, "a newer password").await.expect("it opens");
    assert_eq!(house.choose(&second, "the newest password").await, Err(ErrorCode::Unauthorized), "used");
    assert_eq!(house.may(&cookie), Err(ErrorCode::Unauthorized));
    assert_eq!(house.sign_in(EMAIL, PASSWORD).await, Err(ErrorCode::Unauthorized));
    house.sign_in(EMAIL, "a newer password").await.expect("it is right");
    // One that is too old opens nothing, also after a start.
    let old = link().await;
    let member = match house.ask(Ask::GetMember(id)).await {
        Ok(AccountReply::Member(member)) => member,
        other => panic!("{other:?}"),
    };
    let mut aged = *member;
    aged.link.as_mut().expect("it is out").until_ms -= LINK_TTL_MS;
    let mut batch = Batch::new();
    rows::put(&mut batch, rows::key_of(TENANT, table::MEMBER, id.0), &aged).expect("small");
    crate::patient::commit(&*house.ledger, batch, CommitClass::First).await.expect("durable");
    assert_eq!(house.choose(&old, "the newest password").await, Err(ErrorCode::Unauthorized));
}

#[tokio::test]
async fn an_address_is_one_members_of_the_whole_node() {
    let house = House::new().await;
    house.invite(EMAIL, Role::Viewer).await.expect("it is free");
    assert_eq!(house.invite(EMAIL, Role::Owner).await, Err(ErrorCode::EmailTaken));
    let other = AccountId(78);
    let new = NewAccount { name: "other".to_owned(), credits: false, rate_limits: Default::default() };
    house.accounts.create_here(other, Author::operator(), new).await.expect("it is made");
    let account = house.accounts.get(other).expect("it is there");
    let new = NewMember { email: EMAIL.to_owned(), name: "Nora".to_owned(), role: Role::Viewer };
    let there = house.accounts.answer(&account, Author::operator(), Ask::InviteMember(new)).await;
    assert_eq!(refusal(there), ErrorCode::EmailTaken);
    // What the disk did not take has taken no address.
    house.ledger.refuse(Some(|| StoreError::Closed));
    assert!(house.invite("omar@example.org", Role::Viewer).await.is_err());
    house.ledger.refuse(None);
    house.invite("omar@example.org", Role::Viewer).await.expect("it is free");
}

#[tokio::test]
async fn nobody_makes_or_touches_who_may_do_more() {
    let house = House::new().await;
    let owner = house.member(Role::Owner).await;
    let admin =
        || Author { who: Who::Member(MemberId(5)), address: None, scopes: Role::Admin.scopes().into() };
    let king = NewMember { email: "king@example.org".to_owned(), name: "King".to_owned(), role: Role::Owner };
    let viewer = UpdateMember { role: Some(Role::Viewer), ..UpdateMember::default() };
    for refused in [
        Ask::InviteMember(king),
        Ask::UpdateMember(owner, viewer),
        Ask::RemoveMember(owner),
        Ask::LinkMember(owner),
    ] {
        assert_eq!(
            refusal(house.ask_as(admin(), refused.clone()).await),
            ErrorCode::Forbidden,
            "{refused:?}"
        );
    }
    let (weak, _) = house.invite("weak@example.org", Role::Viewer).await.expect("it is free");
    let crowned = UpdateMember { role: Some(Role::Owner), ..UpdateMember::default() };
    assert_eq!(refusal(house.ask_as(admin(), Ask::UpdateMember(weak, crowned)).await), ErrorCode::Forbidden);
    house.ask_as(admin(), Ask::RemoveMember(weak)).await.expect("they may do less");
}

#[tokio::test]
async fn of_too_many_sessions_the_oldest_ends() {
    let house = House::new().await;
    let id = house.member(Role::Viewer).await;
    let mut cookies = Vec::new();
    for _ in 0..=SESSIONS_PER_MEMBER_MAX {
        let signed_in = house.ask(Ask::SignIn(id, Box::default())).await;
        let Ok(AccountReply::SignedIn(_, session, cookie)) = signed_in else { panic!("{signed_in:?}") };
        cookies.push((session.created_at_ms, cookie.0));
        // Sessions of one millisecond have no order.
        while clock::wall_ms() == session.created_at_ms {
            tokio::task::yield_now().await;
        }
    }
    let open: Vec<bool> = cookies.iter().map(|(_, cookie)| house.may(cookie).is_ok()).collect();
    assert_eq!(open.iter().position(|open| !open), Some(0));
    assert_eq!(open.iter().filter(|open| !**open).count(), 1);
    let Ok(AccountReply::Sessions(sessions)) = house.ask(Ask::ListSessions(id)).await else { panic!() };
    assert_eq!(sessions.len(), SESSIONS_PER_MEMBER_MAX);
    house.ask(Ask::EndSession(id, sessions[0].id)).await.expect("it ends");
    house.ask(Ask::EndSession(id, sessions[0].id)).await.expect("it has ended");
    assert_eq!(house.may(&cookies.last().expect("there are some").1), Err(ErrorCode::Unauthorized));
}

#[tokio::test]
async fn tries_from_one_place_are_counted() {
    let house = House::new().await;
    let from = Some("192.0.2.1".parse().expect("an address"));
    let wrong = async |from| {
        let credentials = Credentials { email: EMAIL.to_owned(), password: PASSWORD.to_owned() };
        house.accounts.sign_in(credentials, from, None).await.expect_err("there is nobody").code
    };
    for _ in 0..SIGN_INS_PER_IP.count {
        assert_eq!(wrong(from).await, ErrorCode::Unauthorized);
    }
    assert_eq!(wrong(from).await, ErrorCode::TooManyRequests);
    assert_eq!(wrong(Some("192.0.2.2".parse().expect("an address"))).await, ErrorCode::Unauthorized);
    clock::advance(SIGN_INS_PER_IP.within_ms);
    assert_eq!(wrong(from).await, ErrorCode::Unauthorized);
}

#[tokio::test]
async fn a_stranger_owns_the_account_that_they_make_and_nobody_else_has_their_address() {
    let house = House::new().await;
    let new = || SignUp {
        email: EMAIL.to_owned(),
        name: "Nora".to_owned(),
        account: "bakery".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let sign_up = async || {
        let made = house.accounts.sign_up(new(), None, None).await;
        made.map(|(member, _, cookie)| (member.account, cookie.0)).map_err(|failure| failure.code)
    };
    assert_eq!(sign_up().await, Err(ErrorCode::SignUpClosed));
    house.accounts.open_sign_up();
    house.ledger.refuse(Some(|| StoreError::Closed));
    assert!(sign_up().await.is_err());
    house.ledger.refuse(None);
    let (account, cookie) = sign_up().await.expect("the address is free again");
    assert_eq!(house.may(&cookie), Ok(Role::Owner.scopes()));
    assert_eq!(
        house.accounts.get(account).map(|account| account.record().name).ok().as_deref(),
        Some("bakery")
    );
    assert_eq!(sign_up().await, Err(ErrorCode::EmailTaken));
    assert_eq!(house.accounts.list(None, 10).0.len(), 3, "the root account, the tenant, the bakery");
}

#[tokio::test]
async fn a_session_is_renewed_once() {
    let house = House::new().await;
    let id = house.member(Role::Viewer).await;
    let cookie = house.sign_in(EMAIL, PASSWORD).await.expect("it is right");
    let session = house.accounts.admit_member(&cookie).expect("signed in").key.0;
    let renew = || house.ask(Ask::RenewSession(id, session, Box::default()));
    let fresh = match renew().await {
        Ok(AccountReply::SignedIn(_, _, shown)) => shown.0,
        other => panic!("{other:?}"),
    };
    assert_eq!(house.may(&cookie), Err(ErrorCode::Unauthorized));
    assert_eq!(house.may(&fresh), Ok(Role::Viewer.scopes()));
    assert_eq!(refusal(renew().await), ErrorCode::Unauthorized);
}
