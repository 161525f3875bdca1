//! A deletion is finished whatever comes between, and nothing of the instance comes back afterwards.

use trunkline_model::command::{Command, Reply};
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, InstanceRecord, table};
use trunkline_model::{ErrorCode, InstanceId};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange, Ledger, StoreError};

use crate::instance::finish_all;
use crate::place::{instance_key, slot_key};
use crate::shard;
use crate::testing::shard::{INSTANCE, TestShard, in_time, resting, stored, text};

/// Rows of the instance, and rows of others that point to it.
fn rows_left(shard: &TestShard) -> usize {
    let (slot, bucket) = (INSTANCE.slot(), INSTANCE.slot().bucket().first_slot());
    let ranges = [
        KeyRange::owner(slot.0, INSTANCE.0),
        KeyRange::table(slot.0, 0, table::INSTANCE_DIRECTORY),
        KeyRange::table(bucket.0, 0, table::MESSAGE_DIRECTORY),
    ];
    ranges
        .map(|range| shard.ledger.scan(range, Direction::Forward, 9_999).expect("it reads").len())
        .iter()
        .sum()
}

fn directory_row(id: InstanceId) -> trunkline_store::Key {
    slot_key(id.slot(), table::INSTANCE_DIRECTORY, &id.0.to_be_bytes())
}

#[tokio::test]
async fn deleting_while_it_connects_leaves_nothing() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    shard.send(text("never sent", "key")).await.expect("accepted");
    shard.call(INSTANCE, Command::Connect).await.expect("it connects");
    assert!(matches!(shard.call(INSTANCE, Command::DeleteInstance).await, Ok(Reply::Done)));
    assert!(shard.route(INSTANCE).is_none());
    assert_eq!(shard.context.directory.by_name(resting().account, "shop"), None);
    // What a session that was being opened would still write is queued before this.
    shard.settle().await;
    assert_eq!(rows_left(&shard), 0);
}

/// The store was too busy for one step of the deletion: it stayed half done, and could not be asked for again.
#[tokio::test]
async fn a_busy_store_delays_a_deletion_and_does_not_end_it() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    shard.ledger.refuse_after(2, || StoreError::Busy { retry_after_ms: 1 });
    let deleting = shard.ask(INSTANCE, Command::DeleteInstance).await;
    in_time(shard.ledger.refusals(3)).await;
    let again = shard.call(INSTANCE, Command::DeleteInstance).await.expect_err("it is under way");
    assert_eq!(again.code, ErrorCode::InstanceState);
    let changed = shard.call(INSTANCE, Command::Connect).await.expect_err("it is being deleted");
    assert_eq!(changed.state, Some(InstanceState::Deleted));
    shard.ledger.refuse(None);
    assert!(matches!(in_time(deleting).await.expect("an answer"), Ok(Reply::Done)));
    assert_eq!(rows_left(&shard), 0);
}

#[tokio::test]
async fn whichever_write_the_store_is_too_busy_for_the_deletion_goes_on() {
    for spared in 0..12 {
        let shard = TestShard::start(&[resting()], Batch::new()).await;
        shard.send(text("hello", "key")).await.expect("accepted");
        shard.ledger.refuse_after(spared, || StoreError::Busy { retry_after_ms: 1 });
        let mut deleting = shard.ask(INSTANCE, Command::DeleteInstance).await;
        let refused_in_vain = shard.ledger.refusals(2);
        let answered = in_time(async {
            tokio::select! {
                answered = &mut deleting => answered,
                () = refused_in_vain => {
                    shard.ledger.refuse(None);
                    deleting.await
                }
            }
        });
        assert!(matches!(answered.await.expect("an answer"), Ok(Reply::Done)), "after {spared} commits");
        shard.ledger.refuse(None);
        assert_eq!(rows_left(&shard), 0, "after {spared} commits");
    }
}

#[tokio::test]
async fn a_deletion_that_failed_can_be_asked_for_again() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    shard.ledger.refuse_after(2, || StoreError::Closed);
    shard.call(INSTANCE, Command::DeleteInstance).await.expect_err("the store is closed");
    shard.ledger.refuse(None);
    assert_eq!(shard.view(INSTANCE).await.state, InstanceState::Deleted);
    assert!(matches!(shard.call(INSTANCE, Command::DeleteInstance).await, Ok(Reply::Done)));
    assert_eq!(rows_left(&shard), 0);
}

/// As after `kill -9` between two steps: a record that says deleted, or only the row by which a start finds it.
#[tokio::test]
async fn a_start_finishes_what_it_finds_half_deleted() {
    let shard = TestShard::start(&[], Batch::new()).await;
    shard.deliver();
    let deleted = InstanceRecord { state: InstanceState::Deleted, ..resting() };
    let mut without_record = stored(&resting());
    without_record.delete(instance_key(INSTANCE, table::INSTANCE, b""));
    let mut leftover = Batch::new();
    for number in 0..5_000u64 {
        leftover.put(instance_key(INSTANCE, table::EVENT, &number.to_be_bytes()), &b"x"[..]);
    }
    for half_deleted in [stored(&deleted), without_record] {
        for batch in [half_deleted, leftover.clone()] {
            shard.ledger.commit(batch, CommitClass::First).await.expect("durable");
        }
        let found = shard::read(&*shard.ledger, 0, 1).expect("it reads");
        assert_eq!((found.instances.len(), &found.doomed[..]), (0, &[INSTANCE][..]));
        finish_all(shard.context.clone(), found.doomed).await;
        assert_eq!(rows_left(&shard), 0);
        assert!(shard::read(&*shard.ledger, 0, 1).expect("it reads").doomed.is_empty());
    }
}

/// Whichever write is the last one that gets through, a start finds the instance as long as anything is left of it.
#[tokio::test]
async fn what_is_half_deleted_can_always_be_found() {
    for commits in 0..12 {
        let shard = TestShard::start(&[resting()], Batch::new()).await;
        shard.send(text("hello", "key")).await.expect("accepted");
        shard.ledger.refuse_after(commits, || StoreError::Closed);
        let done = shard.call(INSTANCE, Command::DeleteInstance).await.is_ok();
        shard.ledger.refuse(None);
        shard.settle().await;
        let can_be_found = shard.ledger.get(&directory_row(INSTANCE)).expect("it reads").is_some();
        assert_eq!(can_be_found, rows_left(&shard) > 0, "after {commits} commits");
        assert_eq!(done, !can_be_found, "after {commits} commits");
        if let Some(bytes) =
            shard.ledger.get(&instance_key(INSTANCE, table::INSTANCE, b"")).expect("it reads")
        {
            let record: InstanceRecord = record::decode(&bytes).expect("a record");
            let expected = if commits == 0 { InstanceState::Stopped } else { InstanceState::Deleted };
            assert_eq!(record.state, expected, "after {commits} commits");
        }
    }
}

#[tokio::test]
async fn an_actor_that_fails_while_its_instance_is_deleted_is_deleted_by_its_successor() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    shard.ledger.refuse_after(2, || StoreError::Busy { retry_after_ms: 1 });
    let deleting = shard.ask(INSTANCE, Command::DeleteInstance).await;
    in_time(shard.ledger.refusals(1)).await;
    shard.ledger.refuse(None);
    // The failure comes while the deletion goes on in its task.
    shard.fail_once(INSTANCE).await;
    let gone = async {
        while shard.route(INSTANCE).is_some() {
            tokio::task::yield_now().await;
        }
    };
    in_time(gone).await;
    drop(deleting);
    shard.settle().await;
    assert_eq!(rows_left(&shard), 0);
}
