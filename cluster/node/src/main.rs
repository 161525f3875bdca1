//! `trunkline`: assembles engine and API into a node, and the commands around it.
//!
//! What this crate does: reads configuration (the only place that sees flags and the environment), starts and stops the parts
//! in order, ends the process with a code that says why. What it never does: decide anything about messages, numbers or
//! requests; that is the engine's and the front end's.

mod cli;
mod client;
mod commands;
mod config;
mod console;
#[cfg(feature = "simulated")]
mod demo;
mod exit;
mod gateway;
mod limits;
mod log;
mod metrics;
mod node;
mod open_files;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::Cli::parse().run().into()
}
