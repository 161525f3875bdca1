//! The log-and-state store of one shard.
//!
//! **Does.** Keeps ordered keys and opaque values in one fjall database per shard; makes batches durable by
//! group commit on a paired disk thread ([`LocalLedger`]); guards the data directory ([`DataDir`]: marker and
//! lock); seals secrets at rest ([`Sealer`]).
//!
//! **Never does.** Writes from a caller's thread. Blocks a caller on a full queue (it answers
//! [`StoreError::Busy`]). Acknowledges a [`CommitClass::First`] or [`CommitClass::Soon`] batch that is not on
//! disk. Retries a failed write or fsync. Looks inside a value. Ends the process: the engine does that when
//! [`StoreOptions::on_poison`] calls.
//!
//! **Invariants.**
//! - Batches become durable in the order in which [`Ledger::commit`] was called; what a crash leaves behind is
//!   a prefix of that order, and no batch is ever half there.
//! - Reads see whole batches only, and never one that a crash could take back (except `Local` ones, which
//!   ask for no more).
//! - After the first I/O error, hang or panic the store is poisoned: every later commit fails with
//!   [`StoreError::Poisoned`] until the process is started again.
//! - Only this crate names fjall, and only the disk thread calls its writing half. fjall's automatic
//!   memtable rotation stays off, since its flush workers can block each other on it (reproduced with 3.1.13):
//!   the disk thread rotates, and a watchdog poisons the store when flushes stop.

pub mod limits;
pub mod metrics;

mod batch;
mod data_dir;
mod database;
mod disk;
mod error;
mod files;
mod forming;
mod group;
mod key;
mod ledger;
mod local;
mod marker;
mod octets;
mod options;
mod poison;
mod queue;
mod random;
mod sealer;
mod shared;
mod watchdog;

pub use batch::Batch;
pub use data_dir::DataDir;
pub use error::StoreError;
pub use key::{Key, KeyRange};
pub use ledger::{
    CommitClass, CommitFuture, CommitPromise, Direction, Ledger, Position, StoreHealth, commit_channel,
};
pub use local::LocalLedger;
pub use options::{FaultHook, PoisonCallback, StoreOptions, WriteInfo};
pub use poison::PoisonCause;
pub use sealer::Sealer;
