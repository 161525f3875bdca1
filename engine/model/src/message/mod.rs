//! Outgoing messages: what is sent, what becomes of it, and in which order.

mod bulk_share;
mod content;
mod outbox;
mod status;

pub use bulk_share::BulkShare;
pub use content::{
    BlobRef, Content, Lane, Media, MediaKind, MediaSource, Quote, SendMessage, Text, ValidateSend,
};
pub use outbox::{BulkTurn, Claim, FailedAttempt, Kept, Outbox, OutboxItem, Window};
pub use status::{MessageStatus, StatusStep};
