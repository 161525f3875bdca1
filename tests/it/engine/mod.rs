//! The gateway end to end: the real binary between its HTTP API, the simulated service, and Baileys on the other side.

mod backlog;
mod chat_changes;
mod chats;
mod contacts;
mod copies;
mod events;
mod groups;
mod idempotency;
mod isolation;
mod lanes;
mod lifecycle;
mod live;
mod media;
mod media_at_scale;
mod memory;
mod messages;
mod node;
mod offline;
mod openapi;
mod pairing;
mod portable;
mod refusals;
mod retries;
mod settings;
mod text;
mod webhooks;
