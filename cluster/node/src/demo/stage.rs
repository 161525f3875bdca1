//! The two sides of the demo in one process: the simulated service on threads of its own, and a node with its data in a
//! temporary directory. Both on loopback.

use std::net::{Ipv4Addr, SocketAddr};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use trunkline_api::Hosts;
use trunkline_engine::Endpoints;
use trunkline_model::Scope;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_simulator::{Simulator, SimulatorConfig};

use super::DemoError;
use crate::config::{LogSettings, Settings, WhatsappSettings};
use crate::limits::RECONNECTS_PER_SECOND;
use crate::metrics;
use crate::node::{Node, start_engine};

/// Everything that runs.
pub struct Stage {
    simulator: Simulator,
    node: Node,
    /// Address of the node's API.
    pub api_url: String,
    /// A key that may do everything there.
    pub key: String,
    /// Address of the simulator's control interface.
    pub control_url: String,
    // Removed when the stage is gone, which is after the node has stopped.
    _data: TempDir,
}

impl Stage {
    /// Starts both sides.
    ///
    /// # Errors
    /// [`DemoError::Stage`].
    pub fn build(runtime: &Runtime, seed: u64, log: LogSettings) -> Result<Stage, DemoError> {
        let data = tempfile::Builder::new().prefix("trunkline-demo-").tempdir().map_err(DemoError::stage)?;
        let config = SimulatorConfig { seed, ..SimulatorConfig::default() };
        let simulator = Simulator::start_blocking(&config).map_err(DemoError::stage)?;
        let settings = settings(&data, simulator.endpoints(), log);
        let recorder = metrics::install().map_err(DemoError::stage)?;
        let engine = start_engine(&settings).map_err(DemoError::stage)?;
        let (_, key) = runtime
            .block_on(engine.create_key(ROOT_ACCOUNT, "demo", &[Scope::All]))
            .map_err(|failure| DemoError::Stage(failure.detail))?;
        let node = Node::open(&settings, engine, recorder).map_err(DemoError::stage)?;
        Ok(Stage {
            api_url: format!("http://{}", node.address()),
            key: key.0,
            control_url: simulator.endpoints().control_url.clone(),
            simulator,
            node,
            _data: data,
        })
    }

    /// Stops both sides and removes the data.
    pub async fn strike(self) {
        self.node.stop().await;
        self.simulator.stop().await;
    }
}

fn settings(data: &TempDir, service: &trunkline_simulator::Endpoints, log: LogSettings) -> Settings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Settings {
        data_dir: data.path().join("data"),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        trusted_proxies: Vec::new(),
        mail: None,
        plain_cookies: true,
        sign_up: false,
        public_url: None,
        front_threads: 1,
        dialect_hosts: Hosts::default(),
        shards: u16::try_from(cores / 2).unwrap_or(1).max(1),
        shards_given: true,
        // The service and the clients share the cores with the shards.
        pin_threads: false,
        master_key_file: data.path().join("master.key"),
        allow_private_fetch: false,
        memory_budget_bytes: trunkline_engine::limits::MEMORY_BUDGET_BYTES,
        client_quiet_ms: trunkline_engine::limits::QUIET_MS,
        media_spool: trunkline_spool::Backend::default(),
        media_quota_bytes: trunkline_engine::limits::MEDIA_QUOTA_BYTES,
        bucket: None,
        reconnects_per_second: RECONNECTS_PER_SECOND,
        log,
        whatsapp: WhatsappSettings {
            endpoints: Endpoints {
                websocket_url: service.wss_url.clone(),
                web_url: service.control_url.clone(),
                media_authority: Some(service.media_host.clone()),
                ..Endpoints::default()
            },
            extra_roots_pem: Some(service.ca_pem.clone()),
            test_networks: Vec::new(),
        },
    }
}
