//! Trials that take too long for the test suite, each judged by the harness' own judges. `tests/judge` builds and runs it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;
use trunkline_tests::trial::{Finding, Plan, run};

/// Holds what Trunkline says against what it did
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    trial: Trial,
}

#[derive(Debug, Subcommand)]
enum Trial {
    /// Events while endpoints fail and the gateway is killed again and again
    Events {
        /// Events that the logs hold at the end, at least
        #[arg(long, default_value_t = 200_000)]
        events: u64,
        /// Linked numbers
        #[arg(long, default_value_t = 40)]
        numbers: usize,
        /// Seconds between two kills
        #[arg(long, default_value_t = 20)]
        kill_every: u64,
        /// Deliveries of a hundred that go wrong
        #[arg(long, default_value_t = 30)]
        failing: u32,
        /// Draws the moods of the endpoints
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// End with one line of JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let Cli { trial: Trial::Events { events, numbers, kill_every, failing, seed, json } } = Cli::parse();
    let kill_every = Duration::from_secs(kill_every.max(1));
    let plan = Plan { events, numbers: numbers.max(1), kill_every, failing_percent: failing.min(100), seed };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let finding = runtime.block_on(run(&plan));
    show(&finding);
    let total = finding.total();
    if json {
        let line = json!({
            "events": finding.events,
            "missing": total.missing,
            "out_of_order": total.out_of_order,
            "duplicates_with_new_id": total.duplicates_with_new_id,
        });
        println!("{line}");
    }
    if finding.kills == 0 || finding.backfilled == 0 || (failing > 0 && finding.refused == 0) {
        eprintln!("nothing was tried: more events, or kills that are closer together, are needed");
        return ExitCode::FAILURE;
    }
    if total.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(finding: &Finding) {
    let Finding { events, kills, backfilled, endpoints, refused, told_twice } = finding;
    println!(
        "{events} events in the logs, {backfilled} of them backfilled; {kills} kills; {refused} deliveries refused"
    );
    for (name, tally) in endpoints {
        let trunkline_tests::judge::Tally { missing, out_of_order, duplicates_with_new_id, repeated } = tally;
        println!(
            "{name}: {missing} missing, {out_of_order} out of order, {duplicates_with_new_id} under a new id, \
             {repeated} again under their id"
        );
    }
    println!("{told_twice} facts under two ids in the logs");
}
