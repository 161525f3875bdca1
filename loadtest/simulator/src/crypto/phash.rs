//! Participant hash: a short digest of a set of devices, by which two sides notice that their lists differ.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use wacore_binary::Jid;

/// Bytes of SHA-256 that make it into the hash.
const DIGEST_BYTES: usize = 6;

/// `2:` and base64 of the first six bytes of SHA-256 over the sorted device names (`user.0:device@server`).
pub fn phash<'a>(devices: impl IntoIterator<Item = &'a Jid>) -> String {
    let mut names: Vec<String> =
        devices.into_iter().map(|jid| format!("{}.0:{}@{}", jid.user, jid.device, jid.server)).collect();
    names.sort_unstable();
    let mut hash = Sha256::new();
    for name in &names {
        hash.update(name);
    }
    format!("2:{}", STANDARD_NO_PAD.encode(&hash.finalize()[..DIGEST_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes two independent clients sent for these devices.
    #[test]
    fn agrees_with_hashes_computed_by_clients() {
        let lids = ["100000000000001", "100000000000002"];
        let group: Vec<_> =
            lids.into_iter().flat_map(|lid| [Jid::lid(lid), Jid::lid_device(lid, 1)]).collect();
        let person = |jid: fn(&'static str, u16) -> Jid, user| vec![jid(user, 1), jid(user, 0)];
        for (devices, expected) in [
            (group, "2:nlFgrNlw"),
            (person(Jid::pn_device, "5511900000002"), "2:wCtUZ5Sl"),
            (person(Jid::lid_device, "100000000000002"), "2:v6yyWhHH"),
        ] {
            assert_eq!(phash(&devices), expected);
        }
    }

    #[test]
    fn order_does_not_matter_and_devices_do() {
        let (a, b) = (Jid::pn_device("1", 0), Jid::lid_device("2", 3));
        let expected = {
            let digest = Sha256::digest("1.0:0@s.whatsapp.net2.0:3@lid");
            format!("2:{}", STANDARD_NO_PAD.encode(&digest[..6]))
        };
        assert_eq!(phash([&b, &a]), expected);
        assert_eq!(phash([&a, &b]), expected);
        assert_ne!(phash([&a]), expected);
        assert_eq!(expected.len(), 10);
    }
}
