//! The addresses that a key is taken from.

use std::net::IpAddr;

use ipnet::IpNet;

/// Ranges of addresses; none of them stands for any address.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    ranges: Vec<IpNet>,
    /// A range that cannot be read closes the list rather than opening it.
    has_unreadable: bool,
}

impl Addresses {
    pub(super) fn of(ranges: &[String]) -> Addresses {
        let read: Vec<Option<IpNet>> = ranges.iter().map(|range| range.parse().ok()).collect();
        let has_unreadable = read.iter().any(Option::is_none);
        Addresses { ranges: read.into_iter().flatten().collect(), has_unreadable }
    }

    /// Whether somebody at this address may come in. Who comes from nowhere known only gets in where anybody does.
    pub(super) fn take(&self, from: Option<IpAddr>) -> bool {
        if self.ranges.is_empty() && !self.has_unreadable {
            return true;
        }
        let from = from.map(|address| address.to_canonical());
        from.is_some_and(|address| self.ranges.iter().any(|range| range.contains(&address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_addresses_get_in() {
        let check = |ranges: &[&str], from: Option<&str>, expected: bool| {
            let ranges: Vec<String> = ranges.iter().map(|range| (*range).to_owned()).collect();
            let from = from.map(|address| address.parse().expect("an address"));
            assert_eq!(Addresses::of(&ranges).take(from), expected, "{ranges:?} {from:?}");
        };
        check(&[], Some("192.0.2.1"), true);
        check(&[], None, true);
        check(&["192.0.2.0/24"], Some("192.0.2.1"), true);
        check(&["192.0.2.0/24"], Some("::ffff:192.0.2.1"), true);
        check(&["192.0.2.0/24"], Some("192.0.3.1"), false);
        check(&["192.0.2.0/24"], None, false);
        check(&["192.0.2.0/24", "2001:db8::/32"], Some("2001:db8::7"), true);
        check(&["nonsense"], Some("192.0.2.1"), false);
    }
}
