//! The typed settings of a node, and how texts become them. Pure, except that files which a setting names are read through
//! [`Outside`].

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use trunkline_api::Hosts;
use trunkline_api::limits::TRUSTED_PROXIES_MAX;
use trunkline_engine::limits::{MEDIA_QUOTA_BYTES, RECONNECT_RATE_MAX};
use trunkline_engine::{BucketConfig, Endpoints};
use trunkline_spool::{Backend, UnknownBackend};
use trunkline_store::limits::SHARDS_MAX;
use trunkline_whatsapp::TestNetwork;
use url::Url;

use super::bucket;
use super::filter;
use super::layers::{Given, Merged, Problem, Source};
use super::mail::{self, MailSettings};
use super::table::{Key, SIMULATED, Setting};
use crate::limits::{
    CLIENT_QUIET_SECONDS_MAX, MEDIA_QUOTA_MIB_MAX, MEMORY_BUDGET_MIB_MAX, RECONNECTS_PER_SECOND,
};

/// What the settings ask of the machine.
pub trait Outside {
    /// Cores that this process may use, at least 1.
    fn cores(&self) -> usize;
    /// The text of a file with certificates.
    ///
    /// # Errors
    /// A sentence.
    fn read_certificates(&self, path: &Path) -> Result<String, String>;
    /// The text of a file with a secret.
    ///
    /// # Errors
    /// A sentence.
    fn read_secret(&self, path: &Path) -> Result<String, String>;
    /// Whether a path exists and is something else than a directory.
    fn is_other_than_directory(&self, path: &Path) -> bool;
}

/// Everything that a node is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Address of the HTTP API.
    pub listen: SocketAddr,
    /// Proxies whose word about where a request comes from is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether cookies of members travel over plain HTTP.
    pub plain_cookies: bool,
    /// Whether strangers make accounts of their own.
    pub sign_up: bool,
    /// Where people find this node, without a slash at its end.
    pub public_url: Option<String>,
    /// Threads that serve HTTP.
    pub front_threads: usize,
    /// Hosts that serve the API of another service alone.
    pub dialect_hosts: Hosts,
    /// Engine threads.
    pub shards: u16,
    /// Whether somebody asked for that number; otherwise an existing data directory's number is taken.
    pub shards_given: bool,
    /// Whether shards are pinned to cores.
    pub pin_threads: bool,
    /// File with the master key.
    pub master_key_file: PathBuf,
    /// Whether private addresses may be fetched from.
    pub allow_private_fetch: bool,
    /// Memory that the clients of one shard may hold, in bytes.
    pub memory_budget_bytes: u64,
    /// Silence after which a number that holds much memory may be reconnected, in milliseconds.
    pub client_quiet_ms: u64,
    /// Numbers that connect in a second.
    pub reconnects_per_second: u32,
    /// What moves the bytes of uploaded files.
    pub media_spool: Backend,
    /// Disk that media files may take, in bytes.
    pub media_quota_bytes: u64,
    /// Bucket that uploaded files are kept in.
    pub bucket: Option<BucketConfig>,
    /// How letters are sent, where they are.
    pub mail: Option<MailSettings>,
    /// How to log.
    pub log: LogSettings,
    /// Where WhatsApp is.
    pub whatsapp: WhatsappSettings,
}

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// A filter, written out in full.
    pub filter: String,
    /// One JSON object a line.
    pub json: bool,
}

/// Where WhatsApp is, and whom to trust there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhatsappSettings {
    /// Addresses.
    pub endpoints: Endpoints,
    /// Certificate authorities trusted besides the public ones, PEM.
    pub extra_roots_pem: Option<String>,
    /// Private networks that may be dialled besides loopback, in a simulated build.
    pub test_networks: Vec<TestNetwork>,
}

/// A valid configuration, with where each value comes from.
#[derive(Debug)]
pub struct Effective {
    /// The values.
    pub settings: Settings,
    /// Each setting's value as text, and its source.
    pub shown: BTreeMap<Key, Given>,
    /// What looks odd but does not stop the node.
    pub warnings: Vec<String>,
}

/// Reads the merged layers.
///
/// # Errors
/// Every problem, not just the first.
pub fn read(merged: Merged, outside: &impl Outside) -> Result<Effective, Vec<Problem>> {
    let Merged { given, problems, warnings } = merged;
    let mut reader = Reader { given, problems, shown: BTreeMap::new() };
    let settings = reader.settings(outside);
    if reader.problems.is_empty() {
        Ok(Effective { settings, shown: reader.shown, warnings })
    } else {
        Err(reader.problems)
    }
}

pub(super) struct Reader {
    pub(super) given: BTreeMap<Key, Given>,
    pub(super) problems: Vec<Problem>,
    shown: BTreeMap<Key, Given>,
}

impl Reader {
    /// Reads every setting. Where one is wrong a problem is noted and its default stands in, so that reading goes on.
    fn settings(&mut self, outside: &impl Outside) -> Settings {
        let cores = outside.cores();
        let data_dir = self.value(Key::DataDir, "trunkline-data", |text| directory(text, outside));
        let key_beside_data = data_dir.join("master.key");
        let public_url = self.optional(Key::PublicUrl, mail::public_url);
        Settings {
            listen: self.value(Key::Listen, "127.0.0.1:8080", |text| {
                text.parse()
                    .map_err(|_| "is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::]:8080".to_owned())
            }),
            dialect_hosts: self.value(Key::DialectHosts, "", Hosts::parse),
            trusted_proxies: self.value(Key::TrustedProxies, "", proxies),
            plain_cookies: self.value(Key::PlainCookies, "false", switch),
            sign_up: self.value(Key::SignUp, "false", switch),
            front_threads: self.value(Key::FrontThreads, &(cores / 4).max(1).to_string(), |text| {
                count(text, trunkline_api::limits::THREADS_MAX as u64).map(|count| count as usize)
            }),
            shards: self.value(Key::Shards, &default_shards(cores).to_string(), |text| {
                count(text, u64::from(SHARDS_MAX)).map(|count| count as u16)
            }),
            shards_given: self.given.contains_key(&Key::Shards),
            pin_threads: self.value(Key::PinThreads, "true", switch),
            master_key_file: self.value(Key::MasterKeyFile, &key_beside_data.to_string_lossy(), path),
            allow_private_fetch: self.value(Key::AllowPrivateFetch, "false", switch),
            memory_budget_bytes: self.value(Key::MemoryBudget, "2048", |text| {
                count(text, MEMORY_BUDGET_MIB_MAX).map(|mib| mib << 20)
            }),
            client_quiet_ms: self.value(Key::ClientQuiet, "300", |text| {
                count(text, CLIENT_QUIET_SECONDS_MAX).map(|seconds| seconds * 1_000)
            }),
            reconnects_per_second: self.value(
                Key::ReconnectRate,
                &RECONNECTS_PER_SECOND.to_string(),
                |text| count(text, u64::from(RECONNECT_RATE_MAX)).map(|rate| rate as u32),
            ),
            media_spool: self.value(Key::MediaSpool, Backend::default().name(), |text| {
                text.parse().map_err(|unknown: UnknownBackend| unknown.to_string())
            }),
            media_quota_bytes: self.value(Key::MediaQuota, &(MEDIA_QUOTA_BYTES >> 20).to_string(), |text| {
                count(text, MEDIA_QUOTA_MIB_MAX).map(|mib| mib << 20)
            }),
            bucket: bucket::read(self, outside),
            mail: mail::read(self, (outside, public_url.clone())),
            public_url,
            log: LogSettings {
                filter: self.value(Key::LogLevel, "info", filter::full),
                json: self.value(Key::LogFormat, "text", |text| match text {
                    "text" => Ok(false),
                    "json" => Ok(true),
                    _ => Err("is neither `text` nor `json`".to_owned()),
                }),
            },
            whatsapp: self.whatsapp(outside),
            data_dir,
        }
    }

    fn whatsapp(&mut self, outside: &impl Outside) -> WhatsappSettings {
        let real = Endpoints::default();
        let websocket_url = self.value(Key::WhatsappUrl, &real.websocket_url, websocket_url);
        if !SIMULATED {
            return WhatsappSettings {
                endpoints: Endpoints { websocket_url, ..real },
                ..WhatsappSettings::default()
            };
        }
        let endpoints = Endpoints {
            websocket_url,
            origin: self.value(Key::WhatsappOrigin, &real.origin, |text| Ok(text.to_owned())),
            web_url: self.value(Key::WhatsappWebUrl, &real.web_url, web_url),
            media_authority: self.optional(Key::WhatsappMediaHost, |text| Ok(text.to_owned())),
        };
        let read = |text: &str| outside.read_certificates(Path::new(text));
        let extra_roots_pem = self.optional(Key::WhatsappCaFile, read);
        let test_networks = self.optional(Key::WhatsappTestNetworks, networks).unwrap_or_default();
        WhatsappSettings { endpoints, extra_roots_pem, test_networks }
    }

    /// Reads a setting that has a default, which `parse` must take.
    #[expect(clippy::expect_used, reason = "the defaults are ours; a test reads every one of them")]
    pub(super) fn value<T>(
        &mut self,
        key: Key,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        let read = self.optional(key, &parse);
        let shown = self.shown.entry(key);
        shown.or_insert_with(|| Given { text: default.to_owned(), source: Source::Default });
        read.unwrap_or_else(|| parse(default).expect("a default is valid"))
    }

    /// Reads a setting that may be absent.
    pub(super) fn optional<T>(&mut self, key: Key, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let given = self.given.get(&key)?.clone();
        let read = parse(&given.text);
        match read {
            Ok(value) => {
                self.shown.insert(key, given);
                Some(value)
            }
            Err(message) => {
                let place = match &given.source {
                    Source::File(path) => format!("{path}, `{}`", Setting::of(key).name),
                    source => source.to_string(),
                };
                self.problems.push(Problem { place, message: format!("`{}` {message}", given.masked()) });
                None
            }
        }
    }
}

fn default_shards(cores: usize) -> usize {
    cores.saturating_sub(1).clamp(1, usize::from(SHARDS_MAX))
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("names no file; give a path".to_owned()) } else { Ok(PathBuf::from(text)) }
}

fn directory(text: &str, outside: &impl Outside) -> Result<PathBuf, String> {
    let path = path(text)?;
    if outside.is_other_than_directory(&path) {
        return Err("is not a directory; choose another path".to_owned());
    }
    Ok(path)
}

fn count(text: &str, max: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| format!("is not a whole number from 1 to {max}"))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is neither `true` nor `false`".to_owned()),
    }
}

/// Addresses and ranges of proxies, separated by commas.
fn proxies(text: &str) -> Result<Vec<IpNet>, String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let read = |word: &str| {
        let one = || word.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        let range = word.parse::<IpNet>().or_else(|_| one());
        range.map(|range| range.trunc()).map_err(|_| {
            format!("has `{word}`, which is neither an IP address nor a range such as 10.0.0.0/8")
        })
    };
    let ranges = words.map(read).collect::<Result<Vec<_>, _>>()?;
    if ranges.len() > TRUSTED_PROXIES_MAX {
        return Err(format!("names more than {TRUSTED_PROXIES_MAX} of them"));
    }
    Ok(ranges)
}

fn websocket_url(text: &str) -> Result<String, String> {
    let schemes: &[&str] = if SIMULATED { &["wss", "ws"] } else { &["wss"] };
    url_with(text, schemes)
}

fn web_url(text: &str) -> Result<String, String> {
    url_with(text, &["https", "http"])
}

pub(super) fn url_with(text: &str, schemes: &[&str]) -> Result<String, String> {
    let wanted = || format!("is not a URL that starts with {}://", schemes.join(":// or "));
    let url = Url::parse(text).map_err(|_| wanted())?;
    if !schemes.contains(&url.scheme()) || !url.has_host() {
        return Err(wanted());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials, which nothing here reads; remove them".to_owned());
    }
    Ok(text.to_owned())
}

fn networks(text: &str) -> Result<Vec<TestNetwork>, String> {
    let wrong = || "is not a list of networks such as 10.77.0.0/16,fd00:7::/32".to_owned();
    text.split(',')
        .map(|network| {
            let (address, bits) = network.trim().split_once('/').ok_or_else(wrong)?;
            let address = address.parse().map_err(|_| wrong())?;
            let prefix_bits = bits.parse().map_err(|_| wrong())?;
            Ok(TestNetwork { address, prefix_bits })
        })
        .collect()
}
