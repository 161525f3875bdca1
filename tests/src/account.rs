//! An account of the simulated service and the phone it belongs to.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::baileys::Baileys;
use crate::limits::{COUNTER_POLL_INTERVAL, SERVICE_TIMEOUT};
use crate::world::Site;

/// Somebody with a phone number.
pub struct Account {
    pub(crate) site: Arc<Site>,
    name: String,
    pn: String,
    lid: String,
}

/// The virtual phone of an account: device 0.
pub struct Phone<'a> {
    account: &'a Account,
}

/// Anything a message can be addressed to.
pub trait Recipient {
    /// The address on the wire.
    fn jid(&self) -> String;
}

impl Account {
    pub(crate) fn new(site: Arc<Site>, name: &str, account: &Value) -> Self {
        let text = |field: &str| account[field].as_str().unwrap_or_default().to_owned();
        Self { site, name: name.to_owned(), pn: text("pn"), lid: text("lid") }
    }

    /// Display name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Phone number, digits.
    pub fn pn(&self) -> &str {
        &self.pn
    }

    /// Address by phone number.
    pub fn pn_jid(&self) -> String {
        format!("{}@s.whatsapp.net", self.pn)
    }

    /// Address by LID.
    pub fn lid_jid(&self) -> String {
        format!("{}@lid", self.lid)
    }

    /// Address of device `number` by phone number.
    pub fn device_jid(&self, number: u32) -> String {
        format!("{}:{number}@s.whatsapp.net", self.pn)
    }

    /// Whether `jid` is this account by either name, whichever device.
    pub fn is(&self, jid: &str) -> bool {
        let (user, server) = jid.split_once('@').unwrap_or_default();
        let user = user.split(':').next().unwrap_or_default();
        (user == self.pn && server == "s.whatsapp.net") || (user == self.lid && server == "lid")
    }

    /// The phone.
    pub fn phone(&self) -> Phone<'_> {
        Phone { account: self }
    }

    /// Links a new Baileys device by QR and waits until it has its history and its name.
    pub async fn link_baileys(&self) -> Baileys {
        let baileys = Baileys::start(Arc::clone(&self.site), &self.name).await;
        baileys.link(self).await;
        baileys
    }

    /// The account as the service sees it: devices, queues, key counts.
    pub async fn as_seen_by_service(&self) -> Value {
        self.site.control.get(&self.path("")).await
    }

    /// One device as the service sees it.
    pub async fn device(&self, number: u32) -> Value {
        let account = self.as_seen_by_service().await;
        let devices = account["devices"].as_array().cloned().unwrap_or_default();
        let found = devices.into_iter().find(|device| device["id"] == json!(number));
        found.unwrap_or_else(|| panic!("{} has no device {number}: {account:#}", self.name))
    }

    /// Waits until the account looks right to the service.
    pub async fn wait_until<T>(&self, what: &str, look: impl FnMut(&Value) -> Option<T>) -> T {
        self.site.control.wait_for(what, &self.path(""), look).await
    }

    /// Waits until a device has confirmed everything it was sent.
    pub async fn expect_settled(&self, device: u32) {
        let settled = |seen: &Value| {
            let devices = seen["devices"].as_array()?;
            let found = devices.iter().find(|entry| entry["id"] == json!(device))?;
            (found["queued"] == json!(0)).then_some(())
        };
        self.wait_until(&format!("nothing queued for device {device}"), settled).await;
    }

    /// Cuts the connection of one device, without a word.
    pub async fn drop_connection(&self, device: u32) {
        self.connection(device, "drop").await;
    }

    /// Keeps the socket of one device open but neither reads nor writes.
    pub async fn freeze_connection(&self, device: u32) {
        self.connection(device, "freeze").await;
    }

    /// Ends a freeze; what piled up on either side flows.
    pub async fn thaw_connection(&self, device: u32) {
        self.connection(device, "thaw").await;
    }

    /// Arms a fault for this account.
    pub async fn fault(&self, name: &str, scope: Value) {
        let mut body = scope;
        body["pn"] = json!(self.pn);
        self.site.control.fault(name, body).await;
    }

    async fn connection(&self, device: u32, action: &str) {
        self.site
            .control
            .post(&format!("/connections/{}/{action}", self.device_jid(device)), json!({}))
            .await;
    }

    fn path(&self, rest: &str) -> String {
        format!("/accounts/{}{rest}", self.pn)
    }
}

impl Recipient for Account {
    fn jid(&self) -> String {
        self.pn_jid()
    }
}

impl Recipient for &str {
    fn jid(&self) -> String {
        (*self).to_owned()
    }
}

impl Recipient for String {
    fn jid(&self) -> String {
        self.clone()
    }
}

impl Phone<'_> {
    /// Scans a QR code.
    pub async fn scan(&self, qr: &str) {
        self.post("/scan", json!({"qr": qr})).await;
    }

    /// Types a pairing code.
    pub async fn type_pairing_code(&self, code: &str) {
        self.post("/pairing-code", json!({"code": code})).await;
    }

    /// From now on nobody links a device to the account without its passkey.
    pub async fn require_passkey(&self) {
        self.post("/passkey", json!({"required": true})).await;
    }

    /// The owner answers a request for the passkey: the body of `POST …/passkey`.
    pub async fn assert_passkey(&self, request: &Value) -> Value {
        self.post("/passkey/assertion", json!({"options": request.to_string()})).await
    }

    /// The code that the phone shows in a ceremony, as soon as it does.
    pub async fn passkey_code(&self) -> String {
        let shown = |account: &Value| account["passkey_code"].as_str().map(str::to_owned);
        self.account.wait_until("a code of the passkey's ceremony", shown).await
    }

    /// Sends text; returns the message id.
    pub async fn send_text(&self, to: &impl Recipient, text: &str) -> String {
        self.send(to, json!({"text": text})).await
    }

    /// Sends anything `POST /accounts/{pn}/send` takes; returns the message id.
    pub async fn send(&self, to: &impl Recipient, content: Value) -> String {
        let mut body = content;
        body["to"] = json!(to.jid());
        let sent = self.post("/send", body).await;
        sent["id"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("send returned no id: {sent}"))
    }

    /// Reads messages of a chat, with read receipts.
    pub async fn read(&self, chat: &impl Recipient, ids: &[&str]) {
        self.post("/read", json!({"chat": chat.jid(), "ids": ids})).await;
    }

    /// Changes something that lives in app state.
    pub async fn change_app_state(&self, change: Value) {
        self.post("/app-state", change).await;
    }

    /// Indexes of what companions changed in app state, the newest last.
    pub async fn companion_changes(&self) -> Vec<Vec<String>> {
        let seen = self.account.site.control.get(&self.account.path("/app-state")).await;
        serde_json::from_value(seen["changes"].clone()).unwrap_or_else(|error| panic!("{error}: {seen}"))
    }

    /// Removes a companion.
    pub async fn unlink(&self, device: u32) {
        self.post("/unlink", json!({"device": device})).await;
    }

    /// Waits for a text.
    pub async fn expect_text(&self, text: &str) -> Value {
        self.expect(&format!("text {text:?}"), |message| message["text"] == json!(text)).await
    }

    /// Waits for a message in the inbox.
    pub async fn expect(&self, what: &str, accept: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + SERVICE_TIMEOUT;
        let mut received = 0;
        loop {
            let inbox = self.inbox_after(received).await;
            let messages = inbox["messages"].as_array().cloned().unwrap_or_default();
            if let Some(found) = messages.into_iter().find(|message| accept(message)) {
                return found;
            }
            let overdue = tokio::time::Instant::now() >= deadline;
            assert!(!overdue, "{}'s phone did not get {what}; inbox: {inbox:#}", self.account.name);
            let before = std::mem::replace(&mut received, inbox["received"].as_u64().unwrap_or(0));
            if before == received {
                tokio::time::sleep(COUNTER_POLL_INTERVAL).await;
            }
        }
    }

    /// Messages received so far.
    pub async fn inbox(&self) -> Vec<Value> {
        let inbox = self.account.site.control.get(&self.account.path("/inbox")).await;
        inbox["messages"].as_array().cloned().unwrap_or_default()
    }

    /// The inbox as soon as it has received more than `received` messages, or after a second.
    async fn inbox_after(&self, received: u64) -> Value {
        let path = format!("/inbox?received={}&wait_ms=1000", received + 1);
        self.account.site.control.get(&self.account.path(&path)).await
    }

    async fn post(&self, action: &str, body: Value) -> Value {
        self.account.site.control.post(&self.account.path(action), body).await
    }
}
