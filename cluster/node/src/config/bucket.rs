//! The settings of the bucket for media: all of them or none.

use std::net::IpAddr;
use std::path::Path;

use trunkline_engine::BucketConfig;
use url::{Host, Url};

use super::layers::Problem;
use super::settings::{Outside, Reader, switch, url_with};
use super::table::{Key, Setting};

/// Settings that mean nothing without a bucket.
const OTHERS: [Key; 6] = [
    Key::MediaS3Endpoint,
    Key::MediaS3Region,
    Key::MediaS3AccessId,
    Key::MediaS3SecretFile,
    Key::MediaS3Prefix,
    Key::MediaS3PathStyle,
];

/// Reads them. A bucket that lacks something is a problem, and so is something that lacks its bucket.
pub(super) fn read(reader: &mut Reader, outside: &impl Outside) -> Option<BucketConfig> {
    if !reader.given.contains_key(&Key::MediaS3Bucket) {
        let stray = OTHERS.into_iter().find(|key| reader.given.contains_key(key))?;
        missing(reader, Key::MediaS3Bucket, stray);
        return None;
    }
    let bucket = reader.optional(Key::MediaS3Bucket, word);
    let endpoint = reader.optional(Key::MediaS3Endpoint, endpoint);
    let path_style = if endpoint.is_some() { "true" } else { "false" };
    let region = reader.value(Key::MediaS3Region, "us-east-1", word);
    let prefix = reader.value(Key::MediaS3Prefix, "", prefix);
    let path_style = reader.value(Key::MediaS3PathStyle, path_style, switch);
    for key in [Key::MediaS3AccessId, Key::MediaS3SecretFile] {
        if !reader.given.contains_key(&key) {
            missing(reader, key, Key::MediaS3Bucket);
        }
    }
    let access_key = reader.optional(Key::MediaS3AccessId, word);
    let read_secret = |text: &str| {
        let secret = outside.read_secret(Path::new(text))?;
        word(secret.trim()).map_err(|_| "holds no secret key: one line with it is wanted".to_owned())
    };
    let secret_key = reader.optional(Key::MediaS3SecretFile, read_secret);
    Some(BucketConfig {
        bucket: bucket?,
        endpoint,
        region,
        access_key: access_key?,
        secret_key: secret_key?,
        prefix,
        path_style,
    })
}

pub(super) fn missing(reader: &mut Reader, key: Key, because_of: Key) {
    let (name, why) = (Setting::of(key).name, Setting::of(because_of).name);
    reader.problems.push(Problem {
        place: format!("`{name}`"),
        message: format!("is missing, and `{why}` needs it; give both or neither"),
    });
}

fn word(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_word { Ok(text.to_owned()) } else { Err("is no single word of ASCII characters".to_owned()) }
}

fn prefix(text: &str) -> Result<String, String> {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte))
    };
    let trimmed = text.trim_end_matches('/');
    if trimmed.is_empty() || trimmed.split('/').all(|part| is_plain(part) && part != "." && part != "..") {
        return Ok(trimmed.to_owned());
    }
    Err("is not made of names from letters, digits and -_.= with / between them".to_owned())
}

fn endpoint(text: &str) -> Result<Url, String> {
    url_with(text, &["https", "http"])?;
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("has more than an address; the bucket is named by `media-s3-bucket`".to_owned());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("would carry files and credentials in the clear; use https, or loopback".to_owned());
    }
    Ok(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
