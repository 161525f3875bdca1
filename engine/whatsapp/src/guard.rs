//! Which addresses may be dialled.
//!
//! A build with the feature `simulated` trusts any Noise certificate chain, so it must never reach the real service: it
//! dials loopback and, where the configuration names them, private networks of a test namespace. The product dials what
//! its configuration says.

use std::net::{IpAddr, SocketAddr};

use crate::error::ConfigError;
use crate::limits::TEST_NETWORKS_MAX;

/// Whether this build trusts simulated services, and therefore only those.
pub const SIMULATED: bool = cfg!(feature = "simulated");

/// A private address range, `address/prefix length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestNetwork {
    /// Any address of the network.
    pub address: IpAddr,
    /// Length of the common prefix, in bits.
    pub prefix_bits: u8,
}

impl TestNetwork {
    fn contains(&self, candidate: IpAddr) -> bool {
        match (self.address, candidate) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.prefix_bits.min(32));
                u32::from(net).checked_shr(shift) == u32::from(ip).checked_shr(shift)
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.prefix_bits.min(128));
                u128::from(net).checked_shr(shift) == u128::from(ip).checked_shr(shift)
            }
            _ => false,
        }
    }

    fn is_private(&self) -> bool {
        match self.address {
            IpAddr::V4(net) => {
                let bits_min = match net.octets() {
                    [10, ..] => 8,
                    [172, second, ..] if (16..32).contains(&second) => 12,
                    [192, 168, ..] => 16,
                    _ => return false,
                };
                self.prefix_bits >= bits_min && self.prefix_bits <= 32
            }
            // fc00::/7, unique local addresses (RFC 4193).
            IpAddr::V6(net) => net.segments()[0] & 0xfe00 == 0xfc00 && (7..=128).contains(&self.prefix_bits),
        }
    }
}

/// The addresses that sessions and media transfers may dial.
#[derive(Debug, Clone)]
pub(crate) struct DialGuard {
    simulated: bool,
    test_networks: Vec<TestNetwork>,
}

/// An address that a simulated build refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a simulated build dials loopback and configured test networks only, not {0}")]
pub(crate) struct Refused(pub(crate) IpAddr);

impl DialGuard {
    /// The guard of this build.
    pub(crate) fn new(test_networks: Vec<TestNetwork>) -> Result<DialGuard, ConfigError> {
        if test_networks.len() > TEST_NETWORKS_MAX {
            return Err(ConfigError::TestNetworks("there are too many of them".to_owned()));
        }
        if let Some(public) = test_networks.iter().find(|network| !network.is_private()) {
            let network = format!("{}/{} is not a private network", public.address, public.prefix_bits);
            return Err(ConfigError::TestNetworks(network));
        }
        Ok(DialGuard { simulated: SIMULATED, test_networks })
    }

    /// Whether `ip` may be dialled.
    pub(crate) fn check(&self, ip: IpAddr) -> Result<(), Refused> {
        // An IPv4 address in IPv6 clothes is judged as what it is.
        let ip = ip.to_canonical();
        let allowed = !self.simulated
            || ip.is_loopback()
            || self.test_networks.iter().any(|network| network.contains(ip));
        if allowed { Ok(()) } else { Err(Refused(ip)) }
    }

    /// Those of the resolved addresses that may be dialled.
    ///
    /// # Errors
    /// [`Refused`] with the first address when none may be.
    pub(crate) fn filter(&self, resolved: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let mut refused = None;
        let mut allowed = Vec::with_capacity(resolved.len());
        for address in resolved {
            match self.check(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match (allowed.is_empty(), refused) {
            (true, Some(error)) => Err(error),
            _ => Ok(allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> TestNetwork {
        let (address, bits) = text.split_once('/').expect("address/bits");
        TestNetwork {
            address: address.parse().expect("an address"),
            prefix_bits: bits.parse().expect("a number"),
        }
    }

    #[test]
    fn a_simulated_build_stays_at_home() {
        let guard = DialGuard {
            simulated: true,
            test_networks: vec![network("10.77.0.0/16"), network("fd00:7::/32")],
        };
        let check = |ip: &str, allowed: bool| {
            assert_eq!(guard.check(ip.parse().expect("an address")).is_ok(), allowed, "{ip}");
        };
        for home in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.77.3.4", "fd00:7::9"] {
            check(home, true);
        }
        for away in [
            "157.240.1.1",
            "10.78.0.1",
            "192.168.0.1",
            "0.0.0.0",
            "::ffff:8.8.8.8",
            "2a03:2880::1",
            "fd00:8::1",
        ] {
            check(away, false);
        }
    }

    #[test]
    fn the_product_dials_what_it_is_told() {
        let guard = DialGuard { simulated: false, test_networks: Vec::new() };
        assert_eq!(guard.check("157.240.1.1".parse().expect("an address")), Ok(()));
    }

    #[test]
    fn mixed_answers_keep_the_allowed_part() {
        let guard = DialGuard { simulated: true, test_networks: Vec::new() };
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let mixed = vec![address("157.240.1.1:443"), address("127.0.0.1:443")];
        assert_eq!(guard.filter(mixed), Ok(vec![address("127.0.0.1:443")]));
        let away = address("157.240.1.1:443");
        assert_eq!(guard.filter(vec![away]), Err(Refused(away.ip())));
    }

    #[test]
    fn only_private_networks_can_be_test_networks() {
        for good in ["10.0.0.0/8", "172.16.0.0/12", "172.31.5.0/24", "192.168.7.0/24", "fd12::/16"] {
            assert!(DialGuard::new(vec![network(good)]).is_ok(), "{good}");
        }
        for bad in
            ["10.0.0.0/7", "172.32.0.0/16", "0.0.0.0/0", "157.240.0.0/16", "2a03::/16", "192.168.0.0/8"]
        {
            assert!(DialGuard::new(vec![network(bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_build_is_guarded_exactly_when_it_is_simulated() {
        let guard = DialGuard::new(Vec::new()).expect("no networks");
        let whatsapp = "157.240.1.1".parse().expect("an address");
        assert_eq!(guard.check(whatsapp).is_err(), cfg!(feature = "simulated"));
    }
}
