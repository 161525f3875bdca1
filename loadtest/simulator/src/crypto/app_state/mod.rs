//! App state ("syncd"): the encrypted key-value collections an account's devices keep in step through patches.
//!
//! The service stores opaque bytes; only devices read them. [`lthash`] is the homomorphic checksum, [`record`] one
//! encrypted entry, [`state`] a collection that makes and checks patches and snapshots.

pub mod lthash;
pub mod record;
pub mod state;

pub use self::record::{Mutation, MutationKeys, Operation, SyncKey};
pub use self::state::CollectionState;

/// The five collections every account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Collection {
    /// What a client needs before it opens: push name, locale.
    CriticalBlock,
    /// Contacts.
    CriticalUnblockLow,
    /// Mutes, stars and the like.
    RegularHigh,
    /// Pins, archives.
    RegularLow,
    /// Everything else.
    Regular,
}

impl Collection {
    /// All collections, in the order clients ask for them.
    pub const ALL: [Self; 5] =
        [Self::CriticalBlock, Self::CriticalUnblockLow, Self::RegularHigh, Self::RegularLow, Self::Regular];

    /// Name on the wire; also part of every MAC.
    pub fn name(self) -> &'static str {
        match self {
            Self::CriticalBlock => "critical_block",
            Self::CriticalUnblockLow => "critical_unblock_low",
            Self::RegularHigh => "regular_high",
            Self::RegularLow => "regular_low",
            Self::Regular => "regular",
        }
    }

    /// The collection of a wire name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name)
    }
}

/// Why a patch or snapshot was refused. Nothing is applied then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppStateError {
    /// Not the protobuf expected, or a mandatory field is missing.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A MAC that does not match.
    #[error("{0} MAC does not match")]
    Mac(&'static str),
    /// Encrypted under a key this device does not have.
    #[error("unknown key")]
    UnknownKey,
    /// Not the version after the current one.
    #[error("version {got} does not follow {current}")]
    Version {
        /// Version of the state.
        current: u64,
        /// Version of the patch.
        got: u64,
    },
    /// The same index twice under one operation.
    #[error("an index occurs twice")]
    DuplicateIndex,
    /// More records than a collection may hold.
    #[error("collection is full")]
    Full,
}
