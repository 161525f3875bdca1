//! The effective configuration as text: a file that `--config` takes, with the source of each value beside it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::layers::Given;
use super::table::{Key, Kind, Setting, settings};

/// Writes one line a setting. Settings without a value are left out.
pub fn toml(shown: &BTreeMap<Key, Given>) -> String {
    let lines: Vec<(String, String)> = settings()
        .filter_map(|setting| shown.get(&setting.key).map(|given| (setting, given)))
        .map(|(setting, given)| (line(setting, given), given.source.to_string()))
        .collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, (line, source)| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line:width$}  # {source}");
        text
    })
}

fn line(setting: &Setting, given: &Given) -> String {
    let value = match setting.kind {
        Kind::Text => toml::Value::String(given.masked()).to_string(),
        Kind::Count => given.text.clone(),
        Kind::Switch => matches!(given.text.as_str(), "true" | "1" | "yes" | "on").to_string(),
    };
    format!("{} = {value}", setting.name)
}
