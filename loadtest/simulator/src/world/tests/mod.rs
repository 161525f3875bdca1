//! The service's rules at the level of stanzas, against companions made of keys and little else.

mod backlog;
mod communities;
mod groups;
mod harness;
mod keys;
mod messages;
mod newsletters;
mod pairing;
mod rubbish;
mod sessions;
mod size;
mod state;
