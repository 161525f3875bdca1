//! An S3 service that somebody else wrote: moto, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::events::Event;
use crate::limits::PROCESS_START_TIMEOUT;
use crate::process::{ClientProcess, ProcessSpec};
use crate::world::World;

/// A service with one bucket, which checks signatures. It ends with this.
pub struct BucketServer {
    process: ClientProcess,
    access: Value,
    secret_file: PathBuf,
}

impl BucketServer {
    /// Starts one.
    pub async fn start(world: &World) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("../target/moto/bin/python");
        assert!(python.exists(), "{} is missing: tests/run installs it", python.display());
        let mut command = Command::new(python);
        command.arg(root.join("clients/bucket/server.py")).current_dir(world.directory());
        let stderr_file = world.directory().join("bucket.stderr");
        let process =
            ClientProcess::start(ProcessSpec { name: "the bucket".to_owned(), command, stderr_file });
        let hello = process.expect("its hello", |event| matches!(event, Event::Hello { .. }).then_some(()));
        if timeout(PROCESS_START_TIMEOUT, hello).await.is_err() {
            panic!("moto did not start: {}", process.story());
        }
        let secret_file = world.directory().join("bucket.secret");
        let mut server = Self { process, access: Value::Null, secret_file };
        server.resume().await;
        let secret = server.access("secret_key");
        std::fs::write(&server.secret_file, format!("{secret}\n"))
            .unwrap_or_else(|error| panic!("{}: {error}", server.secret_file.display()));
        server
    }

    async fn must(&self, command: &str, arguments: Value) -> Value {
        let done = self.process.command(command, arguments).await;
        done.unwrap_or_else(|error| panic!("{command}: {error:?}\n{}", self.process.story()))
    }

    fn access(&self, field: &str) -> &str {
        self.access[field].as_str().unwrap_or_else(|| panic!("no {field}"))
    }

    /// What a gateway has to be told to keep its files here. Without a prefix: moto decodes a query before it checks its signature,
    /// and then takes one with a slash in it for another.
    pub fn settings(&self) -> [(&'static str, &str); 4] {
        let secret_file = self.secret_file.to_str().unwrap_or_else(|| panic!("a path of UTF-8"));
        [
            ("media-s3-bucket", self.access("bucket")),
            ("media-s3-endpoint", self.access("endpoint")),
            ("media-s3-access-key", self.access("access_key")),
            ("media-s3-secret-key-file", secret_file),
        ]
    }

    /// The half of the credentials that nobody may log.
    pub fn secret(&self) -> &str {
        self.access("secret_key")
    }

    /// Makes the service unreachable; it keeps what it holds.
    pub async fn pause(&self) {
        self.must("stop", json!({})).await;
    }

    /// Ends the service as a power cut does.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Makes it reachable, under the same address as before.
    pub async fn resume(&mut self) {
        self.access = self.must("start", json!({})).await;
    }

    /// Names of the objects, with their sizes in bytes.
    pub async fn objects(&self) -> Vec<(String, u64)> {
        let found = self.must("objects", json!({})).await;
        let objects = found.as_object().unwrap_or_else(|| panic!("objects: {found}"));
        objects.iter().map(|(name, bytes)| (name.clone(), bytes.as_u64().unwrap_or_default())).collect()
    }

    /// Uploads in parts that were neither completed nor given up.
    pub async fn unfinished_uploads(&self) -> u64 {
        self.must("uploads", json!({})).await["unfinished"].as_u64().unwrap_or(u64::MAX)
    }

    /// Makes every object so many seconds older.
    pub async fn age(&self, seconds: u64) {
        self.must("age", json!({"seconds": seconds})).await;
    }
}
