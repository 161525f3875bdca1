//! `Trunkline-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`.

use ring::hmac;

/// Name of the header.
pub(super) const HEADER: &str = "trunkline-signature";

/// The header's value for a body sent at `unix_s`.
pub(super) fn sign(secret: &[u8], unix_s: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(unix_s.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    format!("t={unix_s},v1={}", hex::encode(context.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL: `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec`.
    #[test]
    fn known_answer() {
        assert_eq!(
            sign(b"whsec", 1_700_000_000, br#"{"a":1}"#),
            "t=1700000000,v1=8ad37ba156048ae0e0a5533c75cdf26fee88b07f93cb57ee4c80adb053012032"
        );
    }
}
