//! The product trusts WhatsApp's Noise root and nothing else: the feature that turns that check off must not be in its tree.
#![allow(clippy::expect_used, reason = "a test that cannot start its subject has failed")]
#![expect(clippy::expect_used, reason = "what a test expects and does not get fails it")]

use std::path::Path;
use std::process::Command;

const DANGER: &str = "danger-skip-cert-chain-verify";

/// Every package of the binary, one a line, with the features that are on in it. (`cargo tree -e features` shows what manifests
/// ask for, and stays silent about features that other features turn on.)
fn tree(features: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .args(["tree", "--offline", "-p", "trunkline", "-e", "normal", "--prefix", "none", "-f", "{p} [{f}]"])
        .args(features)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn the_product_checks_certificate_chains() {
    let tree = tree(&[]);
    assert!(tree.contains("whatsapp-rust v"), "the tree is not the one that was asked for:\n{tree}");
    assert!(!tree.contains(DANGER), "the product would trust any certificate chain");
    assert!(!tree.contains("trunkline-simulator"), "the product would carry the simulator");
}

#[test]
fn the_simulated_build_trusts_the_simulator() {
    let tree = tree(&["--features", "simulated"]);
    for package in ["whatsapp-rust", "wacore", "wacore-noise"] {
        let line = tree.lines().find(|line| line.starts_with(&format!("{package} v"))).unwrap_or_default();
        assert!(line.contains(DANGER), "{package}: `{line}`");
    }
    assert!(tree.contains("trunkline-simulator"), "{tree}");
}
