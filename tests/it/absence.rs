//! The invariants of absence that a reader of the source can see: what no crate does, looked for in its text. Commits
//! before answers and the like cannot be seen so; the end-to-end tests prove those.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::tidy::{dependencies, files, read, root};

/// The crates of the product, below the binary and with it.
const LIBRARIES: [&str; 6] =
    ["engine/model", "engine/store", "engine/spool", "engine/whatsapp", "engine/core", "api"];
const BINARY: &str = "cluster/node";

/// Where tasks start: the spawn helpers.
const SPAWN_HELPERS: [&str; 2] = ["engine/core/src/spawn.rs", "api/src/server/thread.rs"];
/// Where the client for URLs given by users is made.
const URL_GUARD: &str = "engine/core/src/media/guard.rs";
/// The client of the operator's own bucket.
const BUCKET_CLIENT: &str = "engine/core/src/media/bucket/connect.rs";

/// Names that values have which no log line above `debug` may show.
const PRIVATE: [&str; 14] = [
    "body",
    "caption",
    "chat",
    "jid",
    "lid",
    "participant",
    "phone",
    "pn",
    "push_name",
    "secret",
    "sender",
    "text",
    "token",
    "wa_id",
];
/// Names of labels that would grow with the customers.
const UNBOUNDED_LABELS: [&str; 9] =
    ["account", "chat", "instance", "jid", "key", "message", "phone", "url", "wa_id"];

/// The source of a crate without its tests and comments.
fn sources(home: &str) -> Vec<(PathBuf, String)> {
    let is_test = |path: &Path| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let in_tests = path.components().any(|part| part.as_os_str() == "tests");
        in_tests || name == "testing" || name.ends_with("tests")
    };
    let found = files(&root().join(home).join("src"), "rs");
    let found = found.into_iter().filter(|path| !is_test(path.strip_prefix(root()).unwrap_or(path)));
    let sources: Vec<_> = found.map(|path| (path.clone(), code_of(&read(&path)))).collect();
    assert!(sources.len() > 3, "{home} was not found");
    sources
}

fn code_of(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_one_of(path: &Path, allowed: &[&str]) -> bool {
    allowed.iter().any(|allowed| path == root().join(allowed))
}

/// The arguments of every call in `code` that begins with `opener`, which ends with the parenthesis.
fn arguments<'a>(code: &'a str, opener: &str) -> Vec<&'a str> {
    let starts = code.match_indices(opener).map(|(at, _)| at + opener.len());
    starts.map(|start| &code[start..start + end_of_arguments(&code[start..])]).collect()
}

/// Where the parenthesis closes that was open at the beginning.
fn end_of_arguments(code: &str) -> usize {
    let (mut depth, mut in_text, mut escaped) = (1, false, false);
    for (at, c) in code.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

/// The names that arguments use, outside of literals and inside of a literal's braces.
fn names(arguments: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (index, piece) in arguments.split('"').enumerate() {
        let spoken = index % 2 == 1;
        for part in if spoken { piece.split('{').skip(1).collect() } else { vec![piece] } {
            let part = if spoken { part.split(['}', ':']).next().unwrap_or_default() } else { part };
            names.extend(part.split(|c: char| !c.is_alphanumeric() && c != '_'));
        }
    }
    names
}

#[test]
fn the_reader_of_sources_sees_what_is_there() {
    let code = code_of(
        "// tracing::warn!(phone)\ntracing::warn!(%a, b = c(\"(\"), \"of {jid} {d:?} phone\");\nx(text)",
    );
    let [found] = arguments(&code, "tracing::warn!(")[..] else { panic!("{code}") };
    let found = names(found);
    for name in ["a", "b", "c", "jid", "d"] {
        assert!(found.contains(name), "{name} is not in {found:?}");
    }
    for name in ["of", "phone", "text"] {
        assert!(!found.contains(name), "{name} is in {found:?}");
    }
    assert_eq!(code_of("a\n#[cfg(test)]\nmod tests {\nb"), "a");
}

#[test]
fn nothing_is_spawned_bare() {
    let mut helped = 0;
    for (path, code) in LIBRARIES.into_iter().chain([BINARY]).flat_map(sources) {
        let bare = ["tokio::spawn(", "task::spawn(", "spawn_local("].iter().any(|call| code.contains(call));
        let helper = is_one_of(&path, &SPAWN_HELPERS);
        assert!(!bare || helper, "{} spawns a task without its crate's spawn helper", path.display());
        helped += usize::from(bare);
    }
    assert_eq!(helped, SPAWN_HELPERS.len(), "a spawn helper moved");
}

#[test]
fn no_log_line_above_debug_shows_what_is_private() {
    let mut lines = 0;
    for (path, code) in LIBRARIES.into_iter().chain([BINARY]).flat_map(sources) {
        for level in ["info", "warn", "error"] {
            for line in arguments(&code, &format!("tracing::{level}!(")) {
                let shown = names(line);
                let private = PRIVATE.iter().find(|name| shown.contains(**name));
                assert_eq!(private, None, "{} tells it at {level}: {line}", path.display());
                lines += 1;
            }
            // What is imported would not be seen above.
            let imported = code.contains(&format!("use tracing::{level};"));
            assert!(!imported, "{}: write tracing::{level}! in full", path.display());
        }
    }
    assert!(lines > 30, "only {lines} log lines were found");
}

#[test]
fn no_metric_label_grows_with_the_customers() {
    let mut labels = BTreeSet::new();
    for (path, code) in LIBRARIES.into_iter().chain([BINARY]).flat_map(sources) {
        for opener in ["counter!(", "gauge!(", "histogram!("] {
            for metric in arguments(&code, opener) {
                let named = metric.split("=>").filter_map(|before| before.trim_end().strip_suffix('"'));
                for label in named.filter_map(|before| before.rsplit('"').next()) {
                    assert!(!UNBOUNDED_LABELS.contains(&label), "{}: {metric}", path.display());
                    labels.insert(label.to_owned());
                }
            }
        }
    }
    assert!(labels.len() > 5, "only {labels:?} were found");
}

#[test]
fn nothing_below_the_binary_reads_the_environment() {
    for (path, code) in LIBRARIES.into_iter().flat_map(sources) {
        for word in ["env::var", "env::args", "env::current_dir", "env::home_dir"] {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_core_parses_nothing() {
    let named = dependencies(&read(&root().join("engine/core/Cargo.toml")));
    let parsers = ["serde", "serde_json", "httparse", "multer", "clap", "toml"];
    assert!(parsers.iter().all(|parser| !named.contains(*parser)), "engine/core parses: {named:?}");
}

#[test]
fn every_client_for_urls_passes_the_guard() {
    let mut guards = 0;
    for (path, code) in ["engine/core", "api"].into_iter().flat_map(sources) {
        let makes = ["Client::builder(", "Client::new(", "ClientBuilder::new("]
            .iter()
            .any(|call| code.contains(&format!("reqwest::{call}")));
        // The bucket is the operator's own.
        let guard = is_one_of(&path, &[URL_GUARD, BUCKET_CLIENT]);
        assert!(!makes || guard, "{} makes an HTTP client beside the guard", path.display());
        guards += usize::from(makes);
    }
    assert_eq!(guards, 2, "the guard or the bucket's client moved");
}
