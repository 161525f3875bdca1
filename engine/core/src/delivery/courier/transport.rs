//! TCP and TLS to a broker, made here so that what is dialled is what was checked.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::{FutureExt, Stream};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::address::Address;
use crate::media::tls_config;

/// Bytes both ways, sealed or not.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection that ends when its token is cancelled, whoever holds it and whatever the other side does.
pub(super) struct Severable {
    inner: Box<dyn Duplex>,
    severed: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// [`Severable`] in the form that lapin takes.
pub(super) type Pipe = Compat<Severable>;

impl Severable {
    pub(super) fn new(inner: Box<dyn Duplex>, token: &CancellationToken) -> Pipe {
        Severable { inner, severed: Box::pin(token.clone().cancelled_owned()) }.compat()
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.severed.poll_unpin(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => {
                // A future that is over is not asked again.
                self.severed = Box::pin(cancelled().cancelled_owned());
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }
}

fn cancelled() -> CancellationToken {
    let token = CancellationToken::new();
    token.cancel();
    token
}

impl AsyncRead for Severable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Severable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Connects to the first of the addresses that answers.
///
/// # Errors
/// Those of the last address.
pub(super) async fn connect(address: &Address, places: &[SocketAddr]) -> io::Result<Box<dyn Duplex>> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for place in places {
        match connect_to(address, *place).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn connect_to(address: &Address, place: SocketAddr) -> io::Result<Box<dyn Duplex>> {
    let stream = TcpStream::connect(place).await?;
    stream.set_nodelay(true)?;
    if !address.scheme.tls {
        return Ok(Box::new(stream));
    }
    let config = tls_config().map_err(io::Error::other)?;
    let name = ServerName::try_from(address.host.clone()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(Box::new(stream))
}

/// The runtime that lapin runs in: the shard's own. It dials nothing itself.
pub(super) type Kit = RuntimeParts<Tokio, Dialless>;

/// The runtime of the current thread.
pub(super) fn runtime() -> Runtime<Kit> {
    Runtime::new(RuntimeParts::new(Tokio::current(), Dialless(Tokio::current())))
}

/// Timers of tokio, and connections that others made.
#[derive(Debug, Clone)]
pub(super) struct Dialless(Tokio);

impl Reactor for Dialless {
    type TcpStream = Pipe;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: io::Read + io::Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl futures_util::io::AsyncRead + futures_util::io::AsyncWrite + Send + Unpin + 'static>
    {
        self.0.register(socket)
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    fn tcp_connect_addr(
        &self,
        _address: SocketAddr,
    ) -> impl Future<Output = io::Result<Pipe>> + Send + 'static {
        std::future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
