//! The dialects against their contract, the engine and the simulated service behind them.
//!
//! `tests/dialect/rows.tsv` has the contract's rows. A dialect's test sends one request for each row that its table has, and
//! says of each whether status, envelope, members and types were right; `tests/dialects` counts what was said.

mod aduta;
mod collisions;
mod contract;
mod enveloped;
mod heard;
mod published;
mod samples;
mod sdk;
mod wasaas;
mod wastack;
mod wessaal;
mod wsapi;
