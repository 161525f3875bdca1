//! The text behind a pairing QR code, in all forms clients show.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::CryptoError;

/// What newer clients put before the fields so that a phone's camera app opens the right page.
const LINK_PREFIX: &str = "https://wa.me/settings/linked_devices#";

/// Longest client type seen after the fourth field; what is longer is a key, so the code has four fields.
const CLIENT_TYPE_CHARS_MAX: usize = 8;

/// The fields of a QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Pairing reference; may itself contain commas.
    pub reference: String,
    /// Raw Noise static public key of the companion.
    pub noise: [u8; 32],
    /// Raw identity public key of the companion.
    pub identity: [u8; 32],
    /// Secret for the container's HMAC.
    pub adv_secret: [u8; 32],
}

/// Parses `ref,noise,identity,adv[,client type]`, with or without the link prefix, from the right.
pub fn parse(text: &str) -> Result<QrCode, CryptoError> {
    let body = text.trim();
    let body = body.strip_prefix(LINK_PREFIX).unwrap_or(body);
    let without_type = match body.rsplit_once(',') {
        Some((rest, last)) if last.len() <= CLIENT_TYPE_CHARS_MAX => rest,
        _ => body,
    };
    let mut fields = without_type.rsplitn(4, ',');
    let mut key = |what| decode_key(fields.next().unwrap_or_default(), what);
    let adv_secret = key("QR adv secret")?;
    let identity = key("QR identity key")?;
    let noise = key("QR noise key")?;
    match fields.next() {
        Some(reference) if !reference.is_empty() => {
            Ok(QrCode { reference: reference.to_owned(), noise, identity, adv_secret })
        }
        _ => Err(CryptoError::Malformed("QR reference")),
    }
}

fn decode_key(field: &str, what: &'static str) -> Result<[u8; 32], CryptoError> {
    STANDARD.decode(field).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(CryptoError::Malformed(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(reference: &str) -> String {
        let key = |byte: u8| STANDARD.encode([byte; 32]);
        format!("{reference},{},{},{}", key(1), key(2), key(3))
    }

    #[test]
    fn all_forms_parse() {
        let expected = |reference: &str| QrCode {
            reference: reference.to_owned(),
            noise: [1; 32],
            identity: [2; 32],
            adv_secret: [3; 32],
        };
        for (text, reference) in [
            (fields("2@abc"), "2@abc"),
            (format!("{},1", fields("2@abc")), "2@abc"),
            (format!("{LINK_PREFIX}{},1", fields("2@a/b+c==")), "2@a/b+c=="),
            (format!("{LINK_PREFIX}{}", fields("2@abc")), "2@abc"),
            (format!("{},1", fields("2@with,commas,in,it")), "2@with,commas,in,it"),
            (fields("2@with,commas"), "2@with,commas"),
            (format!(" {}\n", fields("2@abc")), "2@abc"),
        ] {
            assert_eq!(parse(&text), Ok(expected(reference)), "{text}");
        }
    }

    #[test]
    fn broken_codes_are_refused() {
        let short = format!("2@abc,{},x,y", STANDARD.encode([1; 32]));
        for text in ["", "2@abc", "a,b,c,d", &short, &fields(""), &fields("r")[2..]] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
