//! Everything that needs more than one crate: conformance of the simulated service against independent clients, the
//! gateway end to end against both ([`engine`]), and what it makes of kills and faults ([`faults`]).
//!
//! Tests of the conformance checklist are named by its rows, `row_NN_…`. Those below `conformance::baileys` are
//! proven by Baileys; those below `conformance::raw` by the harness's own small client, and count for nothing
//! but themselves.

#![expect(clippy::expect_used, reason = "what a test expects and does not get fails it")]

mod absence;
mod conformance;
mod dialects;
mod engine;
mod faults;
mod tidy;
