//! The guard of URLs given by users: nothing is fetched from private, loopback, link-local or metadata addresses unless the
//! operator allowed it. Names are checked after resolution, at the moment of connecting, and redirects are checked again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use url::{Host, Url};

use crate::engine::EngineError;

/// Whether an address may be reached on behalf of a user.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmarking = a == 198 && (b == 18 || b == 19);
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_unspecified()
        || v4.is_broadcast()
        || v4.is_multicast()
        || v4.is_documentation();
    !(special || shared || benchmarking || a == 0 || a >= 240)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [head, second, ..] = v6.segments();
    let translated = head == 0x64 && second == 0xff9b;
    !(v6.is_loopback()
        || v6.is_unspecified()
        || v6.is_multicast()
        || v6.is_unique_local()
        || v6.is_unicast_link_local()
        || translated)
}

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
            return attempt.error("too many redirects");
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
        let mut builder = reqwest::Client::builder()
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

    /// Checks what can be seen in a URL that a user gave, before anything is asked of it.
    pub(crate) fn check(&self, url: &str) -> Result<(), Refused> {
        check_url(url, self.allow_private).map(|_| ())
    }

    /// Begins a request to a URL that a user gave.
    pub(crate) fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, Refused> {
        Ok(self.client.request(method, check_url(url, self.allow_private)?))
    }
}

fn tls_config() -> Result<rustls::ClientConfig, EngineError> {
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
        let check = |url: &str, expected: Result<(), Refused>| {
            assert_eq!(check_url(url, false).map(|_| ()), expected, "{url}");
        };
        for url in [
            "http://127.0.0.1/x",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://10.1.2.3/",
            "http://192.168.0.1/",
            "http://172.16.9.9/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
        ] {
            check(url, Err(Refused::Private));
            assert!(check_url(url, true).is_ok());
        }
        check("ftp://example.com/", Err(Refused::Scheme));
        check("file:///etc/passwd", Err(Refused::Scheme));
        check("nonsense", Err(Refused::NotAUrl));
        check("https://example.com/a.png", Ok(()));
        check("https://1.1.1.1/a.png", Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_an_inside_address_is_refused() {
        let client = GuardedClient::new(false, 0).expect("the client builds");
        let request =
            client.request(Method::GET, "http://localhost:9/").expect("the URL itself tells nothing");
        let error = request.send().await.expect_err("localhost is inside");
        assert!(format!("{error:?}").contains("Private"), "{error:?}");
    }
}
