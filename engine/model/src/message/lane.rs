//! Lanes of the outbox.

/// Lanes of the outbox, in order of precedence.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
pub enum Lane {
    /// One-time passwords: a person is waiting in front of a screen.
    Otp,
    /// Ordinary sends.
    Interactive,
    /// Answers written by a machine.
    Reply,
    /// Campaigns.
    Bulk,
}

impl Lane {
    /// Every lane, the first served first.
    pub const ALL: [Lane; 4] = [Lane::Otp, Lane::Interactive, Lane::Reply, Lane::Bulk];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Lane::Otp => "otp",
            Lane::Interactive => "interactive",
            Lane::Reply => "reply",
            Lane::Bulk => "bulk",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Lane> {
        Lane::ALL.into_iter().find(|lane| lane.as_str() == word)
    }

    /// One byte, in order of precedence: the first byte of a queue key.
    pub fn rank(self) -> u8 {
        self as u8
    }

    /// Reads [`Lane::rank`] back.
    pub fn from_rank(rank: u8) -> Option<Lane> {
        Lane::ALL.get(usize::from(rank)).copied()
    }
}
