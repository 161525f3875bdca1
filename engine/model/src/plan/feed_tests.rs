//! A campaign whose planner is killed anywhere neither skips nor repeats anybody.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::id::{CampaignId, InstanceId, MessageId};
use crate::message::MessageStatus;

const CAMPAIGN: CampaignId = CampaignId(9);

/// What survives a kill: the rows on disk, and the outboxes of the instances.
#[derive(Default)]
struct Durable {
    rows: BTreeMap<u32, RecipientRecord>,
    outboxes: HashMap<(InstanceId, String), MessageId>,
    messages: u64,
}

impl Durable {
    /// What an instance does with an idempotency key.
    fn accept(&mut self, instance: InstanceId, key: String) -> MessageId {
        let next = MessageId::from_u64(self.messages + 1).expect("few");
        let id = *self.outboxes.entry((instance, key)).or_insert(next);
        self.messages += u64::from(id == next);
        id
    }
}

/// The planner is killed when it has no steps left.
struct Killed;

struct Life(u32);

impl Life {
    fn step(&mut self) -> Result<(), Killed> {
        self.0 = self.0.checked_sub(1).ok_or(Killed)?;
        Ok(())
    }
}

/// What the engine's runner does, with a chance of being killed between any two effects.
fn run(disk: &mut Durable, life: &mut Life, instances: &[InstanceId]) -> Result<(), Killed> {
    let mut feed = Feed::new(instances, 3, None);
    let under_way: Vec<u32> = disk
        .rows
        .iter()
        .filter(|(_, row)| !row.state.is_settled() && row.instance.is_some())
        .map(|(n, _)| *n)
        .collect();
    for number in &under_way {
        disk.rows[number].instance.into_iter().for_each(|instance| feed.given(instance, 0));
    }
    let mut open: Vec<u32> = under_way;
    loop {
        for number in open.clone() {
            let Some(row) = disk.rows.get(&number).filter(|row| row.may_be_handed(0)).cloned() else {
                continue;
            };
            let instance = row.instance.expect("it was claimed");
            let message = disk.accept(instance, RecipientRecord::key(CAMPAIGN, number));
            life.step()?;
            disk.rows.get_mut(&number).expect("it is there").queued(message, 0);
            life.step()?;
        }
        for number in std::mem::take(&mut open) {
            let row = disk.rows.get_mut(&number).expect("it is there");
            row.heard(MessageStatus::Sent, None, 0);
            let instance = row.instance.expect("it was claimed");
            life.step()?;
            feed.settled(instance);
        }
        let pending: Vec<u32> = disk
            .rows
            .iter()
            .filter(|(_, row)| row.state == RecipientState::Pending)
            .map(|(n, _)| *n)
            .collect();
        if pending.is_empty() {
            return Ok(());
        }
        let dealt = Feed::deal(&feed.room(0), pending.len());
        assert!(!dealt.is_empty(), "nothing is under way, and there is no room");
        for (number, instance) in pending.into_iter().zip(dealt) {
            disk.rows.get_mut(&number).expect("it is there").claim(instance, 0);
            feed.given(instance, 0);
            open.push(number);
        }
        life.step()?;
    }
}

proptest! {
    #[test]
    fn a_killed_planner_neither_skips_nor_repeats(people in 1u32..40, numbers in 1u64..5, kills in prop::collection::vec(0u32..30, 0..20)) {
        let mut disk = Durable::default();
        for number in 0..people {
            disk.rows.insert(number, RecipientRecord::new(number.to_string(), BTreeMap::new(), 0));
        }
        for (life, steps) in kills.into_iter().enumerate() {
            // The list of instances may be another one after each kill.
            let instances: Vec<InstanceId> = (0..numbers).map(|n| InstanceId((n + life as u64) % 7)).collect();
            let _ = run(&mut disk, &mut Life(steps), &instances);
        }
        let instances: Vec<InstanceId> = (0..numbers).map(InstanceId).collect();
        prop_assert!(run(&mut disk, &mut Life(u32::MAX), &instances).is_ok());
        let keys: HashSet<&String> = disk.outboxes.keys().map(|(_, key)| key).collect();
        prop_assert_eq!(disk.outboxes.len() as u32, people, "somebody was written to by two instances, or by none");
        prop_assert_eq!(keys.len() as u32, people);
        prop_assert!(disk.rows.values().all(|row| row.state == RecipientState::Sent));
    }

    #[test]
    fn no_instance_gets_more_than_its_window(given in prop::collection::vec((0u64..3, any::<bool>()), 0..60)) {
        let instances: Vec<InstanceId> = (0..3).map(InstanceId).collect();
        let mut feed = Feed::new(&instances, 4, None);
        let mut under_way = [0u32; 3];
        for (number, settles) in given {
            let index = number as usize;
            if settles && under_way[index] > 0 {
                feed.settled(InstanceId(number));
                under_way[index] -= 1;
            } else if feed.room(0).iter().any(|room| room.instance == InstanceId(number)) {
                feed.given(InstanceId(number), 0);
                under_way[index] += 1;
            }
            prop_assert!(under_way.iter().all(|count| *count <= 4));
        }
    }
}

#[test]
fn a_pace_is_kept() {
    let mut feed = Feed::new(&[InstanceId(1)], 10, Some(60));
    assert_eq!(feed.room(0), [Room { instance: InstanceId(1), messages: 1 }]);
    feed.given(InstanceId(1), 0);
    assert_eq!((feed.room(999), feed.next_ms(0)), (Vec::new(), Some(1_000)));
    assert_eq!(feed.room(1_000).len(), 1);
    feed.rest(InstanceId(1), 3_000);
    assert!(feed.room(1_000).is_empty() && !feed.may_be_asked(InstanceId(1), 2_999));
    assert!(feed.may_be_asked(InstanceId(1), 3_000) && feed.next_ms(1_500) == Some(3_000));
    feed.gone(InstanceId(1));
    assert!(feed.is_deserted() && feed.room(5_000).is_empty());
}

#[test]
fn places_are_dealt_in_turn() {
    let room = |instance, messages| Room { instance: InstanceId(instance), messages };
    let dealt =
        |count| Feed::deal(&[room(1, 1), room(2, 3)], count).into_iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(dealt(3), [1, 2, 2]);
    assert_eq!(dealt(10), [1, 2, 2, 2]);
    assert_eq!(dealt(0), Vec::<u64>::new());
}

#[test]
fn who_waited_too_long_is_not_asked_again() {
    let mut row = RecipientRecord::new("1".to_owned(), BTreeMap::new(), 0);
    row.claim(InstanceId(1), 1_000);
    assert!(row.may_be_handed(2_000) && !row.may_be_handed(1_000 + 12 * 3_600_000));
}
