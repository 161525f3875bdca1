//! The demo as a whole: a simulated service and a node in one process, judged.
#![cfg(feature = "simulated")]
#![allow(clippy::expect_used, reason = "a test that cannot start its subject has failed")]

use std::process::{Command, Stdio};

use tempfile::TempDir;

#[test]
fn the_demo_loses_nothing_repeats_nothing_and_leaves_nothing_behind() {
    let dir = TempDir::new().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["demo", "--numbers", "3", "--messages", "60", "--seed", "5", "--json"])
        .env("TMPDIR", dir.path())
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one JSON object, and nothing else");
    let check =
        |member: &str, expected: u64| assert_eq!(report[member], expected, "{member}: {report}\n{told}");
    for (member, expected) in [("paired", 3), ("accepted", 60), ("sent", 60), ("delivered", 60), ("read", 30)]
    {
        check(member, expected);
    }
    for member in ["failed", "lost", "duplicated"] {
        check(member, 0);
    }
    assert!(
        report["deliver_p99_ms"].as_f64() > Some(0.0) && report["seconds"].as_f64() > Some(0.0),
        "{report}"
    );
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 0, "its data stay behind");
}
