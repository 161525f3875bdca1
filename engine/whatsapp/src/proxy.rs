//! The way out through a proxy: HTTP CONNECT and SOCKS5 (RFC 1928, RFC 1929), for the socket and for HTTP alike.
//!
//! The proxy is an address that a user gave, so it passes the guard: private ones are refused unless the operator allows
//! them. The names of WhatsApp's hosts are resolved by the proxy, as the number's traffic goes out there.

use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::TcpStream;
use tower_service::Service;
use trunkline_model::reach::is_public;
use trunkline_model::settings::ProxyConfig;
use url::{Host, Url};

use crate::endpoints::Dialling;
use crate::guard::{DialGuard, SIMULATED};
use crate::limits::PROXY_CHECK_TIMEOUT;
use crate::session::SessionKitConfig;

/// Why a proxy cannot be used. No text names its credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Not `http://host:port` or `socks5://host:port`.
    #[error("is not http://host:port or socks5://host:port, without anything behind the port")]
    Malformed,
    /// Its address is inside.
    #[error("points to a private address; the operator has to allow that with --allow-private-fetch")]
    Private,
    /// A simulated build stays at home.
    #[error("is refused: {0}")]
    Refused(String),
    /// It cannot be reached.
    #[error("cannot be reached: {0}")]
    Unreachable(io::Error),
    /// It does not let us through.
    #[error("does not lead to WhatsApp: {0}")]
    NoWay(String),
    /// It says nothing.
    #[error("does not answer within {} s", PROXY_CHECK_TIMEOUT.as_secs())]
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Socks5,
}

/// A proxy whose form was checked.
#[derive(Clone)]
pub(crate) struct Proxy {
    scheme: Scheme,
    host: String,
    port: u16,
    username: Option<String>,
    password: String,
    reach: Reach,
}

/// Where a proxy may be.
#[derive(Clone)]
pub(crate) struct Reach {
    pub(crate) guard: Arc<DialGuard>,
    pub(crate) allow_private: bool,
}

impl Reach {
    fn check(&self, ip: IpAddr) -> Result<(), ProxyError> {
        self.guard.check(ip).map_err(|refused| ProxyError::Refused(refused.to_string()))?;
        if self.allow_private || is_public(ip) { Ok(()) } else { Err(ProxyError::Private) }
    }

    /// The addresses of a name that may be dialled.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ProxyError> {
        let found = tokio::net::lookup_host((host, port)).await.map_err(ProxyError::Unreachable)?;
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.check(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match (allowed.is_empty(), refused) {
            (true, Some(error)) => Err(error),
            (true, None) => Err(ProxyError::Unreachable(io::ErrorKind::AddrNotAvailable.into())),
            _ => Ok(allowed),
        }
    }
}

impl Proxy {
    /// Checks what can be seen in the configuration itself; names are checked when they are resolved.
    pub(crate) fn read(config: &ProxyConfig, reach: Reach) -> Result<Proxy, ProxyError> {
        let url = Url::parse(&config.url).map_err(|_| ProxyError::Malformed)?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "socks5" => Scheme::Socks5,
            _ => return Err(ProxyError::Malformed),
        };
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let port = url.port().or((scheme == Scheme::Http).then_some(80));
        let (Some(host), Some(port), true, true) = (url.host(), port, bare, anonymous) else {
            return Err(ProxyError::Malformed);
        };
        // `Url` reads an address as one only where it knows the scheme.
        let host = host.to_string();
        let literal = match Host::parse(&host) {
            Ok(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Ok(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Ok(Host::Domain(_)) => None,
            Err(_) => return Err(ProxyError::Malformed),
        };
        if let Some(ip) = literal {
            reach.check(ip)?;
        }
        let host = host.trim_matches(['[', ']']).to_owned();
        let password = config.password.clone().unwrap_or_default();
        Ok(Proxy { scheme, host, port, username: config.username.clone(), password, reach })
    }

    /// Opens a connection to `host` and `port` through the proxy.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ProxyError> {
        self.check_target(host, port).await?;
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in self.reach.resolve(&self.host, self.port).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return self.pass(stream, host, port).await,
                Err(error) => last = error,
            }
        }
        Err(ProxyError::Unreachable(last))
    }

    /// A simulated build may not reach the real service, through a proxy as little as without one.
    async fn check_target(&self, host: &str, port: u16) -> Result<(), ProxyError> {
        if !SIMULATED {
            return Ok(());
        }
        let resolved = tokio::net::lookup_host((host, port)).await.map_err(ProxyError::Unreachable)?;
        let allowed = self.reach.guard.filter(resolved.collect());
        allowed.map(drop).map_err(|refused| ProxyError::Refused(refused.to_string()))
    }

    /// Asks the proxy for the way.
    async fn pass(&self, stream: TcpStream, host: &str, port: u16) -> Result<TcpStream, ProxyError> {
        let no_way = |error: &dyn std::error::Error| {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            ProxyError::NoWay(format!("{error}{cause}"))
        };
        // The connection is there; what is called its address is not looked at.
        let here = Uri::from_static("http://proxy/");
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let target: Uri = format!("https://{bracketed}:{port}")
            .parse()
            .map_err(|error: http::uri::InvalidUri| no_way(&error))?;
        let passed = match self.scheme {
            Scheme::Http => {
                let mut tunnel = Tunnel::new(here, Dialled(Some(stream)));
                if let Some(username) = &self.username {
                    let credentials = STANDARD.encode(format!("{username}:{}", self.password));
                    let header = HeaderValue::try_from(format!("Basic {credentials}"));
                    tunnel = tunnel.with_auth(header.map_err(|error| no_way(&error))?);
                }
                tunnel.call(target).await.map_err(|error| no_way(&error))?
            }
            Scheme::Socks5 => {
                let mut socks = SocksV5::new(here, Dialled(Some(stream)));
                if let Some(username) = &self.username {
                    socks = socks.with_auth(username.clone(), self.password.clone());
                }
                socks.call(target).await.map_err(|error| no_way(&error))?
            }
        };
        Ok(passed.into_inner())
    }

    /// The same proxy for the HTTP client.
    pub(crate) fn for_http(&self) -> reqwest::Result<reqwest::Proxy> {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let credentials = match &self.username {
            Some(username) => format!("{}:{}@", escaped(username), escaped(&self.password)),
            None => String::new(),
        };
        // `socks5h`: names are resolved on the other side.
        let scheme = if self.scheme == Scheme::Http { "http" } else { "socks5h" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        reqwest::Proxy::all(format!("{scheme}://{credentials}{host}:{}", self.port))
    }

    /// Resolves the proxy's own name for the HTTP client, through the guard.
    pub(crate) fn resolver(&self) -> ProxyResolver {
        ProxyResolver(self.reach.clone())
    }
}

/// A connection that is there already, in the form that tunnels are made from.
struct Dialled(Option<TcpStream>);

impl Service<Uri> for Dialled {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<TcpStream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().map(TokioIo::new).ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// See [`Proxy::resolver`].
pub(crate) struct ProxyResolver(Reach);

impl Resolve for ProxyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            // The port is filled in by the caller.
            let allowed: Addrs = Box::new(reach.resolve(name.as_str(), 0).await?.into_iter());
            Ok(allowed)
        })
    }
}

/// Finds out whether a proxy leads to WhatsApp: opens a connection to the chat socket's address through it and closes it.
/// Needs a tokio runtime.
///
/// # Errors
/// [`ProxyError`], in words that follow the proxy's name.
pub async fn check_proxy(config: &SessionKitConfig, proxy: &ProxyConfig) -> Result<(), ProxyError> {
    let unusable = |error: &dyn std::fmt::Display| ProxyError::Refused(error.to_string());
    let guard = DialGuard::new(config.test_networks.clone()).map_err(|error| unusable(&error))?;
    let dialling = Dialling::new(&config.endpoints).map_err(|error| unusable(&error))?;
    let reach = Reach { guard: Arc::new(guard), allow_private: config.allow_private_proxies };
    let proxy = Proxy::read(proxy, reach)?;
    let (host, port) = dialling.socket_address();
    let connecting = tokio::time::timeout(PROXY_CHECK_TIMEOUT, proxy.connect(&host, port));
    connecting.await.map_err(|_| ProxyError::Silent)?.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, allow_private: bool) -> Result<Proxy, ProxyError> {
        let guard = Arc::new(DialGuard::new(Vec::new()).expect("no networks"));
        let config = ProxyConfig {
            url: url.to_owned(),
            username: Some("a b".to_owned()),
            password: Some("c:d@".to_owned()),
        };
        Proxy::read(&config, Reach { guard, allow_private })
    }

    #[test]
    fn only_addresses_of_proxies_are_read_as_such() {
        for good in
            ["http://127.0.0.1:3128", "socks5://127.0.0.1:1080", "socks5://[::1]:1080/", "http://localhost"]
        {
            assert!(read(good, true).is_ok(), "{good}: {:?}", read(good, true).err());
        }
        for bad in [
            "",
            "proxy:1080",
            "https://proxy:1",
            "socks4://proxy:1080",
            "socks5://proxy",
            "http://proxy:1/path",
            "http://proxy:1?x",
            "http://ann:secret@proxy:1",
            "http://:1",
        ] {
            assert!(matches!(read(bad, true), Err(ProxyError::Malformed)), "{bad}");
        }
    }

    #[test]
    fn private_addresses_need_the_operators_leave() {
        for inside in ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "socks5://[::1]:1"] {
            assert!(matches!(read(inside, false), Err(ProxyError::Private)), "{inside}");
        }
    }

    #[test]
    fn credentials_are_escaped_for_the_http_client() {
        assert!(read("socks5://[::1]:1080", true).expect("read").for_http().is_ok());
        let shown = format!("{:?}", read("http://127.0.0.1:1", true).expect("read").for_http());
        assert!(!shown.contains("c:d@"), "{shown}");
    }

    #[tokio::test]
    async fn names_inside_are_refused_when_they_are_resolved() {
        let proxy = read("socks5://localhost:9", false).expect("the URL itself tells nothing");
        assert!(matches!(proxy.connect("127.0.0.1", 443).await, Err(ProxyError::Private)));
    }
}
