//! One number: a bot of the library, and the acks its messages wait for.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use whatsapp_rust::prelude::{
    Bot, BotHandle, Client, Event, EventHandler, EventInterest, EventKind, MessageBuilderExt, MessageExt,
    SqliteStore, wa,
};
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::{Jid, SendOptions};

use crate::error::PeerError;
use crate::limits::{ACK_TIMEOUT, OPEN_TIMEOUT};
use crate::lines;
use crate::network::Network;
use crate::tally::Tally;

/// Shown to the service instead of asking the real web client for it.
const CLIENT_VERSION: (u32, u32, u32) = (2, 3000, 1_042_742_319);

/// What all numbers share.
pub(crate) struct Settings {
    pub(crate) network: Network,
    pub(crate) store: Store,
    /// Directory of the stores, one file a number.
    pub(crate) data: PathBuf,
}

/// Where numbers keep their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// The library's SQLite store, one file a number.
    Sqlite,
    /// The library's in-memory store, gone with the process.
    Memory,
}

impl Store {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Store::Sqlite => "sqlite",
            Store::Memory => "memory",
        }
    }
}

/// Where a number's login comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// By QR, which is told to the driver.
    New,
    /// From the store; one that lacks it fails.
    Stored,
}

/// How far a number has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    NoLogin,
    LoggedOut,
}

/// A running number.
pub(crate) struct Number {
    client: Arc<Client>,
    handle: Mutex<Option<BotHandle>>,
    link: Arc<Link>,
}

/// What the library's events and the commands share.
struct Link {
    index: usize,
    login: Login,
    tally: Arc<Tally>,
    state: watch::Sender<State>,
    received: AtomicU64,
    /// Messages without an ack, by id: as many as the windows of the commands under way.
    acks: Mutex<HashMap<String, oneshot::Sender<Result<(), String>>>>,
}

impl Number {
    /// Opens the store and begins to connect.
    pub(crate) async fn start(
        index: usize,
        settings: &Settings,
        tally: Arc<Tally>,
        login: Login,
    ) -> Result<Arc<Number>, PeerError> {
        let builder = Bot::builder();
        let builder = match settings.store {
            Store::Sqlite => builder.with_backend(open_sqlite(index, settings, login).await?),
            Store::Memory if login == Login::Stored => return Err(PeerError::NoLogin(index)),
            Store::Memory => builder.with_backend(InMemoryBackend::new()),
        };
        let link = Arc::new(Link {
            index,
            login,
            tally,
            state: watch::Sender::new(State::Connecting),
            received: AtomicU64::new(0),
            acks: Mutex::default(),
        });
        let bot = builder
            .with_transport_factory(settings.network.transport())
            .with_http_client(settings.network.http())
            .with_version(CLIENT_VERSION)
            // History is not measured; Baileys goes without it, too.
            .skip_history_sync()
            .with_event_handler(Ears(link.clone()))
            .build()
            .await
            .map_err(PeerError::client)?;
        let client = bot.client();
        Ok(Arc::new(Number { client, handle: Mutex::new(Some(bot.spawn())), link }))
    }

    /// Waits until the number is open.
    pub(crate) async fn opened(&self) -> Result<(), PeerError> {
        let index = self.link.index;
        let mut state = self.link.state.subscribe();
        let reached = timeout(OPEN_TIMEOUT, state.wait_for(|state| *state != State::Connecting)).await;
        match reached.map(|state| state.map(|state| *state)) {
            Ok(Ok(State::Open)) => Ok(()),
            Ok(Ok(State::NoLogin)) => Err(PeerError::NoLogin(index)),
            Ok(Ok(State::LoggedOut)) => Err(PeerError::LoggedOut(index)),
            Ok(Ok(State::Connecting) | Err(_)) | Err(_) => Err(PeerError::NotOpen(index)),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.link.state.borrow() == State::Open
    }

    /// Messages of others that were decrypted so far.
    pub(crate) fn received(&self) -> u64 {
        self.link.received.load(Ordering::Relaxed)
    }

    /// Sends one text and waits for the server's ack.
    pub(crate) async fn send(&self, to: Jid, turn: u64) -> Result<(), PeerError> {
        let id = self.client.generate_message_id();
        let (done, acked) = oneshot::channel();
        self.link.acks.lock().insert(id.clone(), done);
        let options = SendOptions::default().with_message_id(&id);
        let message = wa::Message::text(format!("message {turn}"));
        let sent = self.client.send_message_with_options(to, message, options).await;
        let outcome = match sent {
            Ok(_) => {
                self.link.tally.sent.fetch_add(1, Ordering::Relaxed);
                timeout(ACK_TIMEOUT, acked).await
            }
            Err(error) => {
                self.link.acks.lock().remove(&id);
                return Err(PeerError::client(error));
            }
        };
        match outcome {
            Ok(Ok(Ok(()))) => {
                self.link.tally.acked.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Ok(Ok(Err(code))) => Err(PeerError::Refused(code)),
            Ok(Err(_)) | Err(_) => {
                self.link.acks.lock().remove(&id);
                Err(PeerError::NoAck)
            }
        }
    }

    /// Ends the connection, with what the library has to write written.
    pub(crate) async fn stop(&self) {
        let handle = self.handle.lock().take();
        if let Some(handle) = handle {
            handle.shutdown().await;
        }
    }
}

async fn open_sqlite(index: usize, settings: &Settings, login: Login) -> Result<SqliteStore, PeerError> {
    let path = settings.data.join(format!("number-{index:06}.db"));
    if login == Login::Stored && !path.exists() {
        return Err(PeerError::NoLogin(index));
    }
    SqliteStore::new(&path.to_string_lossy()).await.map_err(PeerError::client)
}

/// Hears the library's events inline, which is the cheapest way that it offers.
struct Ears(Arc<Link>);

impl EventHandler for Ears {
    fn handle_event(&self, event: Arc<Event>) {
        let link = &self.0;
        match &*event {
            Event::Messages(batch) => {
                for message in batch.messages.iter() {
                    let text = message.message.text_content().is_some();
                    if text && !message.info.source.is_from_me {
                        link.received.fetch_add(1, Ordering::Relaxed);
                        link.tally.note_received();
                    }
                }
            }
            Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
                let waiting = link.acks.lock().remove(&ack.id);
                if let Some(waiting) = waiting {
                    // A sender that gave up does not listen.
                    let _ = waiting.send(ack.error.clone().map_or(Ok(()), Err));
                }
            }
            Event::Connected(_) => drop(link.state.send_replace(State::Open)),
            Event::Disconnected(_) => link.close(State::Connecting),
            Event::LoggedOut(_) => link.close(State::LoggedOut),
            Event::PairingQrCode(_) if link.login == Login::Stored => link.close(State::NoLogin),
            Event::PairingQrCode(qr) => {
                // A driver that is gone cannot scan; stdin's end stops the process.
                let _ = lines::write(&json!({"event": "qr", "number": link.index, "qr": qr.code}));
            }
            _ => {}
        }
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(&[
            EventKind::Messages,
            EventKind::ServerAck,
            EventKind::Connected,
            EventKind::Disconnected,
            EventKind::LoggedOut,
            EventKind::PairingQrCode,
        ])
    }
}

impl Link {
    /// Leaves `Open`; what is final stays.
    fn close(&self, next: State) {
        self.state.send_if_modified(|state| {
            let changes = matches!(state, State::Open | State::Connecting) && *state != next;
            if changes {
                *state = next;
            }
            changes
        });
    }
}
