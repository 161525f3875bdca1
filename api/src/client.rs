//! Where a request comes from: the peer of its connection, or whom a trusted proxy names.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::HeaderName;
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client. Each proxy adds the address that it was asked from to the end of `X-Forwarded-For`, so the list is read
/// from there, and only for as long as who wrote it is trusted: what stands before that is anybody's claim. A proxy that names nobody,
/// or something else than an address, leaves the client unknown.
pub(crate) fn address(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let mut from = peer?;
    let is_trusted = |address: &IpAddr| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(&from) {
        return Some(from);
    }
    let named = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let named = named.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
    let mut is_named = false;
    for name in named {
        from = name.trim().parse::<IpAddr>().ok()?.to_canonical();
        is_named = true;
        if !is_trusted(&from) {
            break;
        }
    }
    is_named.then_some(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> =
            ["10.0.0.0/8", "::1/128"].map(|range| range.parse().expect("a range")).into();
        let check = |peer: &str, lines: &[&str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).expect("a value"));
            }
            let found = address(peer.parse().ok(), &headers, &trusted);
            assert_eq!(found, expected.map(|text| text.parse().expect("an address")), "{peer} {lines:?}");
        };
        check("192.0.2.7", &[], Some("192.0.2.7"));
        check("192.0.2.7", &["198.51.100.1"], Some("192.0.2.7"));
        check("10.0.0.1", &["198.51.100.1"], Some("198.51.100.1"));
        check("10.0.0.1", &["203.0.113.9, 198.51.100.1"], Some("198.51.100.1"));
        check("10.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.2"], Some("198.51.100.1"));
        check("10.0.0.1", &["::ffff:198.51.100.1"], Some("198.51.100.1"));
        check("::1", &["10.0.0.2"], Some("10.0.0.2"));
        check("10.0.0.1", &[], None);
        check("10.0.0.1", &["unknown"], None);
        check("10.0.0.1", &["unknown, 198.51.100.1"], Some("198.51.100.1"));
        check("nowhere", &["198.51.100.1"], None);
    }
}
