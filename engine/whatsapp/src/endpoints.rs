//! Every address that a session dials, as configuration.

use url::Url;

use crate::error::ConfigError;

/// Where the service is. The default is the real one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The chat socket: `wss://`, or `ws://` for a simulated service.
    pub websocket_url: String,
    /// `Origin` header of the socket's upgrade request.
    pub origin: String,
    /// Base address of the web client, whose version is read from `/sw.js` there.
    pub web_url: String,
    /// Authority (`host` or `host:port`) that serves media instead of the hosts that WhatsApp names. `None` uses those.
    pub media_authority: Option<String>,
}

impl Default for Endpoints {
    fn default() -> Endpoints {
        Endpoints {
            websocket_url: "wss://web.whatsapp.com/ws/chat".to_owned(),
            origin: "https://web.whatsapp.com".to_owned(),
            web_url: "https://web.whatsapp.com".to_owned(),
            media_authority: None,
        }
    }
}

/// The web client's host, as the protocol crate has it built in.
const BUILT_IN_WEB_HOST: &str = "web.whatsapp.com";
/// Hosts under this domain are media hosts.
const MEDIA_DOMAIN: &str = ".whatsapp.net";

/// Checked endpoints.
#[derive(Debug, Clone)]
pub(crate) struct Dialling {
    pub(crate) socket: Url,
    pub(crate) origin: String,
    web: Url,
    media_authority: Option<String>,
}

impl Dialling {
    pub(crate) fn new(endpoints: &Endpoints) -> Result<Dialling, ConfigError> {
        let socket = parse("websocket_url", &endpoints.websocket_url, &["wss", "ws"])?;
        let web = parse("web_url", &endpoints.web_url, &["https", "http"])?;
        if !endpoints.origin.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable("origin", "has characters that do not belong into a header"));
        }
        if let Some(authority) = &endpoints.media_authority {
            let with_scheme = format!("https://{authority}/");
            let url = parse("media_authority", &with_scheme, &["https"])?;
            if url.path() != "/" || url.username() != "" || authority.contains(['/', '?', '#', '@']) {
                return Err(unusable("media_authority", "is not `host` or `host:port`"));
            }
        }
        Ok(Dialling {
            socket,
            origin: endpoints.origin.clone(),
            web,
            media_authority: endpoints.media_authority.clone(),
        })
    }

    /// Host and port of the chat socket. The URL was checked when it was configured; one without a host cannot get here.
    pub(crate) fn socket_address(&self) -> (String, u16) {
        let host = self.socket.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        (host, self.socket.port_or_known_default().unwrap_or(443))
    }

    /// Where a request of the protocol crate really goes: its built-in hosts replaced by the configured ones.
    pub(crate) fn redirect(&self, url: &str) -> Result<Url, url::ParseError> {
        let mut url = Url::parse(url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if host == BUILT_IN_WEB_HOST {
            let mut there = self.web.clone();
            there.set_path(url.path());
            there.set_query(url.query());
            return Ok(there);
        }
        if let Some(authority) = &self.media_authority
            && host.ends_with(MEDIA_DOMAIN)
        {
            let moved = format!("https://{authority}{}", url.path());
            let query = url.query().map(str::to_owned);
            url = Url::parse(&moved)?;
            url.set_query(query.as_deref());
        }
        Ok(url)
    }
}

fn unusable(name: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Endpoint { name, problem: problem.into() }
}

fn parse(name: &'static str, text: &str, schemes: &[&str]) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| unusable(name, format!("{error}")))?;
    if !schemes.contains(&url.scheme()) {
        return Err(unusable(name, format!("must start with {}", schemes.join(":// or ") + "://")));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(unusable(name, "names no host"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Endpoints)) -> Result<Dialling, ConfigError> {
        let mut endpoints = Endpoints::default();
        change(&mut endpoints);
        Dialling::new(&endpoints)
    }

    #[test]
    fn wrong_endpoints_are_named() {
        let check = |change: fn(&mut Endpoints), expected: &str| match with(change) {
            Err(ConfigError::Endpoint { name, .. }) => assert_eq!(name, expected),
            other => panic!("{expected}: {other:?}"),
        };
        check(|e| e.websocket_url = "https://web.whatsapp.com".into(), "websocket_url");
        check(|e| e.websocket_url = "wss://".into(), "websocket_url");
        check(|e| e.web_url = "ftp://web.whatsapp.com".into(), "web_url");
        check(|e| e.origin = "https://a\r\nb".into(), "origin");
        check(|e| e.media_authority = Some("host/path".into()), "media_authority");
        check(|e| e.media_authority = Some("user@host".into()), "media_authority");
    }

    #[test]
    fn built_in_hosts_move_and_others_stay() {
        let real = with(|_| {}).expect("the default");
        let simulated = with(|e| {
            e.web_url = "http://127.0.0.1:8080".into();
            e.media_authority = Some("127.0.0.1:8443".into());
        })
        .expect("fine");
        let check = |dialling: &Dialling, from: &str, to: &str| {
            assert_eq!(dialling.redirect(from).expect("a URL").as_str(), to);
        };
        let media = "https://mmg.whatsapp.net/v/t62?auth=a%2Fb";
        check(&real, media, media);
        check(&simulated, media, "https://127.0.0.1:8443/v/t62?auth=a%2Fb");
        check(&real, "https://web.whatsapp.com/sw.js", "https://web.whatsapp.com/sw.js");
        check(&simulated, "https://web.whatsapp.com/sw.js", "http://127.0.0.1:8080/sw.js");
        let other = "https://example.com/x?y";
        check(&simulated, other, other);
    }
}
