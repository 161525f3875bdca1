//! Judges of what arrived: pure functions, apart from every workload. Each returns what is wrong, in sentences; an
//! empty list is an acquittal.

mod campaign;
mod deliveries;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use campaign::{Addressee, Reached, Shown, reached};
pub use deliveries::{Taken, Tally, deliveries, told_twice};

/// A message as somebody has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// WhatsApp's id of it.
    pub id: String,
    /// Its text, which no other message of the test has.
    pub text: String,
}

impl Sighting {
    /// A message with this id and text.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into() }
    }
}

/// What is wrong with `seen`, where each of `sent` must be exactly once and nothing else may be.
pub fn exactly_once(sent: &[Sighting], seen: &[Sighting]) -> Vec<String> {
    let mut ids_by_text: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sighting in seen {
        ids_by_text.entry(&sighting.text).or_default().push(&sighting.id);
    }
    let mut findings = Vec::new();
    for Sighting { id, text } in sent {
        match ids_by_text.remove(text.as_str()).unwrap_or_default().as_slice() {
            [] => findings.push(format!("{text:?} ({id}) is lost")),
            [only] if only == id => {}
            [only] => findings.push(format!("{text:?} was sent as {id} and seen as {only}")),
            ids => findings.push(format!("{text:?} ({id}) was seen {} times, as {ids:?}", ids.len())),
        }
    }
    findings.extend(ids_by_text.into_iter().map(|(text, ids)| format!("nobody sent {text:?} ({ids:?})")));
    findings
}

/// What a person sees of `delivered`: a messenger shows one message for each id, however often the service brings it.
/// A second delivery with another text stays, so that a judge finds it.
pub fn as_shown(delivered: &[Sighting]) -> Vec<Sighting> {
    let mut shown = BTreeSet::new();
    delivered.iter().filter(|sighting| shown.insert((*sighting).clone())).cloned().collect()
}

/// What is wrong with the order of `seen`, where the texts of `sent` must come one after the other; others may come
/// between.
pub fn in_order(sent: &[String], seen: &[String]) -> Vec<String> {
    let places: Vec<_> =
        sent.iter().map(|text| (text, seen.iter().position(|found| found == text))).collect();
    let mut findings = Vec::new();
    for pair in places.windows(2) {
        if let [(first, Some(first_at)), (second, Some(second_at))] = pair
            && first_at > second_at
        {
            findings.push(format!("{second:?} overtook {first:?}"));
        }
    }
    let missing = places.iter().filter(|(_, at)| at.is_none());
    findings.extend(missing.map(|(text, _)| format!("{text:?} is missing")));
    findings
}

/// What is wrong with the sequence numbers of a log, which start at 1, have no gap, and end with `newest`, where somebody else
/// said that the log ends. A log without an event is never right: an instance's birth is its first one.
pub fn gap_free(sequences: impl IntoIterator<Item = u64>, newest: u64) -> Vec<String> {
    let mut last = 0;
    for found in sequences {
        if found != last + 1 {
            return vec![format!("event {found} stands where {} belongs", last + 1)];
        }
        last = found;
    }
    match last {
        0 => vec!["there is no event".to_owned()],
        last if last != newest => vec![format!("the log ends with event {last} instead of {newest}")],
        _ => Vec::new(),
    }
}

/// What is wrong with the verdict of the service's judge of Signal keys, as `GET /judge` gives it: what it found, that it saw
/// nothing at all, or that it could not remember everything that it saw.
pub fn no_key_twice(verdict: &Value) -> Vec<String> {
    let mut findings: Vec<String> = match verdict["findings"].as_array() {
        Some(found) => found.iter().map(ToString::to_string).collect(),
        None => vec![format!("this is no verdict: {verdict}")],
    };
    if verdict["clean"] != true && findings.is_empty() {
        findings.push("the judge objects without a finding".to_owned());
    }
    if verdict["ciphertexts"].as_u64().unwrap_or(0) == 0 {
        findings.push("the judge saw no ciphertext".to_owned());
    }
    if verdict["overflowed"] != false {
        findings.push("the judge could not remember every ciphertext".to_owned());
    }
    findings
}

/// What is wrong with the statuses that one message was reported to have, in the order of the reports: none twice, none
/// after a later one, nothing after a failure.
pub fn only_advances(statuses: &[String]) -> Vec<String> {
    const ORDER: [&str; 7] = ["pending", "processing", "sent", "delivered", "read", "played", "failed"];
    let rank = |status: &String| ORDER.iter().position(|known| known == status);
    let unknown = statuses.iter().filter(|status| rank(status).is_none());
    let mut findings: Vec<String> = unknown.map(|status| format!("{status:?} is no status")).collect();
    for pair in statuses.windows(2) {
        if rank(&pair[0]) >= rank(&pair[1]) {
            findings.push(format!("{:?} came after {:?}", pair[1], pair[0]));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sightings(pairs: &[(&str, &str)]) -> Vec<Sighting> {
        pairs.iter().map(|(id, text)| Sighting::new(*id, *text)).collect()
    }

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn check(findings: Vec<String>, expected: &[&str]) {
        assert_eq!(findings, expected);
    }

    const SENT: [(&str, &str); 2] = [("A", "one"), ("B", "two")];

    #[test]
    fn exactly_once_finds_what_is_lost_doubled_renamed_or_invented() {
        let once = |seen: &[(&str, &str)]| exactly_once(&sightings(&SENT), &sightings(seen));
        check(once(&[("B", "two"), ("A", "one")]), &[]);
        check(once(&[("A", "one")]), &["\"two\" (B) is lost"]);
        check(
            once(&[("A", "one"), ("B", "two"), ("B", "two")]),
            &["\"two\" (B) was seen 2 times, as [\"B\", \"B\"]"],
        );
        check(once(&[("A", "one"), ("C", "two")]), &["\"two\" was sent as B and seen as C"]);
        check(once(&[("A", "one"), ("B", "two"), ("D", "three")]), &["nobody sent \"three\" ([\"D\"])"]);
    }

    #[test]
    fn a_repeated_id_is_shown_once_but_not_with_another_text() {
        let delivered = sightings(&[("A", "one"), ("A", "one"), ("B", "two"), ("B", "other")]);
        let shown = as_shown(&delivered);
        assert_eq!(shown, sightings(&[("A", "one"), ("B", "two"), ("B", "other")]));
        check(exactly_once(&sightings(&SENT), &shown), &["nobody sent \"other\" ([\"B\"])"]);
    }

    #[test]
    fn order_finds_who_overtook_and_who_is_missing() {
        let order = |seen: &[&str]| in_order(&texts(&["one", "two", "three"]), &texts(seen));
        check(order(&["zero", "one", "two", "between", "three"]), &[]);
        check(order(&["two", "one", "three"]), &["\"two\" overtook \"one\""]);
        check(order(&["one", "three"]), &["\"two\" is missing"]);
    }

    #[test]
    fn gaps_repetitions_late_starts_and_early_ends_are_found() {
        check(gap_free([1, 2, 3], 3), &[]);
        check(gap_free([1, 3, 4], 4), &["event 3 stands where 2 belongs"]);
        check(gap_free([1, 1], 1), &["event 1 stands where 2 belongs"]);
        check(gap_free([2], 2), &["event 2 stands where 1 belongs"]);
        check(gap_free([1, 2], 3), &["the log ends with event 2 instead of 3"]);
        check(gap_free([1, 2], 1), &["the log ends with event 2 instead of 1"]);
        check(gap_free([], 0), &["there is no event"]);
        check(gap_free([], 2), &["there is no event"]);
    }

    #[test]
    fn a_judge_that_saw_nothing_or_forgot_acquits_nobody() {
        let verdict = |clean: bool, ciphertexts: u64, overflowed: bool, findings: &[&str]| {
            no_key_twice(&json!({
                "clean": clean, "ciphertexts": ciphertexts, "overflowed": overflowed, "findings": findings
            }))
        };
        check(verdict(true, 7, false, &[]), &[]);
        check(verdict(false, 7, false, &["twice"]), &["\"twice\""]);
        check(verdict(false, 7, false, &[]), &["the judge objects without a finding"]);
        check(verdict(true, 0, false, &[]), &["the judge saw no ciphertext"]);
        check(verdict(true, 7, true, &[]), &["the judge could not remember every ciphertext"]);
        assert!(!no_key_twice(&json!({})).is_empty());
    }

    #[test]
    fn a_status_that_goes_back_is_found() {
        let advance = |statuses: &[&str]| only_advances(&texts(statuses));
        check(advance(&["sent", "delivered", "read"]), &[]);
        check(advance(&["read", "delivered"]), &["\"delivered\" came after \"read\""]);
        check(advance(&["sent", "sent"]), &["\"sent\" came after \"sent\""]);
        check(advance(&["failed", "sent"]), &["\"sent\" came after \"failed\""]);
        check(advance(&["lost"]), &["\"lost\" is no status"]);
    }
}
