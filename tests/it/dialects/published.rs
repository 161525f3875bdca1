//! WSAPI's own document against the dialect: schemathesis makes requests of it, and every answer has to be one that it announces.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;
use trunkline_tests::{Gateway, World};

use crate::tidy::root;

/// Longest run of schemathesis.
const RUN_TIMEOUT: Duration = Duration::from_secs(150);

/// WSAPI's own document, with the statuses beyond it that `wsapi.py` lists and argues.
async fn beyond() -> PathBuf {
    let (tests, target) = (root().join("tests/schemathesis"), root().join("target"));
    let document = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wsapi-openapi.json");
    let mut command = Command::new(target.join("schemathesis/bin/python"));
    command.arg(tests.join("wsapi.py")).arg(tests.join("wsapi-openapi.yml")).arg(&document);
    assert!(command.status().await.expect("python runs").success(), "the document was written");
    document
}

#[tokio::test]
async fn schemathesis_finds_no_answer_that_wsapis_own_document_does_not_announce() {
    let program = root().join("target/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing: tests/run installs it", program.display());
    let world = World::start().await;
    let account = world.account("Support").await;
    let gateway = Gateway::start(&world).await;
    let _support = gateway.link_with(&account, json!({ "name": "support" })).await;
    let api = gateway.api();
    let shop = api.get("/v1/account").send().await.expect(200);
    let path = format!("/v1/accounts/{}", shop["id"].as_str().expect("an id"));
    // As many requests as it likes: what is behind an allowance is what is tested.
    let any = json!({"rate_limits": {"send": 0, "read": 0, "write": 0, "lookup": 0}});
    api.request(Method::PATCH, &path).json(&any).send().await.expect(200);
    let document = beyond().await;
    let mut command = Command::new(&program);
    command
        .arg("--config-file")
        .arg(root().join("tests/schemathesis/wsapi.toml"))
        .arg("run")
        .arg(document)
        .args(["--url", &format!("{}/d/wsapi", api.url())])
        .args(["--header", &format!("X-Api-Key: {}", api.key())])
        // A 500 is in no document. Requests are read as tolerantly as the service reads them, so that wrong ones are not asked for.
        .args(["--checks", "status_code_conformance,content_type_conformance,response_schema_conformance"])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "5"])
        // The same requests every time: what fails once can be looked at again.
        .args(["--seed", "4711", "--continue-on-failure", "--no-color"])
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(RUN_TIMEOUT, command.output()).await;
    let output = output.expect("schemathesis ends in time").expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // Shown when the test is run with its output: what was tried, and what the document did not help to find.
    eprintln!("{said}");
    gateway.finish().await;
    world.finish().await;
}
