//! Bodies about messages that are there already.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::json::fields::First;

/// A reaction.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReactionBody {
    /// WhatsApp id of the chat, or a phone number.
    pub(crate) to: String,
    /// Who wrote the message; needed in a group.
    pub(crate) sender_id: Option<String>,
    /// The emoji; empty takes the reaction back.
    pub(crate) reaction: String,
}

/// New words for a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EditBody {
    /// WhatsApp id of the chat, or a phone number.
    pub(crate) to: String,
    /// The new text.
    pub(crate) text: Option<String>,
    /// The same; `text` comes first.
    pub(crate) message: Option<String>,
    /// People named in it.
    #[allow(dead_code, reason = "WhatsApp's own clients keep those of the message that is changed")]
    pub(crate) mentions: Option<First<String, 1_024>>,
}

macro_rules! about {
    ($(#[$doc:meta])* $name:ident { $($field:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name {
            /// WhatsApp id of the chat.
            pub(crate) chat_id: String,
            /// WhatsApp id of who wrote the message.
            pub(crate) sender_id: Option<String>,
            $($field)*
        }
    };
}

about! {
    /// A receipt.
    ReadBody {
        /// `delivered`, `sender`, `read` or `played`.
        pub(crate) receipt_type: Option<String>,
    }
}

about! {
    /// A star, or none.
    StarBody {
        /// Whether the message is starred.
        pub(crate) starred: Option<bool>,
    }
}

about! {
    /// A pin, or none.
    PinBody {
        /// Whether the message is pinned.
        pub(crate) pinned: Option<bool>,
        /// How long: `24h`, `7d`, `30d`.
        pub(crate) pin_expiration: Option<String>,
    }
}

about! {
    /// A message to be deleted for everyone.
    DeleteBody {}
}

about! {
    /// A message to be deleted for this account.
    DeleteForMeBody {
        /// Whether the account wrote it.
        #[serde(alias = "ifFromMe")]
        pub(crate) is_from_me: Option<bool>,
    }
}
