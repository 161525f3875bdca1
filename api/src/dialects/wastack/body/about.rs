//! Messages that are there already, and presence.

use trunkline_model::command::{ChatActivity, PresenceCommand};
use trunkline_model::{Address, Failure};

use super::{anybody, needed};
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;

loose! {
    /// New words of a sent text.
    EditBody {
        /// The device that sent it; needed for a message by WhatsApp's id.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Its chat; likewise.
        chat: [chatId, to, phone, number] Loose<String>,
        /// The new text.
        text: [text, message, body] Loose<String>,
    }
}

loose! {
    /// Where a received message is.
    ReadBody {
        /// The device that got it.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Its chat.
        chat: [chatId, to, phone, number] Loose<String>,
        /// Who wrote it, in a group; needed for a message that is not known any more.
        sender: [senderId, participant] Loose<String>,
    }
}

loose! {
    /// What is shown to a chat.
    PresenceBody {
        /// The device.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// The chat.
        to: [to, phone, number, receiver, chatId] Loose<String>,
        /// `composing`, `recording`, `paused`, `available` or `unavailable`.
        state: [state, presence] Loose<String>,
    }
}

impl PresenceBody {
    /// The command, and the service's word for it.
    ///
    /// # Errors
    /// `VALIDATION` naming the member that is wrong.
    pub(crate) fn read(mut self) -> Result<(PresenceCommand, String), Failure> {
        let chat: Address = anybody("to", &needed("to", self.to())?)?;
        let word = needed("state", self.state())?;
        let show = |activity| PresenceCommand::Show { chat: chat.clone(), activity };
        let command = match word.as_str() {
            "composing" | "typing" => show(ChatActivity::Composing),
            "recording" => show(ChatActivity::Recording),
            "paused" => show(ChatActivity::Paused),
            "available" | "unavailable" => PresenceCommand::Set { online: word == "available" },
            _ => {
                return Err(wrong(
                    "state",
                    "is not one of composing, recording, paused, available, unavailable",
                ));
            }
        };
        Ok((command, word))
    }
}
