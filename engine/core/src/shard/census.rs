//! The memory of a shard's clients, as far as it is known, and which of them should be recycled. Pure: times and readings come
//! in.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use trunkline_model::InstanceId;

/// When a client is recycled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryLimits {
    /// All clients together, in bytes.
    pub(crate) budget_bytes: u64,
    /// One client, once it is quiet, in bytes.
    pub(crate) client_soft_bytes: u64,
    /// Less than this is not worth a new login, in bytes.
    pub(crate) client_worth_bytes: u64,
    /// What a client is taken to hold before its first reading, in bytes.
    pub(crate) client_base_bytes: u64,
    /// Without news for this long a client is quiet, in milliseconds.
    pub(crate) quiet_ms: u64,
    /// The same over the budget, in milliseconds.
    pub(crate) quiet_pressed_ms: u64,
    /// Shortest time between two recycles of one client, in milliseconds.
    pub(crate) again_ms: u64,
}

/// What a client says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// What it holds, in bytes.
    pub(crate) bytes: u64,
    /// Its newest event: while it stays the same, nothing happened.
    pub(crate) position: u64,
    /// Whether something is under way.
    pub(crate) is_busy: bool,
}

/// Why a client is recycled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecycleReason {
    /// It holds more than one client should, and is quiet.
    Heavy,
    /// All clients together hold more than they may.
    OverBudget,
}

impl RecycleReason {
    /// The metric label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            RecycleReason::Heavy => "heavy",
            RecycleReason::OverBudget => "over_budget",
        }
    }
}

/// A client to be recycled, if it still stands where its last reading found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) instance: InstanceId,
    pub(crate) position: u64,
    pub(crate) reason: RecycleReason,
}

#[derive(Debug, Clone, Copy)]
struct Client {
    bytes: u64,
    position: u64,
    same_since_ms: u64,
    is_busy: bool,
}

/// The open clients of a shard.
///
/// Invariant: `total_bytes` is the sum over `clients`.
#[derive(Debug)]
pub(crate) struct Census {
    limits: MemoryLimits,
    clients: BTreeMap<InstanceId, Client>,
    /// When clients were recycled, until they may be again.
    recycled_at_ms: HashMap<InstanceId, u64>,
    asked_last: Option<InstanceId>,
    total_bytes: u64,
}

impl Census {
    pub(crate) fn new(limits: MemoryLimits) -> Census {
        let (clients, recycled_at_ms) = (BTreeMap::new(), HashMap::new());
        Census { limits, clients, recycled_at_ms, asked_last: None, total_bytes: 0 }
    }

    pub(crate) fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// A client opened.
    pub(crate) fn enter(&mut self, instance: InstanceId, now_ms: u64) {
        self.leave(instance);
        let bytes = self.limits.client_base_bytes;
        self.total_bytes += bytes;
        let client = Client { bytes, position: 0, same_since_ms: now_ms, is_busy: false };
        self.clients.insert(instance, client);
    }

    /// A client is gone.
    pub(crate) fn leave(&mut self, instance: InstanceId) {
        if let Some(client) = self.clients.remove(&instance) {
            self.total_bytes -= client.bytes;
        }
    }

    /// A client answered.
    pub(crate) fn read(&mut self, instance: InstanceId, reading: Reading, now_ms: u64) {
        let Some(client) = self.clients.get_mut(&instance) else { return };
        self.total_bytes = self.total_bytes - client.bytes + reading.bytes;
        if client.position != reading.position || reading.is_busy {
            client.same_since_ms = now_ms;
        }
        client.bytes = reading.bytes;
        client.position = reading.position;
        client.is_busy = reading.is_busy;
    }

    /// The next clients to ask, in a circle, each at most once.
    pub(crate) fn next_to_ask(&mut self, most: usize) -> Vec<InstanceId> {
        let after = self.asked_last.map_or(Bound::Unbounded, Bound::Excluded);
        let up_to = self.asked_last.map_or(Bound::Unbounded, Bound::Included);
        let rest = self.clients.range((after, Bound::Unbounded));
        let begin = self.clients.range((Bound::Unbounded, up_to));
        let wrapped = begin.take(if self.asked_last.is_some() { usize::MAX } else { 0 });
        let asked: Vec<InstanceId> = rest.chain(wrapped).map(|(id, _)| *id).take(most).collect();
        self.asked_last = asked.last().copied().or(self.asked_last);
        asked
    }

    /// Whether all clients together hold more than they may.
    pub(crate) fn is_over(&self) -> bool {
        self.total_bytes > self.limits.budget_bytes
    }

    /// The heaviest clients that should be recycled now, and notes them as recycled.
    pub(crate) fn choose(&mut self, most: usize, now_ms: u64) -> Vec<Choice> {
        let MemoryLimits { again_ms, .. } = self.limits;
        self.recycled_at_ms.retain(|_, at_ms| *at_ms + again_ms > now_ms);
        let is_over = self.is_over();
        let mut heavy: Vec<(u64, Choice)> = self
            .clients
            .iter()
            .filter(|(instance, _)| !self.recycled_at_ms.contains_key(instance))
            .filter_map(|(instance, client)| {
                let reason = self.reason(client, is_over, now_ms)?;
                let choice = Choice { instance: *instance, position: client.position, reason };
                Some((client.bytes, choice))
            })
            .collect();
        heavy.sort_unstable_by_key(|(bytes, choice)| (std::cmp::Reverse(*bytes), choice.instance));
        heavy.truncate(most);
        for (_, choice) in &heavy {
            self.recycled_at_ms.insert(choice.instance, now_ms);
        }
        heavy.into_iter().map(|(_, choice)| choice).collect()
    }

    fn reason(&self, client: &Client, is_over: bool, now_ms: u64) -> Option<RecycleReason> {
        let limits = &self.limits;
        let quiet_ms = now_ms.saturating_sub(client.same_since_ms);
        if client.is_busy || client.bytes < limits.client_worth_bytes {
            None
        } else if client.bytes > limits.client_soft_bytes && quiet_ms >= limits.quiet_ms {
            Some(RecycleReason::Heavy)
        } else {
            (is_over && quiet_ms >= limits.quiet_pressed_ms).then_some(RecycleReason::OverBudget)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: MemoryLimits = MemoryLimits {
        budget_bytes: 1_000,
        client_soft_bytes: 200,
        client_worth_bytes: 150,
        client_base_bytes: 100,
        quiet_ms: 300,
        quiet_pressed_ms: 60,
        again_ms: 10_000,
    };

    fn census(clients: &[(u64, u64)]) -> Census {
        let mut census = Census::new(LIMITS);
        for &(id, bytes) in clients {
            census.enter(InstanceId(id), 0);
            census.read(InstanceId(id), Reading { bytes, position: 0, is_busy: false }, 0);
        }
        census
    }

    fn chosen(census: &mut Census, most: usize, now_ms: u64) -> Vec<(u64, RecycleReason)> {
        census.choose(most, now_ms).into_iter().map(|choice| (choice.instance.0, choice.reason)).collect()
    }

    use RecycleReason::{Heavy, OverBudget};

    #[test]
    fn a_heavy_client_is_recycled_once_it_is_quiet_and_not_again_soon() {
        let mut census = census(&[(1, 250), (2, 100), (3, 220)]);
        assert_eq!(chosen(&mut census, 9, 299), []);
        assert_eq!(chosen(&mut census, 1, 300), [(1, Heavy)], "the heaviest first");
        assert_eq!(chosen(&mut census, 9, 301), [(3, Heavy)]);
        assert_eq!(chosen(&mut census, 9, 9_999), []);
        assert_eq!(chosen(&mut census, 9, 10_301), [(1, Heavy), (3, Heavy)]);
    }

    #[test]
    fn news_and_work_under_way_are_not_quiet() {
        let mut census = census(&[(1, 250), (2, 250)]);
        census.read(InstanceId(1), Reading { bytes: 250, position: 7, is_busy: false }, 200);
        census.read(InstanceId(2), Reading { bytes: 250, position: 0, is_busy: true }, 200);
        assert_eq!(chosen(&mut census, 9, 499), []);
        assert_eq!(census.choose(9, 500), [Choice { instance: InstanceId(1), position: 7, reason: Heavy }]);
    }

    #[test]
    fn over_the_budget_smaller_clients_go_after_a_shorter_silence() {
        let mut census = census(&[(1, 700), (2, 160), (3, 149), (4, 180)]);
        assert!(census.is_over());
        assert_eq!(chosen(&mut census, 2, 60), [(1, OverBudget), (4, OverBudget)]);
        census.leave(InstanceId(1));
        assert!(!census.is_over());
        assert_eq!(chosen(&mut census, 9, 61), [], "it is under the budget again");
    }

    #[test]
    fn everybody_is_asked_in_turn() {
        let mut census = census(&[(1, 1), (2, 1), (3, 1)]);
        let mut ask = |most| census.next_to_ask(most).iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!((ask(2), ask(2), ask(5)), (vec![1, 2], vec![3, 1], vec![2, 3, 1]));
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum(steps in proptest::collection::vec((0u64..6, 0u8..3, 0u64..500), 0..80)) {
            let mut census = Census::new(LIMITS);
            for (now_ms, (id, step, bytes)) in (0u64..).zip(steps) {
                match step {
                    0 => census.enter(InstanceId(id), now_ms),
                    1 => census.leave(InstanceId(id)),
                    _ => census.read(InstanceId(id), Reading { bytes, position: 0, is_busy: false }, now_ms),
                }
                let sum: u64 = census.clients.values().map(|client| client.bytes).sum();
                prop_assert_eq!(census.total_bytes(), sum);
            }
        }
    }
}
