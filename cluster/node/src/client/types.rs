//! What the API answers, as far as the commands read it. Unknown members are ignored: the API may grow.

use serde::Deserialize;

/// An instance.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Its state's word.
    pub state: String,
    /// The linked WhatsApp account.
    pub linked: Option<Person>,
}

/// A person.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    /// WhatsApp id.
    pub id: String,
    /// Phone number in E.164.
    pub phone: Option<String>,
}

/// What pairing waits for.
#[derive(Debug, Clone, Deserialize)]
pub struct Pairing {
    /// The instance's state.
    pub state: String,
    /// The QR code on show.
    pub qr: Option<Code>,
    /// The 8-character code on show.
    pub code: Option<Code>,
}

/// A code on show.
#[derive(Debug, Clone, Deserialize)]
pub struct Code {
    /// Its text.
    pub text: String,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    /// Its entries.
    pub data: Vec<T>,
    /// Where the next one begins.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A webhook. Serialised, it is what the API said of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Webhook(pub serde_json::Value);
