//! How much a campaign may hand to each of its instances: a window of messages under way, and a pace.

use std::collections::BTreeMap;

use crate::id::InstanceId;

/// How many messages an instance may be given now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Which.
    pub instance: InstanceId,
    /// So many.
    pub messages: u32,
}

/// The instances of a running campaign. In memory only: after a restart it is made anew from the people who are under way.
#[derive(Debug, Clone)]
pub struct Feed {
    window: u32,
    /// Between two messages of an instance, in milliseconds.
    interval_ms: i64,
    shares: BTreeMap<InstanceId, Share>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Share {
    under_way: u32,
    /// Nothing new before then: its pace.
    next_ms: i64,
    /// Nothing at all before then: it said so.
    rests_until_ms: i64,
    /// It takes no messages.
    gone: bool,
}

impl Feed {
    /// A feed with at most `window` messages of each instance under way, and `per_minute` of each a minute.
    pub fn new(instances: &[InstanceId], window: u32, per_minute: Option<u32>) -> Feed {
        Feed {
            window,
            interval_ms: per_minute.map_or(0, |per_minute| 60_000 / i64::from(per_minute.max(1))),
            shares: instances.iter().map(|instance| (*instance, Share::default())).collect(),
        }
    }

    fn share(&mut self, instance: InstanceId) -> &mut Share {
        self.shares.entry(instance).or_insert(Share { gone: true, ..Share::default() })
    }

    /// Where there is room.
    pub fn room(&self, now_ms: i64) -> Vec<Room> {
        let room = |(instance, share): (&InstanceId, &Share)| {
            if share.gone || now_ms < share.next_ms.max(share.rests_until_ms) {
                return None;
            }
            let window = self.window.saturating_sub(share.under_way);
            let messages = if self.interval_ms > 0 { window.min(1) } else { window };
            (messages > 0).then_some(Room { instance: *instance, messages })
        };
        self.shares.iter().filter_map(room).collect()
    }

    /// Deals `count` places out, one each in turn, as far as there is room.
    pub fn deal(rooms: &[Room], count: usize) -> Vec<InstanceId> {
        let mut left = rooms.to_vec();
        let mut dealt = Vec::with_capacity(count);
        while dealt.len() < count && left.iter().any(|room| room.messages > 0) {
            for room in left.iter_mut().filter(|room| room.messages > 0) {
                if dealt.len() < count {
                    room.messages -= 1;
                    dealt.push(room.instance);
                }
            }
        }
        dealt
    }

    /// An instance was given one more.
    pub fn given(&mut self, instance: InstanceId, now_ms: i64) {
        let interval_ms = self.interval_ms;
        let share = self.share(instance);
        share.under_way += 1;
        share.next_ms = share.next_ms.max(now_ms).saturating_add(interval_ms);
    }

    /// What one of its messages became is known.
    pub fn settled(&mut self, instance: InstanceId) {
        let share = self.share(instance);
        share.under_way = share.under_way.saturating_sub(1);
    }

    /// An instance takes no messages until `until_ms`.
    pub fn rest(&mut self, instance: InstanceId, until_ms: i64) {
        let share = self.share(instance);
        share.rests_until_ms = share.rests_until_ms.max(until_ms);
    }

    /// Whether an instance may be asked at all.
    pub fn may_be_asked(&self, instance: InstanceId, now_ms: i64) -> bool {
        self.shares.get(&instance).is_none_or(|share| now_ms >= share.rests_until_ms)
    }

    /// An instance takes no messages any more.
    pub fn gone(&mut self, instance: InstanceId) {
        self.share(instance).gone = true;
    }

    /// Whether none is left that takes messages.
    pub fn is_deserted(&self) -> bool {
        self.shares.values().all(|share| share.gone)
    }

    /// When some instance may have more, or be asked again, if its pace or its rest is what it waits for.
    pub fn next_ms(&self, now_ms: i64) -> Option<i64> {
        let due_ms = |share: &Share| {
            let paced_ms = if share.under_way < self.window { share.next_ms } else { 0 };
            paced_ms.max(share.rests_until_ms)
        };
        let waits = self.shares.values().filter(|share| !share.gone).map(due_ms);
        waits.filter(|due_ms| *due_ms > now_ms).min()
    }
}
