//! Calls: what can be done about them without taking part.

use crate::address::Address;
use crate::inbound::Party;

/// A command about calls. Every one of these tells or asks WhatsApp, and needs an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum CallCommand {
    /// Declines a call that rings. Answered by [`super::Reply::Done`].
    Reject {
        /// WhatsApp's id of the call.
        call: String,
        /// Who calls: needed only for a call that the present connection was not told of.
        from: Option<Address>,
    },
    /// Makes a link that others join a call by. Answered by [`super::Reply::CallLink`].
    CreateLink {
        /// Whether for video.
        video: bool,
    },
}

/// Something that happened to a call.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CallEvent {
    /// WhatsApp's id of the call.
    pub call: String,
    /// Whose signal this is: the caller's for an offer.
    pub from: Party,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// What happened.
    pub step: CallStep,
}

/// The steps of a call that can be seen from outside it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum CallStep {
    /// It rings.
    Offered {
        /// Whether with video.
        video: bool,
        /// The group that it is for: its WhatsApp id, where told.
        group: Option<String>,
        /// Whether for several people.
        is_group: bool,
    },
    /// Somebody took it.
    Accepted {
        /// Whether another device of this account did.
        elsewhere: bool,
    },
    /// It is over, or was never taken.
    Ended {
        /// Why: `rejected`, `missed`, `timeout`, or WhatsApp's own word; `None` for an ordinary end.
        reason: Option<String>,
        /// How long it took, in seconds, where told.
        duration_seconds: Option<u32>,
    },
}
