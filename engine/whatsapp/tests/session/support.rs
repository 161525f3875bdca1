//! A simulated service, a gateway's store, and words to talk about both.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;
use trunkline_model::event::CloseReason;
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::message::{Content, Lane, SendMessage, SendOptions, Text};
use trunkline_model::{Address, InstanceId};
use trunkline_simulator::{Simulator, SimulatorConfig};
use trunkline_store::{DataDir, LocalLedger, Sealer, StoreError, StoreOptions};
use trunkline_whatsapp::{
    AbortHandle, Beside, Endpoints, InboundSink, Session, SessionEvent, SessionEvents, SessionKit,
    SessionKitConfig, SessionOptions, SinkError, Spawn, new_message_id,
};

/// How long an event may take on a busy machine. Nothing waits this long unless the test fails.
const PATIENCE: Duration = Duration::from_secs(45);
/// The number that the gateway is linked to.
pub const OURS: &str = "15550000001";
/// Somebody with nothing but a phone.
pub const ADA: &str = "15550000002";

pub struct TokioSpawn;

impl Spawn for TokioSpawn {
    #[allow(clippy::disallowed_methods, reason = "the shard's spawn helper is what this stands in for")]
    fn spawn(&self, _: InstanceId, _: &'static str, future: BoxFuture<'static, ()>) -> AbortHandle {
        let handle = tokio::spawn(future).abort_handle();
        AbortHandle::new(move || handle.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(tokio::task::spawn_blocking(work).await) })
    }
}

/// The simulated service and its control interface.
pub struct Service {
    pub simulator: Simulator,
    http: reqwest::Client,
}

impl Service {
    pub async fn start() -> Service {
        // The control interface is plain HTTP, but a client wants to know how it would do TLS.
        drop(rustls::crypto::ring::default_provider().install_default());
        let simulator = Simulator::start(SimulatorConfig::default()).await.expect("a simulator");
        let service = Service { simulator, http: reqwest::Client::new() };
        for (pn, name) in [(OURS, "Trunkline"), (ADA, "Ada")] {
            service.post("/accounts", json!({"pn": pn, "push_name": name, "auto_deliver": true})).await;
        }
        service
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.simulator.endpoints().control_url);
        let response = self.http.post(&url).json(&body).send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.simulator.endpoints().control_url);
        let response = self.http.get(&url).send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    /// What a phone has received, once it has received `count` messages.
    pub async fn inbox(&self, pn: &str, count: usize) -> Vec<Value> {
        let inbox = self.get(&format!("/accounts/{pn}/inbox?received={count}&wait_ms=30000")).await;
        inbox["messages"].as_array().cloned().unwrap_or_default()
    }

    /// The device part of our number, once it is linked.
    pub async fn our_device(&self) -> String {
        let account = self.get(&format!("/accounts/{OURS}")).await;
        let devices = account["devices"].as_array().cloned().unwrap_or_default();
        let text = |device: &Value| {
            device.as_str().or_else(|| device["jid"].as_str()).unwrap_or_default().to_owned()
        };
        devices
            .iter()
            .map(text)
            .find(|jid| jid.contains(':') && !jid.contains(":0@"))
            .expect("a linked device")
    }

    pub async fn assert_no_key_was_used_twice(&self) {
        let verdict = self.get("/judge").await;
        assert_eq!(verdict["clean"], true, "{verdict}");
        assert!(verdict["ciphertexts"].as_u64().is_some_and(|seen| seen > 0), "{verdict}");
    }
}

/// A gateway's part: the store on disk and the kit over it.
pub struct Gateway {
    directory: tempfile::TempDir,
    ledger: Option<LocalLedger>,
    config: SessionKitConfig,
    pub kit: Option<SessionKit>,
    pub inbox: Arc<Inbox>,
}

pub const INSTANCE: InstanceId = InstanceId(7);

impl Gateway {
    pub fn over_tls(service: &Service) -> Gateway {
        let endpoints = service.simulator.endpoints();
        Gateway::new(SessionKitConfig {
            endpoints: Endpoints { websocket_url: endpoints.wss_url.clone(), ..Endpoints::default() },
            extra_roots_pem: Some(endpoints.ca_pem.clone()),
            ..SessionKitConfig::default()
        })
    }

    pub fn new(config: SessionKitConfig) -> Gateway {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut gateway =
            Gateway { directory, ledger: None, config, kit: None, inbox: Arc::new(Inbox::default()) };
        gateway.boot();
        gateway
    }

    fn boot(&mut self) {
        let path = self.directory.path().join("data");
        self.boot_from(DataDir::open_or_create(path).expect("a data directory"));
    }

    fn boot_from(&mut self, data_dir: DataDir) {
        data_dir.claim_shards(1).expect("one shard");
        let master_key = self.directory.path().join("master.key");
        let sealer = Sealer::open(&data_dir, &master_key).expect("keys");
        let ledger = LocalLedger::open(&data_dir, 0, StoreOptions::default()).expect("a ledger");
        let shared = Arc::new(ledger.clone());
        let kit = SessionKit::new(self.config.clone(), shared, Arc::new(sealer), Arc::new(TokioSpawn));
        (self.ledger, self.kit) = (Some(ledger), Some(kit.expect("a kit")));
    }

    /// As after the end of the process: nothing but the disk is left.
    pub async fn restart(&mut self) {
        self.kit = None;
        self.ledger.take().expect("a ledger").close().expect("closes");
        let path = self.directory.path().join("data");
        // The tasks of a session that was cut let go of the store at their next step.
        let unlocked = timeout(PATIENCE, async {
            loop {
                match DataDir::open_or_create(&path) {
                    Ok(data_dir) => return data_dir,
                    Err(StoreError::Locked { .. }) => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
        });
        self.boot_from(unlocked.await.expect("everything of the old life ends"));
    }

    pub fn kit(&self) -> &SessionKit {
        self.kit.as_ref().expect("the gateway is up")
    }

    pub async fn open(&self) -> Line {
        let (session, events) =
            Session::open(self.kit(), INSTANCE, self.inbox.clone(), SessionOptions::default())
                .await
                .expect("a session");
        Line { session, events }
    }

    /// A session that is linked and ready.
    pub async fn link(&self, service: &Service) -> Line {
        let mut line = self.open().await;
        line.session.start();
        let code = line.qr().await;
        service.post(&format!("/accounts/{OURS}/scan"), json!({ "qr": code })).await;
        line.finish_linking().await;
        line
    }

    /// The stored device's session, ready.
    pub async fn resume(&self) -> Line {
        let mut line = self.open().await;
        line.session.start();
        line.ready().await;
        line
    }
}

/// A session and what it tells.
pub struct Line {
    pub session: Session,
    pub events: SessionEvents,
}

impl Line {
    /// Waits for the event that `wanted` takes.
    pub async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&SessionEvent) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the session lives");
                if let Some(found) = wanted(&event) {
                    return found;
                }
                seen.push(event.kind());
            }
        });
        found.await.unwrap_or_else(|_| panic!("no {what}, only {seen:?}"))
    }

    pub async fn qr(&mut self) -> String {
        self.until("QR code", |event| match event {
            SessionEvent::Qr { code, valid_ms } if *valid_ms > 0 => Some(code.clone()),
            _ => None,
        })
        .await
    }

    pub async fn closed(&mut self) -> (CloseReason, String) {
        self.until("end", |event| match event {
            SessionEvent::Closed { reason, detail, .. } => Some((*reason, detail.clone())),
            _ => None,
        })
        .await
    }

    /// Waits for the login and for readiness; returns the account that the stored device belongs to.
    pub async fn ready(&mut self) -> Party {
        let login = |event: &SessionEvent| match event {
            SessionEvent::LoginAccepted { account } => Some(account.clone()),
            _ => None,
        };
        let account = self.until("login", login).await.expect("who logs in is linked");
        self.until("readiness", |event| matches!(event, SessionEvent::Ready).then_some(())).await;
        account
    }

    /// From the phone's consent to readiness, over the restart of the stream.
    pub async fn finish_linking(&mut self) -> Party {
        let account = self
            .until("link", |event| match event {
                SessionEvent::PairAccepted { account, .. } => Some(account.clone()),
                _ => None,
            })
            .await;
        assert_eq!(self.closed().await.0, CloseReason::StreamRestart);
        self.session.start();
        // The login tells it as well, for an owner that was cut off before it heard of the link.
        assert_eq!(self.ready().await, Party { name: None, ..account.clone() });
        account
    }

    /// Sends and waits for the service's word.
    pub async fn send(&mut self, wa_id: &str, message: &SendMessage) -> Option<String> {
        self.session.send(wa_id, message, Beside::default()).await.expect("handed over");
        self.acknowledged(wa_id).await
    }

    /// The service's word on a message: `None` is a yes.
    pub async fn acknowledged(&mut self, wanted: &str) -> Option<String> {
        self.until("server ack", |event| match event {
            SessionEvent::ServerAck { wa_id, error } if wa_id == wanted => Some(error.clone()),
            _ => None,
        })
        .await
    }
}

/// Commits into memory, or refuses.
pub struct Inbox {
    messages: Mutex<Vec<InboundMessage>>,
    count: watch::Sender<usize>,
    pub refused: watch::Sender<usize>,
    pub refuse: Mutex<bool>,
}

impl Default for Inbox {
    fn default() -> Inbox {
        let (count, refused) = (watch::channel(0).0, watch::channel(0).0);
        Inbox { messages: Mutex::default(), count, refused, refuse: Mutex::new(false) }
    }
}

#[async_trait]
impl InboundSink for Inbox {
    async fn commit(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError> {
        if *self.refuse.lock() {
            self.refused.send_modify(|count| *count += messages.len());
            return Err(SinkError("the test says no".to_owned()));
        }
        let mut kept = self.messages.lock();
        for message in messages {
            let same = |known: &InboundMessage| {
                (&known.wa_id, &known.chat.jid, &known.sender.jid)
                    == (&message.wa_id, &message.chat.jid, &message.sender.jid)
            };
            if !kept.iter().any(same) {
                kept.push(message);
            }
        }
        self.count.send_replace(kept.len());
        Ok(())
    }

    async fn backfill(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError> {
        self.commit(messages).await
    }
}

impl Inbox {
    /// All messages, once there are `count` of them.
    pub async fn wait(&self, count: usize) -> Vec<InboundMessage> {
        let mut counted = self.count.subscribe();
        let arrived = timeout(PATIENCE, counted.wait_for(|counted| *counted >= count)).await;
        assert!(arrived.is_ok(), "only {} of {count} messages", self.messages.lock().len());
        self.messages.lock().clone()
    }

    pub async fn wait_refused(&self, count: usize) {
        let mut counted = self.refused.subscribe();
        let refused = timeout(PATIENCE, counted.wait_for(|counted| *counted >= count)).await;
        assert!(refused.is_ok(), "nothing was refused");
    }
}

pub fn id(number: u8) -> String {
    new_message_id([number; 16])
}

pub fn text(to: &str, body: &str) -> SendMessage {
    SendMessage {
        to: to.parse::<Address>().expect("an address"),
        content: Content::Text(Text::plain(body)),
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    }
}

pub fn body(message: &InboundMessage) -> &str {
    match &message.content {
        InboundContent::Text { body } => body,
        other => panic!("no text: {other:?}"),
    }
}
