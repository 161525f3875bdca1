//! Outgoing messages: what is sent, what becomes of it, and in which order.

mod bulk_share;
mod content;
mod lane;
mod media;
mod outbox;
mod status;
mod things;
mod validate;

pub use bulk_share::BulkShare;
pub use content::{
    Audience, Content, Edit, Keep, LinkCard, LinkPreview, MessageRef, Pin, PollVote, Quote, Reaction,
    SendMessage, SendOptions, Text, TextFont, TextStyle,
};
pub use lane::Lane;
pub use media::{BlobRef, Media, MediaKind, MediaShow, MediaSource};
pub use outbox::{BulkTurn, Claim, FailedAttempt, Kept, Outbox, OutboxItem, Window};
pub use status::{MessageStatus, StatusStep};
pub use things::{
    Buttons, CalendarEvent, Choice, ContactCard, ContactFields, ListMenu, ListSection, LiveLocation,
    Location, MenuForm, Poll,
};
pub use validate::ValidateSend;
