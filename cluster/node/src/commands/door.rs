//! Two ways to the accounts of a node: through a running server, or in a data directory that no server uses.

use serde_json::{Value, json};
use trunkline_engine::{EngineError, OfflineAccounts};
use trunkline_model::account::AccountState;
use trunkline_model::command::{
    AccountCommand, AccountReply, AddCredits, KeyRotation, NewAccount, NewKey, PocketView, Shown,
    UpdateAccount,
};
use trunkline_model::{AccountId, Failure, KeyId};
use trunkline_store::StoreError;

use super::server;
use crate::client::{Api, ApiError, install_tls};
use crate::config::{self, FileFlag, SettingFlags};
use crate::console::remark;
use crate::exit::Exit;

/// Which node, and who asks.
#[derive(Debug, clap::Args)]
pub struct DoorFlags {
    /// Address of a running server; without it the command works in the data directory, which no server may use meanwhile
    #[arg(long)]
    url: Option<String>,
    /// API key for that server
    #[arg(long, env = "TRUNKLINE_KEY", hide_env_values = true)]
    key: Option<String>,
    #[command(flatten)]
    file: FileFlag,
    #[command(flatten)]
    settings: SettingFlags,
}

/// Why a command failed.
#[derive(Debug)]
pub enum DoorError {
    /// The server said so.
    Api(ApiError),
    /// The data directory said so.
    Refused(Failure),
    /// The data directory cannot be used.
    Engine(EngineError),
    /// The configuration cannot be read, which has been told.
    Told(Exit),
}

/// An account as the commands show it.
pub struct AccountLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state's word.
    pub state: String,
}

/// A key as the commands show it.
pub struct KeyLine {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// Its dialect's word.
    pub dialect: String,
    /// How it begins.
    pub prefix: String,
    /// What it may do.
    pub scopes: String,
}

/// A pocket as the commands show it.
pub struct PocketLine {
    /// Its word.
    pub pocket: String,
    /// Credits that may be spent.
    pub balance: u64,
    /// Messages that are paid for and on their way.
    pub held: u64,
}

/// A secret that was just made.
pub struct Issued {
    /// Public id of the key.
    pub id: String,
    /// The key.
    pub secret: String,
}

/// An open way.
pub enum Door {
    /// Through a server.
    Server(Api),
    /// Through the data directory.
    Directory(Box<OfflineAccounts>),
}

impl DoorFlags {
    /// Opens the way and lets `work` use it.
    pub fn through(&self, work: impl AsyncFnOnce(&Door) -> Result<Exit, DoorError>) -> Exit {
        let door = match self.open() {
            Ok(door) => door,
            Err(error) => return self.told(&error),
        };
        let ended = match &door {
            Door::Server(_) => server::block_on(work(&door)),
            // Nothing in it waits for a runtime: the directory has its own.
            Door::Directory(_) => futures_util::FutureExt::now_or_never(work(&door)),
        };
        let ended = ended.unwrap_or(Ok(Exit::Unavailable));
        let closed = match door {
            Door::Directory(accounts) => accounts.close().map_err(DoorError::Engine),
            Door::Server(_) => Ok(()),
        };
        match ended.and_then(|exit| closed.map(|()| exit)) {
            Ok(exit) => exit,
            Err(error) => self.told(&error),
        }
    }

    fn open(&self) -> Result<Door, DoorError> {
        if let Some(url) = &self.url {
            install_tls();
            let key = self.key.clone().unwrap_or_default();
            return Api::new(url, key).map(Door::Server).map_err(DoorError::Api);
        }
        let effective =
            config::load_or_tell(self.file.config.as_deref(), &self.settings).map_err(DoorError::Told)?;
        let data_dir = &effective.settings.data_dir;
        if !data_dir.is_dir() {
            remark(format_args!(
                "There is no directory {}; give --data-dir, or start a server there first.",
                data_dir.display()
            ));
            return Err(DoorError::Told(Exit::DataDirectory));
        }
        let accounts = OfflineAccounts::open(data_dir).map_err(DoorError::Engine)?;
        Ok(Door::Directory(Box::new(accounts)))
    }

    fn told(&self, error: &DoorError) -> Exit {
        match error {
            DoorError::Told(exit) => *exit,
            DoorError::Api(error) => {
                remark(error);
                if matches!(error, ApiError::Unreachable { .. }) { Exit::Unavailable } else { Exit::Failed }
            }
            DoorError::Refused(failure) => {
                remark(&failure.detail);
                Exit::Failed
            }
            DoorError::Engine(EngineError::Store(StoreError::Locked { path, holder })) => {
                remark(format_args!(
                    "Nothing was done: a server (process {holder}) uses {}. Ask it with --url and --key, or stop it for the moment that this \
                     command takes.",
                    path.display()
                ));
                Exit::DataDirectory
            }
            DoorError::Engine(error) => {
                remark(error);
                Exit::of_engine(error)
            }
        }
    }
}

impl Door {
    /// Every account.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn accounts(&self) -> Result<Vec<AccountLine>, DoorError> {
        match self {
            Door::Server(api) => Ok(api.all("/v1/accounts").await?.iter().map(account_line).collect()),
            Door::Directory(accounts) => {
                let (records, _) = accounts.list(None, usize::MAX);
                let line = |record: &trunkline_model::account::AccountRecord| AccountLine {
                    id: record.id.to_string(),
                    name: record.name.clone(),
                    state: record.state.as_str().to_owned(),
                };
                Ok(records.iter().map(line).collect())
            }
        }
    }

    /// Makes an account; its id.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn create_account(&self, name: &str) -> Result<String, DoorError> {
        match self {
            Door::Server(api) => {
                let made = api.ask("POST", "/v1/accounts", Some(&json!({ "name": name }))).await?;
                Ok(text(&made["id"]))
            }
            Door::Directory(accounts) => {
                let new =
                    NewAccount { name: name.to_owned(), credits: false, rate_limits: Default::default() };
                Ok(accounts.create(new)?.id.to_string())
            }
        }
    }

    /// Suspends an account, or lets it in again.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn set_state(&self, id: AccountId, state: AccountState) -> Result<(), DoorError> {
        match self {
            Door::Server(api) => {
                let change = json!({ "state": state.as_str() });
                api.ask("PATCH", &format!("/v1/accounts/{id}"), Some(&change)).await?;
            }
            Door::Directory(accounts) => {
                let update = UpdateAccount { state: Some(state), ..UpdateAccount::default() };
                accounts.ask(id, AccountCommand::Update(Box::new(update)))?;
            }
        }
        Ok(())
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn delete_account(&self, id: AccountId) -> Result<(), DoorError> {
        match self {
            Door::Server(api) => drop(api.ask("DELETE", &format!("/v1/accounts/{id}"), None).await?),
            Door::Directory(accounts) => drop(accounts.ask(id, AccountCommand::Delete)?),
        }
        Ok(())
    }

    /// Every key of an account; through a server, of the account that its key belongs to.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn keys(&self, account: AccountId) -> Result<Vec<KeyLine>, DoorError> {
        match self {
            Door::Server(api) => Ok(api.all("/v1/keys").await?.iter().map(key_line).collect()),
            Door::Directory(accounts) => {
                let all = AccountCommand::ListKeys { after: None, limit: usize::MAX - 1 };
                let AccountReply::Keys(views, _) = accounts.ask(account, all)? else { return Ok(Vec::new()) };
                let line = |view: &trunkline_model::command::KeyView| KeyLine {
                    id: view.record.id.to_string(),
                    label: view.record.label.clone(),
                    dialect: view.record.dialect.as_str().to_owned(),
                    prefix: view.record.secrets.current.prefix.clone(),
                    scopes: words(&view.record.scopes, &view.record.dialect_scopes),
                };
                Ok(views.iter().map(line).collect())
            }
        }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn create_key(&self, account: Option<AccountId>, new: NewKey) -> Result<Issued, DoorError> {
        match self {
            Door::Server(api) => {
                let path = match account {
                    Some(account) => format!("/v1/accounts/{account}/keys"),
                    None => "/v1/keys".to_owned(),
                };
                let body =
                    json!({ "label": new.label, "dialect": new.dialect.as_str(), "scopes": new.scopes });
                Ok(issued(&api.ask("POST", &path, Some(&body)).await?))
            }
            Door::Directory(accounts) => {
                let account = account.unwrap_or(trunkline_model::id::ROOT_ACCOUNT);
                shown(accounts.ask(account, AccountCommand::CreateKey(Box::new(new)))?)
            }
        }
    }

    /// Replaces a key.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn rotate_key(
        &self,
        account: AccountId,
        key: KeyId,
        overlap_seconds: u64,
    ) -> Result<Issued, DoorError> {
        match self {
            Door::Server(api) => {
                let body = json!({ "overlap_seconds": overlap_seconds });
                Ok(issued(&api.ask("POST", &format!("/v1/keys/{key}/rotate"), Some(&body)).await?))
            }
            Door::Directory(accounts) => {
                let rotation =
                    KeyRotation { overlap_ms: overlap_seconds.saturating_mul(1_000), chosen: None };
                shown(accounts.ask(account, AccountCommand::RotateKey(key, rotation))?)
            }
        }
    }

    /// Takes a key back.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn revoke_key(&self, account: AccountId, key: KeyId) -> Result<(), DoorError> {
        match self {
            Door::Server(api) => drop(api.ask("DELETE", &format!("/v1/keys/{key}"), None).await?),
            Door::Directory(accounts) => drop(accounts.ask(account, AccountCommand::RevokeKey(key))?),
        }
        Ok(())
    }
}

impl Door {
    /// The pockets of an account.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn credits(&self, account: AccountId) -> Result<Vec<PocketLine>, DoorError> {
        match self {
            Door::Server(api) => {
                Ok(pocket_lines(&api.ask("GET", &format!("/v1/accounts/{account}/credits"), None).await?))
            }
            Door::Directory(accounts) => Ok(pockets(accounts.ask(account, AccountCommand::GetCredits)?)),
        }
    }

    /// Gives an account credits, or takes some back; its pockets after that.
    ///
    /// # Errors
    /// [`DoorError`].
    pub async fn add_credits(
        &self,
        account: AccountId,
        order: AddCredits,
    ) -> Result<Vec<PocketLine>, DoorError> {
        match self {
            Door::Server(api) => {
                let path = format!("/v1/accounts/{account}/credits");
                let body = json!({ "amount": order.amount, "pocket": order.pocket.as_str() });
                Ok(pocket_lines(&api.order(&path, &body, order.idempotency_key.as_deref()).await?))
            }
            Door::Directory(accounts) => {
                Ok(pockets(accounts.ask(account, AccountCommand::AddCredits(order))?))
            }
        }
    }
}

fn pockets(reply: AccountReply) -> Vec<PocketLine> {
    let AccountReply::Credits(view) = reply else { return Vec::new() };
    let line = |pocket: &PocketView| PocketLine {
        pocket: pocket.pocket.as_str().to_owned(),
        balance: pocket.balance,
        held: pocket.held as u64,
    };
    view.pockets.iter().map(line).collect()
}

fn pocket_lines(credits: &Value) -> Vec<PocketLine> {
    let line = |pocket: &Value| PocketLine {
        pocket: text(&pocket["pocket"]),
        balance: pocket["balance"].as_u64().unwrap_or_default(),
        held: pocket["held"].as_u64().unwrap_or_default(),
    };
    credits["pockets"].as_array().into_iter().flatten().map(line).collect()
}

impl From<ApiError> for DoorError {
    fn from(error: ApiError) -> DoorError {
        DoorError::Api(error)
    }
}

impl From<Failure> for DoorError {
    fn from(failure: Failure) -> DoorError {
        DoorError::Refused(failure)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("–").chars().filter(|c| !c.is_control()).collect()
}

fn account_line(account: &Value) -> AccountLine {
    AccountLine { id: text(&account["id"]), name: text(&account["name"]), state: text(&account["state"]) }
}

fn key_line(key: &Value) -> KeyLine {
    let scopes = key["scopes"].as_array().map(|words| words.iter().map(text).collect::<Vec<_>>().join(" "));
    KeyLine {
        id: text(&key["id"]),
        label: text(&key["label"]),
        dialect: text(&key["dialect"]),
        prefix: text(&key["prefix"]),
        scopes: scopes.unwrap_or_default(),
    }
}

fn words(native: &[String], dialect: &[String]) -> String {
    if dialect.is_empty() { native.join(" ") } else { dialect.join(" ") }
}

fn issued(made: &Value) -> Issued {
    Issued { id: text(&made["id"]), secret: text(&made["key"]) }
}

fn shown(reply: AccountReply) -> Result<Issued, DoorError> {
    match reply {
        AccountReply::NewKey(view, Shown(secret)) => Ok(Issued { id: view.record.id.to_string(), secret }),
        _ => Err(DoorError::Told(Exit::Failed)),
    }
}
