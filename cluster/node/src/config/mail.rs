//! The settings of letters: all of them or none.

use std::path::Path;

use trunkline_model::account::email_of;
use url::Url;

use super::bucket::{is_loopback, missing};
use super::settings::{Outside, Reader, url_with};
use super::table::Key;

/// Where letters are handed over, and what they say of this node.
#[derive(Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The mail server, with the name that is logged in with.
    pub server: Url,
    /// The password.
    pub password: Option<String>,
    /// The address that letters come from.
    pub from: String,
    /// What links in them begin with, without a slash at its end.
    pub public_url: String,
}

/// The password is nobody's to read.
impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Settings that a mail server needs.
const NEEDED: [Key; 2] = [Key::SmtpFrom, Key::PublicUrl];
/// Settings that mean nothing without one.
const OTHERS: [Key; 2] = [Key::SmtpFrom, Key::SmtpPasswordFile];

/// Reads them. A mail server that lacks something is a problem, and so is something that lacks its mail server.
pub(super) fn read(
    reader: &mut Reader,
    (outside, public_url): (&impl Outside, Option<String>),
) -> Option<MailSettings> {
    if !reader.given.contains_key(&Key::SmtpUrl) {
        let stray = OTHERS.into_iter().find(|key| reader.given.contains_key(key))?;
        missing(reader, Key::SmtpUrl, stray);
        return None;
    }
    for key in NEEDED {
        if !reader.given.contains_key(&key) {
            missing(reader, key, Key::SmtpUrl);
        }
    }
    let server = reader.optional(Key::SmtpUrl, server);
    let from = reader.optional(Key::SmtpFrom, |text| {
        email_of(text).ok_or_else(|| "is no e-mail address, such as gateway@example.org".to_owned())
    });
    let password = reader.optional(Key::SmtpPasswordFile, |text| {
        let secret = outside.read_secret(Path::new(text))?;
        let secret = secret.trim();
        if secret.is_empty() { Err("holds no password".to_owned()) } else { Ok(secret.to_owned()) }
    });
    Some(MailSettings { server: server?, password, from: from?, public_url: public_url? })
}

fn server(text: &str) -> Result<Url, String> {
    url_with(text, &["smtps", "smtp"])?;
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    if url.password().is_some() {
        return Err("has a password; put it into the file of `smtp-password-file`".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
        return Err("has more than a name and an address".to_owned());
    }
    Ok(url)
}

/// Where people find this node.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    url_with(text, &["https", "http"])?;
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has more than an address and a path".to_owned());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("would carry passwords in the clear; use https, or loopback".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
