//! The guard of URLs given by users: nothing is fetched from private, loopback, link-local or metadata addresses unless the
//! operator allowed it. Names are checked after resolution, at the moment of connecting, and redirects are checked again.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use trunkline_model::reach::is_public;
use url::{Host, Url};

use crate::engine::EngineError;

/// Why a URL is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("is not a URL")]
    NotAUrl,
    #[error("must start with http:// or https://")]
    Scheme,
    #[error("has no host")]
    NoHost,
    #[error("points to a private address; the operator has to allow that with --allow-private-fetch")]
    Private,
    #[error("redirects too often")]
    Redirects,
}

impl Refused {
    /// The guard's refusal behind a request that failed: what redirects and names lead to is seen only on the way.
    pub(crate) fn behind(error: &reqwest::Error) -> Option<Refused> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Refused>() {
                return Some(refused.clone());
            }
            cause = error.source();
        }
        None
    }
}

/// Checks what can be seen in the URL itself. Host names are checked by the resolver.
pub(crate) fn check_url(text: &str, allow_private: bool) -> Result<Url, Refused> {
    let url = Url::parse(text).map_err(|_| Refused::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme);
    }
    let literal = match url.host().ok_or(Refused::NoHost)? {
        Host::Domain(_) => None,
        Host::Ipv4(v4) => Some(IpAddr::V4(v4)),
        Host::Ipv6(v6) => Some(IpAddr::V6(v6)),
    };
    match literal {
        Some(address) if !allow_private && !is_public(address) => Err(Refused::Private),
        _ => Ok(url),
    }
}

/// A redirect policy that checks each hop.
fn checked_redirects(allow_private: bool, hops_max: usize) -> Policy {
    Policy::custom(move |attempt| {
        if attempt.previous().len() > hops_max {
            return attempt.error(Refused::Redirects);
        }
        match check_url(attempt.url().as_str(), allow_private) {
            Ok(_) => attempt.follow(),
            Err(refused) => attempt.error(refused),
        }
    })
}

/// Resolves names and leaves out the addresses that may not be reached.
struct GuardedResolver;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Refused::Private.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// An HTTP client for URLs given by users: every request passes the guard first.
#[derive(Clone)]
pub(crate) struct GuardedClient {
    client: reqwest::Client,
    allow_private: bool,
}

impl GuardedClient {
    /// A client that follows at most `hops_max` redirects, each checked again.
    pub(crate) fn new(allow_private: bool, hops_max: usize) -> Result<GuardedClient, EngineError> {
        GuardedClient::build(reqwest::Client::builder(), allow_private, hops_max)
    }

    /// A client that takes `name` for a public one at `address`, so that a test can stand outside of the guard.
    #[cfg(test)]
    pub(crate) fn with_public_name(
        hops_max: usize,
        name: &str,
        address: SocketAddr,
    ) -> Result<GuardedClient, EngineError> {
        GuardedClient::build(reqwest::Client::builder().resolve(name, address), false, hops_max)
    }

    fn build(
        builder: reqwest::ClientBuilder,
        allow_private: bool,
        hops_max: usize,
    ) -> Result<GuardedClient, EngineError> {
        let mut builder = builder
            .tls_backend_preconfigured(tls_config()?)
            .redirect(checked_redirects(allow_private, hops_max))
            .no_proxy()
            .user_agent(concat!("Trunkline/", env!("CARGO_PKG_VERSION")));
        if !allow_private {
            builder = builder.dns_resolver(GuardedResolver);
        }
        let client = builder.build().map_err(|error| EngineError::Http(error.to_string()))?;
        Ok(GuardedClient { client, allow_private })
    }

    /// Begins a request to a URL that a user gave.
    pub(crate) fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, Refused> {
        Ok(self.client.request(method, check_url(url, self.allow_private)?))
    }
}

/// TLS that trusts the public authorities.
///
/// # Errors
/// [`EngineError::Http`], which the built-in algorithms never cause.
pub(crate) fn tls_config() -> Result<rustls::ClientConfig, EngineError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EngineError::Http(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.9.9",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::10.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::a00:1]",
            "[100::1]",
            "[2001::a00:1]",
            "[2001:1ff::1]",
            "[2001:db8::1]",
            "[2002:a00:1::]",
            "[3fff::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd00::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            let url = format!("http://{host}/latest/meta-data");
            assert_eq!(check_url(&url, false), Err(Refused::Private), "{url}");
            assert!(check_url(&url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_lies_beside_a_special_range_is_public() {
        for host in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "192.0.1.1",
            "192.88.98.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "[::ffff:1.1.1.1]",
            "[2001:200::1]",
            "[2001:db9::1]",
            "[2003::1]",
            "[2606:4700::1111]",
            "[3fff:1000::1]",
            "example.com",
        ] {
            let url = format!("https://{host}/a.png");
            assert_eq!(check_url(&url, false).map(|_| ()), Ok(()), "{url}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        let check = |url: &str, expected: Refused| assert_eq!(check_url(url, true), Err(expected), "{url}");
        check("ftp://example.com/", Refused::Scheme);
        check("file:///etc/passwd", Refused::Scheme);
        check("nonsense", Refused::NotAUrl);
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_an_inside_address_is_refused() {
        let client = GuardedClient::new(false, 0).expect("the client builds");
        let request =
            client.request(Method::GET, "http://localhost:9/").expect("the URL itself tells nothing");
        let error = request.send().await.expect_err("localhost is inside");
        assert_eq!(Refused::behind(&error), Some(Refused::Private), "{error:?}");
    }
}
