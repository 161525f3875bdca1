//! The binary from outside: what it prints where, and how it ends.
#![allow(clippy::expect_used, reason = "a test that cannot start its subject has failed")]
#![expect(clippy::expect_used, reason = "what a test expects and does not get fails it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn trunkline(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    command.current_dir(dir).args(args).stdin(Stdio::null());
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("TRUNKLINE_")) {
        command.env_remove(variable);
    }
    command
}

fn run(dir: &Path, args: &[&str]) -> Output {
    trunkline(dir, args).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_ending_has_its_exit_code() {
    let dir = TempDir::new().expect("a directory");
    std::fs::create_dir(dir.path().join("foreign")).expect("a directory");
    std::fs::write(dir.path().join("foreign/letter.txt"), "not ours").expect("a file");
    let check = |args: &[&str], code: i32, told: &str| {
        let output = run(dir.path(), args);
        let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {all}");
        assert!(all.contains(told), "{args:?}: {all}");
    };
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"));
    check(&["--help"], 0, "First steps:");
    check(&["serve", "--help"], 0, "TRUNKLINE_LISTEN");
    check(&["serve", "--check"], 0, "listen = \"127.0.0.1:8080\"");
    check(&["config", "--shards", "2"], 0, "# --shards");
    check(&["no-such-command"], 2, "unrecognized subcommand");
    check(&["serve", "--shards", "none", "--listen", "x"], 64, "--listen: `x` is not ADDRESS:PORT");
    check(&["serve", "--config", "gone.toml"], 64, "gone.toml: cannot be read");
    check(
        &["serve", "--data-dir", "foreign", "--listen", "127.0.0.1:0"],
        66,
        "not a Trunkline data directory",
    );
    check(&["key", "create", "--scope", "everything"], 2, "no such scope");
    check(&["key", "create"], 66, "There is no directory trunkline-data");
    check(&["link", "--key", "tk_x", "--url", "http://127.0.0.1:1"], 69, "does not answer");
    check(&["link", "--key", "tk_x", "--url", "ftp://127.0.0.1"], 1, "must start with http://");
    check(&["events", "tail", "--key", "tk_x", "--url", "http://127.0.0.1:1"], 69, "does not answer");
    check(&["events", "tail", "--key", "tk_x", "--from", "yesterday"], 2, "not a time");
    check(&["webhooks", "status", "--key", "tk_x", "--url", "http://127.0.0.1:1"], 69, "does not answer");
    if cfg!(not(feature = "simulated")) {
        check(&["demo", "--numbers", "3"], 2, "--features simulated");
    }
    let left: Vec<String> = std::fs::read_dir(dir.path())
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(left, ["foreign"], "a refused start leaves nothing behind");
}

#[test]
fn all_problems_are_told_together_and_nothing_is_made() {
    let dir = TempDir::new().expect("a directory");
    std::fs::write(dir.path().join("t.toml"), "shard = 1\nfront-threads = 100000\n").expect("a file");
    let args = ["serve", "--config", "t.toml", "--log-format", "xml", "--data-dir", "t.toml"];
    let output =
        trunkline(dir.path(), &args).env("TRUNKLINE_LISTEN", "nowhere").output().expect("the binary runs");
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0), "{told}");
    for place in
        ["t.toml, `shard`", "t.toml, `front-threads`", "TRUNKLINE_LISTEN", "--log-format", "--data-dir"]
    {
        assert!(told.contains(place), "{place} is missing in\n{told}");
    }
}

/// A server, ended with the test.
struct Server {
    child: Child,
    root_key: Option<String>,
    address: String,
}

impl Server {
    /// Starts one and reads what it says until it listens.
    fn start(dir: &Path) -> Server {
        let args = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            "data",
            "--shards",
            "1",
            "--log-level",
            "debug",
        ];
        let log = std::fs::File::create(dir.join("log")).expect("a file");
        let mut child =
            trunkline(dir, &args).stdout(Stdio::piped()).stderr(log).spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
        let mut root_key = None;
        let address = loop {
            let line = lines.next().and_then(Result::ok).unwrap_or_else(|| {
                panic!("it ended: {}", std::fs::read_to_string(dir.join("log")).unwrap_or_default())
            });
            if let Some(key) = line.trim().strip_prefix("tk_") {
                root_key = Some(format!("tk_{key}"));
            }
            if let Some(address) = line.strip_prefix("trunkline listens on http://") {
                break address.to_owned();
            }
        };
        Server { child, root_key, address }
    }

    /// Status of `GET /v1/instances` with this key.
    fn status(&self, key: &str) -> String {
        let answer = self.ask("GET /v1/instances", key, "");
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// The whole answer to a request.
    fn ask(&self, what: &str, key: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let (host, length) = (&self.address, body.len());
        write!(stream, "{what} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n")
            .expect("it reads");
        write!(stream, "Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().expect("kill runs").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn keys_are_shown_once_and_work_from_start_to_start() {
    let dir = TempDir::new().expect("a directory");
    let server = Server::start(dir.path());
    let root = server.root_key.clone().expect("the first start shows a key");
    assert_eq!((server.status(&root).as_str(), server.status("tk_wrong").as_str()), ("200", "401"));
    let while_running = run(dir.path(), &["key", "create", "--data-dir", "data"]);
    assert_eq!(while_running.status.code(), Some(66));
    assert!(text(&while_running.stderr).contains("a server (process "), "{}", text(&while_running.stderr));
    assert_eq!(server.stop(), Some(0));
    let log = std::fs::read_to_string(dir.path().join("log")).expect("a log");
    assert!(!log.contains(&root), "the key is in the log");

    let made = run(
        dir.path(),
        &["key", "create", "--data-dir", "data", "--label", "reader", "--scope", "events:read"],
    );
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let narrow = text(&made.stdout).trim().to_owned();
    let server = Server::start(dir.path());
    assert_eq!(server.root_key, None, "only the first start shows a key");
    assert_eq!((server.status(&root).as_str(), server.status(&narrow).as_str()), ("200", "403"));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_number_of_shards_that_was_asked_for_must_be_that_of_the_directory() {
    let dir = TempDir::new().expect("a directory");
    assert_eq!(Server::start(dir.path()).stop(), Some(0));
    let other = run(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--shards", "2"]);
    assert_eq!(other.status.code(), Some(64));
    assert!(text(&other.stderr).contains("created with 1 shards"), "{}", text(&other.stderr));
}

#[test]
fn what_happens_is_shown_line_by_line_until_nobody_reads() {
    let dir = TempDir::new().expect("a directory");
    let server = Server::start(dir.path());
    let key = server.root_key.clone().expect("the first start shows a key");
    server.ask("POST /v1/instances", &key, r#"{"name":"shop"}"#);
    server.ask("POST /v1/instances", &key, r#"{"name":"office"}"#);
    let url = format!("http://{}", server.address);
    let first_line = |args: &[&str]| {
        let tail = ["events", "tail", "--url", &url, "--from", "2020-01-01T00:00:00Z"];
        let mut child = trunkline(dir.path(), &[&tail, args].concat())
            .env("TRUNKLINE_KEY", &key)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is a pipe")).read_line(&mut line).expect("a line");
        child.kill().expect("it runs on");
        child.wait().expect("it ends");
        line
    };
    let line = first_line(&["--instance", "office"]);
    assert!(
        line.contains("instance.created") && !line.contains('\u{1b}'),
        "no colours into a pipe: {line:?}"
    );
    let json: serde_json::Value = serde_json::from_str(&first_line(&["--json"])).expect("a line of JSON");
    assert_eq!(json["type"], "instance.created");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn webhooks_are_shown_without_their_secrets() {
    let dir = TempDir::new().expect("a directory");
    let server = Server::start(dir.path());
    let key = server.root_key.clone().expect("the first start shows a key");
    let url = format!("http://{}", server.address);
    let status = |args: &[&str]| {
        let output = trunkline(dir.path(), &[&["webhooks", "status", "--url", &url][..], args].concat())
            .env("TRUNKLINE_KEY", &key)
            .output()
            .expect("the binary runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(status(&[]).contains("There is no webhook"));
    assert_eq!(status(&["--json"]).trim(), "[]");
    let body =
        r#"{"name":"crm","url":"https://crm.example.com/a-secret-path","secret":"a secret of this test"}"#;
    let made = server.ask("POST /v1/webhooks", &key, body);
    assert!(made.starts_with("HTTP/1.1 201"), "{made}");
    let table = status(&[]);
    for shown in
        ["whk_", "crm", "http", "crm.example.com", "active", "pending", "lag", "dead", "last outcome"]
    {
        assert!(table.contains(shown), "{shown} is missing in\n{table}");
    }
    assert!(!table.contains("secret"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&status(&["--json"])).expect("JSON");
    assert_eq!((&json[0]["name"], &json[0]["pending"]), (&"crm".into(), &0.into()));
    assert_eq!(server.stop(), Some(0));
}
