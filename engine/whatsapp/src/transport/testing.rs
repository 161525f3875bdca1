//! Servers for the tests of the socket: tokio-websockets over TCP, with or without TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{HandshakeKind, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_websockets::{Limits, ServerBuilder, WebSocketStream};
use trunkline_model::InstanceId;
use wacore::net::{Transport, TransportEvent, TransportFactory};

use super::{Dialler, LinkActivity, SocketFactory};
use crate::endpoints::{Dialling, Endpoints};
use crate::guard::DialGuard;
use crate::limits::WS_MESSAGE_BYTES_MAX;
use crate::testing::TestSpawn;
use crate::tls;

/// No test waits longer for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub(super) type Stream = Box<dyn Io>;

/// A certificate for loopback, in PEM, and the server that shows it.
pub(super) fn certificate() -> (String, ServerConfig) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a server");
    (made.cert.pem(), config)
}

pub(super) struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
    pem: Option<String>,
}

impl Server {
    pub(super) async fn new(tls: bool) -> Server {
        let (pem, config) = certificate();
        Server::with(tls.then_some((pem, config))).await
    }

    pub(super) async fn with(tls: Option<(String, ServerConfig)>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (pem, config) = tls.unzip();
        let tls = config.map(|config| TlsAcceptor::from(Arc::new(config)));
        Server { listener, tls, address, pem }
    }

    pub(super) fn dialler(&self) -> Arc<Dialler> {
        dialler(self.address, self.pem.as_deref())
    }

    pub(super) async fn tcp(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        stream
    }

    /// The next connection, up to TLS.
    pub(super) async fn stream(&self) -> Stream {
        let tcp = self.tcp().await;
        match &self.tls {
            Some(tls) => Box::new(tls.accept(tcp).await.expect("a handshake")),
            None => Box::new(tcp),
        }
    }

    /// The next connection, upgraded.
    pub(super) async fn accept(&self) -> WebSocketStream<Stream> {
        serve(self.stream().await).await
    }
}

pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocketStream<S> {
    let limits = Limits::default().max_payload_len(Some(WS_MESSAGE_BYTES_MAX));
    let (request, socket) = ServerBuilder::new().limits(limits).accept(stream).await.expect("an upgrade");
    assert_eq!(request.uri().path(), "/ws/chat");
    assert_eq!(request.headers()["origin"], "https://web.whatsapp.com");
    socket
}

pub(super) fn dialler(address: SocketAddr, pem: Option<&str>) -> Arc<Dialler> {
    let scheme = if pem.is_some() { "wss" } else { "ws" };
    let endpoints =
        Endpoints { websocket_url: format!("{scheme}://{address}/ws/chat"), ..Endpoints::default() };
    let dialling = Dialling::new(&endpoints).expect("endpoints");
    let guard = DialGuard::new(Vec::new()).expect("no networks");
    let config = tls::client_config(pem).expect("TLS");
    Arc::new(Dialler::new(config, Arc::new(dialling), Arc::new(guard), Arc::new(TestSpawn)))
}

/// A client's end of a connection.
pub(super) struct Client {
    pub(super) socket: Arc<dyn Transport>,
    pub(super) events: Receiver<TransportEvent>,
    pub(super) activity: Arc<LinkActivity>,
}

impl Client {
    pub(super) async fn dial(dialler: &Arc<Dialler>) -> Result<Client, String> {
        let activity = Arc::new(LinkActivity::new());
        let factory = SocketFactory {
            dialler: dialler.clone(),
            instance: InstanceId(1),
            activity: activity.clone(),
            proxy: None,
        };
        let dialled = tokio::time::timeout(PATIENCE, factory.create_transport()).await.expect("an answer");
        let (socket, events) = dialled.map_err(|error| error.to_string())?;
        Ok(Client { socket, events, activity })
    }

    /// The next event in words.
    pub(super) async fn next(&self) -> String {
        match tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("an event in time") {
            Ok(TransportEvent::Connected) => "connected".to_owned(),
            Ok(TransportEvent::DataReceived(data)) => format!("data {}", data.len()),
            Ok(TransportEvent::Disconnected(reason)) => format!("ended: {reason}"),
            Err(_) => "nothing".to_owned(),
        }
    }
}

/// Both ends of one connection; the first event is taken.
pub(super) async fn pair(tls: bool) -> (Client, WebSocketStream<Stream>) {
    let server = Server::new(tls).await;
    let dialler = server.dialler();
    let (client, socket) = tokio::join!(Client::dial(&dialler), server.accept());
    let client = client.expect("a connection");
    assert_eq!(client.next().await, "connected");
    (client, socket)
}

/// More turns than anything needs that happens within this thread and the kernel's loopback.
pub(super) const TURNS: usize = 5_000;

/// Lets everything else get as far as it can.
pub(super) async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// A dialler that trusts what `trusting` trusts, and dials `to`.
pub(super) fn redirected(trusting: &Dialler, to: &Server) -> Arc<Dialler> {
    let there = to.dialler();
    let Dialler { dialling, guard, .. } = &*there;
    let tls = trusting.tls.clone();
    Arc::new(Dialler::new(tls, dialling.clone(), guard.clone(), Arc::new(TestSpawn)))
}

impl Server {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn pem(&self) -> Option<String> {
        self.pem.clone()
    }

    /// The next connection with TLS, and how its keys were agreed upon.
    pub(super) async fn stream_and_kind(&self) -> (Stream, HandshakeKind) {
        let tcp = self.tcp().await;
        let tls = self.tls.as_ref().expect("a server with TLS");
        let stream = tls.accept(tcp).await.expect("a handshake");
        let kind = stream.get_ref().1.handshake_kind().expect("a finished handshake");
        (Box::new(stream), kind)
    }

    /// Why the next connection's handshake fails.
    pub(super) async fn refused(&self) -> String {
        let tcp = self.tcp().await;
        let tls = self.tls.as_ref().expect("a server with TLS");
        match tls.accept(tcp).await {
            Ok(_) => panic!("the client should have refused"),
            Err(error) => error.to_string(),
        }
    }
}
