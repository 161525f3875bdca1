//! A running simulator: its threads, its listeners, its addresses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::net::{Certificates, Hub, Listener, Surface, TlsError, serve};
use crate::noise::{NoiseError, ServiceIdentity};
use crate::spawn::Spawner;
use crate::world::{OfflineMode, World, WorldConfig};

/// How to run a simulator. Port 0 means any free one.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Address to listen on.
    pub listen: IpAddr,
    /// Port of plain WebSocket.
    pub ws_port: u16,
    /// Port of WebSocket over TLS, and of media.
    pub wss_port: u16,
    /// Port of the control interface.
    pub control_port: u16,
    /// How a device that comes back gets its backlog.
    pub offline: OfflineMode,
    /// Root of accounts' names and keys, and of the world's dice.
    pub seed: u64,
    /// Tell new companions that chats are addressed by LID.
    pub lid_migrated: bool,
    /// Threads that serve connections.
    pub threads: usize,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ws_port: 0,
            wss_port: 0,
            control_port: 0,
            offline: OfflineMode::Push,
            seed: 1,
            lid_migrated: false,
            threads: 1,
        }
    }
}

/// Where a simulator is, and what clients must trust to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Plain WebSocket, with path.
    pub ws_url: String,
    /// WebSocket over TLS, with path.
    pub wss_url: String,
    /// Control interface, without trailing slash.
    pub control_url: String,
    /// `host:port` of the media host (HTTPS).
    pub media_host: String,
    /// Root of the Noise certificate chain, raw X25519.
    pub root_public_key: [u8; 32],
    /// CA of the TLS certificate.
    pub ca_pem: String,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A port could not be bound, or a thread not started.
    #[error("{what}: {source}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Keys of the Noise handshake.
    #[error("Noise identity: {0}")]
    Noise(#[from] NoiseError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A simulator running on threads of its own. Dropping it stops it.
pub struct Simulator {
    endpoints: Endpoints,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Binds, starts the threads and returns once connections are accepted. Works from any runtime.
    ///
    /// # Errors
    /// [`SimulatorError`] if an address is taken or a thread cannot start.
    pub async fn start(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        Self::start_blocking(&config)
    }

    /// As [`Simulator::start`], for callers without a runtime.
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub fn start_blocking(config: &SimulatorConfig) -> Result<Self, SimulatorError> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let identity = ServiceIdentity::generate(since_epoch.as_secs(), &mut rand::rng())?;
        let extra = (!config.listen.is_loopback()).then(|| config.listen.to_string());
        let certificates = Certificates::generate(extra)?;
        let [(ws, ws_at), (wss, wss_at), (control, control_at)] = [
            bind(config.listen, config.ws_port)?,
            bind(config.listen, config.wss_port)?,
            bind(config.listen, config.control_port)?,
        ];
        let endpoints = Endpoints {
            ws_url: format!("ws://{ws_at}/ws/chat"),
            wss_url: format!("wss://{wss_at}/ws/chat"),
            control_url: format!("http://{control_at}"),
            media_host: wss_at.to_string(),
            root_public_key: identity.root_public(),
            ca_pem: certificates.ca_pem,
        };
        let world = World::new(WorldConfig {
            seed: config.seed,
            offline: config.offline,
            media_host: endpoints.media_host.clone(),
            lid_migrated: config.lid_migrated,
        });
        let hub = Hub::new(identity, world);
        let tls = TlsAcceptor::from(certificates.server);
        let listeners = [
            Listener { socket: ws, tls: None, surface: Surface::Chat },
            Listener { socket: wss, tls: Some(tls), surface: Surface::ChatAndMedia },
            Listener { socket: control, tls: None, surface: Surface::Control },
        ];
        let (stop, stopped) = watch::channel(false);
        let (spawner, threads) = start_threads(config.threads.max(1), &stopped)?;
        hub.start(&spawner);
        for listener in listeners {
            spawner.spawn("listener", serve(listener, hub.clone(), spawner.clone()));
        }
        Ok(Self { endpoints, stop, threads })
    }

    /// Where it is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Stops it: every connection and listener is closed when this returns.
    pub async fn stop(mut self) {
        self.stop_threads();
    }

    fn stop_threads(&mut self) {
        let _ = self.stop.send(true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop_threads();
    }
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> SimulatorError {
    let what = what.into();
    move |source| SimulatorError::Io { what, source }
}

fn bind(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), SimulatorError> {
    let wanted = SocketAddr::new(address, port);
    let listener = TcpListener::bind(wanted).map_err(io(format!("listen on {wanted}")))?;
    listener.set_nonblocking(true).map_err(io("make a listener not block"))?;
    let bound = listener.local_addr().map_err(io("read a listener's address"))?;
    Ok((listener, bound))
}

/// Threads with a runtime each, running until told to stop; everything they serve ends with them.
fn start_threads(
    count: usize,
    stopped: &watch::Receiver<bool>,
) -> Result<(Spawner, Vec<JoinHandle<()>>), SimulatorError> {
    let mut handles = Vec::new();
    let mut threads = Vec::new();
    for index in 0..count {
        let runtime: Runtime =
            Builder::new_current_thread().enable_all().build().map_err(io("start a runtime"))?;
        handles.push(runtime.handle().clone());
        let mut stopped = stopped.clone();
        let thread = std::thread::Builder::new()
            .name(format!("simulator-{index}"))
            .spawn(move || {
                runtime.block_on(async move {
                    let _ = stopped.wait_for(|stopped| *stopped).await;
                });
            })
            .map_err(io("start a thread"))?;
        threads.push(thread);
    }
    Ok((Spawner::new(handles), threads))
}
