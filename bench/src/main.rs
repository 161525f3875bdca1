//! `trunkline-bench`: measures Trunkline beside its peers, in one run, with a ratio for every figure.
//!
//! What it does: starts a simulated service, the gateway and the peers as processes of their own on loopback, makes work for
//! them, and reads what it cost from `/proc` and from clocks on the outside. What it never does: measure with durability off,
//! compare figures of different runs, keep a figure that it could not measure.
//!
//! A case is a file under `cases`, and gives [`report::Outcome`]s; everything else serves the cases.

mod alloc;
mod cases;
mod cli;
mod error;
mod limits;
mod load;
mod report;
mod role;
mod sink;
mod stage;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

fn main() -> ExitCode {
    cli::run(std::env::args_os().collect())
}
