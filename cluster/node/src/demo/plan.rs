//! Who writes what to whom: a pure function of the size and the seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::limits::MESSAGES_PER_FOREIGN_PHONE;

/// How big the demo is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Numbers that are linked.
    pub numbers: usize,
    /// Messages that are sent.
    pub messages: usize,
    /// Root of the dice.
    pub seed: u64,
}

/// Who gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// A linked number, by position.
    Number(usize),
    /// A person who uses nothing but the phone, by position.
    Foreign(usize),
}

/// A message that will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Position of the number that sends it.
    pub from: usize,
    /// Who gets it.
    pub to: Recipient,
    /// Its text, unlike every other one's.
    pub text: String,
}

/// Everything that will be sent.
#[derive(Debug)]
pub struct Plan {
    /// The messages.
    pub messages: Vec<Planned>,
    /// How many foreign phones there are.
    pub foreign: usize,
}

/// Every other message goes to another linked number, the rest to foreign phones; with a single number, all of them do.
pub fn plan(size: Size) -> Plan {
    let Size { numbers, messages, seed } = size;
    let mut dice = StdRng::seed_from_u64(seed);
    let to_foreign = if numbers > 1 { messages.div_ceil(2) } else { messages };
    let foreign = to_foreign.div_ceil(MESSAGES_PER_FOREIGN_PHONE).max(numbers.min(to_foreign)).max(1);
    let messages = (0..messages)
        .map(|index| {
            let from = index % numbers;
            let to = if numbers > 1 && index % 2 == 1 {
                // Anyone but the sender: one of the others, counted from the one behind it.
                Recipient::Number((from + dice.random_range(1..numbers)) % numbers)
            } else {
                let turn = if numbers > 1 { index / 2 } else { index };
                Recipient::Foreign(turn % foreign)
            };
            Planned { from, to, text: format!("Message {index} of demo {seed:016x}") }
        })
        .collect();
    Plan { messages, foreign }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn check(numbers: usize, messages: usize) {
        let size = Size { numbers, messages, seed: 7 };
        let Plan { messages: planned, foreign } = plan(size);
        assert_eq!(planned, plan(size).messages, "the same seed gives the same plan");
        assert_eq!(planned.len(), messages);
        let texts: BTreeSet<&str> = planned.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts.len(), messages, "no text twice");
        let mut inboxes: BTreeMap<usize, usize> = BTreeMap::new();
        for message in &planned {
            match message.to {
                Recipient::Number(to) => assert!(to < numbers && to != message.from),
                Recipient::Foreign(to) => {
                    assert!(to < foreign);
                    *inboxes.entry(to).or_default() += 1;
                }
            }
        }
        assert!(inboxes.values().all(|count| *count <= MESSAGES_PER_FOREIGN_PHONE), "{inboxes:?}");
        assert_eq!(inboxes.len(), foreign, "every foreign phone gets something");
    }

    #[test]
    fn plans_of_every_size_hold_their_promises() {
        for (numbers, messages) in [(1, 1), (1, 450), (2, 1), (2, 3_000), (10, 200), (50, 2_000), (50, 7)] {
            check(numbers, messages);
        }
    }
}
