//! The last run that was kept: JSON under `results/`, tables and plots in `README.md`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::plot::{bars, number};
use super::{Figure, Outcome};
use crate::cases::CASES;
use crate::error::{Bench, BenchError, During};

const BEGIN: &str = "<!-- figures: written by `trunkline-bench page` -->";
const END: &str = "<!-- end of figures -->";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Keeps an outcome as the last run of its case.
///
/// # Errors
/// When it cannot be written.
pub fn keep(outcome: &Outcome) -> Bench<()> {
    let folder = home().join("results");
    fs::create_dir_all(&folder).during("keeping a result")?;
    let mut text = serde_json::to_string_pretty(outcome).during("keeping a result")?;
    text.push('\n');
    fs::write(folder.join(format!("{}.json", outcome.case)), text).during("keeping a result")
}

/// Writes tables and plots from what is kept.
///
/// # Errors
/// When a result cannot be read or the page cannot be written.
pub fn write_page() -> Bench<()> {
    let page = home().join("README.md");
    let old = fs::read_to_string(&page).during("reading the page")?;
    let (before, rest) =
        old.split_once(BEGIN).ok_or_else(|| BenchError::new("the page has no place for figures"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| BenchError::new("the page has no end of figures"))?;
    let mut middle = String::new();
    for case in CASES {
        let file = home().join("results").join(format!("{}.json", case.name));
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let outcome: Outcome = serde_json::from_str(&text).during("reading a result")?;
        section(&mut middle, case.what, &outcome)?;
    }
    fs::write(page, format!("{before}{BEGIN}\n{middle}\n{END}{after}")).during("writing the page")
}

fn section(page: &mut String, what: &str, outcome: &Outcome) -> Bench<()> {
    let Outcome { case, machine, .. } = outcome;
    let quick = if outcome.quick { " **Quick sizes: not to be quoted.**" } else { "" };
    let mut write = |text: String| page.write_str(&text).during("writing the page");
    write(format!("\n### `{case}`\n\n{what}.{quick}\n\n"))?;
    write("| what | value | beside | there | ratio | samples |\n|---|--:|---|--:|--:|--:|\n".to_owned())?;
    for figure in outcome.figures() {
        write(row(figure))?;
    }
    write(format!(
        "\n{}, {} cores, {} MiB, Linux {}\n",
        machine.cpu, machine.cores, machine.memory_mib, machine.kernel
    ))?;
    let compared: Vec<&Figure> =
        outcome.figures().filter(|figure| figure.unit == outcome.main.unit).collect();
    if let Some(svg) = bars(&format!("{case} ({})", outcome.main.unit), &compared)? {
        let folder = home().join("results");
        fs::write(folder.join(format!("{case}.svg")), svg).during("writing a plot")?;
        write(format!("\n![{case}](results/{case}.svg)\n"))?;
    }
    Ok(())
}

fn row(figure: &Figure) -> String {
    let there = figure.baseline_value.map_or_else(|| "–".to_owned(), number);
    let ratio = figure.ratio.map_or_else(|| "–".to_owned(), number);
    format!(
        "| {} | {} {} | {} | {there} | {ratio} | {} |\n",
        figure.metric,
        number(figure.value),
        figure.unit,
        figure.baseline,
        figure.samples.len()
    )
}
