//! Typed, opaque ids. In memory and on disk they are integers; outside they are a prefix and hexadecimal digits.

use core::fmt;
use core::str::FromStr;

use crate::slot::{Bucket, Slot};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text does not start with the prefix of this kind of id.
    #[error("expected an id that starts with `{0}_`")]
    Prefix(&'static str),
    /// What follows the prefix is not a number in hexadecimal digits of the right length.
    #[error("what follows `{0}_` is not {1} hexadecimal digits")]
    Digits(&'static str, usize),
    /// The number does not fit the id's bits.
    #[error("the number after `{0}_` is out of range")]
    Range(&'static str),
}

fn parse(text: &str, prefix: &'static str, digits: usize) -> Result<u64, IdError> {
    let rest =
        text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(IdError::Prefix(prefix))?;
    let well_formed = rest.len() == digits && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !well_formed {
        return Err(IdError::Digits(prefix, digits));
    }
    u64::from_str_radix(rest, 16).map_err(|_| IdError::Digits(prefix, digits))
}

macro_rules! owner_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
        )]
        pub struct $name(pub u64);

        impl $name {
            /// What the written form starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The slot that this id hashes to: where its keys live, for ever.
            pub fn slot(self) -> Slot {
                Slot::of(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{:016x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix, 16).map($name)
            }
        }
    };
}

owner_id!(
    /// A tenant. Owns instances and API keys.
    AccountId, "acc"
);
owner_id!(
    /// One linked number: one WhatsApp device session.
    InstanceId, "ins"
);
owner_id!(
    /// Where an account's events go: a webhook, a message broker, or a consumer that pulls.
    EndpointId, "whk"
);
owner_id!(
    /// An API key's public name; the key itself is stored as a hash only.
    KeyId, "key"
);
owner_id!(
    /// A text with variables, kept under a name.
    TemplateId, "tpl"
);
owner_id!(
    /// Somebody in an account's address book.
    ContactId, "con"
);
owner_id!(
    /// A one-time password.
    OtpId, "otp"
);
owner_id!(
    /// One message to many people.
    CampaignId, "cmp"
);
owner_id!(
    /// A message that is sent later, once or again and again.
    ScheduleId, "sch"
);
owner_id!(
    /// A part of an account that instances belong to.
    WorkspaceId, "wsp"
);
owner_id!(
    /// A program that names itself beside a key.
    AppId, "app"
);
owner_id!(
    /// A person who signs in.
    MemberId, "mem"
);
owner_id!(
    /// A file at a public address.
    FileId, "fil"
);

impl WorkspaceId {
    /// The workspace that an account has from the beginning: its number is the account's.
    pub const fn default_of(account: AccountId) -> WorkspaceId {
        WorkspaceId(account.0)
    }
}

/// The account that a fresh data directory starts with.
pub const ROOT_ACCOUNT: AccountId = AccountId(1);

/// A message accepted for sending: 53 bits, `bucket:8 ‖ sequence:45`, exact in a JSON number and routable without a lookup.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
)]
pub struct MessageId(u64);

impl MessageId {
    /// Bits of the sequence part.
    pub const SEQUENCE_BITS: u32 = 45;
    /// Largest sequence number that fits.
    pub const SEQUENCE_MAX: u64 = (1 << Self::SEQUENCE_BITS) - 1;
    const DIGITS: usize = 14;

    /// Joins a bucket and its next sequence number. `None` when the sequence does not fit its 45 bits.
    pub fn new(bucket: Bucket, sequence: u64) -> Option<MessageId> {
        (sequence <= Self::SEQUENCE_MAX)
            .then(|| MessageId((u64::from(bucket.0) << Self::SEQUENCE_BITS) | sequence))
    }

    /// The bucket of the instance that owns the message.
    pub fn bucket(self) -> Bucket {
        Bucket((self.0 >> Self::SEQUENCE_BITS) as u8)
    }

    /// Position among the messages of the bucket.
    pub fn sequence(self) -> u64 {
        self.0 & Self::SEQUENCE_MAX
    }

    /// The whole id as a number below 2^53.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Reads back what [`MessageId::get`] gave. `None` from 2^53 upwards.
    pub fn from_u64(raw: u64) -> Option<MessageId> {
        (raw < 1 << 53).then_some(MessageId(raw))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{:014x}", self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MessageId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let raw = parse(text, "msg", Self::DIGITS)?;
        MessageId::from_u64(raw).ok_or(IdError::Range("msg"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refused_ids_name_the_reason() {
        let check = |text: &str, expected: IdError| assert_eq!(text.parse::<InstanceId>(), Err(expected));
        check("acc_0000000000000001", IdError::Prefix("ins"));
        check("ins_1", IdError::Digits("ins", 16));
        check("ins_00000000000000G1", IdError::Digits("ins", 16));
        check("ins_00000000000000A1", IdError::Digits("ins", 16));
        assert_eq!("msg_ffffffffffffff".parse::<MessageId>(), Err(IdError::Range("msg")));
    }

    proptest! {
        #[test]
        fn ids_read_back_what_they_write(raw: u64, bucket: u8, sequence in 0..=MessageId::SEQUENCE_MAX) {
            prop_assert_eq!(InstanceId(raw).to_string().parse(), Ok(InstanceId(raw)));
            let id = MessageId::new(Bucket(bucket), sequence).expect("the sequence is in range");
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!((id.bucket().0, id.sequence()), (bucket, sequence));
            prop_assert!(id.get() < 1 << 53);
        }
    }
}
