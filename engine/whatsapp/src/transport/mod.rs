//! The socket under a client: TCP, TLS with the shard's shared configuration, WebSocket; a pipe for Noise frames.

mod activity;
mod connect;
mod socket;

pub(crate) use activity::LinkActivity;

use std::sync::Arc;

use async_trait::async_trait;
use rustls::ClientConfig;
use trunkline_model::InstanceId;
use wacore::net::{Transport, TransportEvent, TransportFactory};
use whatsapp_rust::anyhow;

use crate::endpoints::Dialling;
use crate::guard::DialGuard;
use crate::limits::{CONNECT_TIMEOUT, TRANSPORT_EVENTS_MAX};
use crate::spawn::Spawn;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("the name cannot be resolved: {0}")]
    Resolve(std::io::Error),
    #[error(transparent)]
    Refused(#[from] crate::guard::Refused),
    #[error("no address answers: {0}")]
    Tcp(std::io::Error),
    #[error("TLS fails: {0}")]
    Tls(std::io::Error),
    #[error("the WebSocket upgrade fails: {0}")]
    Upgrade(String),
    #[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
    TimedOut,
}

/// What all sockets of a shard share.
pub(crate) struct Dialler {
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) dialling: Arc<Dialling>,
    pub(crate) guard: Arc<DialGuard>,
    pub(crate) spawner: Arc<dyn Spawn>,
}

/// Opens the sockets of one session.
pub(crate) struct SocketFactory {
    pub(crate) dialler: Arc<Dialler>,
    pub(crate) instance: InstanceId,
    pub(crate) activity: Arc<LinkActivity>,
}

#[async_trait]
impl TransportFactory for SocketFactory {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>), anyhow::Error> {
        let dialled = tokio::time::timeout(CONNECT_TIMEOUT, connect::open(&self.dialler)).await;
        let stream = match dialled.unwrap_or(Err(DialError::TimedOut)) {
            Ok(stream) => stream,
            Err(error) => {
                self.activity.dial_failed(error.to_string());
                return Err(error.into());
            }
        };
        let (events, receiver) = async_channel::bounded(TRANSPORT_EVENTS_MAX);
        let (socket, reader) = socket::split(stream, events, self.activity.clone());
        self.activity.opened();
        drop(self.dialler.spawner.spawn(self.instance, "socket", Box::pin(reader)));
        Ok((Arc::new(socket), receiver))
    }
}
