//! `Trunkline-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`, with a second `v1` of the key before while
//! both are in use.

use ring::hmac;
use trunkline_model::delivery::HttpTarget;

/// Name of the header.
pub(super) const HEADER: &str = "trunkline-signature";

/// The header's value for a body sent at `now_ms`, in milliseconds since the Unix epoch.
pub(super) fn of(target: &HttpTarget, now_ms: i64, body: &[u8]) -> String {
    let unix_s = now_ms / 1_000;
    let mut value = format!("t={unix_s},v1={}", sign(target.secret.as_bytes(), unix_s, body));
    if let Some(old) = target.old_secret.as_ref().filter(|old| now_ms < old.until_ms) {
        value.push_str(",v1=");
        value.push_str(&sign(old.secret.as_bytes(), unix_s, body));
    }
    value
}

fn sign(secret: &[u8], unix_s: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(unix_s.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    hex::encode(context.sign().as_ref())
}

#[cfg(test)]
mod tests {
    use trunkline_model::delivery::{Format, OldSecret};

    use super::*;

    /// Computed with OpenSSL: `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec`.
    const KNOWN: &str = "8ad37ba156048ae0e0a5533c75cdf26fee88b07f93cb57ee4c80adb053012032";

    fn target(secret: &str, old: Option<(&str, i64)>) -> HttpTarget {
        let old_secret = old.map(|(secret, until_ms)| OldSecret { secret: secret.to_owned(), until_ms });
        HttpTarget {
            url: String::new(),
            secret: secret.to_owned(),
            old_secret,
            headers: Vec::new(),
            format: Format::Native,
        }
    }

    #[test]
    fn known_answer() {
        let value = of(&target("whsec", None), 1_700_000_000_999, br#"{"a":1}"#);
        assert_eq!(value, format!("t=1700000000,v1={KNOWN}"));
    }

    #[test]
    fn the_key_before_signs_until_its_time_is_over() {
        let rotated = target("new", Some(("whsec", 1_700_000_000_500)));
        let during = of(&rotated, 1_700_000_000_499, br#"{"a":1}"#);
        assert!(during.ends_with(&format!(",v1={KNOWN}")) && during.matches("v1=").count() == 2, "{during}");
        let after = of(&rotated, 1_700_000_000_500, br#"{"a":1}"#);
        assert!(!after.contains(KNOWN) && after.matches("v1=").count() == 1, "{after}");
    }
}
