//! The service's rules at the level of stanzas, against companions made of keys and little else.

mod backlog;
mod groups;
mod harness;
mod keys;
mod messages;
mod pairing;
mod rubbish;
mod sessions;
mod size;
mod state;
