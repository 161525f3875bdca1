//! The people of the simulated service, through its control interface.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{ApiError, Http};

/// The control interface of a running simulator.
#[derive(Debug, Clone)]
pub struct Town(Http);

/// Somebody with a phone.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    /// Phone number, digits.
    pub pn: String,
}

/// What a phone has received.
#[derive(Debug, Deserialize)]
pub struct Inbox {
    /// What it still holds, oldest first.
    pub messages: Vec<InboxMessage>,
    /// How much it received in all.
    pub received: u64,
}

/// A message on a phone.
#[derive(Debug, Deserialize)]
pub struct InboxMessage {
    /// WhatsApp id.
    pub id: String,
    /// Sent by another device of the same account.
    pub from_me: bool,
    /// Its text.
    pub text: Option<String>,
    /// Times that it was delivered.
    pub deliveries: u32,
}

/// What the service's own judge found: Signal keys used twice, ids used twice.
#[derive(Debug, Deserialize)]
pub struct ServiceVerdict {
    /// In words.
    pub findings: Vec<String>,
}

impl Inbox {
    /// Whether the oldest messages have not been pushed out.
    pub fn is_whole(&self) -> bool {
        self.messages.len() as u64 == self.received
    }
}

impl Town {
    /// The town behind a control interface.
    ///
    /// # Errors
    /// [`ApiError`] for an address that is none.
    pub fn new(control_url: &str) -> Result<Town, ApiError> {
        Http::new(control_url, None).map(Town)
    }

    /// Lets people move in. Their phones confirm what they receive; those that read also say so.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn settle(&self, count: usize, first_pn: u64, reads: bool) -> Result<Vec<Person>, ApiError> {
        let body = json!({
            "count": count,
            "first_pn": first_pn.to_string(),
            "auto_deliver": true,
            "auto_read": reads,
            "history": false,
        });
        self.0.post("/accounts/batch", Some(&body), &[]).await
    }

    /// Somebody scans a QR code.
    ///
    /// # Errors
    /// [`ApiError`]; 404 when the code is not on show any more.
    pub async fn scan(&self, person: &Person, qr: &str) -> Result<(), ApiError> {
        let path = format!("/accounts/{}/scan", person.pn);
        self.0.post(&path, Some(&json!({ "qr": qr })), &[]).await.map(|_: Value| ())
    }

    /// What somebody's phone has received.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn inbox(&self, person: &Person) -> Result<Inbox, ApiError> {
        self.0.get(&format!("/accounts/{}/inbox", person.pn)).await
    }

    /// What the service's judge found.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn verdict(&self) -> Result<ServiceVerdict, ApiError> {
        self.0.get("/judge").await
    }
}
