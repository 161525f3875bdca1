//! The command line.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use comfy_table::{Cell, CellAlignment, Table};

use crate::cases::{CASES, Case, Scale};
use crate::error::{Bench, BenchError, During};
use crate::report::{Outcome, keep, write_page};
use crate::role;
use crate::stage::ROLE;

/// Measures Trunkline beside its peers, in one run, with a ratio for every figure
#[derive(Debug, Parser)]
#[command(name = "trunkline-bench", after_help = cases_help(), max_term_width = 110)]
struct Cli {
    /// What to measure: names of cases, `all`, or `page` to write README.md from the kept results
    #[arg(required = true, value_name = "CASE")]
    cases: Vec<String>,
    /// Print one JSON object for each case instead of a table
    #[arg(long)]
    json: bool,
    /// Small sizes: shows that a case works, in seconds; its figures are not to be quoted
    #[arg(long)]
    quick: bool,
    /// Leave the peers out
    #[arg(long)]
    without_peers: bool,
    /// Keep the outcome under results/
    #[arg(long)]
    keep: bool,
    /// How many numbers, where the case has a choice
    #[arg(long, value_name = "N")]
    numbers: Option<usize>,
}

fn cases_help() -> String {
    let rows: Vec<String> = CASES.iter().map(|case| format!("  {:<14} {}", case.name, case.what)).collect();
    format!("Cases:\n{}", rows.join("\n"))
}

/// Runs what the arguments ask for.
#[allow(clippy::print_stderr, reason = "this is a command")]
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    if let [_, role, rest @ ..] = arguments.as_slice()
        && role == ROLE
        && let Some(code) = role::play(rest)
    {
        return code;
    }
    match measure(&Cli::parse_from(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trunkline-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn chosen(names: &[String]) -> Bench<Vec<&'static Case>> {
    if names.iter().any(|name| name == "all") {
        return Ok(CASES.iter().collect());
    }
    let known = |name: &String| CASES.iter().find(|case| case.name == name);
    names
        .iter()
        .map(|name| known(name).ok_or_else(|| BenchError::new(format_args!("no case {name}"))))
        .collect()
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]
fn measure(cli: &Cli) -> Bench<()> {
    if cli.cases == ["page"] {
        return write_page();
    }
    role::raise_open_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().during("starting")?;
    let scale = Scale { quick: cli.quick, peers: !cli.without_peers, numbers: cli.numbers };
    for case in chosen(&cli.cases)? {
        eprintln!("{}: {}", case.name, case.what);
        let figures = runtime.block_on((case.run)(scale))?;
        let Some(outcome) = Outcome::new(case.name, cli.quick, figures) else {
            return Err(BenchError::new(format_args!("{} measured nothing", case.name)));
        };
        if cli.keep {
            keep(&outcome)?;
        }
        if cli.json {
            println!("{}", serde_json::to_string(&outcome).during("writing JSON")?);
        } else {
            println!("{}", table(&outcome));
        }
    }
    Ok(())
}

fn table(outcome: &Outcome) -> Table {
    let mut table = Table::new();
    table.set_header(["what", "value", "unit", "beside", "there", "ratio"]);
    let number = |value: Option<f64>| {
        Cell::new(value.map_or_else(String::new, |value| value.to_string()))
            .set_alignment(CellAlignment::Right)
    };
    for figure in outcome.figures() {
        table.add_row([
            Cell::new(&figure.metric),
            number(Some(figure.value)),
            Cell::new(&figure.unit),
            Cell::new(&figure.baseline),
            number(figure.baseline_value),
            number(figure.ratio),
        ]);
    }
    table
}
