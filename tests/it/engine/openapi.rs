//! The OpenAPI document against a running gateway: schemathesis makes requests of it, in order and in disorder, and every answer has
//! to be one that the document announces.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;
use trunkline_tests::{Gateway, World};

use crate::tidy::root;

/// Longest run of schemathesis.
const RUN_TIMEOUT: Duration = Duration::from_secs(300);

#[tokio::test]
async fn schemathesis_finds_no_answer_that_the_document_does_not_announce() {
    let program = root().join("target/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing: tests/run installs it", program.display());
    let world = World::start().await;
    let account = world.account("Support").await;
    let gateway = Gateway::start(&world).await;
    let _support = gateway.link_with(&account, json!({ "name": "support" })).await;

    let output = timeout(RUN_TIMEOUT, schemathesis(&program, &gateway).output()).await;
    let output = output.expect("schemathesis ends in time").expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // Shown when the test is run with its output: what was tried, and what the document did not help to find.
    eprintln!("{said}");
    gateway.finish().await;
    world.finish().await;
}

fn schemathesis(program: &Path, gateway: &Gateway) -> Command {
    let api = gateway.api();
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(root().join("tests/schemathesis/schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", api.url()))
        .args(["--header", &format!("Authorization: Bearer {}", api.key())])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection",
        ])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "6", "--workers", "2"])
        // The same requests every time: what fails once can be looked at again.
        .args(["--seed", "4711", "--continue-on-failure", "--no-color"])
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
