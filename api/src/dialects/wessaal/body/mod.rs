//! Bodies of requests. What is unknown is passed over, null and empty texts are as good as nothing, numbers may be texts.

pub(super) mod book;
pub(super) mod message;
pub(super) mod things;
