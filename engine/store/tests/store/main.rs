//! The store as its users meet it: on a real disk, through the public face. One binary, so that the functions in
//! [`disk`] that stand in for `fsync` and `fdatasync` are linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of it is test code")]

mod barrier;
mod busy;
mod crash;
mod data_dir;
mod disk;
mod flood;
mod hang;
mod model;
mod order;
mod range_delete;
mod sealer;
mod snapshot;
mod support;
