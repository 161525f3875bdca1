//! The session port against the simulated service: pairing, messages and media both ways, restarts, ends of connections.
//!
//! Everything is real but the service: the store on disk, TLS, Noise, Signal.
#![allow(clippy::expect_used, reason = "in a test an error is a failure, wherever it is met")]

mod connections;
mod linking;
mod media;
mod messages;
mod support;
