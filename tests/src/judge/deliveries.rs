//! The judge of deliveries: what an endpoint was told, held against the log.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::GatewayEvent;

/// An event as an endpoint took it. One that comes again is taken again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// `evt_…`.
    pub id: String,
    /// Whose.
    pub instance: String,
    /// Position in the instance's log.
    pub sequence: u64,
}

/// How many events are wrong, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Wanted events of the log that were not taken.
    pub missing: u64,
    /// Events that were first taken after a later one of their instance.
    pub out_of_order: u64,
    /// Events under an id that the log does not have, or of a fact that the log has under another id.
    pub duplicates_with_new_id: u64,
    /// Events that were taken more than once under their id: allowed, and told.
    pub repeated: u64,
}

impl Tally {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        (self.missing, self.out_of_order, self.duplicates_with_new_id) == (0, 0, 0)
    }
}

/// Holds what was taken, in the order of its coming, against the wanted part of the logs.
pub fn deliveries(logs: &[GatewayEvent], taken: &[Taken], wanted: impl Fn(&GatewayEvent) -> bool) -> Tally {
    let mut tally = Tally::default();
    let known: BTreeSet<&str> = logs.iter().map(|event| event.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut reached: BTreeMap<&str, u64> = BTreeMap::new();
    for event in taken {
        if !seen.insert(event.id.as_str()) {
            tally.repeated += 1;
            continue;
        }
        if !known.contains(event.id.as_str()) {
            tally.duplicates_with_new_id += 1;
        }
        let reached = reached.entry(&event.instance).or_default();
        if event.sequence < *reached {
            tally.out_of_order += 1;
        }
        *reached = (*reached).max(event.sequence);
    }
    let missing = logs.iter().filter(|event| wanted(event) && !seen.contains(event.id.as_str()));
    tally.missing = missing.count() as u64;
    tally
}

/// Messages and statuses that the logs tell of under more than one id. Other events may well say the same twice: a number can be
/// closed for the same reason again.
pub fn told_twice(logs: &[GatewayEvent]) -> u64 {
    let mut facts = BTreeSet::new();
    let told = logs.iter().filter(|event| event.kind.starts_with("message."));
    told.filter(|event| !facts.insert((&event.instance, &event.kind, event.data.to_string()))).count() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn logged(instance: &str, sequence: u64) -> GatewayEvent {
        GatewayEvent {
            id: format!("evt_{instance}{sequence}"),
            kind: "message.received".into(),
            account: "acc".into(),
            instance: instance.into(),
            sequence,
            time: String::new(),
            backfilled: false,
            data: json!({"text": sequence}),
        }
    }

    fn taken(instance: &str, sequences: &[u64]) -> Vec<Taken> {
        let one = |sequence: &u64| Taken {
            id: format!("evt_{instance}{sequence}"),
            instance: instance.into(),
            sequence: *sequence,
        };
        sequences.iter().map(one).collect()
    }

    #[test]
    fn every_fault_is_found_and_a_repetition_is_none() {
        let logs: Vec<_> = (1..=4).map(|sequence| logged("a", sequence)).collect();
        let judged = |sequences: &[u64]| deliveries(&logs, &taken("a", sequences), |_| true);
        assert_eq!(judged(&[1, 2, 3, 4]), Tally::default());
        assert_eq!(judged(&[1, 2, 1, 2, 3, 4]), Tally { repeated: 2, ..Tally::default() });
        assert_eq!(judged(&[1, 2, 4]), Tally { missing: 1, ..Tally::default() });
        assert_eq!(judged(&[1, 3, 2, 4]), Tally { out_of_order: 1, ..Tally::default() });
        assert_eq!(judged(&[1, 2, 3, 4, 5]), Tally { duplicates_with_new_id: 1, ..Tally::default() });
        assert_eq!(judged(&[]), Tally { missing: 4, ..Tally::default() });
        let unwanted = deliveries(&logs, &taken("a", &[2, 4]), |event| event.sequence % 2 == 0);
        assert_eq!(unwanted, Tally::default());
    }

    #[test]
    fn instances_have_no_common_order() {
        let logs = [logged("a", 1), logged("b", 1), logged("b", 2)];
        let came = [taken("b", &[1, 2]), taken("a", &[1])].concat();
        assert!(deliveries(&logs, &came, |_| true).is_clean());
    }

    #[test]
    fn a_fact_under_two_ids_is_found() {
        let mut twin = logged("a", 2);
        twin.data = logged("a", 1).data;
        assert_eq!(told_twice(&[logged("a", 1), twin.clone(), logged("a", 3)]), 1);
        twin.instance = "b".into();
        assert_eq!(told_twice(&[logged("a", 1), twin]), 0);
    }
}
