//! Trunkline itself, as its users have it: the real binary as a process on a data directory of its own, spoken to over
//! HTTP, and pointed at the simulated service of a [`World`].
//!
//! It can be killed like a process in a power cut, and started again on the same data. It ends with
//! [`Gateway::finish`], which asks it to stop in good order and then reads its log: no panic, no phone number, no
//! message text, no key.

mod api;
mod credits;
mod endpoint;
mod events;
mod instance;
mod memory;
mod metrics;
mod process;
mod proxy;
mod sending;
mod web;
mod webhook;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use self::api::{Answer, Api, Request, in_base64};
pub use self::endpoint::{Endpoint, Pulled};
pub use self::events::{EventStream, GatewayEvent};
pub use self::instance::Instance;
pub use self::memory::Resident;
pub use self::metrics::Metrics;
use self::process::{Launch, Process};
pub use self::proxy::{PROXY_CREDENTIALS, ProxyServer};
pub use self::sending::Accepted;
pub use self::web::{FileServer, Received, WebServer};
pub use self::webhook::{Delivery, WEBHOOK_SECRET, Webhook};
use crate::account::Account;
use crate::world::World;

/// A running gateway. Must be ended with [`Gateway::finish`]; a dropped one is killed.
pub struct Gateway {
    api: Api,
    launch: Launch,
    process: Option<Process>,
    directory: TempDir,
}

impl Gateway {
    /// Starts a gateway on an empty data directory.
    pub async fn start(world: &World) -> Self {
        Self::start_with(world, &[]).await
    }

    /// As [`Gateway::start`], with further settings.
    pub async fn start_with(world: &World, settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::Builder::new().prefix("gateway-").tempdir_in(world.directory());
        let directory = directory.unwrap_or_else(|error| panic!("no temporary directory: {error}"));
        let mut flags = flags(world, &directory);
        for (name, value) in settings {
            let flag = format!("--{name}=");
            flags.retain(|given| !given.starts_with(&flag));
            flags.push(format!("{flag}{value}"));
        }
        let launch = Launch { flags, log_file: directory.path().join("log") };
        let mut gateway = Self { api: Api::new(), launch, process: None, directory };
        gateway.restart().await;
        assert_ne!(gateway.api.key(), "", "the first start showed no key");
        gateway
    }

    /// Starts again on the same data, after [`Gateway::kill9`] or [`Gateway::sigterm`].
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "it still runs");
        let (process, greeting) = self.launch.start().await;
        let known = self.api.key();
        assert!(known.is_empty() || greeting.key.is_none(), "a later start showed a key");
        self.api.moved_to(greeting.url, greeting.key);
        self.process = Some(process);
    }

    /// Starts again unless it runs.
    pub async fn ensure_running(&mut self) {
        if self.process.is_none() {
            self.restart().await;
        }
    }

    /// Ends the process as a power cut does.
    pub fn kill9(&mut self) {
        self.running().kill9();
    }

    /// Asks the process to stop, and waits until it did, in good order.
    pub async fn sigterm(&mut self) {
        let status = self.running().sigterm().await;
        assert!(status.success(), "the gateway ended with {status}; its log:\n{}", self.launch.log());
    }

    /// What the process holds in memory: see [`Resident`].
    pub fn resident(&self) -> Resident {
        let process = self.process.as_ref().unwrap_or_else(|| panic!("the gateway does not run"));
        Resident::of(process.id())
    }

    fn running(&mut self) -> Process {
        self.process.take().unwrap_or_else(|| panic!("the gateway does not run"))
    }

    /// A caller of the API with the root key.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Makes an instance; `settings` is the body of `POST /v1/instances`.
    pub async fn create_instance(&self, settings: Value) -> Instance {
        let made = self.api.post("/v1/instances", &settings).send().await;
        let id = made.expect(201)["id"].as_str().map(str::to_owned);
        let id = id.unwrap_or_else(|| panic!("the new instance has no id: {made}"));
        assert_eq!(made.header("location"), format!("/v1/instances/{id}"));
        Instance::new(self.api.clone(), id)
    }

    /// Makes an instance from credentials; `body` is that of `POST /v1/instances/import`.
    pub async fn import_instance(&self, body: &Value) -> Instance {
        let made = self.api.post("/v1/instances/import", body).send().await;
        let id = made.expect(201)["id"].as_str().map(str::to_owned);
        Instance::new(self.api.clone(), id.unwrap_or_else(|| panic!("the new instance has no id: {made}")))
    }

    /// Makes an instance and links it to `account`: the phone scans its QR code.
    pub async fn link(&self, account: &Account) -> Instance {
        self.link_with(account, json!({})).await
    }

    /// As [`Gateway::link`], with a body for `POST /v1/instances`.
    pub async fn link_with(&self, account: &Account, settings: Value) -> Instance {
        let instance = self.create_instance(settings).await;
        instance.link(account).await;
        instance
    }

    /// Runs another command of the binary on this gateway's data: its output, whole.
    pub async fn run(&self, command: &[&str]) -> std::process::Output {
        self.launch.run(command).await
    }

    /// Callers' files on this gateway's disk, whole or not.
    pub fn stored_files(&self) -> Vec<PathBuf> {
        let blobs = self.data_dir().join("blobs");
        let entries = std::fs::read_dir(&blobs).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
        });
        entries.unwrap_or_else(|error| panic!("{}: {error}", blobs.display()))
    }

    /// Makes those files look as if they had been uploaded so much earlier.
    pub fn age_stored_files(&self, by: Duration) {
        for path in self.stored_files() {
            let file = std::fs::File::options().write(true).open(&path);
            let aged = file.and_then(|file| file.set_modified(SystemTime::now() - by));
            aged.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }

    /// As [`Gateway::run`], with so many open files allowed.
    pub async fn run_with_open_files(&self, allowed: u64, command: &[&str]) -> std::process::Output {
        self.launch.run_with_open_files(allowed, command).await
    }

    /// Where it keeps its data.
    pub fn data_dir(&self) -> PathBuf {
        data_dir(&self.directory)
    }

    /// What the gateway's processes logged so far.
    pub fn log(&self) -> String {
        self.launch.log()
    }

    /// Stops the gateway in good order and reads its log: nothing panicked and nothing private is in it.
    pub async fn finish(mut self) {
        if self.process.is_some() {
            self.sigterm().await;
        }
        let log = self.log();
        assert!(!log.contains("panicked at"), "something panicked:\n{log}");
        for secret in self.api.private() {
            let line = log.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "{secret:?} must not be in the log");
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(traces) = std::env::var_os("TRUNKLINE_TEST_TRACES") {
            // Without a copy the log goes with its directory; that it cannot be copied is no fault of the test.
            let _ = std::fs::copy(&self.launch.log_file, std::path::Path::new(&traces).join("gateway.log"));
        }
        let ended = self.process.is_none();
        assert!(ended || std::thread::panicking(), "end a test with gateway.finish(): it reads the log");
    }
}

fn data_dir(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}

/// One shard and one front thread: the machine carries several tests at a time.
fn flags(world: &World, directory: &TempDir) -> Vec<String> {
    let level = std::env::var("TRUNKLINE_TEST_LOG").unwrap_or_else(|_| "info".to_owned());
    let settings = [
        ("data-dir", data_dir(directory).display().to_string()),
        ("listen", "127.0.0.1:0".to_owned()),
        ("shards", "1".to_owned()),
        ("front-threads", "1".to_owned()),
        ("pin-threads", "false".to_owned()),
        // Webhooks and media URLs of tests are on loopback.
        ("allow-private-fetch", "true".to_owned()),
        ("log-level", level),
        ("whatsapp-url", world.wss_url().to_owned()),
        ("whatsapp-web-url", world.control().url().to_owned()),
        ("whatsapp-media-host", world.media_host().to_owned()),
        ("whatsapp-ca-file", world.ca_file().display().to_string()),
    ];
    settings.into_iter().map(|(name, value)| format!("--{name}={value}")).collect()
}
