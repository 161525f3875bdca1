//! The session port against the simulated service: pairing, messages and media both ways, restarts, ends of connections.
//!
//! Everything is real but the service: the store on disk, TLS, Noise, Signal.

mod connections;
mod linking;
mod media;
mod messages;
mod support;
