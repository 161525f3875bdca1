//! The two sides over a network that loses, repeats and reorders, with a crash of either between any two of their steps; and the judge
//! that counts the money, shown that it would notice.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::id::InstanceId;
use crate::limits::{VOUCHER_ASKED_AGAIN_MS, VOUCHER_PATIENCE_MS};

const INSTANCE: InstanceId = InstanceId(7);
/// How long a refusal is remembered: longer than anything is on its way here.
const REMEMBERED_MS: i64 = i64::MAX / 2;

/// What is on its way between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letter {
    Accept(Voucher),
    What(Voucher),
    Answer(Voucher, Told),
    Ended(Voucher, Ended),
    Heard(Voucher),
}

/// A crash loses what was decided and is not on disk; with `Lost` the process dies before its batch, with `Silent` right after
/// it, before anybody hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Luck {
    Fine,
    Lost,
    Silent,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Grant(u8),
    Withdraw(u8),
    Reserve(u8),
    /// A letter arrives; it may stay to arrive again.
    Deliver {
        pick: u16,
        again: bool,
    },
    Drop {
        pick: u16,
    },
    /// An accepted message ends.
    End {
        pick: u16,
        failed: bool,
    },
    Sweep,
    /// The instance says again what the account may not have heard.
    Repeat,
    /// So much later that everything is asked about again.
    Later,
    Restart,
}

#[derive(Debug, Default)]
struct World {
    pocket: Pocket,
    pocket_rows: Vec<PocketEffect>,
    voucher_rows: BTreeMap<Voucher, Fate>,
    letters: Vec<Letter>,
    now_ms: i64,
    granted: i64,
    accepted: BTreeSet<Voucher>,
    kept: BTreeSet<Voucher>,
    failed: BTreeSet<Voucher>,
}

impl World {
    fn ask_pocket(&mut self, ask: PocketAsk, luck: Luck) -> Option<Vec<PocketEffect>> {
        let effects = self.pocket.decide(self.now_ms, ask).ok()?;
        if luck == Luck::Lost {
            self.restart();
            return None;
        }
        for effect in &effects {
            self.pocket_rows.push(*effect);
            self.pocket.apply(*effect);
        }
        if luck == Luck::Silent {
            self.restart();
            return None;
        }
        Some(effects)
    }

    fn ask_voucher(&mut self, voucher: Voucher, ask: VoucherAsk, luck: Luck) -> Option<Told> {
        let (fate, told) = decide(self.voucher_rows.get(&voucher).copied(), ask);
        if luck == Luck::Lost {
            self.restart();
            return None;
        }
        if let Some(fate) = fate {
            self.voucher_rows.insert(voucher, fate);
            // The message and its status are in the same batch.
            match ask {
                VoucherAsk::Accept => drop(self.accepted.insert(voucher)),
                VoucherAsk::End(Ended::Kept) => drop(self.kept.insert(voucher)),
                VoucherAsk::End(Ended::Failed) => drop(self.failed.insert(voucher)),
                _ => {}
            }
        }
        if luck == Luck::Silent {
            self.restart();
            return None;
        }
        Some(told)
    }

    /// Both sides know what is on their disks, and nothing else.
    fn restart(&mut self) {
        let (mut newest, mut held) = (None, BTreeMap::new());
        for row in &self.pocket_rows {
            match row {
                PocketEffect::Write(entry) => newest = Some(*entry),
                PocketEffect::Hold(voucher, row) => drop(held.insert(*voucher, *row)),
                PocketEffect::Drop(voucher) => drop(held.remove(voucher)),
            }
        }
        self.pocket = Pocket::found(newest, held);
    }

    fn deliver(&mut self, letter: Letter, luck: Luck) {
        match letter {
            Letter::Accept(voucher) => drop(self.ask_voucher(voucher, VoucherAsk::Accept, luck)),
            Letter::What(voucher) => {
                if let Some(told) = self.ask_voucher(voucher, VoucherAsk::What(REMEMBERED_MS), luck) {
                    self.letters.push(Letter::Answer(voucher, told));
                }
            }
            Letter::Answer(voucher, Told::Known) => self.pocket.known(voucher, self.now_ms),
            Letter::Answer(voucher, Told::Absent) => drop(self.ask_pocket(PocketAsk::Absent(voucher), luck)),
            Letter::Answer(voucher, Told::Ended(ended)) | Letter::Ended(voucher, ended) => {
                if self.ask_pocket(PocketAsk::Ended(voucher, ended), luck).is_some() {
                    self.letters.push(Letter::Heard(voucher));
                }
            }
            Letter::Answer(..) => {}
            Letter::Heard(voucher) => {
                self.ask_voucher(voucher, VoucherAsk::Heard(REMEMBERED_MS), luck);
            }
        }
    }

    fn step(&mut self, step: Step, luck: Luck) {
        self.now_ms += 10;
        match step {
            Step::Grant(amount) => {
                let rows = self.pocket_rows.len();
                self.ask_pocket(PocketAsk::Grant(u32::from(amount)), luck);
                self.granted += if self.pocket_rows.len() > rows { i64::from(amount) } else { 0 };
            }
            Step::Withdraw(amount) => {
                let rows = self.pocket_rows.len();
                self.ask_pocket(PocketAsk::Withdraw(u32::from(amount)), luck);
                self.granted -= if self.pocket_rows.len() > rows { i64::from(amount) } else { 0 };
            }
            Step::Reserve(wanted) => {
                let ask = PocketAsk::Reserve { instance: INSTANCE, wanted: u32::from(wanted), at_least: 1 };
                for effect in self.ask_pocket(ask, luck).unwrap_or_default() {
                    if let PocketEffect::Hold(voucher, _) = effect {
                        self.letters.push(Letter::Accept(voucher));
                    }
                }
            }
            Step::Deliver { pick, again } if !self.letters.is_empty() => {
                let at = usize::from(pick) % self.letters.len();
                let letter = if again { self.letters[at] } else { self.letters.swap_remove(at) };
                self.deliver(letter, luck);
            }
            Step::Drop { pick } if !self.letters.is_empty() => {
                let at = usize::from(pick) % self.letters.len();
                self.letters.swap_remove(at);
            }
            Step::Deliver { .. } | Step::Drop { .. } => {}
            Step::End { pick, failed } => {
                let open: Vec<Voucher> = self.accepted.iter().copied().collect();
                if let Some(voucher) = open.get(usize::from(pick) % open.len().max(1)) {
                    let ended = if failed { Ended::Failed } else { Ended::Kept };
                    self.ask_voucher(*voucher, VoucherAsk::End(ended), luck);
                }
            }
            Step::Sweep => {
                let asked: Vec<_> = self.pocket.overdue(self.now_ms).collect();
                self.letters.extend(asked.into_iter().map(|(voucher, _)| Letter::What(voucher)));
            }
            Step::Repeat => {
                let due = self.voucher_rows.iter().filter_map(|(voucher, fate)| match fate {
                    Fate::Due(ended) => Some(Letter::Ended(*voucher, *ended)),
                    _ => None,
                });
                self.letters.extend(due);
            }
            Step::Later => self.now_ms += VOUCHER_ASKED_AGAIN_MS,
            Step::Restart => self.restart(),
        }
    }

    /// From now on nothing is lost: every message ends, everything is told and asked.
    fn quiesce(&mut self) {
        for _ in 0..4 {
            while let Some(letter) = self.letters.pop() {
                self.deliver(letter, Luck::Fine);
            }
            let open: Vec<Voucher> = self.accepted.iter().copied().collect();
            for voucher in open {
                self.ask_voucher(voucher, VoucherAsk::End(Ended::Kept), Luck::Fine);
            }
            // Nothing is repeated: the account's questions are enough.
            self.step(Step::Later, Luck::Fine);
            self.step(Step::Sweep, Luck::Fine);
        }
    }
}

/// What does not add up; recounts the rows, and believes no sum of the pocket's own.
fn judge(world: &World, at_rest: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut balance, mut held) = (0, BTreeSet::new());
    let mut numbers = 0;
    for row in &world.pocket_rows {
        match row {
            PocketEffect::Write(entry) => {
                balance += entry.amount;
                numbers += 1;
                if entry.number != numbers {
                    wrong.push(format!("entry {} is the {numbers}th", entry.number));
                }
                if u64::try_from(balance) != Ok(entry.balance) {
                    wrong
                        .push(format!("entry {} says {}, the sum is {balance}", entry.number, entry.balance));
                }
                if balance < 0 {
                    wrong.push(format!("the balance was {balance} after entry {}", entry.number));
                }
            }
            PocketEffect::Hold(voucher, _) => drop(held.insert(*voucher)),
            PocketEffect::Drop(voucher) => drop(held.remove(voucher)),
        }
    }
    // What has ended at the instance and is still held here counts as held.
    let spent = world.kept.difference(&held).count();
    let total = balance + i64::try_from(held.len() + spent).unwrap_or(i64::MAX);
    if total != world.granted {
        wrong.push(format!(
            "{} were granted; {balance} + {} held + {spent} spent",
            world.granted,
            held.len()
        ));
    }
    if let Some(free) = world.accepted.iter().find(|voucher| {
        let is_open = !world.kept.contains(voucher) && !world.failed.contains(voucher);
        is_open && !held.contains(voucher)
    }) {
        wrong.push(format!("the message of {free:?} goes out and is not paid for"));
    }
    if at_rest && !held.is_empty() {
        wrong.push(format!("{held:?} are held for ever"));
    }
    wrong
}

fn steps() -> impl Strategy<Value = Vec<(Step, Luck)>> {
    let step = prop_oneof![
        1 => any::<u8>().prop_map(|amount| Step::Grant(amount % 8)),
        1 => any::<u8>().prop_map(|amount| Step::Withdraw(amount % 4)),
        4 => any::<u8>().prop_map(|wanted| Step::Reserve(wanted % 4)),
        8 => (any::<u16>(), any::<bool>()).prop_map(|(pick, again)| Step::Deliver { pick, again }),
        1 => any::<u16>().prop_map(|pick| Step::Drop { pick }),
        3 => (any::<u16>(), any::<bool>()).prop_map(|(pick, failed)| Step::End { pick, failed }),
        2 => Just(Step::Sweep),
        2 => Just(Step::Repeat),
        1 => Just(Step::Later),
        1 => Just(Step::Restart),
    ];
    let luck = prop_oneof![6 => Just(Luck::Fine), 1 => Just(Luck::Lost), 1 => Just(Luck::Silent)];
    vec((step, luck), 0..200)
}

proptest! {
    #[test]
    fn money_is_neither_lost_nor_made_whatever_crashes_when(steps in steps()) {
        let mut world = World::default();
        world.step(Step::Grant(9), Luck::Fine);
        for (step, luck) in steps {
            world.step(step, luck);
            prop_assert_eq!(judge(&world, false), Vec::<String>::new(), "after {:?} {:?}", step, luck);
        }
        world.quiesce();
        prop_assert_eq!(judge(&world, true), Vec::<String>::new());
        prop_assert!(world.kept.is_disjoint(&world.failed));
    }
}

#[test]
fn the_judge_notices_what_the_protocol_prevents() {
    let mut world = World::default();
    world.step(Step::Grant(2), Luck::Fine);
    world.step(Step::Reserve(1), Luck::Fine);
    assert_eq!(judge(&world, false), Vec::<String>::new());
    assert_eq!(judge(&world, true).len(), 1, "a voucher that nobody asks about");
    // Released without asking, then accepted.
    let voucher = Voucher(1);
    world.ask_pocket(PocketAsk::Absent(voucher), Luck::Fine);
    assert_eq!(judge(&world, true), Vec::<String>::new());
    world.deliver(Letter::Accept(voucher), Luck::Fine);
    assert_eq!(judge(&world, false).len(), 1, "a message for nothing");
    world.ask_voucher(voucher, VoucherAsk::End(Ended::Kept), Luck::Fine);
    assert_eq!(judge(&world, false).len(), 1, "spent and in the pocket");
}

#[test]
fn an_empty_pocket_refuses_and_a_poor_one_gives_what_it_has() {
    let mut pocket = Pocket::default();
    let check = |pocket: &mut Pocket, ask: PocketAsk, expected: Result<usize, Refusal>| {
        let decided = pocket.decide(0, ask);
        assert_eq!(decided.as_ref().map(Vec::len).map_err(|refusal| *refusal), expected, "{ask:?}");
        decided.unwrap_or_default().into_iter().for_each(|effect| pocket.apply(effect));
    };
    let reserve = |wanted, at_least| PocketAsk::Reserve { instance: INSTANCE, wanted, at_least };
    check(&mut pocket, reserve(1, 1), Err(Refusal::Insufficient { balance: 0 }));
    check(&mut pocket, PocketAsk::Withdraw(1), Err(Refusal::Insufficient { balance: 0 }));
    check(&mut pocket, PocketAsk::Grant(3), Ok(1));
    check(&mut pocket, reserve(5, 5), Err(Refusal::Insufficient { balance: 3 }));
    check(&mut pocket, reserve(5, 1), Ok(4));
    assert_eq!((pocket.balance(), pocket.held()), (0, 3));
    check(&mut pocket, PocketAsk::Ended(Voucher(2), Ended::Failed), Ok(2));
    check(&mut pocket, PocketAsk::Ended(Voucher(2), Ended::Failed), Ok(0));
    check(&mut pocket, PocketAsk::Ended(Voucher(3), Ended::Kept), Ok(1));
    assert_eq!((pocket.balance(), pocket.held()), (1, 1));
    let asked = |pocket: &Pocket, now_ms| pocket.overdue(now_ms).collect::<Vec<_>>();
    assert_eq!(asked(&pocket, VOUCHER_PATIENCE_MS - 1), []);
    assert_eq!(asked(&pocket, VOUCHER_PATIENCE_MS), [(Voucher(1), INSTANCE)]);
    pocket.known(Voucher(1), VOUCHER_PATIENCE_MS);
    assert_eq!(asked(&pocket, VOUCHER_ASKED_AGAIN_MS), []);
    assert_eq!(asked(&pocket, VOUCHER_ASKED_AGAIN_MS + VOUCHER_PATIENCE_MS), [(Voucher(1), INSTANCE)]);
}
