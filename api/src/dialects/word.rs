//! Scalars as loosely typed clients write them: a number as a text, a text as a number.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::loose::Loose;
use crate::json::fields::Problems;

/// A text, or a number or truth value as a text.
pub(crate) type Word = Loose<String>;

/// Values by their names.
pub(crate) type Words = BTreeMap<String, Option<Word>>;

/// What was given, unless it is empty: clients write empty texts for what they leave out.
pub(crate) fn said(word: Option<Word>) -> Option<String> {
    word.map(|Loose(text)| text).filter(|text| !text.trim().is_empty())
}

/// What was given, and a problem where it was not.
pub(crate) fn needed(problems: &mut Problems, field: &str, word: Option<Word>) -> Option<String> {
    let text = said(word);
    if text.is_none() {
        problems.add(field, "is missing");
    }
    text
}

/// A number that was given; a problem for what is none.
pub(crate) fn number<T: FromStr>(
    problems: &mut Problems,
    field: &str,
    (word, expected): (Option<Word>, &str),
) -> Option<T> {
    let text = said(word)?;
    let read = text.trim().parse().ok();
    if read.is_none() {
        problems.add(field, expected);
    }
    read
}

/// Whether something was said to be so; a problem for what is neither.
pub(crate) fn flag(problems: &mut Problems, field: &str, word: Option<Word>) -> Option<bool> {
    match said(word)?.as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => {
            problems.add(field, "field must be true or false");
            None
        }
    }
}

/// Values of variables; null is an empty one.
pub(crate) fn values(words: Option<Words>) -> BTreeMap<String, String> {
    let value = |(name, word): (String, Option<Word>)| (name, word.unwrap_or_default().0);
    words.unwrap_or_default().into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_texts_whatever_their_type() {
        let check = |json: &str, expected: Option<&str>| {
            let read = serde_json::from_str::<Word>(json).ok();
            assert_eq!(read.map(|word| word.0).as_deref(), expected, "{json}");
        };
        check(r#""7""#, Some("7"));
        check("7", Some("7"));
        check("-7", Some("-7"));
        check("24.7136", Some("24.7136"));
        check("true", Some("true"));
        check("[7]", None);
        check("{}", None);
        assert_eq!(serde_json::from_str::<Option<Word>>("null").expect("null"), None);
    }

    #[test]
    fn what_is_empty_was_not_said() {
        for empty in ["", " "] {
            assert_eq!(said(Some(Loose(empty.to_owned()))), None);
        }
        let mut problems = Problems::default();
        assert_eq!(needed(&mut problems, "name", None), None);
        assert_eq!(number::<u32>(&mut problems, "font", (Some(Loose("x".into())), "is odd")), None);
        assert_eq!(flag(&mut problems, "on", Some(Loose("1".into()))), Some(true));
        assert_eq!(flag(&mut problems, "on", Some(Loose("yes".into()))), None);
        let failure = problems.or(Some(())).expect_err("three are wrong");
        let fields: Vec<_> = failure.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["name", "font", "on"]);
    }
}
