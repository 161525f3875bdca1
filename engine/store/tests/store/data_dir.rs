//! Who may use a data directory, and what the others are told.

use std::path::Path;
use std::process::Command;

use std::os::unix::fs::PermissionsExt;

use trunkline_store::{DataDir, LocalLedger, StoreError, StoreOptions};

const DIRECTORY: &str = "TRUNKLINE_STORE_SECOND_DIRECTORY";

fn refusal(path: &Path) -> String {
    let error = DataDir::open_or_create(path).expect_err("it was accepted");
    error.to_string().replace(&path.display().to_string(), "<dir>")
}

fn with_marker(marker: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("trunkline.json"), marker).unwrap();
    directory
}

#[test]
#[ignore = "runs only as the child of the test below"]
fn second_process() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    std::process::exit(match DataDir::open_or_create(&directory) {
        Err(StoreError::Locked { holder, .. })
            if holder == std::os::unix::process::parent_id().to_string() =>
        {
            40
        }
        Err(_) => 41,
        Ok(_) => 42,
    });
}

fn exit_code_of_second_process(directory: &Path) -> Option<i32> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "data_dir::second_process", "--ignored"]).env(DIRECTORY, directory);
    child.output().unwrap().status.code()
}

#[test]
fn a_second_process_is_refused_by_name_until_the_first_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let first = DataDir::open_or_create(directory.path()).unwrap();
    assert_eq!(exit_code_of_second_process(directory.path()), Some(40));
    let ledger = LocalLedger::open(&first, 0, StoreOptions::default()).unwrap();
    drop(first);
    assert_eq!(exit_code_of_second_process(directory.path()), Some(40), "an open ledger keeps the lock");
    let sentence = refusal(directory.path()).replace(&std::process::id().to_string(), "<pid>");
    insta::assert_snapshot!(sentence, @"data directory <dir> is in use by process <pid>; stop that process or choose another directory");
    ledger.close().unwrap();
    assert_eq!(exit_code_of_second_process(directory.path()), Some(42));
}

#[test]
fn identity_and_mode_survive() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("new/data");
    let made = DataDir::open_or_create(&path).unwrap();
    let identity = (made.cluster_id().to_owned(), made.node_id().to_owned());
    assert!(identity.0.len() == 32 && identity.0 != identity.1);
    drop(made);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let again = DataDir::open_or_create(&path).unwrap();
    assert_eq!((again.cluster_id().to_owned(), again.node_id().to_owned()), identity);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn foreign_directories_are_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("thesis.tex"), "").unwrap();
    insta::assert_snapshot!(refusal(directory.path()), @r#"directory <dir> is not a Trunkline data directory (it holds "thesis.tex" but no trunkline.json); choose an empty directory or the right one"#);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "something was written into it");

    let directory = with_marker(r#"{"product":"other","format":{"needed":1,"written":1}}"#);
    insta::assert_snapshot!(refusal(directory.path()), @r#"directory <dir> is not a Trunkline data directory (its marker file names "other"); choose an empty directory or the right one"#);

    let directory = with_marker("\0");
    assert!(matches!(DataDir::open_or_create(directory.path()), Err(StoreError::Foreign { .. })));
    let directory = with_marker(&"x".repeat(100_000));
    assert!(matches!(DataDir::open_or_create(directory.path()), Err(StoreError::Corrupt { .. })));
    let directory = with_marker(r#"{"product":"trunkline","format":{"needed":1,"written":1}}"#);
    assert!(matches!(DataDir::open_or_create(directory.path()), Err(StoreError::Corrupt { .. })));
}

#[test]
fn a_newer_format_is_refused_and_a_newer_writer_is_not() {
    let directory = with_marker(r#"{"product":"trunkline","format":{"needed":2,"written":7},"later":true}"#);
    insta::assert_snapshot!(refusal(directory.path()), @"data directory <dir> needs storage format 2, this release reads up to 1; start the newer release or restore a backup made before the upgrade");

    let directory = with_marker(
        r#"{"product":"trunkline","format":{"needed":1,"written":7},"cluster_id":"c","node_id":"n","shards":3,
            "created_unix_s":1,"later":true}"#,
    );
    assert_eq!(DataDir::open_or_create(directory.path()).unwrap().shards(), Some(3));
}

#[test]
fn the_number_of_shards_is_fixed_once() {
    let directory = tempfile::tempdir().unwrap();
    let made = DataDir::open_or_create(directory.path()).unwrap();
    assert!(matches!(made.claim_shards(0), Err(StoreError::ShardCountImpossible { .. })));
    made.claim_shards(4).unwrap();
    drop(made);
    let again = DataDir::open_or_create(directory.path()).unwrap();
    again.claim_shards(4).unwrap();
    let sentence = again.claim_shards(2).unwrap_err().to_string();
    let sentence = sentence.replace(&directory.path().display().to_string(), "<dir>");
    insta::assert_snapshot!(sentence, @"data directory <dir> was created with 4 shards, 2 are configured; set the shard count back to 4");
    let refused = LocalLedger::open(&again, 4, StoreOptions::default()).map(drop);
    assert!(matches!(refused, Err(StoreError::NoSuchShard { shard: 4, shards: 4 })));
}

#[test]
fn what_is_no_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    insta::assert_snapshot!(refusal(&file), @"<dir> is not a directory; remove the file or choose another path");
    assert!(matches!(DataDir::open_or_create(file.join("below")), Err(StoreError::NotADirectory { .. })));
    // A file system on which not even root can make a directory.
    let refused = DataDir::open_or_create("/proc/self/trunkline").map(drop);
    assert!(matches!(refused, Err(StoreError::Io { .. } | StoreError::NotWritable { .. })), "{refused:?}");
}

#[test]
fn a_start_interrupted_before_the_marker_is_repeated() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("lock"), "1\n").unwrap();
    std::fs::write(directory.path().join("trunkline.json.new"), "{\"prod").unwrap();
    DataDir::open_or_create(directory.path()).unwrap();
}
