//! Running a program as its reader would.

use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio::time::timeout;
use trunkline_tests::library::installed;
use trunkline_tests::limits::GATEWAY_EVENT_TIMEOUT;

/// Writes a program into a directory and runs it there: what it printed. A program that fails, fails the test.
pub async fn run(directory: &Path, file: &str, text: &str) -> String {
    let (_, extension) = file.rsplit_once('.').expect("a file with an extension");
    // The reference leaves the opening tag out.
    let text = if extension == "php" { format!("<?php\n{text}") } else { text.to_owned() };
    let path = directory.join(file);
    std::fs::write(&path, text).expect("the program is written");
    let clients = crate::tidy::root().join("tests/clients");
    let mut command = Command::new(interpreter(extension));
    if extension == "php" {
        // What the sample uses of Laravel.
        command.arg("-d").arg(format!("auto_prepend_file={}", clients.join("laravel/http.php").display()));
    }
    command.arg(&path).current_dir(directory).env("NODE_PATH", clients.join("node_modules"));
    // Libraries mind a proxy that the machine may have.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1").kill_on_drop(true);
    let ended = timeout(GATEWAY_EVENT_TIMEOUT, command.output()).await;
    let ended = ended.unwrap_or_else(|_| panic!("{file} does not end"));
    let ended = ended
        .unwrap_or_else(|error| panic!("{file} does not start: {error}: tests/run installs what it needs"));
    let (printed, complaint) =
        (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{file}: {}\n{printed}\n{complaint}", ended.status);
    printed.trim().to_owned()
}

fn interpreter(extension: &str) -> PathBuf {
    match extension {
        "sh" => "bash".into(),
        "mjs" | "cjs" => "node".into(),
        "php" => "php".into(),
        "py" => installed("requests"),
        other => panic!("nothing runs .{other}"),
    }
}

/// Whether a line is as expected, where `#` stands for a whole number.
pub fn is_line(line: &str, expected: &str) -> bool {
    let mut rest = line;
    let mut parts = expected.split('#').peekable();
    while let Some(part) = parts.next() {
        let Some(after) = rest.strip_prefix(part) else { return false };
        rest = after;
        if parts.peek().is_some() {
            let number = rest.trim_start_matches(|char: char| char.is_ascii_digit());
            if number.len() == rest.len() {
                return false;
            }
            rest = number;
        }
    }
    rest.is_empty()
}

#[test]
fn lines_with_numbers() {
    let check =
        |line: &str, expected: &str, alike: bool| assert_eq!(is_line(line, expected), alike, "{line}");
    check("Queued! ID: 17 | Credits: 1", "Queued! ID: # | Credits: 1", true);
    check("Queued! ID:  | Credits: 1", "Queued! ID: # | Credits: 1", false);
    check("Queued! ID: 17 | Credits: 11", "Queued! ID: # | Credits: 1", false);
    check("Error 401: Unauthorized", "Queued! ID: # | Credits: 1", false);
}
