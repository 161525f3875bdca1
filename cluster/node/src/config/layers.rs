//! From four layers to one text per setting: defaults, then the file, then the environment, then flags. Pure.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use url::Url;

use super::table::{Key, Kind, OTHER_VARIABLES, SETTINGS, SIMULATED, Setting, VARIABLE_PREFIX, settings};

/// Where a value comes from. Ordered: the later one wins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A key of the configuration file.
    File(String),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(path) => f.write_str(path),
            Source::Environment(variable) => f.write_str(variable),
            Source::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The text.
    pub text: String,
    /// Who wrote it.
    pub source: Source,
}

impl Given {
    /// The text as it may be printed: the credentials of a URL are masked.
    pub fn masked(&self) -> String {
        match Url::parse(&self.text) {
            Ok(mut url) if url.password().is_some() || !url.username().is_empty() => {
                // Both fail only for URLs that cannot have credentials.
                let _ = url.set_password(None);
                let _ = url.set_username("***");
                url.to_string()
            }
            _ => self.text.clone(),
        }
    }
}

/// Something wrong, with its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written.
    pub place: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What the outside world handed in.
#[derive(Debug, Default)]
pub struct Layers {
    /// Path and text of the configuration file.
    pub file: Option<(String, String)>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Flags.
    pub flags: BTreeMap<Key, String>,
}

/// The layers laid over each other.
#[derive(Debug, Default)]
pub struct Merged {
    /// What was given, by setting; what is missing has its default.
    pub given: BTreeMap<Key, Given>,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
    /// What looks odd but does not stop the node.
    pub warnings: Vec<String>,
}

impl Merged {
    /// Lays the layers over each other.
    pub fn of(layers: &Layers) -> Merged {
        let mut merged = Merged::default();
        if let Some((path, text)) = &layers.file {
            merged.lay_file(path, text);
        }
        merged.lay_environment(&layers.environment);
        for (key, text) in &layers.flags {
            let source = Source::Flag(format!("--{}", Setting::of(*key).name));
            merged.given.insert(*key, Given { text: text.clone(), source });
        }
        merged
    }

    fn lay_file(&mut self, path: &str, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return self.problem(path, toml_problem(&error, text)),
        };
        for (name, value) in table {
            let place = format!("{path}, `{name}`");
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
                self.problem(place, "no such setting; correct the name or remove the line");
                continue;
            };
            if setting.simulated_only && !SIMULATED {
                self.problem(place, "belongs to builds with `--features simulated`; remove the line");
                continue;
            }
            let text = match (setting.kind, value) {
                (Kind::Text, toml::Value::String(text)) => text,
                (Kind::Count, toml::Value::Integer(number)) => number.to_string(),
                (Kind::Switch, toml::Value::Boolean(on)) => on.to_string(),
                (kind, value) => {
                    let message = format!("takes {}, not {}", kind.article(), value.type_str());
                    self.problem(place, message);
                    continue;
                }
            };
            self.given.insert(setting.key, Given { text, source: Source::File(path.to_owned()) });
        }
    }

    fn lay_environment(&mut self, environment: &[(OsString, OsString)]) {
        for (variable, value) in environment {
            let Some(variable) = variable.to_str().filter(|name| name.starts_with(VARIABLE_PREFIX)) else {
                continue;
            };
            let Some(setting) = settings().find(|setting| setting.variable() == variable) else {
                // Not an error: orchestrators put variables named after a service into its environment.
                if !OTHER_VARIABLES.contains(&variable) {
                    self.warnings
                        .push(format!("the environment variable {variable} is no setting of this build"));
                }
                continue;
            };
            match value.to_str() {
                // Compose files and units cannot leave a variable out, only leave it empty.
                Some("") => {}
                Some(text) => {
                    let source = Source::Environment(variable.to_owned());
                    self.given.insert(setting.key, Given { text: text.to_owned(), source });
                }
                None => self.problem(variable, "is not valid UTF-8; write the value anew"),
            }
        }
    }

    fn problem(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), message: message.into() });
    }
}

impl Kind {
    fn article(self) -> &'static str {
        match self {
            Kind::Text => "a text in quotes",
            Kind::Count => "a whole number without quotes",
            Kind::Switch => "true or false without quotes",
        }
    }
}

fn toml_problem(error: &toml::de::Error, text: &str) -> String {
    let line =
        error.span().and_then(|span| text.get(..span.start)).map(|before| before.lines().count().max(1));
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{place}{}; correct the TOML", error.message())
}
