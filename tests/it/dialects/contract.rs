//! Rows, requests made of them, and what is said of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use trunkline_tests::gateway::Answer;

const ROWS: &str = include_str!("../../dialect/rows.tsv");

/// A method and a path; what parameters are called does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub method: String,
    pub path: String,
}

impl Place {
    pub fn of(method: &str, path: &str) -> Place {
        let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        Place { method: method.to_owned(), path: segments.collect::<Vec<_>>().join("/") }
    }
}

/// The contract's rows of a dialect.
pub fn rows(dialect: &str) -> BTreeSet<Place> {
    let lines = ROWS.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let (of, method, path) = (cells.next()?, cells.next()?, cells.next()?);
        (of == dialect).then(|| Place::of(method, path))
    });
    lines.collect()
}

/// The rows that a dialect's document describes.
pub fn served(document: &Value) -> BTreeSet<Place> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &Value)| -> Vec<Place> {
        let methods = methods.as_object().expect("methods");
        methods.keys().map(|method| Place::of(&method.to_ascii_uppercase(), path)).collect()
    };
    paths.iter().flat_map(of_path).collect()
}

/// One request, and what its answer has to be.
pub struct Case {
    pub method: &'static str,
    /// The row's path.
    pub path: &'static str,
    /// What stands in the place of its parameters, in their order; `$name` is a thing of the town.
    pub parameters: &'static [&'static str],
    /// A query or nothing.
    pub query: &'static str,
    /// JSON, or nothing.
    pub body: &'static str,
    pub status: u16,
    /// What the answer looks like, see [`shape`].
    pub shape: &'static str,
    /// The instance that is named.
    pub instance: &'static str,
}

impl Case {
    pub const fn on(self, instance: &'static str) -> Case {
        Case { instance, ..self }
    }

    pub const fn query(self, query: &'static str) -> Case {
        Case { query, ..self }
    }

    /// The shape with the things in it.
    pub fn expected(&self, things: &BTreeMap<&'static str, String>) -> String {
        filled(self.shape, things)
    }

    pub fn place(&self) -> Place {
        Place::of(self.method, self.path)
    }

    /// The path with its parameters.
    pub fn address(&self, things: &BTreeMap<&'static str, String>) -> String {
        let mut given = self.parameters.iter();
        let segments = self.path.split('/').map(|segment| match segment.starts_with('{') {
            true => filled(given.next().expect("a value for each parameter"), things),
            false => segment.to_owned(),
        });
        let path = segments.collect::<Vec<_>>().join("/");
        format!("{path}{}", filled(self.query, things))
    }
}

/// A text in which `$name` stands for a thing; the longest name counts.
pub fn filled(text: &str, things: &BTreeMap<&'static str, String>) -> String {
    let mut names: Vec<_> = things.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names.iter().fold(text.to_owned(), |text, (name, thing)| text.replace(&format!("${name}"), thing))
}

/// Whether an answer has the status, and a body of this shape: nothing, `png`, `bytes`, `text`, or `member:type` separated by
/// spaces, with `s`tring, `b`oolean, `n`umber, `a`rray, `o`bject, or `member=value` with JSON that has no spaces. `[]` before them is an array of one such object at least, `[]?` of
/// any number. `data ` before all of that is a success in an envelope.
pub fn judge(answer: &Answer, status: u16, shape: &str) -> Result<(), String> {
    let told = || format!("{answer}");
    if answer.status != status {
        return Err(format!("{} instead of {status}: {}", answer.status, told()));
    }
    match shape {
        "" if answer.body.is_empty() => return Ok(()),
        "" => return Err(format!("a body where there should be none: {}", told())),
        "png" if answer.body.starts_with(b"\x89PNG") && answer.header("content-type") == "image/png" => {
            return Ok(());
        }
        "bytes" | "text" if !answer.body.is_empty() => return Ok(()),
        "png" | "bytes" | "text" => return Err(format!("not {shape}: {}", told())),
        _ => {}
    }
    if !answer.header("content-type").starts_with("application/json") {
        return Err(format!("not JSON: {}", told()));
    }
    let (json, shape) = match shape.strip_prefix("data ") {
        Some(rest) => (enveloped(answer.json())?, rest),
        None => (answer.json(), shape),
    };
    let (objects, members): (Vec<&Value>, &str) = match shape.strip_prefix("[]") {
        Some(rest) => {
            let items = json.as_array().ok_or_else(|| format!("no array: {json}"))?;
            let (may_be_empty, rest) = rest.strip_prefix('?').map_or((false, rest), |rest| (true, rest));
            if items.is_empty() && !may_be_empty {
                return Err("an empty array".to_owned());
            }
            (items.iter().collect(), rest)
        }
        None => (vec![&json], shape),
    };
    for object in objects {
        for member in members.split_whitespace() {
            if let Some((name, value)) = member.split_once('=') {
                let expected: Value = serde_json::from_str(value).expect("a value without spaces");
                if object[name] != expected {
                    return Err(format!("`{name}` is not {expected}: {object}"));
                }
                continue;
            }
            let (name, kind) = member.split_once(':').expect("a member and its type");
            if !is_of(&object[name], kind) {
                return Err(format!("`{name}` is no {kind}: {object}"));
            }
        }
    }
    Ok(())
}

/// What is in the envelope `{success, data}`.
fn enveloped(mut json: Value) -> Result<Value, String> {
    if json["success"] != Value::Bool(true) {
        return Err(format!("no success: {json}"));
    }
    Ok(json["data"].take())
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "s" => value.is_string(),
        "b" => value.is_boolean(),
        "n" => value.is_number(),
        "a" => value.is_array(),
        "o" => value.is_object(),
        other => panic!("no type: {other}"),
    }
}

/// What was found of each row of a dialect.
#[derive(Default)]
pub struct Findings {
    passed: BTreeSet<Place>,
    failed: BTreeMap<Place, String>,
}

impl Findings {
    pub fn note(&mut self, place: Place, found: Result<(), String>) {
        match found {
            Ok(()) => drop(self.passed.insert(place)),
            Err(why) => drop(self.failed.insert(place, why)),
        }
    }

    /// Writes down what was found where `tests/dialects` reads it, and fails where a served row failed or was not tried, is in no
    /// contract and no extension, or where a row of the contract is not served.
    pub fn conclude(&self, dialect: &str, served: &BTreeSet<Place>, extensions: &[(&str, &str)]) {
        let mut report = String::new();
        for place in served {
            let passed = self.passed.contains(place) && !self.failed.contains_key(place);
            writeln!(report, "{dialect}\t{}\t{}\t{}", place.method, place.path, passed)
                .expect("it is a text");
        }
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(directory.join(format!("dialect-{dialect}.tsv")), report).expect("a report");
        let failed: Vec<String> = self
            .failed
            .iter()
            .map(|(place, why)| format!("{dialect} {} {}: {why}", place.method, place.path))
            .collect();
        assert_eq!(failed, Vec::<String>::new(), "rows that failed");
        let tried = |place: &&Place| self.passed.contains(*place);
        let extension =
            |place: &&Place| extensions.iter().any(|(method, path)| Place::of(method, path) == **place);
        let untried: Vec<&Place> = served.iter().filter(|place| !tried(place) && !extension(place)).collect();
        assert_eq!(untried, Vec::<&Place>::new(), "rows that are served and were not tried");
        let contract = rows(dialect);
        let foreign: Vec<&Place> =
            served.iter().filter(|place| !contract.contains(place) && !extension(place)).collect();
        assert_eq!(foreign, Vec::<&Place>::new(), "rows that are in no contract");
        let unserved: BTreeSet<Place> = contract.difference(served).cloned().collect();
        assert_eq!(unserved, BTreeSet::new(), "rows of the contract that are not served");
    }
}
