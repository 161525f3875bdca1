//! Idempotency keys: repeated, expired, used anew, swept.

use ring::digest::{SHA256, digest};
use trunkline_model::ErrorCode;
use trunkline_model::command::{Command, Reply};
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, IdempotencyRecord, InstanceRecord, table};
use trunkline_store::{Batch, Ledger};

use crate::clock;
use crate::instance::InstanceMsg;
use crate::limits::SWEEP_MAX;
use crate::place::{deadline_key, instance_key};
use crate::shard::TimerTag;
use crate::testing::shard::{INSTANCE, TestShard, resting, text};

fn hash(key: &str) -> [u8; 32] {
    digest(&SHA256, key.as_bytes()).as_ref().try_into().expect("32 bytes")
}

async fn sweep(shard: &TestShard) {
    let timer = InstanceMsg::Timer { tag: TimerTag::Sweep, generation: 0 };
    shard.actor(INSTANCE).await.cast(timer).expect("the actor lives");
    // Answered after the sweep, which commits before it ends.
    shard.view(INSTANCE).await;
    shard.settle().await;
}

/// Makes the use of a key as old as if it had expired a moment ago.
async fn expire(shard: &TestShard, key: &str) {
    let at = instance_key(INSTANCE, table::IDEMPOTENCY, &hash(key));
    let stored = shard.ledger.get(&at).expect("it reads").expect("the key was used");
    let mut used: IdempotencyRecord = record::decode(&stored).expect("a record");
    let mut batch = Batch::new();
    batch.delete(deadline_key(INSTANCE, used.expires_at_ms, table::IDEMPOTENCY, &hash(key)));
    used.expires_at_ms = clock::wall_ms() - 1;
    batch.put(at, record::encode(&used).expect("small"));
    batch.put(deadline_key(INSTANCE, used.expires_at_ms, table::IDEMPOTENCY, &hash(key)), &b""[..]);
    shard.ledger.commit(batch, trunkline_store::CommitClass::First).await.expect("durable");
}

/// The sweep removed the new use of a key with the deadline of the old one; the next retry was then sent a second time.
#[tokio::test]
async fn a_key_that_is_used_anew_outlives_the_sweep_of_its_first_use() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let first = shard.send(text("hello", "key")).await.expect("accepted");
    expire(&shard, "key").await;
    let second = shard.send(text("hello", "key")).await.expect("accepted");
    assert!(second.id != first.id && !second.replayed, "a day later it is another message");
    sweep(&shard).await;
    let repeated = shard.send(text("hello", "key")).await.expect("answered");
    assert_eq!((repeated.id, repeated.replayed), (second.id, true));
    // Left alone, the use expires and is removed.
    expire(&shard, "key").await;
    sweep(&shard).await;
    assert!(!shard.has(table::IDEMPOTENCY, &hash("key")));
}

#[tokio::test]
async fn a_repeated_request_has_its_answer_whatever_became_of_the_instance() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let first = shard.send(text("hello", "key")).await.expect("accepted");
    // The same disk under an instance whose phone has unlinked it meanwhile.
    let unlinked = InstanceRecord { state: InstanceState::LoggedOut, linked: None, ..resting() };
    let mut batch = Batch::new();
    for table in [table::IDEMPOTENCY, table::MESSAGE] {
        let range = trunkline_store::KeyRange::table(INSTANCE.slot().0, INSTANCE.0, table);
        let rows = shard.ledger.scan(range, trunkline_store::Direction::Forward, 10).expect("it reads");
        rows.into_iter().for_each(|(key, value)| batch.put(key, value));
    }
    let later = TestShard::start(&[unlinked], batch).await;
    let repeated = later.send(text("hello", "key")).await.expect("answered");
    assert_eq!((repeated.id, repeated.replayed), (first.id, true));
    // Asked before a file is stored: the file of a repeated request is no reason to refuse it.
    for (key, answered) in [("key", true), ("another key", false)] {
        let check = Command::CheckSend { idempotency_key: Some(key.to_owned()) };
        assert_eq!(later.call(INSTANCE, check).await == Ok(Reply::Repeated), answered, "{key}");
    }
    let other = later.send(text("goodbye", "key")).await.expect_err("another body");
    assert_eq!(other.code, ErrorCode::IdempotencyConflict);
    let new = later.send(text("hello", "another key")).await.expect_err("nobody is linked");
    assert_eq!(new.code, ErrorCode::InstanceNotLinked);
}

#[tokio::test]
async fn a_sweep_that_found_all_it_may_take_comes_back_soon() {
    let mut batch = Batch::new();
    for number in 0..SWEEP_MAX as u64 + 5 {
        let (key, expired_ms) = (number.to_be_bytes(), clock::wall_ms() - 1_000);
        batch.put(instance_key(INSTANCE, table::INBOUND_SEEN, &key), &b"x"[..]);
        batch.put(deadline_key(INSTANCE, expired_ms, table::INBOUND_SEEN, &key), &b""[..]);
    }
    let shard = TestShard::start(&[resting()], batch).await;
    let armed = || shard.context.timers.armed_within(clock::steady_ms() + 2_000, TimerTag::Sweep);
    assert_eq!(armed(), 0);
    sweep(&shard).await;
    assert_eq!(armed(), 1, "five are left");
    sweep(&shard).await;
    assert_eq!(armed(), 1, "nothing is left, so nothing is armed but for later");
    assert!(!shard.has(table::INBOUND_SEEN, &(SWEEP_MAX as u64 + 4).to_be_bytes()));
}
