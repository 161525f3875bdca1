//! An account's address book.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::fold;
use crate::failure::FieldError;
use crate::id::ContactId;
use crate::limits::{
    CONTACT_NAME_CHARS_MAX, CONTACT_NOTE_BYTES_MAX, CUSTOM_FIELDS_MAX, EMAIL_BYTES_MAX, TAG_BYTES_MAX,
    TAGS_MAX, VARIABLE_NAME_BYTES_MAX, VARIABLE_VALUE_BYTES_MAX, VARIABLES_BYTES_MAX,
};

/// Somebody as the account knows him, whichever number writes.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ContactRecord {
    /// Its id.
    pub id: ContactId,
    /// What is known.
    pub about: NewContact,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it was changed, in milliseconds since the Unix epoch.
    pub updated_at_ms: i64,
}

/// What an address book says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct NewContact {
    /// Digits of the phone number, country code first; unique in the account.
    pub phone: String,
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// What else is to be known.
    pub notes: Option<String>,
    /// Tags, each once.
    pub tags: BTreeSet<String>,
    /// Fields of the account's own.
    pub custom: BTreeMap<String, String>,
}

impl NewContact {
    /// Everything that is wrong with it; the phone number was read before.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut bound = |field: &str, given: usize, max: usize, of: &str| {
            if given > max {
                problems.push(FieldError::new(field, format!("is longer than {max} {of}")));
            }
        };
        bound("name", self.name.iter().flat_map(|n| n.chars()).count(), CONTACT_NAME_CHARS_MAX, "characters");
        bound("email", self.email.as_ref().map_or(0, String::len), EMAIL_BYTES_MAX, "bytes");
        bound("notes", self.notes.as_ref().map_or(0, String::len), CONTACT_NOTE_BYTES_MAX, "bytes");
        let mut add = |field: &str, message: String| problems.push(FieldError::new(field, message));
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            add("email", "is no e-mail address".to_owned());
        }
        if self.tags.len() > TAGS_MAX {
            add("tags", format!("has more than {TAGS_MAX} items"));
        }
        if self.tags.iter().any(|tag| !is_tag(tag)) {
            add(
                "tags",
                format!(
                    "has one that is empty, longer than {TAG_BYTES_MAX} bytes, or has control characters"
                ),
            );
        }
        if self.custom.len() > CUSTOM_FIELDS_MAX {
            add("custom", format!("has more than {CUSTOM_FIELDS_MAX} members"));
        }
        if self.custom.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            > VARIABLES_BYTES_MAX
        {
            add("custom", format!("has more than {VARIABLES_BYTES_MAX} bytes"));
        }
        for (name, value) in self.custom.iter().take(CUSTOM_FIELDS_MAX) {
            if name.is_empty() || name.len() > VARIABLE_NAME_BYTES_MAX {
                add(
                    "custom",
                    format!("has a member whose name has not 1 to {VARIABLE_NAME_BYTES_MAX} bytes"),
                );
            } else if value.len() > VARIABLE_VALUE_BYTES_MAX {
                add("custom", format!("has a member longer than {VARIABLE_VALUE_BYTES_MAX} bytes"));
            }
        }
        problems
    }

    /// What the contact is found by: its name's words and its number, folded.
    pub fn search_words(&self) -> BTreeSet<String> {
        let name = fold(self.name.as_deref().unwrap_or_default());
        let mut words: BTreeSet<String> =
            name.split(' ').filter(|word| !word.is_empty()).map(shortened).collect();
        if !name.is_empty() {
            words.insert(shortened(&name));
        }
        words.insert(self.phone.clone());
        words.extend(self.email.as_deref().map(fold).map(|email| shortened(&email)));
        words
    }

    /// Its values for a template: `name`, `phone`, `email`, and the account's own fields.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let mut values = self.custom.clone();
        values.insert("phone".to_owned(), self.phone.clone());
        values.extend(self.name.clone().map(|name| ("name".to_owned(), name)));
        values.extend(self.email.clone().map(|email| ("email".to_owned(), email)));
        values
    }
}

/// The beginning of a word, as long as the index keeps it.
fn shortened(word: &str) -> String {
    let mut end = word.len().min(crate::limits::CONTACT_SEARCH_BYTES_MAX);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    word[..end].to_owned()
}

fn is_email(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    plain
        && text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'))
}

fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.len() <= TAG_BYTES_MAX && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nora() -> NewContact {
        NewContact {
            phone: "966501234567".to_owned(),
            name: Some("Nóra al-Ali".to_owned()),
            email: Some("Nora@example.org".to_owned()),
            custom: BTreeMap::from([("city".to_owned(), "Riyadh".to_owned())]),
            ..NewContact::default()
        }
    }

    #[test]
    fn a_contact_is_found_by_its_words() {
        let words: Vec<String> = nora().search_words().into_iter().collect();
        assert_eq!(words, ["966501234567", "al-ali", "nora", "nora al-ali", "nora@example.org"]);
    }

    #[test]
    fn wrong_fields_are_named() {
        let check = |change: fn(&mut NewContact), field: &str| {
            let mut contact = nora();
            change(&mut contact);
            let fields: Vec<String> = contact.problems().into_iter().map(|p| p.field).collect();
            assert_eq!(fields, Vec::from_iter((!field.is_empty()).then(|| field.to_owned())));
        };
        check(|_| {}, "");
        check(|c| c.email = Some("nobody".to_owned()), "email");
        check(|c| c.email = Some("a@b@c.d".to_owned()), "email");
        check(|c| c.name = Some("x".repeat(CONTACT_NAME_CHARS_MAX + 1)), "name");
        check(|c| c.tags = BTreeSet::from([String::new()]), "tags");
        check(|c| c.tags = (0..=TAGS_MAX).map(|n| n.to_string()).collect(), "tags");
        check(|c| c.notes = Some("x".repeat(CONTACT_NOTE_BYTES_MAX + 1)), "notes");
        check(|c| c.custom = BTreeMap::from([(String::new(), String::new())]), "custom");
    }

    #[test]
    fn a_contact_fills_a_template() {
        let values = nora().variables();
        assert_eq!(values.get("city").map(String::as_str), Some("Riyadh"));
        assert_eq!(values.get("name").map(String::as_str), Some("Nóra al-Ali"));
    }
}
