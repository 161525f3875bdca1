//! The gateway end to end: the real binary between its HTTP API, the simulated service, and Baileys on the other side.

mod backlog;
mod copies;
mod events;
mod groups;
mod idempotency;
mod isolation;
mod lanes;
mod lifecycle;
mod media;
mod media_at_scale;
mod memory;
mod node;
mod offline;
mod pairing;
mod portable;
mod refusals;
mod retries;
mod settings;
mod text;
mod webhooks;
