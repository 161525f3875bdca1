//! A running node: an engine, and the HTTP API in front of it.

use std::net::SocketAddr;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use trunkline_api::server::Bounds;
use trunkline_api::{RunningServer, ServeError, ServerConfig, serve};
use trunkline_engine::{Engine, EngineConfig, EngineError, Fatal, OnFatal, SessionKitConfig};
use trunkline_store::StoreError;

use crate::config::{Settings, WhatsappSettings};
use crate::gateway::{LocalGateway, NativeWriter};
use crate::open_files;

/// Engine and API of one node.
pub struct Node {
    engine: Engine,
    server: RunningServer,
}

impl Node {
    /// Opens the API in front of a running engine: when this returns, connections are accepted.
    ///
    /// # Errors
    /// [`ServeError`]; the engine goes on running.
    pub fn open(settings: &Settings, engine: Engine, metrics: PrometheusHandle) -> Result<Node, ServeError> {
        let bounds = Bounds {
            trusted_proxies: settings.trusted_proxies.clone(),
            plain_cookies: settings.plain_cookies,
            public_url: settings.public_url.clone(),
            ..Bounds::default()
        };
        let config = ServerConfig {
            threads: settings.front_threads,
            hosts: settings.dialect_hosts.clone(),
            bounds,
            ..ServerConfig::new(settings.listen)
        };
        let server = serve(config, LocalGateway::new(engine.clone(), metrics))?;
        Ok(Node { engine, server })
    }

    /// The address of the API, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Resolves when a front thread ended although nobody asked it to.
    pub async fn front_ended(&self) {
        self.server.failed().await;
    }

    /// Stops in good order: no new request, those under way finish, sessions say goodbye, stores are flushed. Both parts have
    /// deadlines of their own.
    pub async fn stop(self) {
        let stuck = self.server.shutdown().await;
        if stuck > 0 {
            tracing::warn!(threads = stuck, "front threads did not end in time; they are cut");
        }
        self.engine.shutdown().await;
    }
}

/// Starts the engine. Call it from a plain thread.
///
/// A number of shards that nobody asked for yields to the one that the data directory was made with.
///
/// # Errors
/// [`EngineError`], with the remedy in its text; nothing is left running.
pub fn start_engine(settings: &Settings) -> Result<Engine, EngineError> {
    let config = engine_config(settings, Arc::new(end_process));
    match Engine::start(config.clone()) {
        Err(EngineError::Store(StoreError::ShardCountChanged { created, .. })) if !settings.shards_given => {
            tracing::info!(shards = created, "the data directory fixes the number of shards");
            let instances_max = open_files::instances_max(created);
            Engine::start(EngineConfig { shards: created, instances_max, ..config })
        }
        started => started,
    }
}

fn engine_config(settings: &Settings, on_fatal: OnFatal) -> EngineConfig {
    EngineConfig {
        data_dir: settings.data_dir.clone(),
        master_key_file: settings.master_key_file.clone(),
        shards: settings.shards,
        pin_threads: settings.pin_threads,
        whatsapp: session_kit(&settings.whatsapp),
        allow_private_fetch: settings.allow_private_fetch,
        memory_budget_bytes: settings.memory_budget_bytes,
        client_quiet_ms: settings.client_quiet_ms,
        media_spool: settings.media_spool,
        media_quota_bytes: settings.media_quota_bytes,
        bucket: settings.bucket.clone(),
        reconnects_per_second: settings.reconnects_per_second,
        instances_max: open_files::instances_max(settings.shards),
        write_events: Arc::new(NativeWriter),
        on_fatal,
    }
}

fn session_kit(whatsapp: &WhatsappSettings) -> SessionKitConfig {
    SessionKitConfig {
        endpoints: whatsapp.endpoints.clone(),
        extra_roots_pem: whatsapp.extra_roots_pem.clone(),
        test_networks: whatsapp.test_networks.clone(),
        ..SessionKitConfig::default()
    }
}

/// Ends the process: a half-alive node is worse than a dead one.
pub fn end_process(fatal: Fatal) {
    tracing::error!(code = fatal.exit_code(), "the process ends: {fatal}");
    std::process::exit(fatal.exit_code().into());
}
