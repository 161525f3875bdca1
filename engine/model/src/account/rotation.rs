//! Secrets that are shown once, kept as hashes, and replaced with an overlap.

use rkyv::{Archive, Deserialize, Serialize};

/// A secret at rest: its hash, and as much of it as people need to tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct KeySecret {
    /// SHA-256 of the secret.
    pub sha256: [u8; 32],
    /// Its beginning.
    pub prefix: String,
}

/// A secret that was replaced and still opens for a while.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct OldKeySecret {
    /// The secret.
    pub secret: KeySecret,
    /// Until when, in milliseconds since the Unix epoch.
    pub until_ms: i64,
}

/// The secret in use, and the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Secrets {
    /// The newest.
    pub current: KeySecret,
    /// The one before it, for as long as both open.
    pub old: Option<OldKeySecret>,
}

impl Secrets {
    /// A first secret.
    pub fn new(current: KeySecret) -> Secrets {
        Secrets { current, old: None }
    }

    /// Puts a new secret in the place of the current one, which opens for another `overlap_ms`. What the current one had replaced
    /// opens no longer.
    pub fn rotate(&mut self, fresh: KeySecret, now_ms: i64, overlap_ms: u64) {
        let replaced = std::mem::replace(&mut self.current, fresh);
        let until_ms = now_ms.saturating_add(i64::try_from(overlap_ms).unwrap_or(i64::MAX));
        self.old = (overlap_ms > 0).then_some(OldKeySecret { secret: replaced, until_ms });
    }

    /// Whether the secret with this hash opens at this time.
    pub fn opens(&self, sha256: &[u8; 32], now_ms: i64) -> bool {
        let old = self.old.as_ref().is_some_and(|old| old.secret.sha256 == *sha256 && now_ms < old.until_ms);
        self.current.sha256 == *sha256 || old
    }

    /// The hashes of both.
    pub fn hashes(&self) -> impl Iterator<Item = [u8; 32]> + '_ {
        std::iter::once(self.current.sha256).chain(self.old.as_ref().map(|old| old.secret.sha256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> KeySecret {
        KeySecret { sha256: [byte; 32], prefix: "tk_".to_owned() }
    }

    #[test]
    fn a_replaced_secret_opens_until_its_time_is_over() {
        let mut secrets = Secrets::new(secret(1));
        secrets.rotate(secret(2), 1_000, 500);
        let check = |secrets: &Secrets, byte: u8, now_ms: i64, expected: bool| {
            assert_eq!(secrets.opens(&[byte; 32], now_ms), expected, "{byte} at {now_ms}");
        };
        check(&secrets, 1, 1_499, true);
        check(&secrets, 1, 1_500, false);
        check(&secrets, 2, 9_999, true);
        check(&secrets, 3, 1_000, false);
        secrets.rotate(secret(3), 1_100, 500);
        check(&secrets, 1, 1_200, false);
        check(&secrets, 2, 1_200, true);
        secrets.rotate(secret(4), 1_200, 0);
        check(&secrets, 3, 1_200, false);
        assert_eq!(secrets.hashes().collect::<Vec<_>>(), [[4; 32]]);
    }
}
