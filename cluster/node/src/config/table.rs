//! The table of settings: names, help, defaults. Flags, environment variables, keys of the file and what `trunkline config`
//! prints are all read from it.

/// Names a setting in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Where everything is kept.
    DataDir,
    /// Address of the HTTP API.
    Listen,
    /// Hosts that serve the API of another service.
    DialectHosts,
    /// Proxies that say where requests come from.
    TrustedProxies,
    /// Cookies over plain HTTP.
    PlainCookies,
    /// Accounts that strangers make.
    SignUp,
    /// Threads that serve HTTP.
    FrontThreads,
    /// Engine threads.
    Shards,
    /// Whether shards are pinned to cores.
    PinThreads,
    /// File with the master key.
    MasterKeyFile,
    /// Whether private addresses may be fetched from.
    AllowPrivateFetch,
    /// Memory that the clients of one shard may hold.
    MemoryBudget,
    /// Silence after which a heavy client is reconnected.
    ClientQuiet,
    /// Numbers that connect in a second.
    ReconnectRate,
    /// What moves the bytes of uploaded files.
    MediaSpool,
    /// Disk that media files may take.
    MediaQuota,
    /// Bucket that uploaded files are kept in.
    MediaS3Bucket,
    /// Address of the service that has the bucket.
    MediaS3Endpoint,
    /// Region of the bucket.
    MediaS3Region,
    /// Public half of the bucket's credentials.
    MediaS3AccessId,
    /// File with the secret half of them.
    MediaS3SecretFile,
    /// What names in the bucket begin with.
    MediaS3Prefix,
    /// Whether the bucket is named in the path.
    MediaS3PathStyle,
    /// The mail server.
    SmtpUrl,
    /// File with its password.
    SmtpPasswordFile,
    /// The address that letters come from.
    SmtpFrom,
    /// Where people find this node.
    PublicUrl,
    /// What is logged.
    LogLevel,
    /// How it is logged.
    LogFormat,
    /// Address of WhatsApp's chat socket.
    WhatsappUrl,
    /// `Origin` header of the chat socket.
    WhatsappOrigin,
    /// Address of the web client.
    WhatsappWebUrl,
    /// Host that serves media.
    WhatsappMediaHost,
    /// Certificate authorities trusted besides the public ones.
    WhatsappCaFile,
    /// Private networks that may be dialled.
    WhatsappTestNetworks,
}

/// What kind of value a setting takes; decides how it is written, not whether it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Count,
    /// `true` or `false`; as a flag, the bare name means `true`.
    Switch,
}

/// A row.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the program.
    pub key: Key,
    /// Its name as flag (`--name`), in the file (`name = …`) and, in capitals with underscores, in the environment.
    pub name: &'static str,
    /// What its value is called in the help.
    pub value_name: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// What it does.
    pub help: &'static str,
    /// Exists only in builds with the feature `simulated`.
    pub simulated_only: bool,
}

const fn row(
    key: Key,
    name: &'static str,
    value_name: &'static str,
    kind: Kind,
    help: &'static str,
) -> Setting {
    Setting { key, name, value_name, kind, help, simulated_only: false }
}

const fn simulated(key: Key, name: &'static str, value_name: &'static str, help: &'static str) -> Setting {
    Setting { key, name, value_name, kind: Kind::Text, help, simulated_only: true }
}

/// Every setting, in the order in which people read them.
pub static SETTINGS: &[Setting] = &[
    row(
        Key::DataDir,
        "data-dir",
        "DIR",
        Kind::Text,
        "Directory that holds everything: sessions, messages, events, media [default: trunkline-data]",
    ),
    row(
        Key::Listen,
        "listen",
        "ADDRESS",
        Kind::Text,
        "Address and port of the HTTP API; port 0 takes any free one [default: 127.0.0.1:8080]",
    ),
    row(
        Key::DialectHosts,
        "dialect-hosts",
        "HOSTS",
        Kind::Text,
        "Host names that serve the API of another service alone, such as wsapi=api.example.org [default: none]",
    ),
    row(
        Key::TrustedProxies,
        "trusted-proxies",
        "ADDRESSES",
        Kind::Text,
        "Proxies in front of the API whose X-Forwarded-For says where a request comes from: addresses or ranges (CIDR), separated by \
         commas. Without them the peer of the connection counts [default: none]",
    ),
    row(
        Key::PlainCookies,
        "plain-cookies",
        "BOOL",
        Kind::Switch,
        "Let the cookies of members who sign in travel over plain HTTP: for networks that need no TLS [default: false]",
    ),
    row(
        Key::SignUp,
        "sign-up",
        "BOOL",
        Kind::Switch,
        "Let everybody who reaches the node make an account of their own, without an invitation; e-mail addresses are not verified \
         [default: false]",
    ),
    row(
        Key::FrontThreads,
        "front-threads",
        "COUNT",
        Kind::Count,
        "Threads that serve HTTP [default: a quarter of the cores, at least 1]",
    ),
    row(
        Key::Shards,
        "shards",
        "COUNT",
        Kind::Count,
        "Engine threads, each with its own store; fixed once the data directory exists [default: cores - 1, at least 1]",
    ),
    row(
        Key::PinThreads,
        "pin-threads",
        "BOOL",
        Kind::Switch,
        "Pin each shard's thread to a core [default: true]",
    ),
    row(
        Key::MasterKeyFile,
        "master-key-file",
        "FILE",
        Kind::Text,
        "Key that seals secrets at rest; created, readable by its owner only, on the first start. Keep a copy: without it the \
         data are lost. Put it on another volume to keep it out of copies of the data [default: <data-dir>/master.key]",
    ),
    row(
        Key::AllowPrivateFetch,
        "allow-private-fetch",
        "BOOL",
        Kind::Switch,
        "Let webhooks and media URLs point at private, loopback and link-local addresses [default: false]",
    ),
    row(
        Key::MemoryBudget,
        "memory-budget",
        "MIB",
        Kind::Count,
        "Memory that the WhatsApp clients of one shard may hold, estimated, in MiB; an idle number needs about 0.08. Above it \
         quiet numbers are reconnected to get memory back, and bulk messages and media are turned away [default: 2048]",
    ),
    row(
        Key::ClientQuiet,
        "client-quiet",
        "SECONDS",
        Kind::Count,
        "Silence after which a number that holds much memory may be reconnected to get it back, at most once in an hour \
         [default: 300]",
    ),
    row(
        Key::ReconnectRate,
        "reconnect-rate",
        "NUMBERS",
        Kind::Count,
        "Numbers that connect in a second at the most, after a restart and after a mass disconnect. All of them log in from this \
         node's address: raise it with care [default: 50, and 5000 in a simulated build]",
    ),
    row(
        Key::MediaSpool,
        "media-spool",
        "BACKEND",
        Kind::Text,
        "How uploaded files are written and read: std, or glommio (io_uring past the page cache; Linux, in builds with \
         `--features spool-glommio`). Where glommio cannot run, std serves and the log says why [default: std]",
    ),
    row(
        Key::MediaQuota,
        "media-quota",
        "MIB",
        Kind::Count,
        "Disk that media files, sent and received, may take; when it is full, files are refused until messages were sent \
         [default: 10240]",
    ),
    row(
        Key::MediaS3Bucket,
        "media-s3-bucket",
        "NAME",
        Kind::Text,
        "Bucket with an S3 interface that uploaded files are kept in; the disk is a cache of `media-quota` then. What lies below \
         `media-s3-prefix` belongs to this node alone [default: none, files are kept on disk]",
    ),
    row(
        Key::MediaS3Endpoint,
        "media-s3-endpoint",
        "URL",
        Kind::Text,
        "Address of the service that has the bucket; plain http on loopback only [default: AWS, in the region]",
    ),
    row(
        Key::MediaS3Region,
        "media-s3-region",
        "REGION",
        Kind::Text,
        "Region that requests to the bucket are signed for [default: us-east-1]",
    ),
    row(
        Key::MediaS3AccessId,
        "media-s3-access-key",
        "ID",
        Kind::Text,
        "Access key id of the bucket; needed with a bucket",
    ),
    row(
        Key::MediaS3SecretFile,
        "media-s3-secret-key-file",
        "FILE",
        Kind::Text,
        "File with the secret access key of the bucket, in one line; needed with a bucket",
    ),
    row(
        Key::MediaS3Prefix,
        "media-s3-prefix",
        "PREFIX",
        Kind::Text,
        "What the names of files in the bucket begin with, such as trunkline/node-1 [default: nothing]",
    ),
    row(
        Key::MediaS3PathStyle,
        "media-s3-path-style",
        "BOOL",
        Kind::Switch,
        "Whether the bucket is named in the path of the URL instead of the host [default: true with an endpoint of your own, \
         false without]",
    ),
    row(
        Key::SmtpUrl,
        "smtp-url",
        "URL",
        Kind::Text,
        "Mail server for invitations and forgotten passwords, such as smtps://name@mail.example.org; smtp:// uses STARTTLS, and nothing \
         on loopback [default: none, links are in the answers of the API]",
    ),
    row(
        Key::SmtpPasswordFile,
        "smtp-password-file",
        "FILE",
        Kind::Text,
        "File with the password of the mail server, in one line",
    ),
    row(
        Key::SmtpFrom,
        "smtp-from",
        "ADDRESS",
        Kind::Text,
        "Address that letters come from; needed with a mail server",
    ),
    row(
        Key::PublicUrl,
        "public-url",
        "URL",
        Kind::Text,
        "Where people find this node, such as https://gate.example.org: what links in letters begin with; needed with a mail server",
    ),
    row(
        Key::LogLevel,
        "log-level",
        "FILTER",
        Kind::Text,
        "What is logged: error, warn, info, debug, trace, or a filter such as info,trunkline_engine=debug. The protocol library \
         (whatsapp_rust, wacore) logs phone numbers and is silent unless named here [default: info]",
    ),
    row(
        Key::LogFormat,
        "log-format",
        "FORMAT",
        Kind::Text,
        "How logs are written: text or json [default: text]",
    ),
    row(
        Key::WhatsappUrl,
        "whatsapp-url",
        "URL",
        Kind::Text,
        "Address of the chat socket, for a relay in front of WhatsApp [default: WhatsApp's own]",
    ),
    simulated(Key::WhatsappOrigin, "whatsapp-origin", "ORIGIN", "Origin header sent to the chat socket"),
    simulated(
        Key::WhatsappWebUrl,
        "whatsapp-web-url",
        "URL",
        "Address from which the web client's version is read",
    ),
    simulated(
        Key::WhatsappMediaHost,
        "whatsapp-media-host",
        "HOST:PORT",
        "Host that serves media instead of those that the service names",
    ),
    simulated(
        Key::WhatsappCaFile,
        "whatsapp-ca-file",
        "FILE",
        "Certificate authorities (PEM) trusted besides the public ones",
    ),
    simulated(
        Key::WhatsappTestNetworks,
        "whatsapp-test-networks",
        "NETWORKS",
        "Private networks that may be dialled besides loopback, separated by commas, such as 10.77.0.0/16",
    ),
];

/// Whether this build knows the settings of simulated builds.
pub const SIMULATED: bool = cfg!(feature = "simulated");

/// The settings of this build.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| SIMULATED || !setting.simulated_only)
}

impl Setting {
    /// The environment variable of this setting.
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// The row of a key.
    pub fn of(key: Key) -> &'static Setting {
        // The table has a row for every key; the test below holds it to that.
        SETTINGS.iter().find(|setting| setting.key == key).unwrap_or(&SETTINGS[0])
    }
}

/// What every environment variable of the program starts with.
pub const VARIABLE_PREFIX: &str = "TRUNKLINE_";

/// Variables that are no settings of a node: they belong to other commands.
pub const OTHER_VARIABLES: [&str; 3] = ["TRUNKLINE_CONFIG", "TRUNKLINE_URL", "TRUNKLINE_KEY"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_row_and_names_are_unique() {
        for (index, setting) in SETTINGS.iter().enumerate() {
            assert_eq!(Setting::of(setting.key).name, setting.name);
            assert_eq!(
                setting.key as usize, index,
                "{}: the table follows the order of the keys",
                setting.name
            );
            assert!(!OTHER_VARIABLES.contains(&setting.variable().as_str()), "{}", setting.name);
        }
        assert_eq!(Key::WhatsappTestNetworks as usize + 1, SETTINGS.len(), "a key has no row");
    }
}
