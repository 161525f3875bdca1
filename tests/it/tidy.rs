//! The habits of the house as tests: what a crate may name, how long a file may be, which links must lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, in lines.
const FILE_LINES_MAX: usize = 600;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

pub(crate) fn files(below: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![below.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("a directory of the repository") {
            let path = entry.expect("an entry of it").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !matches!(name, "target" | "node_modules" | ".git") {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the crates that a manifest depends on outside its tests.
pub(crate) fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.starts_with("dependencies") || section.starts_with("target.");
        } else if inside
            && !line.starts_with('#')
            && let Some((name, _)) = line.split_once(['.', ' ', '='])
        {
            names.insert(name.trim().to_owned());
        }
    }
    names
}

fn check_only(owners: &[&str], crates: &[&str]) {
    const MANIFESTS: [&str; 7] = [
        "engine/model",
        "engine/store",
        "engine/spool",
        "engine/whatsapp",
        "engine/core",
        "api",
        "cluster/node",
    ];
    for manifest in MANIFESTS {
        let named = dependencies(&read(&root().join(manifest).join("Cargo.toml")));
        for name in crates {
            let allowed = owners.contains(&manifest);
            assert!(allowed || !named.contains(*name), "{manifest} names {name}; only {owners:?} may");
        }
    }
}

#[test]
fn only_their_owners_name_the_big_dependencies() {
    check_only(
        &["engine/whatsapp"],
        &["whatsapp-rust", "wacore", "wacore-binary", "wacore-libsignal", "waproto"],
    );
    check_only(&["engine/store"], &["fjall"]);
    check_only(&["engine/spool"], &["glommio"]);
    check_only(&["engine/core"], &["ractor"]);
    check_only(&["api"], &["hyper", "matchit", "multer"]);
    check_only(&[], &["openraft", "quinn"]);
    check_only(&["cluster/node"], &["clap", "trunkline-simulator"]);
}

#[test]
fn arrows_between_crates_point_one_way() {
    let order =
        ["trunkline-model", "trunkline-store", "trunkline-whatsapp", "trunkline-engine", "trunkline-api"];
    let homes = ["engine/model", "engine/store", "engine/whatsapp", "engine/core", "api"];
    for (index, home) in homes.iter().enumerate() {
        let named = dependencies(&read(&root().join(home).join("Cargo.toml")));
        for above in &order[index..] {
            assert!(!named.contains(*above), "{home} names {above}, which stands above it");
        }
    }
    let api = dependencies(&read(&root().join("api/Cargo.toml")));
    assert!(
        !api.contains("trunkline-store") && !api.contains("trunkline-whatsapp"),
        "api reaches past the engine"
    );
    let simulator = dependencies(&read(&root().join("loadtest/simulator/Cargo.toml")));
    assert!(order.iter().all(|name| !simulator.contains(*name)), "the simulator depends on the engine");
}

#[test]
fn the_model_knows_neither_clock_nor_chance_nor_files() {
    let banned = [
        "SystemTime",
        "Instant::now",
        "std::fs",
        "std::net",
        "std::thread",
        "tokio",
        "rand::",
        "getrandom",
        "serde_json",
    ];
    for path in files(&root().join("engine/model/src"), "rs") {
        let text = read(&path);
        for word in banned {
            let used = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}", path.display());
        }
    }
}

#[test]
fn files_are_short_and_finished() {
    // Put together here, so that this file does not find itself.
    let unfinished = ["FIX", "XX"].map(|half| format!("{half}{}", if half == "FIX" { "ME" } else { "X" }));
    for path in files(&root(), "rs") {
        let text = read(&path);
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines; split it by idea", path.display());
        for word in &unfinished {
            assert!(!text.contains(word.as_str()), "{} says {word}", path.display());
        }
    }
}

#[test]
fn every_library_opens_with_its_contract() {
    for path in files(&root(), "rs").into_iter().filter(|path| path.ends_with("src/lib.rs")) {
        let text = read(&path);
        let contract = text.lines().take_while(|line| line.starts_with("//!")).count();
        assert!(contract >= 3, "{} says too little about itself", path.display());
    }
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(&root().join(document));
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let inside = !target.starts_with("http") && !target.starts_with('#');
            assert!(!inside || root().join(target).exists(), "{document} points to {target}");
        }
    }
}

/// The table "Where is …?" is what a newcomer trusts first.
#[test]
fn the_map_names_files_that_exist() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let map = text.split("Where is …?").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the map");
    let paths = map.split('`').skip(1).step_by(2).filter(|word| word.contains('/') && !word.starts_with('/'));
    let mut seen = 0;
    for path in paths.filter(|path| !path.contains(['{', '…'])) {
        assert!(root().join(path).exists(), "ARCHITECTURE.md's map names {path}");
        seen += 1;
    }
    assert!(seen > 10, "the map was not found");
}

#[test]
fn every_dependency_has_its_line_in_the_architecture() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let table = text.split("## Dependencies").nth(1).expect("the table of dependencies");
    for manifest in files(&root(), "toml").into_iter().filter(|path| path.ends_with("Cargo.toml")) {
        for name in dependencies(&read(&manifest)) {
            let ours = name.starts_with("trunkline");
            assert!(ours || table.contains(&format!("`{name}`")), "{name} has no line in ARCHITECTURE.md");
        }
    }
}
