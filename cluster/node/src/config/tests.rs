//! Layering and the collection of problems.

use std::collections::BTreeMap;
use std::path::Path;

use super::layers::{Layers, Merged, Source};
use super::settings::{Outside, read};
use super::table::{Key, SETTINGS, SIMULATED};
use super::{Effective, toml};

struct FourCores;

impl Outside for FourCores {
    fn cores(&self) -> usize {
        4
    }

    fn read_certificates(&self, path: &Path) -> Result<String, String> {
        if path == Path::new("ca.pem") {
            Ok("PEM".to_owned())
        } else {
            Err("cannot be read (gone)".to_owned())
        }
    }

    fn read_secret(&self, path: &Path) -> Result<String, String> {
        match path.to_str() {
            Some("s3.key") => Ok("c2VjcmV0\n".to_owned()),
            Some("empty.key") => Ok("\n".to_owned()),
            _ => Err("cannot be read (gone)".to_owned()),
        }
    }

    fn is_other_than_directory(&self, path: &Path) -> bool {
        path == Path::new("a-file")
    }
}

fn layers(file: &str, environment: &[(&str, &str)], flags: &[(Key, &str)]) -> Layers {
    Layers {
        file: Some(("t.toml".to_owned(), file.to_owned())),
        environment: environment.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        flags: flags.iter().map(|(key, text)| (*key, (*text).to_owned())).collect(),
    }
}

fn effective(layers: &Layers) -> Effective {
    read(Merged::of(layers), &FourCores).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(layers: &Layers) -> String {
    let problems = read(Merged::of(layers), &FourCores).expect_err("something is wrong");
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn every_default_is_valid() {
    let Effective { settings, shown, .. } = effective(&Layers::default());
    assert_eq!((settings.shards, settings.shards_given, settings.front_threads), (3, false, 1));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.master_key_file, Path::new("trunkline-data/master.key"));
    assert_eq!(settings.reconnects_per_second, if SIMULATED { 5_000 } else { 50 });
    assert!(settings.log.filter.starts_with("off,trunkline=info,"), "{}", settings.log.filter);
    assert!(settings.pin_threads && !settings.allow_private_fetch && !settings.log.json);
    assert!(shown.values().all(|given| given.source == Source::Default));
}

#[test]
fn the_later_layer_wins() {
    let file = "listen = \"127.0.0.1:1\"";
    let variable = [("TRUNKLINE_LISTEN", "127.0.0.1:2")];
    let flag = [(Key::Listen, "127.0.0.1:3")];
    let check = |layers: Layers, port: u16, source: Source| {
        let Effective { settings, shown, .. } = effective(&layers);
        assert_eq!((settings.listen.port(), &shown[&Key::Listen].source), (port, &source));
    };
    check(layers("", &[], &[]), 8080, Source::Default);
    check(layers(file, &[], &[]), 1, Source::File("t.toml".into()));
    check(layers(file, &variable, &[]), 2, Source::Environment("TRUNKLINE_LISTEN".into()));
    check(layers(file, &variable, &flag), 3, Source::Flag("--listen".into()));
    check(layers(file, &[("TRUNKLINE_LISTEN", "")], &[]), 1, Source::File("t.toml".into()));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let file = "listen = 8080\nshard = 2\npin-threads = \"no\"\nfront-threads = 0\n";
    let environment = [("TRUNKLINE_LOG_FORMAT", "xml"), ("TRUNKLINE_WHATSAPP_URL", "https://relay.example")];
    let flags = [
        (Key::Shards, "many"),
        (Key::DataDir, "a-file"),
        (Key::LogLevel, "loud=="),
        (Key::MasterKeyFile, ""),
    ];
    let told = problems(&layers(file, &environment, &flags));
    let schemes = if SIMULATED { "wss:// or ws://" } else { "wss://" };
    insta::assert_snapshot!(told.replace(schemes, "SCHEMES"));
}

#[test]
fn single_problems_name_place_and_remedy() {
    let check = |layers: Layers, expected: &str| {
        let told = problems(&layers);
        assert!(told.contains(expected), "{told}");
    };
    check(layers("listen = \n", &[], &[]), "t.toml: line 1: ");
    check(layers("listen = \"localhost\"", &[], &[]), "t.toml, `listen`: `localhost` is not ADDRESS:PORT");
    check(
        layers("", &[("TRUNKLINE_SHARDS", "0")], &[]),
        "TRUNKLINE_SHARDS: `0` is not a whole number from 1 to",
    );
    check(
        layers("reconnect-rate = 100001", &[], &[]),
        "`reconnect-rate`: `100001` is not a whole number from 1 to 100000",
    );
    check(
        layers("", &[], &[(Key::WhatsappUrl, "wss://user:secret@relay.example/ws")]),
        "--whatsapp-url: `wss://***@relay.example/ws` holds credentials",
    );
    check(layers("", &[], &[(Key::LogLevel, " ")]), "is empty");
    check(
        layers("media-spool = \"io_uring\"", &[], &[]),
        "`media-spool`: `io_uring` is neither `std` nor `glommio`",
    );
}

#[test]
fn the_product_knows_no_setting_of_the_simulated_build() {
    let file = "whatsapp-ca-file = \"ca.pem\"";
    let plain = [("TRUNKLINE_WHATSAPP_URL", "ws://127.0.0.1:1/ws/chat")];
    if SIMULATED {
        assert_eq!(
            effective(&layers(file, &plain, &[])).settings.whatsapp.extra_roots_pem.as_deref(),
            Some("PEM")
        );
        let told = problems(&layers("", &[("TRUNKLINE_WHATSAPP_CA_FILE", "other.pem")], &[]));
        assert!(told.contains("TRUNKLINE_WHATSAPP_CA_FILE: `other.pem` cannot be read"), "{told}");
        let told = problems(&layers("whatsapp-test-networks = \"10.0.0.0\"", &[], &[]));
        assert!(told.contains("is not a list of networks"), "{told}");
    } else {
        assert!(problems(&layers(file, &[], &[])).contains("belongs to builds with `--features simulated`"));
        assert!(problems(&layers("", &plain, &[])).contains("is not a URL that starts with wss://"));
    }
}

#[test]
fn a_foreign_variable_is_a_warning() {
    let environment = [
        ("TRUNKLINE_SERVICE_HOST", "10.0.0.1"),
        ("TRUNKLINE_URL", "http://x"),
        ("PATH", "/bin"),
        ("TRUNK", "x"),
    ];
    let warnings = effective(&layers("", &environment, &[])).warnings;
    assert_eq!(warnings, ["the environment variable TRUNKLINE_SERVICE_HOST is no setting of this build"]);
}

#[test]
fn what_is_shown_is_a_file_that_gives_the_same_settings() {
    let flags =
        [(Key::DataDir, "/var/lib/\"odd\" name"), (Key::Shards, "2"), (Key::AllowPrivateFetch, "yes")];
    let first = effective(&layers("log-format = \"json\"", &[("TRUNKLINE_LISTEN", "[::1]:0")], &flags));
    let text = toml(&first.shown);
    assert!(text.contains("# --shards") && text.contains("# t.toml") && text.contains("# default"), "{text}");
    let mut again = effective(&layers(&text, &[], &[])).settings;
    again.shards_given = first.settings.shards_given;
    assert_eq!(again, first.settings);
}

#[test]
fn the_names_of_the_table_are_keys_of_a_file() {
    let unknown: BTreeMap<&str, bool> = SETTINGS
        .iter()
        .map(|setting| (setting.name, problems(&layers(&format!("{} = []", setting.name), &[], &[]))))
        .map(|(name, told)| (name, told.contains("no such setting")))
        .collect();
    assert!(unknown.values().all(|unknown| !unknown), "{unknown:?}");
}

#[test]
fn a_bucket_is_whole_or_not_there() {
    let whole =
        "media-s3-bucket = \"media\"\nmedia-s3-access-key = \"id\"\nmedia-s3-secret-key-file = \"s3.key\"\n";
    assert_eq!(effective(&layers("", &[], &[])).settings.bucket, None);
    let bucket = effective(&layers(whole, &[], &[])).settings.bucket.expect("a bucket");
    assert_eq!((bucket.secret_key.as_str(), bucket.region.as_str()), ("c2VjcmV0", "us-east-1"));
    assert!(!bucket.path_style && bucket.endpoint.is_none() && !format!("{bucket:?}").contains("c2VjcmV0"));
    let own = [(Key::MediaS3Endpoint, "https://s3.example:9000"), (Key::MediaS3Prefix, "trunkline/node-1/")];
    let bucket = effective(&layers(whole, &[], &own)).settings.bucket.expect("a bucket");
    assert!(bucket.path_style && bucket.prefix == "trunkline/node-1");

    let check = |file: &str, flags: &[(Key, &str)], expected: &str| {
        let told = problems(&layers(file, &[], flags));
        assert!(told.contains(expected), "{told}");
    };
    check("media-s3-region = \"eu\"", &[], "`media-s3-bucket`: is missing, and `media-s3-region` needs it");
    let alone = problems(&layers("media-s3-bucket = \"media\"", &[], &[]));
    assert!(alone.contains("`media-s3-access-key`: is missing"), "{alone}");
    assert!(alone.contains("`media-s3-secret-key-file`: is missing"), "{alone}");
    check(whole, &[(Key::MediaS3SecretFile, "gone.key")], "`gone.key` cannot be read");
    check(whole, &[(Key::MediaS3SecretFile, "empty.key")], "holds no secret key");
    check(whole, &[(Key::MediaS3Endpoint, "http://s3.example")], "in the clear");
    check(whole, &[(Key::MediaS3Endpoint, "https://s3.example/media")], "has more than an address");
    check(whole, &[(Key::MediaS3Prefix, "a//b")], "is not made of names");
    check(whole, &[(Key::MediaS3Prefix, "../b")], "is not made of names");
    for loopback in ["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost:9000"] {
        assert!(
            effective(&layers(whole, &[], &[(Key::MediaS3Endpoint, loopback)])).settings.bucket.is_some()
        );
    }
}
