//! Listeners: accepted sockets become HTTP connections, through TLS where the listener has it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::http::{Surface, answer};
use super::hub::Hub;
use crate::limits::HANDSHAKE_MS_MAX;
use crate::spawn::Spawner;

/// A bound socket and what is served on it.
pub struct Listener {
    /// The socket, not blocking.
    pub socket: std::net::TcpListener,
    /// TLS, if any.
    pub tls: Option<TlsAcceptor>,
    /// What it serves.
    pub surface: Surface,
}

/// Accepts connections until the simulator stops.
pub async fn serve(listener: Listener, hub: Arc<Hub>, spawner: Spawner) {
    let Listener { socket, tls, surface } = listener;
    let socket = match TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => {
            tracing::error!(%error, ?surface, "cannot listen");
            return;
        }
    };
    loop {
        match socket.accept().await {
            Ok((stream, peer)) => {
                accepted(stream, peer, tls.clone(), (surface, Arc::clone(&hub), spawner.clone()))
            }
            Err(error) => {
                // Out of file descriptors: wait for some connection to end.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn accepted(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, to: (Surface, Arc<Hub>, Spawner)) {
    let spawner = to.2.clone();
    // The socket moves to the thread that serves it.
    let stream = match stream.set_nodelay(true).and_then(|()| stream.into_std()) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, %peer, "socket lost");
            return;
        }
    };
    spawner.spawn("http", async move {
        let served = match (TcpStream::from_std(stream), tls) {
            (Ok(stream), Some(tls)) => {
                let handshake =
                    tokio::time::timeout(Duration::from_millis(HANDSHAKE_MS_MAX), tls.accept(stream));
                match handshake.await {
                    Ok(Ok(stream)) => http(stream, to).await,
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(_) => Err("TLS handshake timed out".to_owned()),
                }
            }
            (Ok(stream), None) => http(stream, to).await,
            (Err(error), _) => Err(error.to_string()),
        };
        if let Err(error) = served {
            tracing::debug!(%error, %peer, "connection ended");
        }
    });
}

async fn http<S>(stream: S, to: (Surface, Arc<Hub>, Spawner)) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (surface, hub, spawner) = to;
    let service = service_fn(move |request| answer(Arc::clone(&hub), spawner.clone(), surface, request));
    hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await
        .map_err(|error| error.to_string())
}
