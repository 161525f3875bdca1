//! Order, bounds and back-off of the planner.

use super::*;
use crate::retry::SEND_BACKOFF;
use proptest::prelude::*;

const WIDE: Window = Window {
    handing_max: usize::MAX,
    unacknowledged_max: usize::MAX,
    kept: Kept { handing: 0, unacknowledged: 0 },
};

/// Every message of a chat of its own.
fn item(sequence: u64, lane: Lane) -> OutboxItem {
    OutboxItem { id: id(sequence), lane, chat: sequence, attempts: 0 }
}

fn id(sequence: u64) -> MessageId {
    MessageId::from_u64(sequence).expect("small")
}

fn drain(outbox: &mut Outbox, now_ms: u64) -> Vec<u64> {
    let mut out = Vec::new();
    while let Claim::Send(item) = outbox.claim(now_ms, WIDE, BulkTurn::Granted) {
        out.push(item.id.get());
    }
    out
}

#[test]
fn lanes_go_before_age_and_age_before_nothing() {
    let mut outbox = Outbox::default();
    for (sequence, lane) in [(1, Lane::Bulk), (2, Lane::Interactive), (3, Lane::Otp), (4, Lane::Interactive)]
    {
        outbox.push(item(sequence, lane));
    }
    assert_eq!(drain(&mut outbox, 0), [3, 2, 4, 1]);
}

#[test]
fn the_window_bounds_what_is_under_way() {
    let mut outbox = Outbox::default();
    (1..=3).for_each(|n| outbox.push(item(n, Lane::Bulk)));
    let window = Window { handing_max: 1, unacknowledged_max: 2, ..WIDE };
    assert!(matches!(outbox.claim(0, window, BulkTurn::Granted), Claim::Send(_)));
    assert_eq!(outbox.claim(0, window, BulkTurn::Granted), Claim::Nothing, "one is being handed over");
    outbox.handed_over(id(1));
    assert!(matches!(outbox.claim(0, window, BulkTurn::Granted), Claim::Send(_)));
    outbox.handed_over(id(2));
    assert_eq!(outbox.claim(0, window, BulkTurn::Granted), Claim::Nothing, "two wait for their acks");
    assert!(outbox.settle(id(1)));
    assert!(matches!(outbox.claim(0, window, BulkTurn::Granted), Claim::Send(_)));
}

#[test]
fn bulk_waits_for_its_turn_and_leaves_places_to_the_others() {
    let mut outbox = Outbox::default();
    (1..=6).for_each(|n| outbox.push(item(n, Lane::Bulk)));
    let window =
        Window { handing_max: 3, unacknowledged_max: 4, kept: Kept { handing: 1, unacknowledged: 1 } };
    assert_eq!(outbox.claim(0, window, BulkTurn::Awaited), Claim::AwaitTurn);
    for expected in [1, 2] {
        let claim = outbox.claim(0, window, BulkTurn::Granted);
        assert!(matches!(claim, Claim::Send(item) if item.id == id(expected)), "{claim:?}");
    }
    assert_eq!(outbox.claim(0, window, BulkTurn::Granted), Claim::Nothing, "one place is kept");
    outbox.push(item(7, Lane::Otp));
    let code = outbox.claim(0, window, BulkTurn::Awaited);
    assert!(matches!(code, Claim::Send(item) if item.id == id(7)), "a code needs no turn: {code:?}");
    (1..=2).for_each(|n| outbox.handed_over(id(n)));
    assert!(matches!(outbox.claim(0, window, BulkTurn::Granted), Claim::Send(item) if item.id == id(3)));
    outbox.handed_over(id(3));
    assert!(outbox.settle(id(7)));
    assert_eq!(outbox.claim(0, window, BulkTurn::Granted), Claim::Nothing, "three wait for their acks");
    assert!(outbox.settle(id(1)));
    assert!(matches!(outbox.claim(0, window, BulkTurn::Granted), Claim::Send(item) if item.id == id(4)));
}

#[test]
fn messages_of_one_chat_go_one_after_another_and_do_not_hold_up_others() {
    let mut outbox = Outbox::default();
    outbox.push(OutboxItem { chat: 9, ..item(1, Lane::Bulk) });
    outbox.push(OutboxItem { chat: 9, ..item(2, Lane::Bulk) });
    outbox.push(OutboxItem { chat: 8, ..item(3, Lane::Bulk) });
    assert_eq!(drain(&mut outbox, 0), [1, 3]);
    outbox.handed_over(id(1));
    assert_eq!(drain(&mut outbox, 0), [2]);
}

#[test]
fn a_message_that_is_tried_again_is_not_overtaken_in_its_chat() {
    let mut outbox = Outbox::default();
    for (sequence, lane, chat) in
        [(1, Lane::Bulk, 9), (2, Lane::Bulk, 9), (3, Lane::Bulk, 8), (4, Lane::Otp, 9)]
    {
        outbox.push(OutboxItem { chat, ..item(sequence, lane) });
    }
    let window = Window { handing_max: 1, ..WIDE };
    let Claim::Send(first) = outbox.claim(0, window, BulkTurn::Granted) else { panic!("something is due") };
    assert_eq!(first.id, id(4), "a code that a person waits for goes first");
    outbox.settle(id(4));
    assert!(matches!(outbox.claim(0, window, BulkTurn::Granted), Claim::Send(item) if item.id == id(1)));
    let failed = FailedAttempt { now_ms: 0, at_least_ms: 100, jitter: 0 };
    let due_ms = outbox.retry(id(1), failed, &SEND_BACKOFF).expect("attempts are left");
    // Found on disk again, as when the outbox is loaded late: it is delayed, not waiting.
    outbox.push(OutboxItem { chat: 9, ..item(1, Lane::Bulk) });
    outbox.push(OutboxItem { chat: 9, ..item(5, Lane::Otp) });
    assert_eq!(drain(&mut outbox, 0), [5, 3], "what stands further ahead may pass, and so may other chats");
    outbox.settle(id(5));
    assert_eq!(outbox.claim(0, WIDE, BulkTurn::Granted), Claim::WaitUntil(due_ms));
    assert_eq!(drain(&mut outbox, due_ms), [1]);
    outbox.settle(id(1));
    assert_eq!(drain(&mut outbox, due_ms), [2]);
}

#[test]
fn a_delayed_message_that_settles_sets_its_chat_free() {
    let mut outbox = Outbox::default();
    outbox.push(OutboxItem { chat: 9, ..item(1, Lane::Bulk) });
    outbox.push(OutboxItem { chat: 9, ..item(2, Lane::Bulk) });
    assert_eq!(drain(&mut outbox, 0), [1]);
    let failed = FailedAttempt { now_ms: 0, at_least_ms: 0, jitter: 0 };
    outbox.retry(id(1), failed, &SEND_BACKOFF).expect("attempts are left");
    // A receipt proves that the first attempt had arrived.
    assert!(outbox.settle(id(1)));
    assert_eq!(drain(&mut outbox, 0), [2]);
    assert_eq!(outbox.len(), 1);
}

#[test]
fn a_failed_attempt_comes_back_later_and_at_last_is_exhausted() {
    let mut outbox = Outbox::default();
    outbox.push(item(1, Lane::Bulk));
    let mut now_ms = 0;
    let mut attempts = 0;
    loop {
        let Claim::Send(item) = outbox.claim(now_ms, WIDE, BulkTurn::Granted) else { panic!("it is due") };
        attempts += 1;
        let failed = FailedAttempt { now_ms, at_least_ms: 700, jitter: 0 };
        match outbox.retry(item.id, failed, &SEND_BACKOFF) {
            Ok(due_ms) => {
                assert!(due_ms >= now_ms + 700, "earlier than the service allows");
                assert_eq!(outbox.claim(due_ms - 1, WIDE, BulkTurn::Granted), Claim::WaitUntil(due_ms));
                now_ms = due_ms;
            }
            Err(BackoffError::Exhausted) => break,
        }
    }
    assert_eq!(attempts, crate::limits::SEND_ATTEMPTS_MAX);
    assert!(outbox.is_empty());
}

proptest! {
    /// Whatever fails and is tried again: within a chat and lane, messages reach the socket in order, each once.
    #[test]
    fn a_chat_keeps_its_order_over_failures(
        chats in proptest::collection::vec((0u64..3, 0u8..2), 1..30),
        outcomes in proptest::collection::vec((0usize..4, any::<bool>(), 0u64..200), 0..120),
    ) {
        let forever = Backoff { attempts_max: None, ..SEND_BACKOFF };
        let mut outbox = Outbox::default();
        for (sequence, &(chat, rank)) in (0u64..).zip(&chats) {
            outbox.push(OutboxItem { chat, ..item(sequence, Lane::from_rank(rank).expect("in range")) });
        }
        let (mut now_ms, mut handing, mut sent) = (0, Vec::new(), Vec::new());
        // After the drawn outcomes everything succeeds.
        for (which, fails, at_least_ms) in outcomes.into_iter().chain(std::iter::repeat((0, false, 0))) {
            loop {
                match outbox.claim(now_ms, WIDE, BulkTurn::Granted) {
                    Claim::Send(item) => handing.push(item),
                    Claim::WaitUntil(due_ms) if handing.is_empty() => now_ms = due_ms,
                    Claim::WaitUntil(_) | Claim::AwaitTurn | Claim::Nothing => break,
                }
            }
            if handing.is_empty() {
                break;
            }
            let item = handing.swap_remove(which % handing.len());
            if fails {
                let failed = FailedAttempt { now_ms, at_least_ms, jitter: 0 };
                outbox.retry(item.id, failed, &forever).expect("never gives up");
            } else {
                outbox.handed_over(item.id);
                prop_assert!(outbox.settle(item.id));
                sent.push(item);
            }
        }
        prop_assert!(outbox.is_empty());
        prop_assert_eq!(sent.len(), chats.len());
        for chat in 0..3 {
            for lane in Lane::ALL {
                let of_chat: Vec<_> =
                    sent.iter().filter(|i| i.chat == chat && i.lane == lane).map(|i| i.id).collect();
                prop_assert!(of_chat.is_sorted(), "chat {}: {:?}", chat, of_chat);
            }
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_goes_twice_across_lost_connections(
        lanes in proptest::collection::vec(0u8..4, 1..60),
        losses in proptest::collection::vec(0usize..60, 0..5),
    ) {
        let mut outbox = Outbox::default();
        for (sequence, rank) in lanes.iter().enumerate() {
            outbox.push(item(sequence as u64, Lane::from_rank(*rank).expect("in range")));
        }
        for taken in losses {
            for _ in 0..taken.min(lanes.len()) {
                let _ = outbox.claim(0, WIDE, BulkTurn::Granted);
            }
            outbox.connection_lost();
        }
        let mut sent = drain(&mut outbox, 0);
        sent.sort_unstable();
        prop_assert_eq!(sent, (0..lanes.len() as u64).collect::<Vec<_>>());
    }
}
