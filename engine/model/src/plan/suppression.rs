//! Who wants no bulk messages.

use std::collections::HashSet;

use super::fold::fold;
use crate::id::InstanceId;
use crate::limits::OPT_OUT_WORD_BYTES_MAX;
use crate::message::Lane;

/// Somebody who is not written to in the lanes that respect the list.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SuppressionRecord {
    /// Digits of the phone number, where it is known.
    pub phone: Option<String>,
    /// WhatsApp's number-hiding id, where it is known.
    pub lid: Option<String>,
    /// Why.
    pub reason: SuppressionReason,
    /// The instance that heard the word.
    pub instance: Option<InstanceId>,
    /// The caller's words on it.
    pub note: Option<String>,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// Why somebody is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum SuppressionReason {
    /// A caller put it there.
    Requested,
    /// It wrote an opt-out word.
    OptedOut,
}

impl SuppressionReason {
    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            SuppressionReason::Requested => "requested",
            SuppressionReason::OptedOut => "opted_out",
        }
    }
}

/// How an account goes about its list.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SuppressionSettings {
    /// Messages that say one of these and nothing else put their sender on the list.
    pub words: Vec<String>,
    /// The lanes that respect the list.
    pub lanes: Vec<Lane>,
}

impl Default for SuppressionSettings {
    fn default() -> SuppressionSettings {
        let words = ["stop", "unsubscribe"].map(str::to_owned).into();
        SuppressionSettings { words, lanes: vec![Lane::Bulk] }
    }
}

/// The words of an account, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptOutWords(HashSet<String>);

impl OptOutWords {
    /// Takes the words in.
    pub fn new(words: &[String]) -> OptOutWords {
        OptOutWords(words.iter().map(|word| bare(word)).filter(|word| !word.is_empty()).collect())
    }

    /// Whether a message is one of the words; case, accents and punctuation around it do not count.
    pub fn are_said_by(&self, text: &str) -> bool {
        // Room for marks that folding takes away; a longer text says more than a word.
        text.len() <= OPT_OUT_WORD_BYTES_MAX * 4 && !self.0.is_empty() && self.0.contains(&bare(text))
    }
}

/// Folded, and without punctuation around it.
fn bare(text: &str) -> String {
    fold(text).trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_heard_in_any_dress_and_only_alone() {
        let words = OptOutWords::new(&[
            "STOP".to_owned(),
            "إلغاء".to_owned(),
            "Désinscrire".to_owned(),
            "!".to_owned(),
        ]);
        let check = |text: &str, expected: bool| assert_eq!(words.are_said_by(text), expected, "{text}");
        for said in ["stop", " Stop. ", "*STOP!*", "الغاء", "إلغاء", "desinscrire", "«stop»"] {
            check(said, true);
        }
        for not in ["don't stop", "stopp", "", "!", "please stop writing", &"stop ".repeat(100)] {
            check(not, false);
        }
        assert!(!OptOutWords::default().are_said_by("stop"));
    }
}
