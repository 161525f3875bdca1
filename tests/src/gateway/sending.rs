//! Messages through the gateway: sent, followed, fetched.

use serde_json::{Value, json};

use super::{Answer, GatewayEvent, Instance, Request, in_base64};
use crate::account::Recipient;
use crate::baileys::Media;
use crate::judge::Sighting;
use crate::limits::COUNTER_POLL_INTERVAL;

/// Statuses of an outgoing message that was not refused, in order of progress.
const PROGRESS: [&str; 6] = ["pending", "processing", "sent", "delivered", "read", "played"];

/// A message that the gateway accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// `msg_…`.
    pub id: String,
    /// WhatsApp's id, chosen by the gateway.
    pub wa_id: String,
    /// Its status at that moment.
    pub status: String,
}

impl Accepted {
    /// Reads the answer to a send.
    pub fn of(answer: &Answer) -> Self {
        let message = answer.json();
        let text = |field: &str| {
            message[field].as_str().map(str::to_owned).unwrap_or_else(|| panic!("no {field}: {answer}"))
        };
        Self { id: text("id"), wa_id: text("wa_id"), status: text("status") }
    }

    /// The message as a judge expects it, given its text.
    pub fn with_text(&self, text: &str) -> Sighting {
        Sighting::new(&self.wa_id, text)
    }
}

impl Instance {
    /// Sends text.
    pub async fn send_text(&self, to: &impl Recipient, text: &str) -> Accepted {
        self.send(self.text_body(to, text)).await
    }

    /// The body of a text message; neither its text nor its recipient may show up in the log from now on.
    pub fn text_body(&self, to: &impl Recipient, text: &str) -> Value {
        let to = to.jid();
        self.api.keep_private(text);
        self.api.keep_private(to.split('@').next().unwrap_or(&to));
        json!({"to": to, "type": "text", "text": {"body": text}})
    }

    /// Sends what `POST …/messages` takes.
    pub async fn send(&self, body: Value) -> Accepted {
        let answer = self.sending(&body).send().await;
        answer.expect(202);
        Accepted::of(&answer)
    }

    /// A send that is being put together.
    pub fn sending(&self, body: &Value) -> Request {
        self.api.post(&self.path("/messages"), body)
    }

    /// Sends a file, in the body.
    pub async fn send_media(&self, to: &impl Recipient, media: &Media) -> Accepted {
        let mut body = media_body(to, media);
        body[media.kind]["data"] = json!(in_base64(&media.bytes));
        self.send(body).await
    }

    /// Sends a file, beside the body.
    pub async fn upload_media(&self, to: &impl Recipient, media: &Media) -> Accepted {
        let answer = self.try_upload_media(to, media).await;
        answer.expect(202);
        Accepted::of(&answer)
    }

    /// As [`Instance::upload_media`], whatever the answer is.
    pub async fn try_upload_media(&self, to: &impl Recipient, media: &Media) -> Answer {
        let request = self.api.request(reqwest::Method::POST, &self.path("/messages"));
        request.multipart(&media_body(to, media), media.mimetype, &media.bytes).send().await
    }

    /// Sends a file that the gateway fetches itself.
    pub async fn send_media_from(&self, to: &impl Recipient, media: &Media, url: &str) -> Accepted {
        let mut body = media_body(to, media);
        body[media.kind]["url"] = json!(url);
        self.send(body).await
    }

    /// The message as the API shows it now.
    pub async fn message(&self, sent: &Accepted) -> Value {
        let shown = self.get(&format!("/messages/{}", sent.id)).await.expect(200);
        assert_eq!(shown["wa_id"], sent.wa_id, "the message changed its WhatsApp id");
        shown
    }

    /// Waits until a message has at least this status.
    pub async fn expect_status(&self, sent: &Accepted, status: &str) {
        let wanted = rank(status);
        let reached = |event: &GatewayEvent| {
            let now = event.status_of(&sent.id)?;
            assert_ne!(now, "failed", "{} failed: {}", sent.id, event.data);
            (rank(now) >= wanted).then_some(())
        };
        self.find(&format!("{} to be {status}", sent.wa_id), reached).await;
    }

    /// As [`Instance::expect_status`], for a message that takes its time.
    pub async fn expect_status_patiently(&self, sent: &Accepted, status: &str) {
        let wanted = rank(status);
        loop {
            let now = self.message(sent).await["status"].as_str().unwrap_or_default().to_owned();
            if now != "processing" && rank(&now) >= wanted {
                return;
            }
            tokio::time::sleep(COUNTER_POLL_INTERVAL).await;
        }
    }

    /// Waits until a message failed; returns the reason.
    pub async fn expect_failed(&self, sent: &Accepted) -> String {
        let failed = |event: &GatewayEvent| {
            let failed = event.status_of(&sent.id)? == "failed";
            failed.then(|| event.data["error"].as_str().unwrap_or_default().to_owned())
        };
        self.find(&format!("{} to fail", sent.id), failed).await
    }

    /// Downloads the file of a received message.
    pub async fn download(&self, received: &GatewayEvent) -> Answer {
        let kind = received.data["type"].as_str().unwrap_or_default();
        let url = received.data[kind]["url"].as_str();
        let url = url.unwrap_or_else(|| panic!("the message has no file: {}", received.data));
        self.api.get(url).send().await
    }

    /// Marks messages of a chat as read.
    pub async fn mark_read(&self, chat: &str, wa_ids: &[&str]) {
        self.post("/messages/read", json!({"chat": chat, "wa_ids": wa_ids})).await.expect(204);
    }
}

fn media_body(to: &impl Recipient, media: &Media) -> Value {
    let mut about = json!({"mime_type": media.mimetype});
    if let Some(caption) = media.caption {
        about["caption"] = json!(caption);
    }
    let mut body = json!({"to": to.jid(), "type": media.kind});
    body[media.kind] = about;
    body
}

fn rank(status: &str) -> usize {
    let found = PROGRESS.iter().position(|known| *known == status);
    found.unwrap_or_else(|| panic!("{status:?} is no status of progress"))
}
