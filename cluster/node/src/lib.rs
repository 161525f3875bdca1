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
mod mail;
mod memory;
mod metrics;
mod node;
mod open_files;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the command that `arguments` ask for, the first of which is the program's name, and gives the process's exit code.
/// Arguments that cannot be read end the process, with a text that says why.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    memory::prepare();
    cli::Cli::parse_from(arguments).run().into()
}
