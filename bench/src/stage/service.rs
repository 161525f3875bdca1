//! The simulated WhatsApp service as a process, and its control interface.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::child::Child;
use crate::error::{Bench, BenchError, During};
use crate::load::Http;

/// A running service.
pub struct Service {
    child: Child,
    endpoints: Endpoints,
    control: Http,
    ca_file: PathBuf,
}

/// Where it is, and whom to trust there.
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoints {
    /// WebSocket over TLS.
    pub wss_url: String,
    /// Control interface.
    pub control_url: String,
    /// `host:port` of the media server.
    pub media_host: String,
    /// Root of the Noise certificate chain, hexadecimal.
    pub root_public_key: String,
    ca_pem: String,
}

/// Somebody with a phone.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    /// Phone number, digits.
    pub pn: String,
}

impl Service {
    /// Starts it with its files in `directory`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(directory: &Path) -> Bench<Service> {
        let mut child =
            Child::role("the simulated service", &["service", "1"], &directory.join("service.log"))?;
        let line = child.line().await?;
        let endpoints: Endpoints = serde_json::from_str(&line).during("reading the service's endpoints")?;
        let ca_file = directory.join("ca.pem");
        std::fs::write(&ca_file, &endpoints.ca_pem).during("writing the CA")?;
        let control = Http::new(&endpoints.control_url, None)?;
        Ok(Service { child, endpoints, control, ca_file })
    }

    /// Where it is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// File with the certificate authority of its TLS endpoints.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// Lets `count` people move in, numbered from `first_pn` on, whose phones confirm what they receive.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn settle(&self, first_pn: u64, count: usize) -> Bench<Vec<Person>> {
        let body = json!({ "count": count, "first_pn": first_pn.to_string(), "auto_deliver": true, "history": false });
        self.control.post("/accounts/batch", &body).await
    }

    /// Somebody scans a QR code; whether it was still on show.
    ///
    /// # Errors
    /// When the service refuses for another reason.
    pub async fn scan(&self, pn: &str, qr: &str) -> Bench<bool> {
        let scanned = self.control.try_post(&format!("/accounts/{pn}/scan"), &json!({ "qr": qr })).await?;
        Ok(scanned.is_some())
    }

    /// Somebody writes a text from the phone.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn write(&self, pn: &str, to: &str, text: &str) -> Bench<()> {
        let body = json!({ "to": to, "text": text });
        self.control.post::<Value>(&format!("/accounts/{pn}/send"), &body).await.map(drop)
    }

    /// Somebody makes a group with others; gives its address.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn group(&self, creator: &str, others: &[String]) -> Bench<String> {
        let body = json!({ "creator": creator, "subject": "Neighbours", "participants": others });
        let made: Value = self.control.post("/groups", &body).await?;
        made["gid"].as_str().map(str::to_owned).ok_or_else(|| BenchError::new("a group without an address"))
    }

    /// What the service's judge objects to.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn findings(&self) -> Bench<Vec<String>> {
        let verdict: Value = self.control.get("/judge").await?;
        serde_json::from_value(verdict["findings"].clone()).during("reading the judge's findings")
    }

    /// Stops it.
    pub async fn stop(self) {
        self.child.stop().await;
    }
}
