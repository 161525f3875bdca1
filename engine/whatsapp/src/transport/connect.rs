//! From an address to an open WebSocket.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::record_layer::{Flow, RecordLayer, TlsError};
use super::scratch;
use super::upgrade::UpgradeKey;
use super::{DialError, Dialler, Opened};
use crate::limits::TLS_HELD_BYTES_MAX;
use crate::proxy::Proxy;

pub(super) async fn open(dialler: &Dialler, proxy: Option<&Proxy>) -> Result<Opened, DialError> {
    let (host, port) = dialler.dialling.socket_address();
    let tcp = match proxy {
        Some(proxy) => proxy.connect(&host, port).await?,
        None => {
            let resolved =
                tokio::net::lookup_host((host.as_str(), port)).await.map_err(DialError::Resolve)?;
            dial(dialler.guard.filter(resolved.collect())?).await?
        }
    };
    // Frames are small and answered at once: waiting for company only delays them.
    tcp.set_nodelay(true).map_err(DialError::Tcp)?;
    let records = if dialler.dialling.socket.scheme() == "wss" {
        let name = ServerName::try_from(host).map_err(|_| DialError::Name)?;
        RecordLayer::tls(Arc::clone(&dialler.tls), name)?
    } else {
        RecordLayer::Plain
    };
    let mut opening = Opening { tcp, records, received: Vec::new(), to_send: Vec::new(), ended: false };
    opening.handshake(dialler).await?;
    opening.upgrade(dialler).await?;
    let Opening { tcp, records, received: early, .. } = opening;
    Ok(Opened { tcp, records, early })
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

/// A connection before its first frame.
struct Opening {
    tcp: TcpStream,
    records: RecordLayer,
    /// What arrived and is not understood yet.
    received: Vec<u8>,
    to_send: Vec<u8>,
    ended: bool,
}

impl Opening {
    async fn handshake(&mut self, dialler: &Dialler) -> Result<(), DialError> {
        let began = Instant::now();
        // Nothing arrived yet; this is how the first flight comes out.
        self.take(&mut [])?;
        while self.records.is_handshaking() {
            self.exchange().await?;
        }
        if let Some(kind) = self.records.handshake_kind() {
            dialler.meters.handshake(kind, began.elapsed());
        }
        Ok(())
    }

    /// The request leaves together with the last flight of the handshake.
    async fn upgrade(&mut self, dialler: &Dialler) -> Result<(), DialError> {
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).map_err(|_| DialError::Random)?;
        let key = UpgradeKey::new(random);
        let request = key.request(&dialler.dialling.socket, &dialler.dialling.origin);
        let mut sealed = Vec::new();
        let wire = self.records.seal(request.as_bytes(), &mut sealed)?;
        self.to_send.extend_from_slice(wire);
        loop {
            if let Some(bytes) = key.answer_bytes(&self.received)? {
                // Exactly what the server already sent behind its answer, which is nearly always nothing.
                self.received = self.received[bytes..].to_vec();
                return Ok(());
            }
            self.exchange().await?;
        }
    }

    /// Sends what is to be sent, then waits for something to arrive.
    async fn exchange(&mut self) -> Result<(), DialError> {
        self.tcp.write_all(&std::mem::take(&mut self.to_send)).await.map_err(DialError::Tcp)?;
        if self.ended {
            return Err(DialError::Ended);
        }
        let taken = poll_fn(|context| self.poll_receive(context)).await;
        if taken.is_err() {
            // The alert that says what was wrong; a peer that is gone does not need it.
            drop(self.tcp.write_all(&self.to_send).await);
        }
        taken
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        scratch::with(|scratch| {
            let mut buffer = ReadBuf::new(&mut scratch.incoming[TLS_HELD_BYTES_MAX..]);
            let read = ready!(Pin::new(&mut self.tcp).poll_read(context, &mut buffer));
            let bytes = buffer.filled().len();
            if let Err(error) = read {
                return Poll::Ready(Err(DialError::Tcp(error)));
            }
            self.ended = bytes == 0;
            let end = TLS_HELD_BYTES_MAX + bytes;
            let begin = self.records.prepend_held(&mut scratch.incoming[..end], TLS_HELD_BYTES_MAX);
            Poll::Ready(self.take(&mut scratch.incoming[begin..end]))
        })
    }

    fn take(&mut self, incoming: &mut [u8]) -> Result<(), DialError> {
        let received = &mut self.received;
        let flow = self.records.open(incoming, &mut self.to_send, |plain| {
            received.extend_from_slice(plain);
            Ok::<(), TlsError>(())
        })?;
        self.ended |= flow == Flow::Ended;
        Ok(())
    }
}
