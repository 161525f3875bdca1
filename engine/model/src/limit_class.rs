//! What a request costs: each class has its own budget of a key.

/// A class of operations that share a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitClass {
    /// Answered from what this node holds.
    Read,
    /// Changes something, here or on WhatsApp.
    Write,
    /// Sends a message.
    Send,
    /// Asks WhatsApp about people, chats or files: WhatsApp restricts numbers that ask too much.
    Lookup,
}

impl LimitClass {
    /// Every class.
    pub const ALL: [LimitClass; 4] =
        [LimitClass::Read, LimitClass::Write, LimitClass::Send, LimitClass::Lookup];

    /// The word that documentation and headers use.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitClass::Read => "read",
            LimitClass::Write => "write",
            LimitClass::Send => "send",
            LimitClass::Lookup => "lookup",
        }
    }
}
