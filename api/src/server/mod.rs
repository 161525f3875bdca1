//! The server: front threads, each with its own listener on the same port and its own local runtime.

mod answer;
mod connection;
mod front;
mod listen;
mod thread;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::watch;

pub(crate) use front::Front;

use crate::dialects::{Hosts, Routers};
use crate::gateway::Gateway;
use crate::limits;
use crate::route::Router;

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Front threads, 1 to [`limits::THREADS_MAX`].
    pub threads: usize,
    /// Hosts that serve one dialect alone.
    pub hosts: Hosts,
    /// Bounds that an operator may change.
    pub bounds: Bounds,
}

impl ServerConfig {
    /// One front thread and the default bounds.
    pub fn new(listen: SocketAddr) -> ServerConfig {
        ServerConfig { listen, threads: 1, hosts: Hosts::default(), bounds: Bounds::default() }
    }
}

/// Bounds of a server, over all its threads, and whom it trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Open connections; one more is answered 503 and closed.
    pub connections_max: usize,
    /// Requests being worked on; one more is answered 503. Health and metrics are not counted.
    pub requests_max: usize,
    /// Open event streams; one more is answered 503.
    pub streams_max: usize,
    /// See [`limits::BUFFERED_BYTES_MAX`].
    pub buffered_bytes_max: usize,
    /// See [`limits::HEADER_READ_MS_MAX`].
    pub header_read_ms_max: u64,
    /// See [`limits::BODY_IDLE_MS_MAX`].
    pub body_idle_ms_max: u64,
    /// See [`limits::WRITE_STALL_MS_MAX`].
    pub write_stall_ms_max: u64,
    /// See [`limits::HEARTBEAT_MS`].
    pub heartbeat_ms: u64,
    /// See [`limits::DRAIN_MS_MAX`].
    pub drain_ms_max: u64,
    /// Proxies whose `X-Forwarded-For` says where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether cookies of members travel over plain HTTP.
    pub plain_cookies: bool,
    /// Where people find this node, without a slash at its end; as each request found it when nothing is said.
    pub public_url: Option<String>,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            connections_max: limits::CONNECTIONS_MAX,
            requests_max: limits::REQUESTS_MAX,
            streams_max: limits::STREAMS_MAX,
            buffered_bytes_max: limits::BUFFERED_BYTES_MAX,
            header_read_ms_max: limits::HEADER_READ_MS_MAX,
            body_idle_ms_max: limits::BODY_IDLE_MS_MAX,
            write_stall_ms_max: limits::WRITE_STALL_MS_MAX,
            heartbeat_ms: limits::HEARTBEAT_MS,
            drain_ms_max: limits::DRAIN_MS_MAX,
            trusted_proxies: Vec::new(),
            plain_cookies: false,
            public_url: None,
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The number of threads makes no sense.
    #[error("{0} front threads were asked for; give 1 to {max}", max = limits::THREADS_MAX)]
    Threads(usize),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A thread or its runtime could not be made.
    #[error("cannot start a front thread: {0}")]
    Thread(io::Error),
    /// The route table is ambiguous: a bug.
    #[error("the route table is ambiguous: {0}")]
    Routes(String),
}

/// A server that is running. Dropping it tells it to stop and does not wait.
#[derive(Debug)]
pub struct RunningServer {
    local_addr: SocketAddr,
    stop: watch::Sender<bool>,
    /// Front threads that have not ended.
    ended: watch::Receiver<usize>,
    threads: usize,
    drain: Duration,
}

/// Starts serving: when this returns, connections are accepted.
///
/// Metrics go to the recorder that is installed by now.
///
/// # Errors
/// [`ServeError`]; nothing is left running.
pub fn serve<G: Gateway>(config: ServerConfig, gateway: G) -> Result<RunningServer, ServeError> {
    if !(1..=limits::THREADS_MAX).contains(&config.threads) {
        return Err(ServeError::Threads(config.threads));
    }
    let router = Router::new().map_err(|error| ServeError::Routes(error.to_string()))?;
    let dialects = Routers::new().map_err(|error| ServeError::Routes(error.to_string()))?;
    let listeners = listen::bind(config.listen, config.threads)
        .map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let local_addr = listeners
        .first()
        .ok_or(ServeError::Threads(config.threads))?
        .local_addr()
        .map_err(ServeError::Thread)?;
    let (stop, stopping) = watch::channel(false);
    let (alive, ended) = watch::channel(config.threads);
    let drain = Duration::from_millis(config.bounds.drain_ms_max);
    let front = Front::new(gateway, (router, dialects), (config.hosts, config.bounds), stopping);
    for (index, listener) in listeners.into_iter().enumerate() {
        // An error here drops `stop`, which ends the threads that are already running.
        thread::start(index, listener, front.clone(), alive.clone()).map_err(ServeError::Thread)?;
    }
    Ok(RunningServer { local_addr, stop, ended, threads: config.threads, drain })
}

impl RunningServer {
    /// The address that is listened on, with the port that was taken.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops: no new connection, event streams end, requests under way finish, until `drain_ms_max` is over. Returns how many
    /// front threads had not ended a second after that: 0, or a bug.
    pub async fn shutdown(mut self) -> usize {
        // Nobody listens when every thread has ended by itself, and then there is nothing to stop.
        let _ = self.stop.send(true);
        let bound = self.drain + Duration::from_secs(1);
        let all = self.ended.wait_for(|alive| *alive == 0);
        let all_ended = tokio::time::timeout(bound, all).await.is_ok();
        if all_ended { 0 } else { *self.ended.borrow() }
    }

    /// Resolves when a front thread has ended although nobody stopped the server: the process should end too, because a
    /// half-alive node is worse than a dead one.
    pub async fn failed(&self) {
        let mut ended = self.ended.clone();
        // The channel closes when the last thread is gone, which is an end as well.
        let _ = ended.wait_for(|alive| *alive < self.threads).await;
    }
}
