//! nats-server with JetStream.

use std::path::{Path, PathBuf};
use std::process::Command;

use async_nats::ConnectOptions;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::{self, stream};

use super::server::{ServerProcess, free_port, new_directory, write};
use super::{BROKER_PASSWORD, BROKER_USER, Published, event_in};

const STREAM: &str = "EVENTS";

/// A server on a port and directory of its own.
pub(super) struct NatsServer {
    directory: PathBuf,
    port: u16,
    process: Option<ServerProcess>,
}

impl NatsServer {
    pub(super) fn start(parent: &Path) -> Self {
        let directory = new_directory(parent, "nats");
        let port = free_port();
        let store = directory.join("store");
        let store = store.display();
        let config = format!(
            "listen: \"127.0.0.1:{port}\"\n\
             authorization {{ user: \"{BROKER_USER}\", password: \"{BROKER_PASSWORD}\" }}\n\
             jetstream {{ store_dir: \"{store}\", max_memory_store: 16MB, max_file_store: 256MB }}\n"
        );
        write(&directory.join("config"), &config);
        let mut server = Self { directory, port, process: None };
        server.launch();
        server
    }

    pub(super) fn launch(&mut self) {
        let mut command = Command::new("nats-server");
        command.arg("--config").arg(self.directory.join("config"));
        self.process = Some(ServerProcess::start(&mut command, &self.log_file(), "nats-server"));
    }

    pub(super) fn kill9(&mut self) {
        self.process = None;
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    pub(super) async fn client(&self) -> Option<jetstream::Context> {
        let options =
            ConnectOptions::with_user_and_password(BROKER_USER.to_owned(), BROKER_PASSWORD.to_owned());
        options.connect(self.url()).await.ok().map(jetstream::new)
    }

    pub(super) async fn make_stream(&self, subjects: &str) {
        let client = self.client().await.unwrap_or_else(|| panic!("the server does not run"));
        let config = stream::Config {
            name: STREAM.to_owned(),
            subjects: vec![subjects.to_owned()],
            ..stream::Config::default()
        };
        client.create_stream(config).await.unwrap_or_else(|error| panic!("no stream: {error}"));
    }

    /// `None` where there is no server or stream.
    pub(super) async fn published(&self) -> Option<Vec<Published>> {
        let stream = self.client().await?.get_stream(STREAM).await.ok()?;
        let state = &stream.cached_info().state;
        let mut published = Vec::new();
        for sequence in state.first_sequence.max(1)..=state.last_sequence {
            let message = stream.get_raw_message(sequence).await.ok()?;
            let header = |name: &str| {
                message.headers.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default()
            };
            published.push(Published {
                event: event_in(&message.payload),
                message_id: header(NATS_MESSAGE_ID.as_ref()),
                to: message.subject.to_string(),
                event_id: header("Trunkline-Event"),
                replayed: header("Trunkline-Replay") == "true",
            });
        }
        Some(published)
    }
}
