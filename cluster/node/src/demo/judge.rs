//! The judge: compares what was accepted with what is at the receivers. Pure, and apart from everything that sends.
//!
//! A receiver has one or more *places* where a message must be found: the inbox of a phone, and for a linked number the event
//! log of its instance as well. Lost is a message that is missing at any of its places; duplicated is one that any place holds
//! more than once, or that lies at a place where it does not belong.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// Where messages arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The event log of a linked number's instance.
    Log(usize),
    /// The phone of a linked number.
    Phone(usize),
    /// The phone of somebody who uses nothing else.
    Foreign(usize),
}

/// A message that was accepted and never reported as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its text, by which it is recognised.
    pub text: String,
    /// Everywhere it must be.
    pub places: Vec<Place>,
}

/// A message found at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The place.
    pub place: Place,
    /// Its text.
    pub text: String,
    /// Its WhatsApp id.
    pub id: String,
    /// How many times it was delivered there under this id.
    pub times: u32,
}

/// What is wrong with one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The message's text.
    pub text: String,
    /// Where.
    pub place: Place,
    /// Times that it is there.
    pub times: u32,
    /// The ids that it has there.
    pub ids: Vec<String>,
}

/// The outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Messages missing at one of their places.
    pub lost: u64,
    /// Messages that are somewhere too often.
    pub duplicated: u64,
    /// Each place that is wrong, in the order of the expected messages.
    pub findings: Vec<Finding>,
}

/// Judges. Arrivals whose text nobody expects are none of its business: history, or messages that failed.
pub fn judge(expected: &[Expected], arrivals: &[Arrival]) -> Verdict {
    let mut found: HashMap<&str, HashMap<Place, Pile>> = HashMap::new();
    for arrival in arrivals {
        let pile = found.entry(&arrival.text).or_default().entry(arrival.place).or_default();
        pile.times += arrival.times;
        pile.ids.insert(&arrival.id);
    }
    let mut verdict = Verdict::default();
    for message in expected {
        let piles = found.remove(message.text.as_str()).unwrap_or_default();
        let wrong = wrong_places(message, &piles);
        verdict.lost += u64::from(wrong.iter().any(|finding| finding.times == 0));
        verdict.duplicated += u64::from(wrong.iter().any(|finding| finding.times > 0));
        verdict.findings.extend(wrong);
    }
    verdict
}

#[derive(Default)]
struct Pile<'a> {
    times: u32,
    ids: BTreeSet<&'a str>,
}

/// The places that are not as they must be: belonging and not there exactly once, or not belonging and there.
fn wrong_places(message: &Expected, piles: &HashMap<Place, Pile<'_>>) -> Vec<Finding> {
    let looked_at: BTreeSet<Place> = message.places.iter().chain(piles.keys()).copied().collect();
    looked_at
        .into_iter()
        .filter_map(|place| {
            let wanted = u32::from(message.places.contains(&place));
            let pile = piles.get(&place);
            let times = pile.map_or(0, |pile| pile.times);
            let ids =
                pile.map(|pile| pile.ids.iter().map(|id| (*id).to_owned()).collect()).unwrap_or_default();
            (times != wanted).then(|| Finding { text: message.text.clone(), place, times, ids })
        })
        .collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, number) = match self.place {
            Place::Log(number) => ("the event log of number", number),
            Place::Phone(number) => ("the phone of number", number),
            Place::Foreign(number) => ("foreign phone", number),
        };
        write!(f, "`{}` is {} times in {kind} {number}", self.text, self.times)?;
        if !self.ids.is_empty() {
            write!(f, ", as {}", self.ids.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Place::{Foreign, Log, Phone};
    use super::*;

    fn expected(text: &str, places: &[Place]) -> Expected {
        Expected { text: text.to_owned(), places: places.to_vec() }
    }

    fn arrival(place: Place, text: &str, id: &str, times: u32) -> Arrival {
        Arrival { place, text: text.to_owned(), id: id.to_owned(), times }
    }

    /// Two messages: `a` to a linked number, `b` to a foreign phone; everything arrived once, plus what `change` does to that.
    fn check(change: impl FnOnce(&mut Vec<Arrival>), lost: u64, duplicated: u64) {
        let all = [expected("a", &[Log(0), Phone(0)]), expected("b", &[Foreign(3)])];
        let mut arrivals = vec![
            arrival(Log(0), "a", "1", 1),
            arrival(Phone(0), "a", "1", 1),
            arrival(Foreign(3), "b", "2", 1),
        ];
        change(&mut arrivals);
        let verdict = judge(&all, &arrivals);
        assert_eq!((verdict.lost, verdict.duplicated), (lost, duplicated), "{arrivals:?}");
        assert_eq!(verdict.findings.is_empty(), lost + duplicated == 0);
    }

    #[test]
    fn everything_once_is_clean() {
        check(|_| {}, 0, 0);
        check(|arrivals| arrivals.push(arrival(Foreign(3), "somebody else's", "9", 4)), 0, 0);
    }

    #[test]
    fn a_loss_is_seen_at_every_place() {
        for gone in 0..3 {
            check(|arrivals| drop(arrivals.remove(gone)), 1, 0);
        }
        check(|arrivals| arrivals.clear(), 2, 0);
    }

    #[test]
    fn a_duplicate_is_seen_in_every_form() {
        check(|arrivals| arrivals.push(arrival(Log(0), "a", "1", 1)), 0, 1);
        check(|arrivals| arrivals.push(arrival(Log(0), "a", "other id", 1)), 0, 1);
        check(|arrivals| arrivals[2].times = 2, 0, 1);
        check(|arrivals| arrivals.push(arrival(Foreign(9), "b", "2", 1)), 0, 1);
    }

    #[test]
    fn a_message_at_the_wrong_place_only_is_lost_and_duplicated() {
        check(|arrivals| arrivals[2].place = Foreign(4), 1, 1);
    }

    #[test]
    fn a_finding_says_what_is_where() {
        let verdict = judge(&[expected("b", &[Foreign(3)])], &[arrival(Foreign(3), "b", "2", 2)]);
        let told: Vec<String> = verdict.findings.iter().map(Finding::to_string).collect();
        assert_eq!(told, ["`b` is 2 times in foreign phone 3, as 2"]);
    }
}
