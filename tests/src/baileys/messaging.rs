//! Messages of a Baileys device: sending, receiving, receipts, media.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ogg::{PacketWriteEndInfo, PacketWriter};
use serde_json::{Value, json};

use super::Baileys;
use crate::account::Recipient;
use crate::events::{Event, Key, Message, MessageUpdate};

/// A file to send.
#[derive(Debug, Clone)]
pub struct Media {
    /// `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    pub kind: &'static str,
    /// MIME type.
    pub mimetype: &'static str,
    /// Caption, where the kind has one.
    pub caption: Option<&'static str>,
    /// Plain bytes.
    pub bytes: Vec<u8>,
}

impl Media {
    /// A file of `length` bytes that do not repeat soon. A voice note has as many inside an Ogg/Opus file of 20 ms a packet.
    pub fn sample(kind: &'static str, mimetype: &'static str, length: usize) -> Self {
        let bytes: Vec<u8> = (0..length as u64).map(|i| (i.wrapping_mul(0x9E37_79B9) >> 13) as u8).collect();
        let bytes = if kind == "voice" { in_opus(&bytes) } else { bytes };
        Self { kind, mimetype, caption: None, bytes }
    }

    /// With a caption.
    pub fn captioned(self, caption: &'static str) -> Self {
        Self { caption: Some(caption), ..self }
    }

    /// The plain bytes in base64.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }
}

/// Bytes as the packets of an Ogg/Opus file.
fn in_opus(bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = PacketWriter::new(Cursor::new(&mut file));
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.resize(19, 0);
    let mut packets = vec![head, b"OpusTags".to_vec()];
    packets.extend(bytes.chunks(80).map(<[u8]>::to_vec));
    for (number, packet) in packets.into_iter().enumerate() {
        let position = number.saturating_sub(1) as u64 * 960;
        let written = writer.write_packet(packet, 1, PacketWriteEndInfo::EndPage, position);
        written.unwrap_or_else(|error| panic!("a voice note cannot be made: {error}"));
    }
    drop(writer);
    file
}

impl Baileys {
    /// Sends text.
    pub async fn send_text(&self, to: &impl Recipient, text: &str) -> Message {
        self.send(to, json!({"text": text})).await
    }

    /// Sends text that quotes a message this device has seen.
    pub async fn reply(&self, to: &impl Recipient, quoted: &str, text: &str) -> Message {
        let arguments = json!({"to": to.jid(), "content": {"text": text}, "quoted": quoted});
        parse(self.must("send", arguments).await)
    }

    /// Sends a file.
    pub async fn send_media(&self, to: &impl Recipient, media: &Media) -> Message {
        let mut content = json!({"mimetype": media.mimetype});
        content[media.kind] = json!(media.base64());
        if let Some(caption) = media.caption {
            content["caption"] = json!(caption);
        }
        self.send(to, content).await
    }

    /// Sends content in the driver's form.
    pub async fn send(&self, to: &impl Recipient, content: Value) -> Message {
        parse(self.must("send", json!({"to": to.jid(), "content": content})).await)
    }

    /// Posts a status update to exactly these people.
    pub async fn post_status(&self, text: &str, to: &[String]) -> Message {
        let arguments = json!({"to": "status@broadcast", "content": {"text": text}, "status_recipients": to});
        parse(self.must("send", arguments).await)
    }

    /// Reacts to a message; an empty emoji takes the reaction back.
    pub async fn react(&self, to: &Key, emoji: &str) -> Message {
        parse(self.must("react", json!({"key": to, "text": emoji})).await)
    }

    /// Changes the text of a message of its own.
    pub async fn edit(&self, key: &Key, text: &str) -> Message {
        parse(self.must("edit", json!({"key": key, "text": text})).await)
    }

    /// Deletes a message of its own for everyone.
    pub async fn revoke(&self, key: &Key) -> Message {
        parse(self.must("revoke", json!({"key": key})).await)
    }

    /// Marks messages read, with read receipts.
    pub async fn read(&self, messages: &[&Message]) {
        let keys: Vec<&Key> = messages.iter().map(|message| &message.key).collect();
        self.must("read", json!({"keys": keys})).await;
    }

    /// Downloads and decrypts the file of a message.
    pub async fn download(&self, message: &Message) -> Vec<u8> {
        let answer = self.must("download", json!({"message": message.key.id})).await;
        STANDARD
            .decode(answer["base64"].as_str().unwrap_or_default())
            .unwrap_or_else(|error| panic!("the client returned no base64: {error}"))
    }

    /// Waits for a text from somebody else.
    pub async fn expect_text(&self, text: &str) -> Message {
        let wanted = |message: &Message| !message.key.from_me && message.text.as_deref() == Some(text);
        self.expect_message(&format!("text {text:?}"), wanted).await
    }

    /// Waits for the copy of a text that another device of this account sent.
    pub async fn expect_own_text(&self, text: &str) -> Message {
        let wanted = |message: &Message| message.key.from_me && message.text.as_deref() == Some(text);
        self.expect_message(&format!("copy of own text {text:?}"), wanted).await
    }

    /// Waits for this many texts from others, whatever they say; returns them in the order they arrived.
    pub async fn expect_texts(&self, count: usize) -> Vec<String> {
        let mut texts = Vec::with_capacity(count);
        for number in 1..=count {
            let any = |message: &Message| !message.key.from_me && message.text.is_some();
            let message = self.expect_message(&format!("text {number} of {count}"), any).await;
            texts.extend(message.text);
        }
        texts
    }

    /// Waits for a file from somebody else.
    pub async fn expect_media(&self, kind: &str) -> Message {
        let wanted = |message: &Message| !message.key.from_me && message.kind == kind;
        self.expect_message(&format!("a message of kind {kind}"), wanted).await
    }

    /// Waits for a message.
    pub async fn expect_message(&self, what: &str, accept: impl Fn(&Message) -> bool) -> Message {
        let pick = |event: &Event| match event {
            Event::Message(message) if accept(message) => Some((**message).clone()),
            _ => None,
        };
        self.expect(what, pick).await
    }

    /// Waits until a message this device sent was delivered to a device of the recipient.
    pub async fn expect_delivered(&self, sent: &Message) {
        self.expect_status(&sent.key.id, &["delivered", "read"]).await;
    }

    /// Waits until a message this device sent was read.
    pub async fn expect_read(&self, sent: &Message) {
        self.expect_status(&sent.key.id, &["read"]).await;
    }

    /// Waits until the service refused a message this device sent; returns the parameters (the error code).
    ///
    /// Baileys folds a status into the message itself while it buffers events, so both places count.
    pub async fn expect_refused(&self, sent: &Message) -> Vec<String> {
        let refused = |status: &Option<String>| status.as_deref() == Some("error");
        let pick = |event: &Event| match event {
            Event::MessageUpdate(update) if update.key.id == sent.key.id && refused(&update.status) => {
                Some(update.parameters.clone())
            }
            Event::Message(message) if message.key.id == sent.key.id && refused(&message.status) => {
                Some(message.parameters.clone())
            }
            _ => None,
        };
        self.expect(&format!("an error for message {}", sent.key.id), pick).await
    }

    /// Waits for a reaction to a message.
    pub async fn expect_reaction(&self, target: &str, emoji: &str) {
        let told = |event: &Event| match event {
            Event::Reaction { target: of, text } => (of == target && text == emoji).then_some(()),
            _ => None,
        };
        self.expect(&format!("{emoji} for message {target}"), told).await;
    }

    /// Waits for a change of a message.
    pub async fn expect_update(
        &self,
        id: &str,
        what: &str,
        accept: impl Fn(&MessageUpdate) -> bool,
    ) -> MessageUpdate {
        let pick = |event: &Event| match event {
            Event::MessageUpdate(update) if update.key.id == id && accept(update) => Some(update.clone()),
            _ => None,
        };
        self.expect(&format!("{what} for message {id}"), pick).await
    }

    /// Baileys folds a status into the message itself while it buffers events, so both places count.
    async fn expect_status(&self, id: &str, accepted: &[&str]) {
        let good =
            |status: &Option<String>| status.as_deref().is_some_and(|status| accepted.contains(&status));
        let pick = |event: &Event| match event {
            Event::MessageUpdate(update) => (update.key.id == id && good(&update.status)).then_some(()),
            Event::Message(message) => (message.key.id == id && good(&message.status)).then_some(()),
            _ => None,
        };
        self.expect(&format!("message {id} to be {accepted:?}"), pick).await;
    }

    /// Texts from others that arrived and that the test has not waited for, in order.
    pub fn further_texts(&self) -> Vec<String> {
        self.untaken(|event| match event {
            Event::Message(message) if !message.key.from_me => message.text.clone(),
            _ => None,
        })
    }
}

fn parse(value: Value) -> Message {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("not a message: {error}: {value}"))
}
