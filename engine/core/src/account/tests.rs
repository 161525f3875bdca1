//! Accounts over a store that can refuse, and over a restart.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use tempfile::TempDir;
use trunkline_model::account::{
    AccountState, AuditRecord, Author, HookDefaults, InstanceDefaults, KeyUse, Who,
};
use trunkline_model::command::{
    AccountCommand as Ask, AccountReply, KeyRotation, KeyView, NewAccount, NewApp, NewKey, Shown,
    UpdateAccount, UpdateKey,
};
use trunkline_model::delivery::RetrySchedule;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::AUDIT_ENTRIES_MAX;
use trunkline_model::record::table;
use trunkline_model::slot::{SLOTS, Slot};
use trunkline_model::{AccountId, AppId, Dialect, ErrorCode, Failure, InstanceId, KeyId, Scope, WorkspaceId};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange, Ledger, StoreError};

use super::accounts::{Accounts, Belongings, Home};
use super::rows::{self, FoundAccounts};
use crate::clock;
use crate::limits::AUDIT_TRIMMED_EVERY;
use crate::shard::parts;
use crate::spawn::{Spawner, TaskKind};
use crate::testing::{self, TestLedger};

mod credits;
mod files;
mod members;

const TENANT: AccountId = AccountId(77);
/// Of the tenant, in its default workspace.
const INSTANCE: InstanceId = InstanceId(7);
const HERE: &str = "192.0.2.7";

/// The tenant has one instance.
struct OneInstance;

impl Belongings for OneInstance {
    fn instances(&self, account: AccountId, workspace: Option<WorkspaceId>) -> usize {
        let default = WorkspaceId::default_of(TENANT);
        usize::from(account == TENANT && workspace.is_none_or(|workspace| workspace == default))
    }

    fn endpoints(&self, _: AccountId) -> usize {
        0
    }

    fn has_instance(&self, account: AccountId, instance: InstanceId) -> bool {
        (account, instance) == (TENANT, INSTANCE)
    }

    fn check_hooks(&self, _: &[HookDefaults]) -> Result<(), Failure> {
        Ok(())
    }
}

struct House {
    ledger: Arc<TestLedger>,
    accounts: Arc<Accounts>,
    _dir: TempDir,
}

/// What a node knows after a start on this store.
fn known_after_start(ledger: &Arc<TestLedger>) -> Arc<Accounts> {
    let mut found = FoundAccounts::default();
    for slot in (0..SLOTS).map(Slot) {
        rows::read(&**ledger, slot, &mut found).expect("the rows are readable");
    }
    let accounts = Accounts::new(Box::new(OneInstance));
    accounts.found(&found);
    accounts.seal_with(ledger.sealer());
    let ledger = Arc::clone(ledger) as Arc<dyn Ledger>;
    let spawner = Spawner::new(Arc::new(|fatal| panic!("{fatal}")), Arc::new(parts::Polls::new(0)));
    let run = move |work| {
        spawner.spawn(TaskKind::Disposable, "account", work);
        true
    };
    accounts.begin(Box::new([Home { ledger, run: Box::new(run) }]));
    accounts
}

impl House {
    async fn new() -> House {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let house = House { accounts: known_after_start(&ledger), ledger, _dir: dir };
        let new = NewAccount { name: "shop".to_owned(), credits: false, rate_limits: Default::default() };
        house.accounts.create_here(TENANT, Author::operator(), new).await.expect("it is made");
        house
    }

    async fn ask_as(&self, author: Author, ask: Ask) -> Result<AccountReply, Failure> {
        let account = self.accounts.get(TENANT)?;
        self.accounts.answer(&account, author, ask).await
    }

    async fn ask(&self, ask: Ask) -> Result<AccountReply, Failure> {
        self.ask_as(Author::operator(), ask).await
    }

    async fn key(&self, adapt: impl FnOnce(&mut NewKey)) -> (KeyId, String) {
        match self.ask(Ask::CreateKey(Box::new(new_key(adapt)))).await {
            Ok(AccountReply::NewKey(view, shown)) => (view.record.id, shown.0),
            other => panic!("{other:?}"),
        }
    }

    async fn view(&self, key: KeyId) -> KeyView {
        match self.ask(Ask::GetKey(key)).await {
            Ok(AccountReply::Key(view)) => *view,
            other => panic!("{other:?}"),
        }
    }

    async fn log(&self) -> Vec<AuditRecord> {
        match self.ask(Ask::Audit { before: None, limit: 100 }).await {
            Ok(AccountReply::Audit(entries, false)) => entries,
            other => panic!("{other:?}"),
        }
    }

    /// What presenting a key gives, now and after a start.
    fn presents(&self, secret: &str) -> Result<AccountId, ErrorCode> {
        let now = admitted(&self.accounts, secret);
        assert_eq!(now, admitted(&known_after_start(&self.ledger), secret), "a start knows something else");
        now
    }
}

fn new_key(adapt: impl FnOnce(&mut NewKey)) -> NewKey {
    let mut new = NewKey {
        label: "crm".to_owned(),
        dialect: Dialect::Native,
        scopes: vec!["messages:send".to_owned()],
        instances: None,
        allowed_ips: Vec::new(),
        expires_at_ms: None,
        chosen: None,
    };
    adapt(&mut new);
    new
}

fn admitted(accounts: &Accounts, secret: &str) -> Result<AccountId, ErrorCode> {
    let from: IpAddr = HERE.parse().expect("an address");
    accounts.admit(secret, Some(from)).map(|principal| principal.account).map_err(|failure| failure.code)
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, Failure>) -> ErrorCode {
    answer.expect_err("it is refused").code
}

#[tokio::test]
async fn a_key_opens_its_account_until_it_is_revoked() {
    let house = House::new().await;
    let (id, secret) = house.key(|new| new.instances = Some(vec![INSTANCE])).await;
    assert_eq!(house.presents(&secret), Ok(TENANT));
    assert_eq!(house.presents(&format!("{secret}x")), Err(ErrorCode::Unauthorized));
    let principal = house.accounts.admit(&secret, None).expect("it opens");
    assert_eq!(principal.instances.as_deref(), Some(&[INSTANCE][..]));
    assert_eq!(*principal.scopes, [Scope::MessagesSend]);
    let view = house.view(id).await;
    assert!(secret.starts_with(&view.record.secrets.current.prefix) && secret.starts_with("tk_"));
    house.ask(Ask::RevokeKey(id)).await.expect("it is revoked");
    assert_eq!(house.presents(&secret), Err(ErrorCode::Unauthorized));
    assert_eq!(refusal(house.ask(Ask::GetKey(id)).await), ErrorCode::KeyNotFound);
}

#[tokio::test]
async fn a_replaced_key_opens_for_as_long_as_was_said() {
    let house = House::new().await;
    let (id, first) = house.key(|_| ()).await;
    let rotate = async |overlap_ms| match house
        .ask(Ask::RotateKey(id, KeyRotation { overlap_ms, chosen: None }))
        .await
    {
        Ok(AccountReply::NewKey(_, shown)) => shown.0,
        other => panic!("{other:?}"),
    };
    let second = rotate(3_600_000).await;
    assert_eq!((house.presents(&first), house.presents(&second)), (Ok(TENANT), Ok(TENANT)));
    let third = rotate(0).await;
    for (secret, expected) in [(&first, false), (&second, false), (&third, true)] {
        assert_eq!(house.presents(secret).is_ok(), expected);
    }
    house.ask(Ask::RevokeKey(id)).await.expect("it is revoked");
    assert_eq!(house.presents(&third), Err(ErrorCode::Unauthorized));
}

#[tokio::test]
async fn a_chosen_key_opens_as_one_that_was_made_and_belongs_to_one() {
    let house = House::new().await;
    let chosen = Shown("my-own-key-0123456789abcdef".to_owned());
    let (id, made) = house.key(|new| new.chosen = Some(chosen.clone())).await;
    assert_eq!((made.as_str(), house.presents(&chosen.0)), (chosen.0.as_str(), Ok(TENANT)));
    assert_eq!(house.view(id).await.record.secrets.current.prefix, "my-o");
    let again = Ask::CreateKey(Box::new(new_key(|new| new.chosen = Some(chosen.clone()))));
    assert_eq!(refusal(house.ask(again).await), ErrorCode::Validation);
    let (other, _) = house.key(|_| ()).await;
    let take = |chosen: &Shown| KeyRotation { overlap_ms: 0, chosen: Some(chosen.clone()) };
    assert_eq!(refusal(house.ask(Ask::RotateKey(other, take(&chosen))).await), ErrorCode::Validation);
    // Two at a time, of whom one is first.
    let wanted = Shown("another-key-0123456789abcdef".to_owned());
    let both = join_all([id, other].map(|key| house.ask(Ask::RotateKey(key, take(&wanted))))).await;
    assert_eq!(both.iter().filter(|answer| answer.is_ok()).count(), 1, "{both:?}");
    assert_eq!(house.presents(&wanted.0), Ok(TENANT));
}

#[tokio::test]
async fn what_instances_begin_with_is_sealed_and_kept() {
    let house = House::new().await;
    let get = async || match house.ask(Ask::GetInstanceDefaults).await {
        Ok(AccountReply::InstanceDefaults(defaults)) => *defaults,
        other => panic!("{other:?}"),
    };
    assert_eq!(get().await, InstanceDefaults::default());
    let hook = HookDefaults {
        dialect: Dialect::Wsapi,
        url: "https://example.org/hook".to_owned(),
        secret: "a-secret-of-theirs".to_owned(),
        events: Vec::new(),
        timeout_ms: 10_000,
        schedule: RetrySchedule::STANDARD,
    };
    let wanted = InstanceDefaults { hooks: vec![hook], ..InstanceDefaults::default() };
    house.ask(Ask::SetInstanceDefaults(Box::new(wanted.clone()))).await.expect("they are kept");
    assert_eq!(get().await, wanted);
    let row = rows::key_of(TENANT, table::INSTANCE_DEFAULTS, 0);
    let stored = house.ledger.get(&row).expect("readable").expect("it is there");
    assert!(!stored.windows(8).any(|piece| piece == b"a-secret"), "a secret is on disk as it is");
    assert_eq!(house.log().await[0].action, "account.instance_defaults_set");
}

#[tokio::test]
async fn a_key_opens_nothing_from_elsewhere_after_its_end_or_in_a_suspended_account() {
    let house = House::new().await;
    let (_, from_here) = house.key(|new| new.allowed_ips = vec!["192.0.2.0/24".to_owned()]).await;
    let (_, from_there) = house.key(|new| new.allowed_ips = vec!["198.51.100.0/24".to_owned()]).await;
    let (_, ended) = house.key(|new| new.expires_at_ms = Some(clock::wall_ms() - 1)).await;
    assert_eq!(house.presents(&from_here), Ok(TENANT));
    assert_eq!(house.presents(&from_there), Err(ErrorCode::AddressNotAllowed));
    assert_eq!(house.presents(&ended), Err(ErrorCode::Unauthorized));
    for (state, expected) in
        [(AccountState::Suspended, Err(ErrorCode::AccountSuspended)), (AccountState::Active, Ok(TENANT))]
    {
        let update = UpdateAccount { state: Some(state), ..UpdateAccount::default() };
        house.ask(Ask::Update(Box::new(update))).await.expect("it is changed");
        assert_eq!(house.presents(&from_here), expected);
    }
}

#[tokio::test]
async fn the_use_of_a_key_is_written_down_once_in_a_while() {
    let house = House::new().await;
    let (id, secret) = house.key(|_| ()).await;
    assert_eq!(house.view(id).await.last_used_at_ms, None);
    house.accounts.admit(&secret, None).expect("it opens");
    // Behind the note in the order of the store.
    crate::patient::barrier(&*house.ledger).await.expect("durable");
    let noted = house.view(id).await.last_used_at_ms.expect("it was used");
    assert!(noted <= clock::wall_ms());
    let mut batch = Batch::new();
    rows::put(&mut batch, rows::key_of(TENANT, table::KEY_USE, id.0), &KeyUse { at_ms: 5 }).expect("small");
    crate::patient::commit(&*house.ledger, batch, CommitClass::First).await.expect("durable");
    house.accounts.admit(&secret, None).expect("it opens");
    crate::patient::barrier(&*house.ledger).await.expect("durable");
    assert_eq!(house.view(id).await.last_used_at_ms, Some(5), "written twice within a minute");
}

#[tokio::test]
async fn nobody_hands_out_or_touches_what_may_do_more() {
    let house = House::new().await;
    let (strong, _) = house.key(|new| new.scopes = vec!["*".to_owned()]).await;
    let (weak, _) = house.key(|_| ()).await;
    let author = || Author {
        who: Who::Key(weak),
        address: None,
        scopes: Arc::from([Scope::KeysWrite, Scope::MessagesSend]),
    };
    let wider = UpdateKey { scopes: Some(vec!["keys:read".to_owned()]), ..UpdateKey::default() };
    let full = |new: &mut NewKey| {
        (new.dialect, new.scopes) = (Dialect::Wasaas, vec!["full".to_owned()]);
    };
    for refused in [
        Ask::CreateKey(Box::new(new_key(|new| new.scopes = vec!["*".to_owned()]))),
        Ask::CreateKey(Box::new(new_key(full))),
        Ask::RotateKey(strong, KeyRotation::default()),
        Ask::RevokeKey(strong),
        Ask::UpdateKey(strong, Box::default()),
        Ask::UpdateKey(weak, Box::new(wider)),
    ] {
        let answer = house.ask_as(author(), refused.clone()).await;
        assert_eq!(refusal(answer), ErrorCode::Forbidden, "{refused:?}");
    }
    house.ask_as(author(), Ask::CreateKey(Box::new(new_key(|_| ())))).await.expect("no more than it has");
    let foreign = new_key(|new| new.instances = Some(vec![InstanceId(8)]));
    assert_eq!(refusal(house.ask(Ask::CreateKey(Box::new(foreign))).await), ErrorCode::Validation);
}

#[tokio::test]
async fn an_account_with_an_instance_stays_and_one_without_leaves_nothing() {
    let house = House::new().await;
    assert_eq!(refusal(house.ask(Ask::Delete).await), ErrorCode::AccountState);
    let root = house.accounts.get(ROOT_ACCOUNT).expect("it is always there");
    let delete_root = house.accounts.answer(&root, Author::operator(), Ask::Delete).await;
    assert_eq!(refusal(delete_root), ErrorCode::AccountState);
    let other = AccountId(78);
    let new = NewAccount { name: "gone".to_owned(), credits: true, rate_limits: Default::default() };
    house.accounts.create_here(other, Author::operator(), new).await.expect("it is made");
    let account = house.accounts.get(other).expect("it is there");
    let ask = |ask| house.accounts.answer(&account, Author::operator(), ask);
    let made = ask(Ask::CreateKey(Box::new(new_key(|_| ())))).await;
    let Ok(AccountReply::NewKey(_, shown)) = made else { panic!("{made:?}") };
    ask(Ask::Delete).await.expect("nothing holds it");
    assert_eq!(house.presents(&shown.0), Err(ErrorCode::Unauthorized));
    assert_eq!(refusal(ask(Ask::Get).await), ErrorCode::AccountNotFound);
    assert_eq!(refusal(house.accounts.stay(other).await.map(drop)), ErrorCode::AccountNotFound);
    let left = house.ledger.scan(KeyRange::owner(other.slot().0, other.0), Direction::Forward, 1);
    assert_eq!(left.expect("readable"), []);
    assert_eq!(house.accounts.list(None, 10).0.len(), 2, "the root account and the tenant");
}

#[tokio::test]
async fn what_the_disk_does_not_take_has_not_happened() {
    let house = House::new().await;
    let (id, secret) = house.key(|_| ()).await;
    house.ledger.refuse(Some(|| StoreError::Closed));
    assert!(house.ask(Ask::RevokeKey(id)).await.is_err());
    assert!(house.ask(Ask::RotateKey(id, KeyRotation::default())).await.is_err());
    let suspend = UpdateAccount { state: Some(AccountState::Suspended), ..UpdateAccount::default() };
    assert!(house.ask(Ask::Update(Box::new(suspend))).await.is_err());
    house.ledger.refuse(None);
    assert_eq!(house.presents(&secret), Ok(TENANT));
    let words: Vec<String> = house.log().await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(words, ["key.created", "account.created"]);
}

#[tokio::test]
async fn changes_are_numbered_without_a_gap_and_say_who() {
    let house = House::new().await;
    let author = |key| Author {
        who: Who::Key(KeyId(key)),
        address: Some(HERE.to_owned()),
        scopes: Arc::from([Scope::All]),
    };
    let making = (0..8).map(|key| house.ask_as(author(key), Ask::CreateWorkspace(format!("w{key}"))));
    assert!(join_all(making).await.iter().all(Result::is_ok));
    let log = house.log().await;
    let numbers: Vec<u64> = log.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=9).rev().collect::<Vec<u64>>());
    let entry = log.iter().find(|entry| entry.who == Who::Key(KeyId(3))).expect("it is there");
    assert_eq!((entry.action.as_str(), entry.address.as_deref()), ("workspace.created", Some(HERE)));
    let page = house.ask(Ask::Audit { before: Some(3), limit: 1 }).await;
    let Ok(AccountReply::Audit(page, true)) = page else { panic!("{page:?}") };
    assert_eq!(page[0].number, 2);
    // After a start the numbers go on.
    let again = known_after_start(&house.ledger);
    let account = again.get(TENANT).expect("it is there");
    again.answer(&account, Author::operator(), Ask::CreateWorkspace("x".to_owned())).await.expect("made");
    assert_eq!(house.log().await[0].number, 10);
}

#[tokio::test]
async fn the_log_of_changes_is_bounded() {
    let house = House::new().await;
    let newest = AUDIT_ENTRIES_MAX + AUDIT_TRIMMED_EVERY - AUDIT_ENTRIES_MAX % AUDIT_TRIMMED_EVERY;
    let entry = AuditRecord { number: newest - 1, ..house.log().await.remove(0) };
    let mut batch = Batch::new();
    rows::put(&mut batch, rows::key_of(TENANT, table::AUDIT, entry.number), &entry).expect("small");
    crate::patient::commit(&*house.ledger, batch, CommitClass::First).await.expect("durable");
    let again = known_after_start(&house.ledger);
    let account = again.get(TENANT).expect("it is there");
    again.answer(&account, Author::operator(), Ask::CreateWorkspace("w".to_owned())).await.expect("made");
    let numbers: Vec<u64> = house.log().await.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [newest, newest - 1], "the first entry is gone");
}

#[tokio::test]
async fn workspaces_have_names_of_their_own_and_stay_while_they_are_needed() {
    let house = House::new().await;
    let default = WorkspaceId::default_of(TENANT);
    let made = house.ask(Ask::CreateWorkspace("sales".to_owned())).await;
    let Ok(AccountReply::Workspace(sales)) = made else { panic!("{made:?}") };
    for (refused, code) in [
        (Ask::CreateWorkspace("sales".to_owned()), ErrorCode::NameTaken),
        (Ask::RenameWorkspace(default, "sales".to_owned()), ErrorCode::NameTaken),
        (Ask::DeleteWorkspace(default), ErrorCode::AccountState),
        (Ask::DeleteWorkspace(WorkspaceId(9)), ErrorCode::WorkspaceNotFound),
    ] {
        assert_eq!(refusal(house.ask(refused.clone()).await), code, "{refused:?}");
    }
    house.ask(Ask::RenameWorkspace(default, "main".to_owned())).await.expect("it is renamed");
    house.accounts.check_workspace(TENANT, sales.id).expect("it is there");
    house.ask(Ask::DeleteWorkspace(sales.id)).await.expect("nothing belongs to it");
    assert_eq!(refusal(house.accounts.check_workspace(TENANT, sales.id)), ErrorCode::WorkspaceNotFound);
    let listed = house.ask(Ask::ListWorkspaces).await;
    let Ok(AccountReply::Workspaces(listed)) = listed else { panic!("{listed:?}") };
    assert_eq!(listed.iter().map(|w| (w.id, w.name.as_str())).collect::<Vec<_>>(), [(default, "main")]);
}

#[tokio::test]
async fn an_app_is_recognised_until_it_is_deleted() {
    let house = House::new().await;
    let new = NewApp { name: "crm".to_owned(), instances: Some(vec![INSTANCE]), allowed_ips: Vec::new() };
    let made = house.ask(Ask::CreateApp(Box::new(new))).await;
    let Ok(AccountReply::NewApp(app, shown)) = made else { panic!("{made:?}") };
    let named = |accounts: &Accounts| -> Result<AppId, ErrorCode> {
        accounts.admit_app(&shown.0, None).map(|found| found.app).map_err(|failure| failure.code)
    };
    assert!(shown.0.starts_with("wapp_"));
    assert_eq!(named(&house.accounts), Ok(app.id));
    assert_eq!(named(&known_after_start(&house.ledger)), Ok(app.id));
    assert_eq!(house.presents(&shown.0), Err(ErrorCode::Unauthorized), "an app key is no API key");
    house.ask(Ask::DeleteApp(app.id)).await.expect("it is deleted");
    assert_eq!(named(&house.accounts), Err(ErrorCode::Unauthorized));
}
