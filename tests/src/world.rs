//! A simulated service of one test, and everything that lives in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;
use trunkline_simulator::{Simulator, SimulatorConfig};

use crate::account::Account;
use crate::baileys::Baileys;
use crate::control::Control;
use crate::process::{ClientProcess, ProcessSpec};

/// One test's service on ports of its own. Must be ended with [`World::finish`], which asks the judge.
pub struct World {
    simulator: Option<Simulator>,
    site: Arc<Site>,
}

/// What accounts and clients need to know of their world.
pub(crate) struct Site {
    pub control: Control,
    pub ws_url: String,
    pub wss_url: String,
    pub media_host: String,
    pub root_public_key_hex: String,
    pub ca_pem: String,
    directory: TempDir,
    processes: AtomicU32,
}

impl World {
    /// A service with the defaults: backlog is pushed, no faults.
    pub async fn start() -> Self {
        Self::start_with(SimulatorConfig::default()).await
    }

    /// A service with its own configuration.
    pub async fn start_with(config: SimulatorConfig) -> Self {
        let simulator = Simulator::start(config)
            .await
            .unwrap_or_else(|error| panic!("the simulator did not start: {error}"));
        let endpoints = simulator.endpoints();
        let site = Site {
            control: Control::new(&endpoints.control_url),
            ws_url: endpoints.ws_url.clone(),
            wss_url: endpoints.wss_url.clone(),
            media_host: endpoints.media_host.clone(),
            root_public_key_hex: hex::encode(endpoints.root_public_key),
            ca_pem: endpoints.ca_pem.clone(),
            directory: tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary directory: {error}")),
            processes: AtomicU32::new(0),
        };
        write(&site.ca_file(), &site.ca_pem);
        Self { simulator: Some(simulator), site: Arc::new(site) }
    }

    /// The simulator's control interface.
    pub fn control(&self) -> &Control {
        &self.site.control
    }

    /// Address of the plain WebSocket endpoint.
    pub fn ws_url(&self) -> &str {
        &self.site.ws_url
    }

    /// `host:port` of the media server (https).
    pub fn media_host(&self) -> &str {
        &self.site.media_host
    }

    /// Certificate authority of the https and wss endpoints.
    pub fn ca_pem(&self) -> &str {
        &self.site.ca_pem
    }

    /// Address of the WebSocket endpoint over TLS.
    pub fn wss_url(&self) -> &str {
        &self.site.wss_url
    }

    /// File that holds [`World::ca_pem`].
    pub fn ca_file(&self) -> PathBuf {
        self.site.ca_file()
    }

    /// A directory of this world's own, gone after the test.
    pub fn directory(&self) -> &Path {
        self.site.directory.path()
    }

    /// Noise root key clients of this world trust, hex.
    pub fn root_public_key_hex(&self) -> &str {
        &self.site.root_public_key_hex
    }

    /// A new account with a phone that sends delivered receipts and read receipts only when told.
    pub async fn account(&self, push_name: &str) -> Account {
        self.account_with(push_name, json!({})).await
    }

    /// A new account; `settings` are further fields of `POST /accounts`.
    pub async fn account_with(&self, push_name: &str, settings: Value) -> Account {
        let mut body = settings;
        body["push_name"] = json!(push_name);
        let account = self.site.control.post("/accounts", body).await;
        Account::new(Arc::clone(&self.site), push_name, &account)
    }

    /// So many accounts at once, with phone numbers from `first_pn` on.
    pub async fn crowd(&self, count: usize, first_pn: u64) -> Vec<Account> {
        let body = json!({"count": count, "first_pn": first_pn.to_string()});
        let made = self.site.control.post("/accounts/batch", body).await;
        let made = made.as_array().cloned().unwrap_or_default();
        made.iter().map(|account| Account::new(Arc::clone(&self.site), "Somebody", account)).collect()
    }

    /// A Baileys process that is not connected to anything yet.
    pub async fn baileys(&self, name: &str) -> Baileys {
        Baileys::start(Arc::clone(&self.site), name).await
    }

    /// Ends the world, having asked the judge: no Signal key used twice, no message id twice with different
    /// content, no request the service did not know.
    pub async fn finish(self) {
        self.finish_allowing_unknown_requests(0).await;
    }

    /// As [`World::finish`], for a test that sent unknown requests on purpose.
    pub async fn finish_allowing_unknown_requests(mut self, expected: u64) {
        let stats = self.control().get("/stats").await;
        assert_eq!(stats["unknown_iq"], json!(expected), "requests the service did not know: {stats:#}");
        let judge = self.control().get("/judge").await;
        assert_eq!(judge["findings"], json!([]), "the judge objects: {judge:#}");
        assert_ne!(judge["overflowed"], json!(true), "the judge lost sight of some messages");
        if let Some(simulator) = self.simulator.take() {
            simulator.stop().await;
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let finished = self.simulator.is_none();
        assert!(finished || std::thread::panicking(), "end a test with world.finish(): it asks the judge");
    }
}

impl Site {
    fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Starts a node process that runs `script` of the clients folder with the strict preload.
    pub(crate) fn start_node(&self, script: &str, name: &str) -> ClientProcess {
        let clients = clients_folder();
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        let directory = self.directory.path();
        let mut command = Command::new("node");
        command
            .arg("--require")
            .arg(clients.join("strict.cjs"))
            .arg(clients.join(script))
            .current_dir(&clients)
            .env("NODE_EXTRA_CA_CERTS", self.ca_file())
            .env("TRUNKLINE_MEDIA_HOST", &self.media_host)
            .env("TMPDIR", directory);
        if let Some(traces) = std::env::var_os("TRUNKLINE_TEST_TRACES") {
            command.env("TRUNKLINE_CLIENT_TRACE", Path::new(&traces).join(format!("{number}-{name}.jsonl")));
        }
        let stderr_file = directory.join(format!("{number}-{name}.stderr"));
        ClientProcess::start(ProcessSpec { name: format!("{name} (client {number})"), command, stderr_file })
    }
}

fn clients_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    assert!(
        folder.join("node_modules/baileys").is_dir(),
        "the clients are not installed: run tests/run, or npm ci --ignore-scripts in {}",
        folder.display()
    );
    folder
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
