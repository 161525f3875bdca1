//! A Baileys device: an independent client of the protocol, driven from Rust.

mod messaging;
mod social;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::timeout;

pub use self::messaging::Media;
pub use self::social::Group;
use crate::account::Account;
use crate::events::{ClientError, Event, Stanza};
use crate::limits::{PROCESS_START_TIMEOUT, QUIET_PERIOD};
use crate::process::ClientProcess;
use crate::world::Site;

/// Entry point of the driver, below `tests/clients`.
const DRIVER: &str = "baileys/driver.mjs";

/// One process that is one Baileys device.
pub struct Baileys {
    site: Arc<Site>,
    process: ClientProcess,
}

/// A device's identity and keys, as exported by one process for another.
#[derive(Clone)]
pub struct DeviceState(pub Value);

impl Baileys {
    pub(crate) async fn start(site: Arc<Site>, name: &str) -> Self {
        let process = site.start_node(DRIVER, name);
        let baileys = Self { site, process };
        let hello =
            baileys.process.expect("its hello", |event| matches!(event, Event::Hello { .. }).then_some(()));
        if timeout(PROCESS_START_TIMEOUT, hello).await.is_err() {
            panic!("node did not start: {}", baileys.process.story());
        }
        baileys
    }

    /// Connects as a new device that wants to be linked. `options` as in the driver's `connect`.
    pub async fn connect(&self, options: Value) {
        self.connect_to(&self.site.ws_url, options).await;
    }

    /// As [`Baileys::connect`], to the TLS endpoint.
    pub async fn connect_with_tls(&self, options: Value) {
        self.connect_to(&self.site.wss_url, options).await;
    }

    async fn connect_to(&self, url: &str, options: Value) {
        let root_key = &self.site.root_public_key_hex;
        self.must("connect", json!({"url": url, "root_key": root_key, "options": options})).await;
    }

    /// Connects while trusting another Noise root key.
    pub async fn connect_trusting(&self, root_key: &str) {
        self.must("connect", json!({"url": self.site.ws_url, "root_key": root_key})).await;
    }

    /// Connects as the device whose state another process exported.
    pub async fn resume(&self, state: &DeviceState, options: Value) {
        let root_key = &self.site.root_public_key_hex;
        let arguments =
            json!({"url": self.site.ws_url, "root_key": root_key, "state": state.0, "options": options});
        self.must("connect", arguments).await;
    }

    /// Links this device to `account` by QR and waits until it is ready to talk.
    pub async fn link(&self, account: &Account) {
        self.connect(json!({})).await;
        self.finish_linking(account).await;
    }

    /// As [`Baileys::link`], over TLS.
    pub async fn link_with_tls(&self, account: &Account) {
        self.connect_with_tls(json!({})).await;
        self.finish_linking(account).await;
    }

    async fn finish_linking(&self, account: &Account) {
        let qr = self.expect_qr().await;
        account.phone().scan(&qr).await;
        self.expect_linked(account).await;
    }

    /// Waits for everything a freshly linked device goes through: pair-success, the restart, login, the end of
    /// the backlog, history, and the account's name.
    pub async fn expect_linked(&self, account: &Account) {
        self.expect_paired().await;
        self.expect_closed(515).await;
        self.expect_open().await;
        self.expect_caught_up().await;
        self.expect_synced().await;
        self.expect_push_name(account.name()).await;
    }

    /// Waits for a QR code.
    pub async fn expect_qr(&self) -> String {
        self.process
            .expect("a QR code", |event| if let Event::Qr { qr } = event { Some(qr.clone()) } else { None })
            .await
    }

    /// Waits until pair-success was accepted.
    pub async fn expect_paired(&self) {
        self.process.expect("pair-success", |event| matches!(event, Event::Paired).then_some(())).await;
    }

    /// Waits until logged in.
    pub async fn expect_open(&self) {
        self.process.expect("an open connection", |event| matches!(event, Event::Open).then_some(())).await;
    }

    /// Waits for the end of the offline backlog.
    pub async fn expect_caught_up(&self) {
        let marker = |event: &Event| matches!(event, Event::CaughtUp).then_some(());
        self.process.expect("the end of the backlog", marker).await;
    }

    /// Waits until the connection ended, which must be with `status`; returns the client's words.
    pub async fn expect_closed(&self, expected: u16) -> String {
        let (status, reason) = self.expect_closed_somehow().await;
        assert_eq!(
            status,
            expected,
            "connection closed with another status: {reason}\n{}",
            self.process.story()
        );
        reason
    }

    /// Waits until the connection ended; returns status and the client's words.
    pub async fn expect_closed_somehow(&self) -> (u16, String) {
        let closed = |event: &Event| match event {
            Event::Closed { status, reason } => Some((*status, reason.clone())),
            _ => None,
        };
        self.process.expect("the end of the connection", closed).await
    }

    /// Waits for the account's display name.
    pub async fn expect_push_name(&self, expected: &str) {
        let named =
            |event: &Event| matches!(event, Event::PushName { name } if name == expected).then_some(());
        self.process.expect(&format!("push name {expected:?}"), named).await;
    }

    /// Waits for the end of the first synchronisation of app state.
    pub async fn expect_synced(&self) {
        self.process.expect("the first sync", |event| matches!(event, Event::Synced).then_some(())).await;
    }

    /// Waits for a piece of history that holds this text; returns the ids of the chats in it.
    pub async fn expect_history_with(&self, text: &str) -> Vec<String> {
        let holding = |event: &Event| match event {
            Event::History { chats, messages, .. } => {
                let held = messages.iter().any(|message| message.text.as_deref() == Some(text));
                held.then(|| chats.clone())
            }
            _ => None,
        };
        self.process.expect(&format!("history with {text:?}"), holding).await
    }

    /// Asks for a pairing code; the client chooses it unless told.
    pub async fn request_pairing_code(&self, account: &Account, code: Option<&str>) -> String {
        let answer = self.must("pairing_code", json!({"phone": account.pn(), "code": code})).await;
        answer["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Logs this device out.
    pub async fn logout(&self) {
        self.must("logout", json!({})).await;
    }

    /// Closes the connection from this side, the device stays linked.
    pub async fn close(&self) {
        self.must("close", json!({})).await;
    }

    /// Closes and opens the connection.
    pub async fn reconnect(&self) {
        self.must("reconnect", json!({})).await;
    }

    /// Ends the process as `kill -9` does.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// From now on nothing this client writes reaches the service.
    pub async fn mute(&self) {
        self.must("mute", json!({})).await;
    }

    /// Loses its pairwise sessions: the next message from anybody cannot be read.
    pub async fn forget_sessions(&self) {
        self.forget("session").await;
    }

    /// Loses what others told it of their group keys.
    pub async fn forget_sender_keys(&self) {
        self.forget("sender-key").await;
    }

    async fn forget(&self, kind: &str) {
        let answer = self.must("forget", json!({"type": kind})).await;
        assert_ne!(answer["forgotten"], json!(0), "there was no {kind} to forget");
    }

    /// Everything another process needs to be this device.
    pub async fn export_state(&self) -> DeviceState {
        DeviceState(self.must("export_state", json!({})).await)
    }

    /// What the client knows of itself: `{id, lid, name}`.
    pub async fn me(&self) -> Value {
        self.must("me", json!({})).await
    }

    /// Reports incoming stanzas with this name from now on.
    pub async fn watch(&self, tag: &str) {
        self.must("watch", json!({"tags": [tag]})).await;
    }

    /// Waits for a watched stanza.
    pub async fn expect_stanza(&self, what: &str, accept: impl Fn(&Stanza) -> bool) -> Stanza {
        let watched = |event: &Event| match event {
            Event::Stanza { stanza } if accept(stanza) => Some(stanza.clone()),
            _ => None,
        };
        self.process.expect(what, watched).await
    }

    /// Sends a request of the test's own making.
    ///
    /// # Errors
    /// The error the service answered with.
    pub async fn query(&self, node: Value) -> Result<Stanza, ClientError> {
        let answer = self.process.command("query", json!({"node": node})).await?;
        Ok(serde_json::from_value(answer).unwrap_or_else(|error| panic!("no stanza: {error}")))
    }

    /// A command that must succeed.
    pub async fn must(&self, command: &str, arguments: Value) -> Value {
        let told = arguments.to_string();
        match self.process.command(command, arguments).await {
            Ok(value) => value,
            Err(error) => {
                let told = &told[..told.floor_char_boundary(300)];
                panic!("{command} {told} failed: {error:?}\n{}", self.process.story())
            }
        }
    }

    /// A command that must fail; returns its error.
    pub async fn must_fail(&self, command: &str, arguments: Value) -> ClientError {
        match self.process.command(command, arguments).await {
            Ok(value) => panic!("{command} should have failed, it returned {value}"),
            Err(error) => error,
        }
    }

    /// Waits for an event of the caller's choice.
    pub async fn expect<T>(&self, what: &str, pick: impl FnMut(&Event) -> Option<T>) -> T {
        self.process.expect(what, pick).await
    }

    /// Asserts that no event the test has not waited for matches, now and for a quiet period.
    pub async fn expect_none(&self, what: &str, mut pick: impl FnMut(&Event) -> bool) {
        let seen =
            timeout(QUIET_PERIOD, self.process.expect(what, |event| pick(event).then(|| event.clone())))
                .await;
        if let Ok(event) = seen {
            panic!("{what} should not have happened: {event:?}");
        }
    }

    /// Everything so far that no wait has taken, mapped, in order.
    pub fn untaken<T>(&self, pick: impl FnMut(&Event) -> Option<T>) -> Vec<T> {
        self.process.untaken(pick)
    }
}
