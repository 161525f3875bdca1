//! The actor over a store that can refuse, without WhatsApp: what it promises is on disk, and nothing comes back that was
//! deleted.

mod deletion;
mod dormancy;
mod failures;
mod lists;
mod payment;
mod repeats;
mod settings;
