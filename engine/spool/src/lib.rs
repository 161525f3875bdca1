//! The media spool: uploaded files on this node's disk, named by their content.
//!
//! **Does.** Writes a stream to disk as it arrives, in bounded batches, and publishes it under the SHA-256 of its bytes once it
//! is whole and durable ([`Spool::write`]); reads it back, whole or in pieces ([`Spool::read`], [`Spool::stream`]); lends room for
//! files that others write ([`Spool::scratch`]); keeps all of them below a quota, as a cache
//! ([`Spool::open_cache`]) by giving up the oldest; tells which files are old, and removes them.
//! Two backends move the bytes, [`Backend::Std`] and, behind the feature `glommio`, [`Backend::Glommio`]: one thread with
//! io_uring and direct I/O. That one is asked for, probed at the start, and stands in for std only where it has proved that it
//! reads back what it wrote.
//!
//! **Never does.** Looks inside a file. Decides which file is needed: its user does. Holds a whole upload in memory. Blocks the
//! caller's thread, except in what is marked "Blocks". Keeps a file that only one backend could read: both write ordinary
//! files.
//!
//! **Invariants.**
//! - A file has its name only when all its bytes and the name are on disk; what a crash cuts off goes at the next start.
//! - An upload that fails, or whose caller goes away, leaves nothing.
//! - Whatever keeps glommio from serving, at the start or later, ends in std with one log line and a metric, not in an error.
//! - Uploads, reads, blocking jobs and requests to the thread are bounded; see [`limits`].

pub mod limits;
pub mod metrics;

mod backend;
mod batch;
mod cache;
mod error;
mod evict;
mod files;
mod part;
mod plain;
mod pool;
mod quota;
mod reading;
mod scratch;
mod spool;
#[cfg_attr(not(all(feature = "glommio", target_os = "linux")), path = "uring/absent.rs")]
mod uring;

#[cfg(test)]
mod tests;

pub use backend::{Backend, UnknownBackend};
pub use error::{NoGlommio, OpenError, WriteError};
pub use reading::Reading;
pub use scratch::Scratch;
pub use spool::{Digest, Spool, Stored, digest_of};
