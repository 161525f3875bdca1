//! The HTTP exchange that opens a WebSocket (RFC 6455 §4), as texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use url::Url;

use crate::limits::{UPGRADE_ANSWER_BYTES_MAX, UPGRADE_HEADERS_MAX};

/// Appended to the key before it is hashed, by the standard.
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a server's answer opens no WebSocket.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpgradeError {
    #[error("the answer is no HTTP: {0}")]
    Malformed(httparse::Error),
    #[error("the answer is longer than {UPGRADE_ANSWER_BYTES_MAX} bytes")]
    TooLong,
    #[error("the server answers with status {0}")]
    Status(u16),
    #[error("the header `{0}` is missing or wrong")]
    Header(&'static str),
    #[error("the server chose `{0}`, which was not offered")]
    NotOffered(&'static str),
}

/// The key of one exchange, in base64.
pub(super) struct UpgradeKey(String);

impl UpgradeKey {
    /// `random` should be drawn anew for each connection.
    pub(super) fn new(random: [u8; 16]) -> UpgradeKey {
        UpgradeKey(STANDARD.encode(random))
    }

    /// The request. `url` has a host, and `origin` is fit for a header.
    pub(super) fn request(&self, url: &Url, origin: &str) -> String {
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        // The port belongs there when it is not the scheme's own, which is when the URL shows it.
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let key = &self.0;
        format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nOrigin: {origin}\r\n\r\n"
        )
    }

    /// How many bytes of `received` the server's answer takes; `None` while it is not whole.
    ///
    /// # Errors
    /// [`UpgradeError`] when the answer opens no WebSocket, or not the one that was asked for.
    pub(super) fn answer_bytes(&self, received: &[u8]) -> Result<Option<usize>, UpgradeError> {
        let mut headers = [httparse::EMPTY_HEADER; UPGRADE_HEADERS_MAX];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer.parse(received).map_err(UpgradeError::Malformed)?;
        let httparse::Status::Complete(bytes) = parsed else {
            let whole = received.len() > UPGRADE_ANSWER_BYTES_MAX;
            return if whole { Err(UpgradeError::TooLong) } else { Ok(None) };
        };
        match answer.code {
            Some(101) => {}
            other => return Err(UpgradeError::Status(other.unwrap_or_default())),
        }
        let value = |name: &str| {
            let found = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.and_then(|header| std::str::from_utf8(header.value).ok())
        };
        if !value("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
            return Err(UpgradeError::Header("Upgrade"));
        }
        let names_upgrade =
            |value: &str| value.split(',').any(|word| word.trim().eq_ignore_ascii_case("upgrade"));
        if !value("connection").is_some_and(names_upgrade) {
            return Err(UpgradeError::Header("Connection"));
        }
        if value("sec-websocket-accept").map(str::trim) != Some(&self.accept()) {
            return Err(UpgradeError::Header("Sec-WebSocket-Accept"));
        }
        for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"] {
            if answer.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)) {
                return Err(UpgradeError::NotOffered(name));
            }
        }
        Ok(Some(bytes))
    }

    fn accept(&self) -> String {
        let joined = format!("{}{ACCEPT_SUFFIX}", self.0);
        STANDARD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, joined.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and accept value of RFC 6455 §1.3.
    fn key() -> UpgradeKey {
        UpgradeKey::new(*b"the sample nonce")
    }

    const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_request_names_host_path_and_origin() {
        let check = |url: &str, line: &str, host: &str| {
            let request = key().request(&url.parse().expect("a URL"), "https://web.whatsapp.com");
            assert!(request.starts_with(&format!("{line}\r\nHost: {host}\r\n")), "{request}");
            assert!(request.contains("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "{request}");
            assert!(request.ends_with("\r\nOrigin: https://web.whatsapp.com\r\n\r\n"), "{request}");
        };
        check("wss://web.whatsapp.com/ws/chat", "GET /ws/chat HTTP/1.1", "web.whatsapp.com");
        check("wss://web.whatsapp.com:443", "GET / HTTP/1.1", "web.whatsapp.com");
        check("ws://[::1]:8080/a b?c=d#e", "GET /a%20b?c=d HTTP/1.1", "[::1]:8080");
    }

    #[test]
    fn only_the_answer_asked_for_opens_the_socket() {
        let check = |from: &str, to: &str, expected: Result<Option<usize>, UpgradeError>| {
            assert_eq!(key().answer_bytes(GOOD.replace(from, to).as_bytes()), expected, "{from} -> {to}");
        };
        check("", "", Ok(Some(GOOD.len())));
        check("\r\n\r\n", "\r\n", Ok(None));
        check("\r\n\r\n", "\r\n\r\n\x02rest", Ok(Some(GOOD.len())));
        check("101", "200", Err(UpgradeError::Status(200)));
        check("101 Switching Protocols", "403 Forbidden", Err(UpgradeError::Status(403)));
        check("HTTP/1.1", "SSH-2.0", Err(UpgradeError::Malformed(httparse::Error::Version)));
        check("WebSocket", "h2c", Err(UpgradeError::Header("Upgrade")));
        check(", Upgrade", "", Err(UpgradeError::Header("Connection")));
        check("s3p", "S3p", Err(UpgradeError::Header("Sec-WebSocket-Accept")));
        let offered = "upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate";
        check("upgrade: WebSocket", offered, Err(UpgradeError::NotOffered("Sec-WebSocket-Extensions")));
        let endless = format!("HTTP/1.1 101 ok\r\nx: {}", "y".repeat(UPGRADE_ANSWER_BYTES_MAX));
        assert_eq!(key().answer_bytes(endless.as_bytes()), Err(UpgradeError::TooLong));
    }
}
