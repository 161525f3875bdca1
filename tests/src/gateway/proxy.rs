//! A proxy server on loopback: HTTP CONNECT and SOCKS5 on one port, told apart by their first byte.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A running proxy. It ends when this is dropped.
pub struct ProxyServer {
    address: String,
    targets: Arc<Mutex<Vec<String>>>,
    _stop: oneshot::Sender<()>,
}

/// Name and password that the proxy wants.
pub const PROXY_CREDENTIALS: (&str, &str) = ("ann", "open sesame");

impl ProxyServer {
    /// Serves on a free port.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.unwrap_or_else(|error| panic!("no port for a proxy: {error}"));
        let address =
            listener.local_addr().unwrap_or_else(|error| panic!("a port without a number: {error}"));
        let targets: Arc<Mutex<Vec<String>>> = Arc::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let seen = Arc::clone(&targets);
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap_or_else(|error| panic!("no runtime for a proxy: {error}"));
            runtime.block_on(async {
                tokio::select! {
                    served = serve(listener, seen) => panic!("the proxy ended: {served:?}"),
                    _ = stopped => {}
                }
            });
        });
        Self { address: address.to_string(), targets, _stop: stop }
    }

    /// Its address as a URL of this scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// Where it was asked to connect so far, `host:port`.
    pub fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[allow(clippy::disallowed_methods, reason = "a test's own task")]
async fn serve(listener: std::net::TcpListener, targets: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        let targets = Arc::clone(&targets);
        tokio::spawn(async move {
            // A client that breaks off is no concern of the proxy's.
            let _ = pass(client, &targets).await;
        });
    }
}

async fn pass(mut client: TcpStream, targets: &Mutex<Vec<String>>) -> io::Result<()> {
    let is_socks = client.read_u8().await? == 5;
    let target = if is_socks { socks5(&mut client).await? } else { connect(&mut client).await? };
    targets.lock().unwrap_or_else(PoisonError::into_inner).push(target.clone());
    let mut server = TcpStream::connect(target).await?;
    let answer: &[u8] = if is_socks {
        &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    } else {
        b"HTTP/1.1 200 Connection established\r\n\r\n"
    };
    client.write_all(answer).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

fn refused(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

/// RFC 1928 with RFC 1929, behind the version byte.
async fn socks5(client: &mut TcpStream) -> io::Result<String> {
    let mut methods = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut methods).await?;
    if !methods.contains(&2) {
        client.write_all(&[5, 0xff]).await?;
        return Err(refused("no password is offered"));
    }
    client.write_all(&[5, 2]).await?;
    let _version = client.read_u8().await?;
    let mut given = [Vec::new(), Vec::new()];
    for part in &mut given {
        part.resize(client.read_u8().await?.into(), 0);
        client.read_exact(part).await?;
    }
    let (name, password) = PROXY_CREDENTIALS;
    if given != [name.as_bytes(), password.as_bytes()] {
        client.write_all(&[1, 1]).await?;
        return Err(refused("wrong credentials"));
    }
    client.write_all(&[1, 0]).await?;
    let mut head = [0; 4];
    client.read_exact(&mut head).await?;
    let host = match head[3] {
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address).await?;
            Ipv4Addr::from(address).to_string()
        }
        3 => {
            let mut name = vec![0; client.read_u8().await?.into()];
            client.read_exact(&mut name).await?;
            String::from_utf8_lossy(&name).into_owned()
        }
        _ => return Err(refused("an address of another family")),
    };
    Ok(format!("{host}:{}", client.read_u16().await?))
}

/// `CONNECT host:port`, behind its first letter.
async fn connect(client: &mut TcpStream) -> io::Result<String> {
    let mut head = b"C".to_vec();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (name, password) = PROXY_CREDENTIALS;
    let wanted = format!("basic {}", STANDARD.encode(format!("{name}:{password}"))).to_lowercase();
    if !head.to_lowercase().contains(&wanted) {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await?;
        return Err(refused("wrong credentials"));
    }
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    target.map(str::to_owned).ok_or_else(|| refused("no CONNECT"))
}
