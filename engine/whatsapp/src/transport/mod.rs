//! The socket under a client: TCP, TLS with the shard's shared configuration, WebSocket; a pipe for Noise frames.
//!
//! ```text
//! kernel → scratch (shard) → TLS record, opened in place → WebSocket frame, lent → Bytes (the client's)
//! client's Bytes → masked into scratch → sealed into scratch → kernel; what it does not take → the connection's own Vec
//! ```
//!
//! Buffers belong to the thread ([`scratch`]) and are borrowed within one poll. A connection owns bytes only while a record,
//! frame or message is incomplete, or the kernel takes no more.

mod activity;
mod connect;
pub mod frames;
mod meters;
mod record_layer;
mod scratch;
mod socket;
mod upgrade;
mod wire;

#[cfg(test)]
mod idle_tests;
#[cfg(test)]
mod testing;

pub(crate) use activity::LinkActivity;

use std::sync::Arc;

use async_trait::async_trait;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use trunkline_model::InstanceId;
use wacore::net::{Transport, TransportEvent, TransportFactory};
use whatsapp_rust::anyhow;

use crate::endpoints::Dialling;
use crate::guard::DialGuard;
use crate::limits::{CONNECT_TIMEOUT, HANDSHAKE_WAIT_TIMEOUT, HANDSHAKES_MAX, TRANSPORT_EVENTS_MAX};
use crate::proxy::{Proxy, ProxyError};
use crate::spawn::Spawn;
use meters::Meters;
use record_layer::{RecordLayer, TlsError};
use upgrade::UpgradeError;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("the name cannot be resolved: {0}")]
    Resolve(std::io::Error),
    #[error(transparent)]
    Refused(#[from] crate::guard::Refused),
    #[error("the proxy {0}")]
    Proxy(#[from] ProxyError),
    #[error("no address answers: {0}")]
    Tcp(std::io::Error),
    #[error("the host's name is not one that a certificate can carry")]
    Name,
    #[error("TLS fails: {0}")]
    Tls(#[from] TlsError),
    #[error("the operating system gives no random numbers")]
    Random,
    #[error("the WebSocket upgrade fails: {0}")]
    Upgrade(#[from] UpgradeError),
    #[error("the server ended the connection before it was open")]
    Ended,
    #[error("no turn to connect within {} s", HANDSHAKE_WAIT_TIMEOUT.as_secs())]
    Crowded,
    #[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
    TimedOut,
}

/// What all sockets of a shard share.
pub(crate) struct Dialler {
    tls: Arc<ClientConfig>,
    dialling: Arc<Dialling>,
    guard: Arc<DialGuard>,
    spawner: Arc<dyn Spawn>,
    /// A permit for each connection that is being opened.
    handshakes: Semaphore,
    meters: Arc<Meters>,
}

impl Dialler {
    pub(crate) fn new(
        tls: Arc<ClientConfig>,
        dialling: Arc<Dialling>,
        guard: Arc<DialGuard>,
        spawner: Arc<dyn Spawn>,
    ) -> Dialler {
        let handshakes = Semaphore::new(HANDSHAKES_MAX);
        Dialler { tls, dialling, guard, spawner, handshakes, meters: Arc::new(Meters::new()) }
    }

    /// Waits for a turn, then opens a connection. Both have their own time, since somebody who waited long should not fail
    /// for it; together they stay below what the protocol crate gives.
    async fn open(&self, proxy: Option<&Proxy>) -> Result<Opened, DialError> {
        let turn = tokio::time::timeout(HANDSHAKE_WAIT_TIMEOUT, self.handshakes.acquire()).await;
        // The semaphore is never closed; if it were, there would be no turn either.
        let Ok(Ok(_turn)) = turn else { return Err(DialError::Crowded) };
        let opening = tokio::time::timeout(CONNECT_TIMEOUT, connect::open(self, proxy)).await;
        opening.unwrap_or(Err(DialError::TimedOut))
    }
}

/// A connection on which frames can flow.
struct Opened {
    tcp: TcpStream,
    records: RecordLayer,
    /// Plain bytes that came with the answer to the upgrade.
    early: Vec<u8>,
}

/// Opens the sockets of one session.
pub(crate) struct SocketFactory {
    pub(crate) dialler: Arc<Dialler>,
    pub(crate) instance: InstanceId,
    pub(crate) activity: Arc<LinkActivity>,
    /// The way out, if there is one of its own.
    pub(crate) proxy: Option<Proxy>,
}

#[async_trait]
impl TransportFactory for SocketFactory {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>), anyhow::Error> {
        let opened = match self.dialler.open(self.proxy.as_ref()).await {
            Ok(opened) => opened,
            Err(error) => {
                self.activity.dial_failed(error.to_string());
                return Err(error.into());
            }
        };
        let (events, receiver) = async_channel::bounded(TRANSPORT_EVENTS_MAX);
        let meters = self.dialler.meters.clone();
        let (socket, reader) = socket::split(opened, events, self.activity.clone(), meters);
        self.activity.opened();
        drop(self.dialler.spawner.spawn(self.instance, "socket", Box::pin(reader)));
        Ok((Arc::new(socket), receiver))
    }
}
