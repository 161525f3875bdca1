//! Trials that take too long for the test suite, each judged by the harness' own judges. `tests/judge` builds and runs it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;
use trunkline_tests::trial::{Finding, Plan, campaign, run};

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
    /// One message to many people, everybody once, while the gateway is killed and people opt out
    Campaign {
        /// People whom the campaign is for
        #[arg(long, default_value_t = 10_000)]
        recipients: usize,
        /// Linked numbers that send it
        #[arg(long, default_value_t = 20)]
        numbers: usize,
        /// How often the gateway is killed while it runs
        #[arg(long, default_value_t = 2)]
        kills: usize,
        /// People who opt out, half of them before it starts; every fiftieth unless given
        #[arg(long)]
        opt_outs: Option<usize>,
        /// End with one line of JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let Cli { trial } = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let is_clean = match trial {
        Trial::Events { events, numbers, kill_every, failing, seed, json } => {
            let kill_every = Duration::from_secs(kill_every.max(1));
            let failing_percent = failing.min(100);
            let plan = Plan { events, numbers: numbers.max(1), kill_every, failing_percent, seed };
            judge_events(&runtime.block_on(run(&plan)), &plan, json)
        }
        Trial::Campaign { recipients, numbers, kills, opt_outs, json } => {
            let plan = campaign::Plan {
                recipients: recipients.max(1),
                numbers: numbers.max(1),
                kills,
                opt_outs: opt_outs.unwrap_or(recipients / 50),
            };
            judge_campaign(&runtime.block_on(campaign::run(&plan)), &plan, json)
        }
    };
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn judge_events(finding: &Finding, plan: &Plan, json: bool) -> bool {
    show(finding);
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
    if finding.kills == 0 || finding.backfilled == 0 || (plan.failing_percent > 0 && finding.refused == 0) {
        eprintln!("nothing was tried: more events, or kills that are closer together, are needed");
        return false;
    }
    total.is_clean()
}

fn judge_campaign(finding: &campaign::Finding, plan: &campaign::Plan, json: bool) -> bool {
    let campaign::Finding { reached, told, kills, late_opt_outs, held_back, seconds } = finding;
    println!(
        "{} recipients over {} numbers in {seconds:.1} s, {kills} kills, {late_opt_outs} opt-outs while it ran, \
         {held_back} of them before their turn",
        reached.recipients, plan.numbers
    );
    println!("the campaign's states sum up to {told}; of {} people it tells what is not so", reached.untrue);
    if json {
        let line = json!({
            "recipients": reached.recipients,
            "sent": reached.sent,
            "twice": reached.twice,
            "after_opt_out": reached.after_opt_out,
            "missing": reached.missing,
            "held_back": held_back,
        });
        println!("{line}");
    }
    if *kills < plan.kills || (plan.opt_outs > 1 && *held_back == 0) {
        eprintln!("not everything was tried: more recipients, or fewer numbers, are needed");
        return false;
    }
    finding.is_clean()
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
