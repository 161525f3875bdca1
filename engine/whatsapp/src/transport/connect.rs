//! From an address to an open WebSocket.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{io, sync::Arc};

use reqwest::header::{HeaderValue, ORIGIN};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_websockets::{ClientBuilder, Config, Limits, WebSocketStream};

use super::{DialError, Dialler};
use crate::limits::WS_MESSAGE_BYTES_MAX;

/// A socket with or without TLS.
pub(super) enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) async fn open(dialler: &Dialler) -> Result<WebSocketStream<Link>, DialError> {
    let url = &dialler.dialling.socket;
    // The URL was checked when it was configured; an address without a host cannot get here.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let resolved = tokio::net::lookup_host((host, port)).await.map_err(DialError::Resolve)?.collect();
    let tcp = dial(dialler.guard.filter(resolved)?).await?;
    // Frames are small and answered at once: waiting for company only delays them.
    tcp.set_nodelay(true).map_err(DialError::Tcp)?;
    let link = if url.scheme() == "wss" {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|error| DialError::Tls(io::Error::other(error)))?;
        let connector = TlsConnector::from(Arc::clone(&dialler.tls));
        Link::Tls(Box::new(connector.connect(name, tcp).await.map_err(DialError::Tls)?))
    } else {
        Link::Plain(tcp)
    };
    upgrade(dialler, link).await
}

async fn dial(addresses: Vec<SocketAddr>) -> Result<TcpStream, DialError> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(DialError::Tcp(last))
}

async fn upgrade(dialler: &Dialler, link: Link) -> Result<WebSocketStream<Link>, DialError> {
    let failed = |error: String| DialError::Upgrade(error);
    let origin =
        HeaderValue::from_str(&dialler.dialling.origin).map_err(|error| failed(error.to_string()))?;
    let builder = ClientBuilder::new()
        .uri(dialler.dialling.socket.as_str())
        .map_err(|error| failed(error.to_string()))?
        .add_header(ORIGIN, origin)
        .map_err(|error| failed(error.to_string()))?
        .limits(Limits::default().max_payload_len(Some(WS_MESSAGE_BYTES_MAX)))
        .config(Config::default());
    let (stream, _) = builder.connect_on(link).await.map_err(|error| failed(error.to_string()))?;
    Ok(stream)
}

impl AsyncRead for Link {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Link::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Link::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Link::Tls(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Link::Plain(stream) => stream.is_write_vectored(),
            Link::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_flush(context),
            Link::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Link::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
