//! Where a broker is. Its address is given by a user, so it passes the guard that URLs pass: the name is resolved once, each
//! address is checked, and what was checked is what is dialled.

use std::net::{IpAddr, SocketAddr};

use percent_encoding::percent_decode_str;
use trunkline_model::delivery::Outcome;
use trunkline_model::reach::is_public;
use url::{Host, Url};

use super::{failed, told};
use crate::limits::BROKER_ADDRESSES_MAX;

/// A scheme that a kind of broker takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    /// What stands before the colon.
    pub(super) name: &'static str,
    /// Whether TLS is spoken from the start.
    pub(super) tls: bool,
    /// The port of an address that names none.
    pub(super) port: u16,
}

/// Why an address cannot be one of a broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAddress {
    #[error("is not a URL")]
    NotAUrl,
    #[error("must start with {0}")]
    Scheme(String),
    #[error("has no host")]
    NoHost,
    #[error("carries credentials; they have fields of their own")]
    Credentials,
    #[error("has parts that mean nothing here: a query, a fragment, or a path of several segments")]
    Parts,
    #[error("points to a private address; the operator has to allow that with --allow-private-fetch")]
    Private,
}

/// The address of a broker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) scheme: &'static Scheme,
    /// The only segment of the path, decoded; empty if there is none.
    pub(super) path: String,
}

impl Address {
    /// Reads an address, and refuses what can be seen in it. Names are judged when they are resolved.
    pub(super) fn parse(
        text: &str,
        schemes: &'static [Scheme],
        allow_private: bool,
    ) -> Result<Address, BadAddress> {
        let url = Url::parse(text).map_err(|_| BadAddress::NotAUrl)?;
        let scheme = schemes.iter().find(|scheme| scheme.name == url.scheme()).ok_or_else(|| {
            let names: Vec<String> = schemes.iter().map(|scheme| format!("{}://", scheme.name)).collect();
            BadAddress::Scheme(names.join(" or "))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Credentials);
        }
        // Of schemes that are not the web's, the parser leaves IPv4 addresses as text.
        let host = match url.host().ok_or(BadAddress::NoHost)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(v4) => v4.to_string(),
            Host::Ipv6(v6) => v6.to_string(),
        };
        if host.is_empty() {
            return Err(BadAddress::NoHost);
        }
        let path = url.path().trim_start_matches('/');
        if path.contains('/') || url.query().is_some() || url.fragment().is_some() {
            return Err(BadAddress::Parts);
        }
        let path = percent_decode_str(path).decode_utf8().map_err(|_| BadAddress::NotAUrl)?.into_owned();
        match host.parse::<IpAddr>() {
            Ok(literal) if !allow_private && !is_public(literal) => Err(BadAddress::Private),
            _ => Ok(Address { host, port: url.port().unwrap_or(scheme.port), scheme, path }),
        }
    }

    /// The addresses behind the name that may be reached.
    ///
    /// # Errors
    /// `unreachable` when the name has none, `address_refused` when it has private ones only.
    pub(super) async fn resolve(&self, allow_private: bool) -> Result<Vec<SocketAddr>, Outcome> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|error| told("unreachable", &error.to_string()))?;
        reachable(found, allow_private)
    }
}

fn reachable(
    found: impl Iterator<Item = SocketAddr>,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, Outcome> {
    let found: Vec<SocketAddr> = found.take(BROKER_ADDRESSES_MAX).collect();
    if found.is_empty() {
        return Err(told("unreachable", "the name has no address"));
    }
    let may = |address: &SocketAddr| allow_private || is_public(address.ip());
    let reachable: Vec<SocketAddr> = found.into_iter().filter(may).collect();
    if reachable.is_empty() { Err(failed("address_refused")) } else { Ok(reachable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMES: &[Scheme] =
        &[Scheme { name: "amqp", tls: false, port: 5672 }, Scheme { name: "amqps", tls: true, port: 5671 }];

    fn read(text: &str) -> Result<(String, u16, bool, String), BadAddress> {
        let Address { host, port, scheme, path } = Address::parse(text, SCHEMES, false)?;
        Ok((host, port, scheme.tls, path))
    }

    #[test]
    fn addresses_are_read_with_the_port_of_their_scheme() {
        let check = |text: &str, host: &str, port: u16, tls: bool, path: &str| {
            assert_eq!(read(text), Ok((host.to_owned(), port, tls, path.to_owned())), "{text}");
        };
        check("amqp://broker.example", "broker.example", 5672, false, "");
        check("amqps://broker.example/", "broker.example", 5671, true, "");
        check("amqps://broker.example:7/a%2Fb", "broker.example", 7, true, "a/b");
        check("amqp://[2606:4700::1111]:9/v", "2606:4700::1111", 9, false, "v");
        check("amqp://1.1.1.1", "1.1.1.1", 5672, false, "");
    }

    #[test]
    fn what_cannot_be_dialled_is_named() {
        let check = |text: &str, why: BadAddress| assert_eq!(read(text), Err(why), "{text}");
        check("broker", BadAddress::NotAUrl);
        check("http://broker.example", BadAddress::Scheme("amqp:// or amqps://".to_owned()));
        check("amqp:///v", BadAddress::NoHost);
        check("amqp:v", BadAddress::NoHost);
        check("amqp://me@broker.example", BadAddress::Credentials);
        check("amqp://broker.example/a/b", BadAddress::Parts);
        check("amqp://broker.example/?heartbeat=0", BadAddress::Parts);
        for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[fd00::1]"] {
            check(&format!("amqp://{host}:1"), BadAddress::Private);
            assert!(Address::parse(&format!("amqp://{host}:1"), SCHEMES, true).is_ok(), "{host}");
        }
    }

    #[tokio::test]
    async fn names_of_private_addresses_are_refused_when_they_are_resolved() {
        for spelling in ["localhost", "2130706433"] {
            let address = Address::parse(&format!("amqp://{spelling}:7"), SCHEMES, false).expect("a name");
            let refused = address.resolve(false).await.expect_err("it is this machine");
            assert_eq!(refused.word, "address_refused", "{spelling}");
            assert!(address.resolve(true).await.is_ok_and(|found| found.iter().all(|at| at.port() == 7)));
        }
    }

    #[test]
    fn of_a_mixed_name_the_public_addresses_are_dialled() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let mixed = [at("10.0.0.1:4"), at("1.1.1.1:4"), at("[::1]:4")];
        assert_eq!(reachable(mixed.into_iter(), false), Ok(vec![at("1.1.1.1:4")]));
        assert_eq!(reachable(mixed.into_iter(), true), Ok(mixed.to_vec()));
        assert_eq!(
            reachable(std::iter::empty(), true).map_err(|why| why.word),
            Err("unreachable".to_owned())
        );
        let many = std::iter::repeat_n(at("1.1.1.1:4"), 100);
        assert_eq!(reachable(many, false).map(|found| found.len()), Ok(BROKER_ADDRESSES_MAX));
    }
}
