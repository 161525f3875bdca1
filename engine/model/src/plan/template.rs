//! Texts with `{{variables}}`.

use std::collections::BTreeMap;

use crate::failure::FieldError;
use crate::id::TemplateId;
use crate::limits::{
    CAPTION_BYTES_MAX, TEMPLATE_URL_BYTES_MAX, TEXT_BYTES_MAX, VARIABLE_NAME_BYTES_MAX,
    VARIABLE_VALUE_BYTES_MAX, VARIABLES_BYTES_MAX, VARIABLES_MAX,
};
use crate::message::{Content, Media, MediaKind, MediaShow, MediaSource, Text};

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `{{` without its `}}`.
    #[error("opens `{{{{` at byte {0} and never closes it")]
    Unclosed(usize),
    /// What stands between the braces is no name.
    #[error(
        "has no variable's name at byte {0}: a letter or `_`, then letters, digits, `_`, `.` or `-`, 64 bytes at the most"
    )]
    Name(usize),
    /// More different variables than allowed.
    #[error("has more than {VARIABLES_MAX} variables")]
    TooMany,
}

/// A text that was taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateText(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
}

/// Whether a text can be the name of a variable.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    first && rest && text.len() <= VARIABLE_NAME_BYTES_MAX
}

impl TemplateText {
    /// Takes a text apart.
    ///
    /// # Errors
    /// [`TemplateError`], which reads on from the name of the field that the text is in.
    pub fn parse(text: &str) -> Result<TemplateText, TemplateError> {
        let mut pieces = Vec::new();
        let (mut rest, mut at) = (text, 0);
        while let Some(open) = rest.find("{{") {
            let Some(length) = rest[open + 2..].find("}}") else {
                return Err(TemplateError::Unclosed(at + open));
            };
            let name = rest[open + 2..open + 2 + length].trim();
            if !is_name(name) {
                return Err(TemplateError::Name(at + open + 2));
            }
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            pieces.push(Piece::Variable(name.to_owned()));
            let next = open + length + 4;
            (rest, at) = (&rest[next..], at + next);
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        let parsed = TemplateText(pieces);
        if parsed.variables().len() > VARIABLES_MAX { Err(TemplateError::TooMany) } else { Ok(parsed) }
    }

    /// The variables, each once, in the order of their first places.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for piece in &self.0 {
            if let Piece::Variable(name) = piece
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// The text with its values. A value is put in as it is: what looks like a variable in it is none.
    ///
    /// # Errors
    /// The variables that have no value, each with its name as field; or that the text becomes longer than any may be.
    pub fn render(&self, values: &BTreeMap<String, String>) -> Result<String, Vec<FieldError>> {
        let missing: Vec<FieldError> = self
            .variables()
            .into_iter()
            .filter(|name| !values.contains_key(*name))
            .map(|name| FieldError::new(format!("variables.{name}"), "is missing; the template needs it"))
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let pieces = || {
            self.0.iter().map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Variable(name) => values.get(name).map_or("", String::as_str),
            })
        };
        // Before it is made: a variable may stand in a text thousands of times.
        if pieces().map(str::len).sum::<usize>() > TEXT_BYTES_MAX {
            let problem = format!("make the text longer than {TEXT_BYTES_MAX} bytes");
            return Err(vec![FieldError::new("variables", problem)]);
        }
        Ok(pieces().collect())
    }

    /// The values that the text has no place for.
    pub fn unknown(&self, values: &BTreeMap<String, String>) -> Vec<FieldError> {
        let known = self.variables();
        values
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| FieldError::new(format!("variables.{name}"), "is no variable of the template"))
            .collect()
    }

    /// What is wrong with values as such.
    pub fn check_values(values: &BTreeMap<String, String>) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if values.len() > VARIABLES_MAX {
            problems.push(FieldError::new("variables", format!("has more than {VARIABLES_MAX} members")));
        }
        if values.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > VARIABLES_BYTES_MAX {
            problems.push(FieldError::new("variables", format!("has more than {VARIABLES_BYTES_MAX} bytes")));
        }
        for (name, value) in values.iter().take(VARIABLES_MAX) {
            if !is_name(name) {
                problems.push(FieldError::new("variables", "has a member that is no variable's name"));
            }
            if value.len() > VARIABLE_VALUE_BYTES_MAX {
                let problem = format!("is longer than {VARIABLE_VALUE_BYTES_MAX} bytes");
                problems.push(FieldError::new(format!("variables.{name}"), problem));
            }
        }
        problems
    }
}

/// What a template sends: a text, or a file with a text under it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct TemplateContent {
    /// The kind of file; `None` for a text.
    pub kind: Option<MediaKind>,
    /// The text, with variables; of a file its caption.
    pub body: String,
    /// Where the file is fetched from.
    pub media_url: Option<String>,
    /// Name of a document.
    pub file_name: Option<String>,
}

impl TemplateContent {
    /// The word of its kind: `text`, `image`, ….
    pub fn word(&self) -> &'static str {
        self.kind.map_or("text", MediaKind::as_str)
    }

    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if let Err(error) = TemplateText::parse(&self.body) {
            problems.push(FieldError::new("body", error.to_string()));
        }
        let bytes_max = if self.kind.is_some() { CAPTION_BYTES_MAX } else { TEXT_BYTES_MAX };
        if self.body.len() > bytes_max {
            problems.push(FieldError::new("body", format!("is longer than {bytes_max} bytes")));
        }
        match (self.kind, &self.media_url) {
            (None, _) if self.body.is_empty() => problems.push(FieldError::new("body", "is empty")),
            (None, Some(_)) => problems.push(FieldError::new("media_url", "does not belong to a text")),
            (Some(_), None) => {
                problems.push(FieldError::new("media_url", "is missing; a file needs it"));
            }
            (Some(_), Some(url)) if url.len() > TEMPLATE_URL_BYTES_MAX => {
                let problem = format!("is longer than {TEMPLATE_URL_BYTES_MAX} bytes");
                problems.push(FieldError::new("media_url", problem));
            }
            (Some(_), Some(url)) if !url.starts_with("https://") && !url.starts_with("http://") => {
                problems.push(FieldError::new("media_url", "is no address over HTTP"));
            }
            _ => {}
        }
        problems
    }

    /// The variables of its text.
    pub fn variables(&self) -> Vec<String> {
        let parsed = TemplateText::parse(&self.body);
        parsed.map_or(Vec::new(), |text| text.variables().into_iter().map(str::to_owned).collect())
    }

    /// What is sent for these values.
    ///
    /// # Errors
    /// The variables that have no value.
    pub fn render(&self, values: &BTreeMap<String, String>) -> Result<Content, Vec<FieldError>> {
        let text = TemplateText::parse(&self.body)
            .map_err(|error| vec![FieldError::new("body", error.to_string())])?
            .render(values)?;
        let Some(kind) = self.kind else { return Ok(Content::Text(Text::plain(text))) };
        Ok(Content::Media(Media {
            kind,
            source: MediaSource::Url(self.media_url.clone().unwrap_or_default()),
            mime_type: None,
            caption: (!text.is_empty()).then_some(text),
            file_name: self.file_name.clone(),
            duration_seconds: None,
            show: MediaShow::default(),
        }))
    }
}

/// A template at rest.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct TemplateRecord {
    /// Its id.
    pub id: TemplateId,
    /// Its name, unique in the account.
    pub name: String,
    /// What it sends.
    pub content: TemplateContent,
    /// What it is for, in the caller's words.
    pub category: Option<String>,
    /// Whether it may be sent.
    pub active: bool,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it was changed, in milliseconds since the Unix epoch.
    pub updated_at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn templates_are_rendered_or_say_why_not() {
        let check = |text: &str, given: &[(&str, &str)], expected: Result<&str, &[&str]>| {
            let rendered = TemplateText::parse(text).expect(text).render(&values(given));
            let rendered =
                rendered.map_err(|missing| missing.into_iter().map(|m| m.field).collect::<Vec<_>>());
            let expected = expected
                .map(str::to_owned)
                .map_err(|names| names.iter().map(|name| format!("variables.{name}")).collect::<Vec<_>>());
            assert_eq!(rendered, expected, "{text}");
        };
        check("Hello {{name}}!", &[("name", "Nora")], Ok("Hello Nora!"));
        check("{{ a }}{{b}} {{a}}", &[("a", "1"), ("b", "2")], Ok("12 1"));
        check("no variable { } }}", &[("unused", "x")], Ok("no variable { } }}"));
        check("{{a}}", &[("a", "{{b}}")], Ok("{{b}}"));
        check("{{a}} {{b}} {{a}}", &[("c", "")], Err(&["a", "b"]));
        check("مرحبا {{name}}", &[("name", "نورة")], Ok("مرحبا نورة"));
        check("", &[], Ok(""));
    }

    #[test]
    fn values_that_make_a_text_too_long_are_refused_before_it_is_made() {
        let text = TemplateText::parse(&"{{a}}".repeat(1_000)).expect("a template");
        let long = "x".repeat(TEXT_BYTES_MAX / 1_000 + 1);
        let refused = text.render(&values(&[("a", &long)])).expect_err("it is too long");
        assert_eq!(refused[0].field, "variables");
    }

    #[test]
    fn what_is_no_template_says_where() {
        let check = |text: &str, expected: TemplateError| {
            assert_eq!(TemplateText::parse(text), Err(expected), "{text}");
        };
        check("a {{name", TemplateError::Unclosed(2));
        check("{{a}} {{b", TemplateError::Unclosed(6));
        check("é {{}}", TemplateError::Name(5));
        check("{{1a}}", TemplateError::Name(2));
        check("{{a b}}", TemplateError::Name(2));
        check(&format!("{{{{{}}}}}", "a".repeat(65)), TemplateError::Name(2));
        let many: String = (0..=VARIABLES_MAX).map(|number| format!("{{{{v{number}}}}}")).collect();
        check(&many, TemplateError::TooMany);
    }

    #[test]
    fn values_without_a_place_are_named() {
        let text = TemplateText::parse("{{a}}").expect("a template");
        let fields: Vec<String> =
            text.unknown(&values(&[("a", "1"), ("b", "2")])).into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["variables.b"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "[{} a-z\\PC]{0,40}") {
            if let Ok(parsed) = TemplateText::parse(&text) {
                let given = parsed.variables().into_iter().map(|name| (name.to_owned(), String::new())).collect();
                prop_assert!(parsed.render(&given).is_ok());
                prop_assert!(parsed.unknown(&given).is_empty());
            }
        }

        #[test]
        fn what_stands_between_variables_stays(before in "[^{}]{0,20}", value in "\\PC{0,20}", after in "[^{}]{0,20}") {
            let parsed = TemplateText::parse(&format!("{before}{{{{x}}}}{after}")).expect("a template");
            prop_assert_eq!(parsed.render(&values(&[("x", &value)])), Ok(format!("{before}{value}{after}")));
        }
    }
}
