//! rabbitmq-server, with an Erlang port mapper of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use lapin::message::BasicGetMessage;
use lapin::options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::sync::Mutex;

use super::server::{ServerProcess, free_port, new_directory, write};
use super::{BROKER_PASSWORD, BROKER_USER, Published, event_in};

/// Where events go.
pub(super) const EXCHANGE: &str = "events";
const QUEUE: &str = "everything";
/// Debian's own wrapper beside it changes the user.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// A server on ports and a directory of its own.
pub(super) struct RabbitMqServer {
    directory: PathBuf,
    port: u16,
    mapper_port: u16,
    node_port: u16,
    process: Option<ServerProcess>,
    /// Nodes find each other by it; a server does not start without.
    _mapper: ServerProcess,
    /// What was taken from the queue so far, in order.
    taken: Mutex<Vec<Published>>,
}

impl RabbitMqServer {
    pub(super) fn start(parent: &Path) -> Self {
        let directory = new_directory(parent, "rabbitmq");
        let (port, mapper_port, node_port) = (free_port(), free_port(), free_port());
        let config = format!(
            "listeners.tcp.default = 127.0.0.1:{port}\n\
             default_user = {BROKER_USER}\n\
             default_pass = {BROKER_PASSWORD}\n\
             vm_memory_high_watermark.absolute = 400MB\n\
             disk_free_limit.absolute = 1MB\n"
        );
        write(&directory.join("rabbitmq.conf"), &config);
        write(&directory.join("plugins"), "[].");
        let mut mapper = Command::new("epmd");
        mapper.args(["-address", "127.0.0.1", "-port"]).arg(mapper_port.to_string());
        let mapper = ServerProcess::start(&mut mapper, &directory.join("epmd.log"), "rabbitmq-server");
        let taken = Mutex::new(Vec::new());
        let mut server =
            Self { directory, port, mapper_port, node_port, process: None, _mapper: mapper, taken };
        server.launch();
        server
    }

    pub(super) fn launch(&mut self) {
        let file = |name: &str| self.directory.join(name);
        let mut command = Command::new(PROGRAM);
        command
            .env("HOME", &self.directory)
            .env("ERL_EPMD_PORT", self.mapper_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", format!("trunkline{}@localhost", self.port))
            .env("RABBITMQ_DIST_PORT", self.node_port.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins"))
            .env("RABBITMQ_MNESIA_BASE", file("data"))
            .env("RABBITMQ_LOG_BASE", file("logs"))
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_PID_FILE", file("pid"))
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
            );
        self.process = Some(ServerProcess::start(&mut command, &self.log_file(), "rabbitmq-server"));
    }

    /// The process is a shell that waits for the server.
    pub(super) fn kill9(&mut self) {
        let pid = std::fs::read_to_string(self.directory.join("pid")).ok();
        if let Some(pid) = pid.and_then(|pid| pid.trim().parse::<i32>().ok()).filter(|pid| *pid > 1) {
            // SAFETY: `kill` takes two integers. The shell waits for the server, so its id names no other process.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        self.process = None;
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}", self.port)
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// A connection, which has to be kept, and a channel.
    pub(super) async fn client(&self) -> Option<(Connection, Channel)> {
        let url = format!("amqp://{BROKER_USER}:{BROKER_PASSWORD}@127.0.0.1:{}/%2f", self.port);
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.ok()?;
        let channel = connection.create_channel().await.ok()?;
        Some((connection, channel))
    }

    pub(super) async fn make_queue(&self, keys: &str) {
        let (_connection, channel) = self.client().await.unwrap_or_else(|| panic!("the server does not run"));
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let made =
            channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, FieldTable::default());
        made.await.unwrap_or_else(|error| panic!("no exchange: {error}"));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let made = channel.queue_declare(QUEUE.into(), durable, FieldTable::default());
        made.await.unwrap_or_else(|error| panic!("no queue: {error}"));
        let options = QueueBindOptions::default();
        let bound =
            channel.queue_bind(QUEUE.into(), EXCHANGE.into(), keys.into(), options, FieldTable::default());
        bound.await.unwrap_or_else(|error| panic!("no binding: {error}"));
    }

    /// Takes what is in the queue. Nothing more where there is no server or queue.
    pub(super) async fn published(&self) -> Vec<Published> {
        let mut taken = self.taken.lock().await;
        if let Some((_connection, channel)) = self.client().await {
            let options = BasicGetOptions { no_ack: true };
            while let Ok(Some(message)) = channel.basic_get(QUEUE.into(), options).await {
                taken.push(read(&message));
            }
        }
        taken.clone()
    }
}

impl Drop for RabbitMqServer {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn read(message: &BasicGetMessage) -> Published {
    let properties = &message.properties;
    let header = |name: &str| {
        let headers = properties.headers().as_ref().map(FieldTable::inner);
        match headers.and_then(|headers| headers.get(name)) {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            _ => String::new(),
        }
    };
    assert_eq!(properties.content_type().as_ref().map(|kind| kind.as_str()), Some("application/json"));
    assert_eq!(*properties.delivery_mode(), Some(2), "it would not survive a restart");
    Published {
        event: event_in(&message.data),
        message_id: properties.message_id().as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        to: message.routing_key.as_str().to_owned(),
        event_id: header("Trunkline-Event"),
        replayed: header("Trunkline-Replay") == "true",
    }
}
