//! The peers: programs of a workspace of their own that obey a few commands on standard input.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::child::Child;
use super::process::Usage;
use super::service::Service;
use crate::error::{Bench, BenchError, During};
use crate::limits::OPEN_TIMEOUT;

/// Which peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerKind {
    /// whatsapp-rust as shipped: its own transport, its SQLite store.
    WhatsappRust,
    /// The bare whatsapp-rust client, with a store in memory.
    WhatsappRustInMemory,
    /// Baileys, on Node.
    Baileys,
}

impl PeerKind {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            PeerKind::WhatsappRust => "whatsapp-rust (tokio, SQLite)",
            PeerKind::WhatsappRustInMemory => "whatsapp-rust (in memory)",
            PeerKind::Baileys => "Baileys",
        }
    }

    /// Numbers that it links at once. A number of Baileys computes hundreds of keys on the one thread that there is, and more at once
    /// would only make each of them late.
    fn links_at_once(self) -> usize {
        match self {
            PeerKind::WhatsappRust | PeerKind::WhatsappRustInMemory => 16,
            PeerKind::Baileys => 4,
        }
    }
}

/// A running peer.
pub struct Peer {
    kind: PeerKind,
    child: Child,
    directory: PathBuf,
    asked: u64,
}

/// A command without an answer so far.
pub struct Asked(u64);

/// What a peer says.
#[derive(Deserialize)]
struct Line {
    id: Option<u64>,
    ok: Option<Value>,
    error: Option<String>,
    event: Option<String>,
    number: Option<u64>,
    qr: Option<String>,
}

impl Peer {
    /// Builds it where needed, and starts it over the data in `directory`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(kind: PeerKind, service: &Service, directory: &Path) -> Bench<Peer> {
        let data = directory.join("data");
        std::fs::create_dir_all(&data).during("making a peer's directory")?;
        let mut command = program(kind)?;
        let endpoints = service.endpoints();
        command
            .args(["--url", &endpoints.wss_url])
            .args(["--media-host", &endpoints.media_host])
            .args(["--root-key", &endpoints.root_public_key])
            .arg("--ca")
            .arg(service.ca_file())
            .arg("--data")
            .arg(&data);
        let child = Child::start(kind.name(), command, &directory.join("peer.log"))?;
        Ok(Peer { kind, child, directory: directory.to_owned(), asked: 0 })
    }

    /// Links its numbers `0..count` to people numbered from `first_pn` on, who scan their codes.
    ///
    /// # Errors
    /// When one cannot be linked.
    pub async fn link(&mut self, service: &Service, first_pn: u64, count: usize) -> Bench<()> {
        service.settle(first_pn, count).await?;
        let id = self.send(
            json!({ "cmd": "link", "numbers": count, "first": 0, "at_once": self.kind.links_at_once() }),
        )?;
        loop {
            let line = self.next(OPEN_TIMEOUT).await?;
            if let (Some("qr"), Some(number), Some(qr)) = (line.event.as_deref(), line.number, &line.qr) {
                service.scan(&(first_pn + number).to_string(), qr).await?;
            } else if line.id == Some(id) {
                return answer(line).map(drop);
            }
        }
    }

    /// Gives a command and waits for its answer.
    ///
    /// # Errors
    /// When the peer refuses, ends or takes too long.
    pub async fn ask<T: DeserializeOwned>(&mut self, command: Value) -> Bench<T> {
        let asked = self.begin(command)?;
        self.finish(asked).await
    }

    /// Gives a command that [`Peer::finish`] waits for.
    ///
    /// # Errors
    /// When the peer has ended.
    pub fn begin(&mut self, command: Value) -> Bench<Asked> {
        self.send(command).map(Asked)
    }

    /// Waits for the answer to a command.
    ///
    /// # Errors
    /// When the peer refuses, ends or takes too long.
    pub async fn finish<T: DeserializeOwned>(&mut self, asked: Asked) -> Bench<T> {
        loop {
            let line = self.next(OPEN_TIMEOUT).await?;
            if line.id == Some(asked.0) {
                return serde_json::from_value(answer(line)?).during("reading a peer's answer");
            }
        }
    }

    /// Texts of others that it has received so far.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn received(&mut self) -> Bench<u64> {
        #[derive(Deserialize)]
        struct Status {
            received: u64,
        }
        self.ask::<Status>(json!({ "cmd": "status" })).await.map(|status| status.received)
    }

    /// What it uses.
    ///
    /// # Errors
    /// When it is gone.
    pub fn usage(&self) -> Bench<Usage> {
        self.child.usage()
    }

    /// Ends it and starts it again over the same data.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(self, service: &Service) -> Bench<Peer> {
        let Peer { kind, child, directory, .. } = self;
        child.leave().await;
        Peer::start(kind, service, &directory)
    }

    /// Ends it at once: nobody will want its data again.
    pub fn stop(self) {
        drop(self.child);
    }

    fn send(&mut self, mut command: Value) -> Bench<u64> {
        self.asked += 1;
        command["id"] = json!(self.asked);
        self.child.say(&command.to_string())?;
        Ok(self.asked)
    }

    async fn next(&mut self, patience: Duration) -> Bench<Line> {
        let text = self.child.line_within(patience).await?;
        serde_json::from_str(&text).during("reading what a peer says")
    }
}

fn answer(line: Line) -> Bench<Value> {
    match line.error {
        Some(error) => Err(BenchError::new(format_args!("the peer refuses: {error}"))),
        None => Ok(line.ok.unwrap_or(Value::Null)),
    }
}

/// The program of a peer, built or installed by its own package manager if that was not done before.
fn program(kind: PeerKind) -> Bench<Command> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    match kind {
        PeerKind::WhatsappRust | PeerKind::WhatsappRustInMemory => {
            let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            build
                .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
                .arg(folder.join("Cargo.toml"));
            succeed(build, "building the peer")?;
            let mut command = Command::new(folder.join("target/release/peer-whatsapp-rust"));
            if kind == PeerKind::WhatsappRustInMemory {
                command.args(["--store", "memory"]);
            }
            Ok(command)
        }
        PeerKind::Baileys => {
            let folder = folder.join("baileys");
            if !folder.join("node_modules/baileys").is_dir() {
                let mut install = Command::new("npm");
                install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
                succeed(install, "installing Baileys")?;
            }
            Ok(Command::new(folder.join("peer")))
        }
    }
}

fn succeed(mut command: Command, doing: &str) -> Bench<()> {
    let output = command.output().during(doing)?;
    if output.status.success() {
        return Ok(());
    }
    Err(BenchError::new(format_args!("{doing}: {}", String::from_utf8_lossy(&output.stderr))))
}
