//! The judge of campaigns: what phones show, held against the people whom a campaign was for.

use std::collections::BTreeSet;

/// A message of the campaign on somebody's phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// WhatsApp's id of it; what comes again under its id is shown once.
    pub id: String,
    /// When it first came, in seconds since the Unix epoch.
    pub received_s: u64,
}

/// Somebody whom a campaign was for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addressee {
    /// Where the campaign says that he stands; empty when it does not know him.
    pub state: String,
    /// What his phone shows.
    pub shown: Vec<Shown>,
    /// Since when nothing may come to him any more, in seconds since the Unix epoch.
    pub out_since_s: Option<u64>,
}

/// How many people are wrong, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// Everybody.
    pub recipients: u64,
    /// Those whose phones show the message.
    pub sent: u64,
    /// Messages that phones show besides the first.
    pub twice: u64,
    /// Messages that came to people who had opted out.
    pub after_opt_out: u64,
    /// People who did not opt out and whose phones show nothing.
    pub missing: u64,
    /// People of whom the campaign tells something else than their phones, and those whom it does not know.
    pub untrue: u64,
}

impl Reached {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        (self.twice, self.after_opt_out, self.missing, self.untrue) == (0, 0, 0, 0)
    }
}

/// Holds phones against the campaign's word.
pub fn reached<'a>(people: impl IntoIterator<Item = &'a Addressee>) -> Reached {
    let mut reached = Reached::default();
    for person in people {
        let ids: BTreeSet<&str> = person.shown.iter().map(|shown| shown.id.as_str()).collect();
        reached.recipients += 1;
        reached.sent += u64::from(!ids.is_empty());
        reached.twice += (ids.len() as u64).saturating_sub(1);
        match person.out_since_s {
            Some(since_s) => {
                let late = person.shown.iter().filter(|shown| shown.received_s > since_s);
                reached.after_opt_out += late.count() as u64;
                // Who opts out while his message is on its way may be in either state.
                reached.untrue += u64::from(!matches!(person.state.as_str(), "sent" | "suppressed"));
            }
            None => {
                reached.missing += u64::from(ids.is_empty());
                reached.untrue += u64::from((person.state == "sent") == ids.is_empty());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(state: &str, shown: &[(&str, u64)], out_since_s: Option<u64>) -> Addressee {
        let shown =
            shown.iter().map(|(id, received_s)| Shown { id: (*id).to_owned(), received_s: *received_s });
        Addressee { state: state.to_owned(), shown: shown.collect(), out_since_s }
    }

    #[test]
    fn each_wrong_is_found() {
        let check = |person: Addressee, expected: Reached| {
            let found = reached([&person]);
            assert_eq!(found, Reached { recipients: 1, ..expected }, "{person:?}");
        };
        let fine = Reached::default();
        check(person("sent", &[("A", 1)], None), Reached { sent: 1, ..fine });
        check(person("sent", &[("A", 1), ("A", 2)], None), Reached { sent: 1, ..fine });
        check(person("sent", &[("A", 1), ("B", 2)], None), Reached { sent: 1, twice: 1, ..fine });
        check(person("sent", &[], None), Reached { missing: 1, untrue: 1, ..fine });
        check(person("failed", &[], None), Reached { missing: 1, ..fine });
        check(person("failed", &[("A", 1)], None), Reached { sent: 1, untrue: 1, ..fine });
        check(person("", &[("A", 1)], None), Reached { sent: 1, untrue: 1, ..fine });
        check(person("suppressed", &[], Some(5)), fine);
        check(person("pending", &[], Some(5)), Reached { untrue: 1, ..fine });
        check(person("sent", &[("A", 5)], Some(5)), Reached { sent: 1, ..fine });
        check(person("sent", &[("A", 6)], Some(5)), Reached { sent: 1, after_opt_out: 1, ..fine });
        assert!(reached([]).is_clean());
        assert!(!Reached { untrue: 1, ..fine }.is_clean());
    }
}
