//! Which API a request belongs to: a pure function of its host, its path and its credentials, whose order is that of the rules
//! below. The first one that knows decides.
//!
//! 1. A host that the operator gave to a dialect, or to the native API, serves that alone.
//! 2. `/d/<dialect>/…` is the dialect's path, whatever the host.
//! 3. `/integration/v1/…` is Wessaal's.
//! 4. `/api/v1/…` is WAStack's or 7aduta's: their credentials differ, and without any the path tells, where only one has it.
//! 5. `/api/…` is WASaaS', unless the key is of another dialect that has paths there.
//! 6. Everything else is the native API's and, where that has nothing, WSAPI's, which owns the root.

use std::collections::BTreeMap;

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use serde::Serialize;
use trunkline_model::Dialect;

use super::{bearer, header};
use crate::reply::{self, Answer};

/// Hosts that serve one dialect alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts(BTreeMap<String, Dialect>);

impl Hosts {
    /// Reads `wsapi=api.example.org, wastack=wa.example.org`: a dialect's word and a host name, without a port.
    ///
    /// # Errors
    /// What is wrong with the first entry that is.
    pub fn parse(text: &str) -> Result<Hosts, String> {
        let mut hosts = BTreeMap::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let read = entry
                .split_once('=')
                .and_then(|(word, host)| Some((Dialect::parse(word.trim())?, host.trim())));
            let is_name = |host: &str| {
                !host.is_empty()
                    && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            };
            match read {
                Some((dialect, host)) if is_name(host) => {
                    if hosts.insert(host.to_ascii_lowercase(), dialect).is_some() {
                        return Err(format!("`{host}` is given to two dialects"));
                    }
                }
                _ => {
                    return Err(format!(
                        "`{entry}` is not a dialect and a host name, as in wsapi=api.example.org"
                    ));
                }
            }
        }
        Ok(Hosts(hosts))
    }

    fn of(&self, host: Option<&str>) -> Option<Dialect> {
        if self.0.is_empty() {
            return None;
        }
        let host = host?;
        let name = host
            .rsplit_once(':')
            .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
        // A dot at the end says that the name is whole (RFC 1034, 3.1).
        let name = name.strip_suffix('.').unwrap_or(name);
        self.0.get(&name.to_ascii_lowercase()).copied()
    }
}

/// Where a request belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// The native API; where it has no such path, WSAPI.
    Native,
    /// The native API and nothing else.
    NativeAlone,
    /// A dialect, and the path below its host: base path included.
    Dialect(Dialect, &'a str),
    /// A path of both WAStack and 7aduta, and nothing that tells them apart.
    Unclear,
}

/// Where a request belongs.
pub(crate) fn place<'a>(hosts: &Hosts, parts: &'a Parts) -> Place<'a> {
    // A request line may hold a whole address, whose host then counts (RFC 9112, 3.2.2).
    let host = parts.uri.host().or_else(|| parts.headers.get(HOST)?.to_str().ok());
    at(hosts, host, &parts.headers, parts.uri.path())
}

fn at<'a>(hosts: &Hosts, host: Option<&str>, headers: &HeaderMap, path: &'a str) -> Place<'a> {
    match hosts.of(host) {
        Some(Dialect::Native) => return Place::NativeAlone,
        Some(dialect) => return Place::Dialect(dialect, path),
        None => {}
    }
    if let Some(rest) = path.strip_prefix("/d/") {
        let (word, below) = rest.find('/').map_or((rest, "/"), |end| rest.split_at(end));
        return match Dialect::parse(word) {
            Some(dialect) if dialect != Dialect::Native => Place::Dialect(dialect, below),
            _ => Place::Native,
        };
    }
    if below(path, "/integration/v1").is_some() {
        return Place::Dialect(Dialect::Wessaal, path);
    }
    if let Some(rest) = below(path, "/api/v1") {
        return version_one(headers, path, rest);
    }
    if below(path, "/api").is_some() {
        let dialect = bearer(headers).and_then(Dialect::of_key).filter(|dialect| *dialect == Dialect::Aduta);
        return Place::Dialect(dialect.unwrap_or(Dialect::Wasaas), path);
    }
    Place::Native
}

/// First segments below `/api/v1` that one of the two dialects there has for itself.
const OWNERS: &[(&str, Dialect)] = &[
    ("devices", Dialect::Wastack),
    ("otp", Dialect::Wastack),
    ("schedule", Dialect::Wastack),
    ("apps", Dialect::Wastack),
    ("templates", Dialect::Wastack),
    ("webhooks", Dialect::Wastack),
    ("health", Dialect::Wastack),
    ("whatsapp-sessions", Dialect::Aduta),
    ("send-message", Dialect::Aduta),
    ("on-whatsapp", Dialect::Aduta),
    ("send-presence-update", Dialect::Aduta),
    ("upload", Dialect::Aduta),
    ("decrypt-media", Dialect::Aduta),
    ("auth", Dialect::Aduta),
];

fn version_one<'a>(headers: &HeaderMap, path: &'a str, rest: &str) -> Place<'a> {
    let bearer = bearer(headers);
    if header(headers, "x-app-key").is_some() || bearer.is_some_and(|key| key.starts_with("wa_live_")) {
        return Place::Dialect(Dialect::Wastack, path);
    }
    if header(headers, "x-api-token").is_some() || bearer.is_some() {
        return Place::Dialect(Dialect::Aduta, path);
    }
    let first = rest.split('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    let owner = OWNERS.iter().find(|(segment, _)| *segment == first);
    owner.map_or(Place::Unclear, |(_, dialect)| Place::Dialect(*dialect, path))
}

/// What follows a prefix that ends where a segment does.
fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The answer to a request without credentials on a path of two dialects: each finds what it looks for in it.
pub(crate) fn unclear() -> Answer {
    #[derive(Serialize)]
    struct Both {
        success: bool,
        code: &'static str,
        message: &'static str,
        error: &'static str,
    }
    let message = "A valid API key is needed.";
    let both = Both { success: false, code: "UNAUTHORIZED", message, error: message };
    reply::json(StatusCode::UNAUTHORIZED, &both)
}

#[cfg(test)]
mod tests;
