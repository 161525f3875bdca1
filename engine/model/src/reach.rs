//! Which addresses may be reached on behalf of a user.
//!
//! What is public is what IANA's registries of special-purpose addresses (RFC 6890) leave: of IPv4 everything that is not
//! listed, of IPv6 only the part that is given out at all. Addresses that carry an IPv4 address inside, such as 6to4, are
//! refused whole: what they reach is decided by a translator that this guard does not know.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address may be reached on behalf of a user.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmarking = a == 198 && (b == 18 || b == 19);
    let protocols = (a, b, c) == (192, 0, 0);
    let relays = (a, b, c) == (192, 88, 99);
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_unspecified()
        || v4.is_broadcast()
        || v4.is_multicast()
        || v4.is_documentation();
    !(special || shared || benchmarking || protocols || relays || a == 0 || a >= 240)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [head, second, ..] = v6.segments();
    // 2000::/3 is all that was ever given out; site-local, NAT64 and IPv4-compatible addresses lie outside of it.
    let given_out = head & 0xe000 == 0x2000;
    // 2001::/23 holds Teredo, ORCHID and benchmarking.
    let protocols = head == 0x2001 && second < 0x200;
    let documentation = (head == 0x2001 && second == 0xdb8) || (head == 0x3fff && second < 0x1000);
    let six_to_four = head == 0x2002;
    given_out && !(protocols || documentation || six_to_four)
}
