//! What Baileys proves, with every signature check turned on (`clients/strict.cjs`).

mod confirmations;
mod faults;
mod groups;
mod login;
mod media;
mod messages;
mod offline;
mod pairing;
mod requests;
mod state;
mod transport;
