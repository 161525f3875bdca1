//! Order, pace and patience of the gate.

use proptest::prelude::*;

use super::*;

const PACE: Pace =
    Pace { per_second: 50, per_second_of_address: 50, burst: 10, under_way_max: 1_000, in_advance_max: 4 };

fn asker(id: u64, queued_work: bool, active_at_ms: i64) -> Asker {
    Asker { instance: InstanceId(id), outgoing: Outgoing::default(), queued_work, active_at_ms }
}

/// Gives turns until there is none at this moment.
fn turns(gate: &mut Gate, now_ms: u64) -> Vec<u64> {
    let mut given = Vec::new();
    while let Next::Turn(turn) = gate.next(now_ms) {
        given.push(turn.instance.0);
    }
    given
}

#[test]
fn a_lonely_number_passes_at_once() {
    let mut gate = Gate::new(PACE);
    gate.open();
    gate.ask(asker(1, false, 0), 5);
    let turn = Turn { instance: InstanceId(1), waited_ms: 0, queued_work: false, resumed: false };
    assert_eq!(gate.next(5), Next::Turn(turn));
    assert_eq!(gate.next(5), Next::Nothing);
}

#[test]
fn nobody_passes_a_closed_gate() {
    let mut gate = Gate::new(PACE);
    gate.ask(asker(1, true, 0), 0);
    assert_eq!(gate.next(1_000), Next::Nothing);
    gate.open();
    assert_eq!(turns(&mut gate, 1_000), [1]);
}

#[test]
fn work_comes_first_then_the_latest_active_then_the_rest() {
    let mut gate = Gate::new(PACE);
    for (id, queued_work, active_at_ms) in
        [(1, false, 10), (2, false, 30), (3, true, 5), (4, false, 20), (5, true, 7), (6, false, 30)]
    {
        gate.ask(asker(id, queued_work, active_at_ms), 0);
    }
    gate.open();
    assert_eq!(turns(&mut gate, 0), [5, 3, 2, 6, 4, 1]);
}

#[test]
fn a_burst_passes_and_the_rest_follows_at_the_rate() {
    let mut gate = Gate::new(PACE);
    (1..=100).for_each(|id| gate.ask(asker(id, false, 0), 0));
    gate.open();
    assert_eq!(turns(&mut gate, 0).len(), 10);
    assert_eq!(gate.next(0), Next::At(20));
    assert_eq!(turns(&mut gate, 20).len(), 1);
    assert_eq!(turns(&mut gate, 120).len(), 5);
    assert_eq!(turns(&mut gate, 60_000).len(), 10, "what was not used is not saved beyond the burst");
}

#[test]
fn logins_under_way_are_bounded_and_make_room_when_they_end() {
    let mut gate = Gate::new(Pace { under_way_max: 2, ..PACE });
    (1..=4).for_each(|id| gate.ask(asker(id, false, 0), 0));
    gate.open();
    assert_eq!(turns(&mut gate, 0), [1, 2]);
    gate.finish(true, Outcome::Open);
    assert_eq!(turns(&mut gate, 0), [3]);
    gate.finish(true, Outcome::Failed("timed_out"));
    gate.finish(true, Outcome::Failed("timed_out"));
    assert_eq!(turns(&mut gate, 0), [4]);
    let expected =
        Progress { total: 4, waiting: 0, connecting: 1, open: 1, failed: BTreeMap::from([("timed_out", 2)]) };
    assert_eq!(gate.progress(), &expected);
    assert!(!gate.progress().done());
    gate.finish(true, Outcome::Open);
    assert!(gate.progress().done());
    assert_eq!((gate.progress().settled(), gate.progress().failures(), gate.under_way()), (4, 2, 0));
}

#[test]
fn an_address_that_is_used_up_does_not_hold_up_another() {
    let pace = Pace { per_second: 1_000, per_second_of_address: 1, burst: 1, ..PACE };
    let mut gate = Gate::new(Pace { burst: 1, ..pace });
    for (id, address) in [(1, 0), (2, 0), (3, 1)] {
        gate.ask(Asker { outgoing: Outgoing(address), ..asker(id, false, 0) }, 0);
    }
    gate.open();
    assert_eq!(turns(&mut gate, 0), [1]);
    assert_eq!(turns(&mut gate, 1), [3]);
    assert_eq!(gate.next(2), Next::At(1_000));
    assert_eq!(turns(&mut gate, 1_000), [2]);
}

#[test]
fn people_pass_before_the_queue_and_the_queue_pays_for_it() {
    let mut gate = Gate::new(PACE);
    (1..=100).for_each(|id| gate.ask(asker(id, false, 0), 0));
    gate.open();
    assert_eq!(turns(&mut gate, 0).len(), 10);
    for _ in 0..4 {
        assert_eq!(gate.take_now(Outgoing::default(), 0), Ok(()));
    }
    assert_eq!(gate.take_now(Outgoing::default(), 0), Err(20), "no more than that in advance");
    assert_eq!(gate.next(0), Next::At(100));
    assert_eq!((gate.under_way(), gate.waiting()), (14, 90));
}

#[test]
fn a_place_is_one_and_can_be_given_up() {
    let mut gate = Gate::new(PACE);
    gate.ask(asker(1, false, 0), 0);
    gate.ask(asker(2, false, 0), 0);
    gate.open();
    gate.ask(asker(1, true, 0), 7);
    assert_eq!(gate.waiting(), 2);
    gate.leave(InstanceId(2));
    gate.leave(InstanceId(3));
    assert_eq!(gate.progress().failed, BTreeMap::from([("given_up", 1)]));
    let turn = Turn { instance: InstanceId(1), waited_ms: 9, queued_work: true, resumed: true };
    assert_eq!(gate.next(9), Next::Turn(turn));
    gate.finish(true, Outcome::Open);
    assert!(gate.progress().done() && gate.waiting() == 0);
}

#[derive(Debug, Clone)]
enum Step {
    Ask { id: u64, address: u16, queued_work: bool, active_at_ms: i64 },
    Leave { id: u64 },
    Now,
    Finish,
    Pass { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..40u64, 0..3u16, any::<bool>(), 0..5i64)
            .prop_map(|(id, address, queued_work, active_at_ms)| Step::Ask { id, address, queued_work, active_at_ms }),
        1 => (0..40u64).prop_map(|id| Step::Leave { id }),
        1 => Just(Step::Now),
        3 => Just(Step::Finish),
        2 => (0..80u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

proptest! {
    /// Whatever happens, no stretch of time sees more turns than rate, burst and advance allow, and no more logins are
    /// under way than may be.
    #[test]
    fn the_pace_is_kept(
        steps in prop::collection::vec(step(), 1..200),
        per_second in 1u32..2_000,
        burst in 1u32..20,
    ) {
        let pace = Pace { per_second, per_second_of_address: per_second, burst, under_way_max: 7, in_advance_max: 3 };
        let mut gate = Gate::new(pace);
        gate.open();
        let mut now_ms = 0;
        let mut given_at_ms: Vec<u64> = Vec::new();
        for step in steps {
            match step {
                Step::Ask { id, address, queued_work, active_at_ms } => {
                    let instance = InstanceId(id);
                    gate.ask(Asker { instance, outgoing: Outgoing(address), queued_work, active_at_ms }, now_ms);
                }
                Step::Leave { id } => gate.leave(InstanceId(id)),
                Step::Now => {
                    if gate.take_now(Outgoing::default(), now_ms).is_ok() {
                        given_at_ms.push(now_ms);
                    }
                }
                Step::Finish => gate.finish(false, Outcome::Open),
                Step::Pass { ms } => now_ms += ms,
            }
            let before = gate.under_way();
            let turns = turns(&mut gate, now_ms);
            given_at_ms.extend(turns.iter().map(|_| now_ms));
            prop_assert!(turns.is_empty() || gate.under_way() <= 7, "{} after {before}", gate.under_way());
        }
        for (first, from_ms) in given_at_ms.iter().enumerate() {
            for (last, until_ms) in given_at_ms.iter().enumerate().skip(first) {
                let allowed = u64::from(burst + 3) + (until_ms - from_ms) * u64::from(per_second) / 1_000 + 1;
                prop_assert!((last - first) as u64 <= allowed, "{given_at_ms:?}");
            }
        }
    }

    /// Newcomers that always rank before it cannot keep a number waiting for ever.
    #[test]
    fn nobody_waits_for_ever(before in 0usize..60) {
        let mut gate = Gate::new(PACE);
        gate.open();
        (0..before).for_each(|id| gate.ask(asker(id as u64 + 100, true, 9), 0));
        gate.ask(asker(1, false, -1), 0);
        let bound = (before as u64 + 2) * PATIENCE_EVERY;
        let mut now_ms = 0;
        for turn in 0..bound {
            // One pushes in for each that passes.
            gate.ask(asker(10_000 + turn, true, 1_000_000 + turn as i64), now_ms);
            let passed = loop {
                match gate.next(now_ms) {
                    Next::Turn(turn) => break turn.instance,
                    Next::At(at_ms) => now_ms = at_ms,
                    Next::Nothing => unreachable!("somebody waits and there is room"),
                }
            };
            gate.finish(false, Outcome::Open);
            if passed == InstanceId(1) {
                return Ok(());
            }
        }
        prop_assert!(false, "passed over {bound} times");
    }

    /// All who queue up with work pass before anybody without, but for the turns of patience.
    #[test]
    fn queued_work_comes_first(work in prop::collection::vec(any::<bool>(), 1..60)) {
        let mut gate = Gate::new(Pace { burst: 100, ..PACE });
        for (id, &queued_work) in work.iter().enumerate() {
            gate.ask(asker(id as u64, queued_work, 0), 0);
        }
        gate.open();
        let mut without_work_before_work = 0;
        let order: Vec<bool> = turns(&mut gate, 0).iter().map(|&id| work[id as usize]).collect();
        let last_work = order.iter().rposition(|&queued_work| queued_work).unwrap_or(0);
        for &queued_work in &order[..last_work] {
            without_work_before_work += u64::from(!queued_work);
        }
        prop_assert_eq!(order.len(), work.len());
        prop_assert!(without_work_before_work <= last_work as u64 / PATIENCE_EVERY + 1);
    }
}
