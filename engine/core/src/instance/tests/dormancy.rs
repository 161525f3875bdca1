//! An instance at rest has no actor, nothing that is asked of it is lost for that, and nobody can tell.

use std::collections::BTreeSet;
use std::task::Poll;

use tokio::sync::oneshot;
use trunkline_model::command::{Command, Reply, UpdateInstance};
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{InstanceRecord, table};
use trunkline_model::{ErrorCode, InstanceId, MessageId};
use trunkline_store::{Batch, CommitClass, Ledger};

use crate::credits::CallLane;
use crate::directory::Credit;
use crate::instance::{Ask, Letter, dormant_view};
use crate::limits::DORMANT_AFTER_MS;
use crate::place::instance_key;
use crate::shard::SupervisorMsg;
use crate::spawn::TaskKind;
use crate::testing::shard::{INSTANCE, TestShard, in_time, resting, stored, text};

/// Something that is no glance.
fn question() -> Command {
    Command::PullEvents { after: 0, limit: 50 }
}

/// Lets time pass until the instance sleeps.
async fn asleep(shard: &TestShard) {
    in_time(async {
        while !shard.is_dormant(INSTANCE) {
            shard.pass(DORMANT_AFTER_MS).await;
            // What is under way may end on other threads.
            shard.settle().await;
        }
    })
    .await;
}

/// Lets everything that is ready run.
async fn idle() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_rests_has_no_actor_until_somebody_asks_and_then_one() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    assert!(shard.is_dormant(INSTANCE));
    assert_eq!(shard.context.dormitory.all(), [INSTANCE]);
    let asked = [shard.ask(INSTANCE, question()).await, shard.ask(INSTANCE, question()).await];
    for answered in asked {
        assert!(matches!(in_time(answered).await, Ok(Ok(Reply::Events { .. }))));
    }
    let actor = shard.actor(INSTANCE).await.get_id();
    assert!(shard.context.dormitory.all().is_empty());
    shard.call(INSTANCE, question()).await.expect("answered");
    assert_eq!(shard.actor(INSTANCE).await.get_id(), actor, "it is awake");
}

#[tokio::test]
async fn what_wants_a_connection_has_an_actor() {
    let open = InstanceRecord { state: InstanceState::Open, ..resting() };
    let shard = TestShard::start(&[open], Batch::new()).await;
    assert!(!shard.is_dormant(INSTANCE));
    shard.pass(DORMANT_AFTER_MS).await;
    idle().await;
    assert!(!shard.is_dormant(INSTANCE));
}

#[tokio::test]
async fn it_sleeps_when_nothing_happened_for_long_enough() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    shard.call(INSTANCE, question()).await.expect("answered");
    shard.pass(DORMANT_AFTER_MS - 10_000).await;
    shard.call(INSTANCE, question()).await.expect("answered");
    shard.pass(20_000).await;
    idle().await;
    assert!(!shard.is_dormant(INSTANCE), "the question was not that long ago");
    // To be looked at is no reason to stay awake.
    shard.pass(30_000).await;
    shard.view(INSTANCE).await;
    shard.pass(20_000).await;
    in_time(async {
        while !shard.is_dormant(INSTANCE) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(shard.context.dormitory.all(), [INSTANCE]);
    assert_eq!(shard.view(INSTANCE).await.state, InstanceState::Stopped);
}

/// Lets the tasks run that are ready, and comes before those that they wake. [`tokio::task::yield_now`] comes after these.
async fn turn() {
    let mut first = true;
    std::future::poll_fn(|context| {
        if !std::mem::take(&mut first) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A letter comes after every number of turns of the loop since the timer rang.
#[tokio::test]
async fn a_letter_that_comes_while_it_falls_asleep_is_answered() {
    let mut met = BTreeSet::new();
    for turns in 0..8 {
        let shard = TestShard::start(&[resting()], Batch::new()).await;
        let before = shard.actor(INSTANCE).await.get_id();
        let lanes = shard.route(INSTANCE).expect("it is there").lanes;
        let (told, hears) = oneshot::channel();
        let supervisor = shard.supervisor.clone();
        shard.context.spawner.spawn(TaskKind::Disposable, "front", async move {
            for _ in 0..turns {
                turn().await;
            }
            let stage = match (lanes.reader().is_some(), lanes.is_leaving()) {
                (true, _) => "awake",
                (false, true) => "leaving",
                (false, false) => "dormant",
            };
            let put = || {
                let (reply, answered) = oneshot::channel();
                let letter = Letter { ask: Ask::Command(question()), reply, credit: Credit::for_test() };
                if let Some(summons) = lanes.put(CallLane::Front, letter).expect("open") {
                    summons.deliver(INSTANCE, &supervisor).expect("somebody wakes it");
                }
                answered
            };
            assert!(told.send((stage, [put(), put()])).is_ok(), "the test waits");
        });
        shard.pass(DORMANT_AFTER_MS).await;
        let (stage, both) = in_time(hears).await.expect("it puts its letters");
        met.insert(stage);
        for answered in both {
            assert!(matches!(in_time(answered).await, Ok(Ok(_))), "after {turns} turns, {stage}");
        }
        let after = shard.actor(INSTANCE).await.get_id();
        assert_eq!(before == after, stage == "awake", "after {turns} turns, {stage}");
        assert!(shard.context.dormitory.all().is_empty());
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), ["awake", "dormant", "leaving"]);
}

#[tokio::test]
async fn who_waits_for_a_message_keeps_it_awake() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let accepted = shard.send(text("hello", "key")).await.expect("accepted");
    let waiting = shard.ask_for(INSTANCE, Ask::Settled(accepted.id)).await;
    for _ in 0..3 {
        shard.pass(DORMANT_AFTER_MS).await;
        idle().await;
        assert!(!shard.is_dormant(INSTANCE));
    }
    drop(waiting);
    asleep(&shard).await;
    // Its outbox is on disk, as is the answer to a repeated request.
    assert_eq!(shard.view(INSTANCE).await.outbox_depth, 1);
    let repeated = shard.send(text("hello", "key")).await.expect("answered");
    assert_eq!((repeated.id, repeated.replayed), (accepted.id, true));
}

#[tokio::test]
async fn it_sleeps_after_a_connection_and_its_events_go_on_where_they_stopped() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let directory = &shard.context.directory;
    // Followed while it sleeps, and all the time.
    let mut followed = directory.follow(INSTANCE).expect("it is there");
    for _ in 0..3 {
        // The attempt to connect may fail in between, which is an event, too.
        for order in [Command::Connect, Command::Disconnect] {
            let before = *followed.borrow();
            shard.call(INSTANCE, order).await.expect("done");
            in_time(followed.wait_for(|told| *told > before)).await.expect("it is told");
        }
        asleep(&shard).await;
        assert_eq!(followed.has_changed().ok(), Some(false), "sleeping is no news, and no end");
    }
    let newest = *followed.borrow();
    let Ok(Reply::Events { events, .. }) = shard.call(INSTANCE, question()).await else {
        panic!("no events")
    };
    let told: Vec<u64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(told, (1..=newest).collect::<Vec<_>>(), "without a gap, and none twice");
    drop(followed);
    asleep(&shard).await;
    assert!(shard.route(INSTANCE).expect("it is there").newest.is_none(), "nobody follows");
}

#[tokio::test]
async fn a_dormant_instance_shows_what_an_actor_would_show() {
    let described = InstanceRecord { metadata: Some("{\"a\":1}".to_owned()), ..resting() };
    let shard = TestShard::start(&[described], Batch::new()).await;
    for order in [Command::Connect, Command::Disconnect] {
        shard.call(INSTANCE, order).await.expect("done");
    }
    shard.send(text("hello", "key")).await.expect("accepted");
    let awake = shard.view(INSTANCE).await;
    asleep(&shard).await;
    let state = shard.route(INSTANCE).expect("it is there").state.get();
    let asleep = dormant_view(&*shard.ledger, (INSTANCE, state));
    assert_eq!(asleep.expect("it reads"), Some(awake));
    assert!(shard.is_dormant(INSTANCE));
}

#[tokio::test]
async fn a_dormant_instance_can_be_renamed_and_deleted() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let owner = |name: &str| shard.context.directory.by_name(resting().account, name);
    assert_eq!(owner("shop"), Some(INSTANCE));
    let renamed = UpdateInstance { name: Some("market".to_owned()), ..UpdateInstance::default() };
    shard.call(INSTANCE, Command::UpdateInstance(Box::new(renamed))).await.expect("renamed");
    asleep(&shard).await;
    assert_eq!((owner("shop"), owner("market")), (None, Some(INSTANCE)));
    let mut followed = shard.context.directory.follow(INSTANCE).expect("it is there");
    assert!(matches!(shard.call(INSTANCE, Command::DeleteInstance).await, Ok(Reply::Done)));
    assert!(shard.route(INSTANCE).is_none() && shard.context.dormitory.all().is_empty());
    assert_eq!(owner("market"), None);
    let ended = async { while followed.changed().await.is_ok() {} };
    in_time(ended).await;
}

#[tokio::test]
async fn an_actor_that_failed_sleeps_like_any_other() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    for _ in 0..2 {
        shard.fail_once(INSTANCE).await;
        asleep(&shard).await;
    }
    shard.call(INSTANCE, Command::Connect).await.expect("it connects");
    assert!(!shard.is_dormant(INSTANCE));
}

/// Whoever asks hears of it, and the next one is not refused for it.
#[tokio::test]
async fn what_cannot_be_awakened_now_can_be_later() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let mut broken = Batch::new();
    broken.put(instance_key(INSTANCE, table::INSTANCE, b""), &b"\xff\xffnewer"[..]);
    shard.ledger.commit(broken, CommitClass::First).await.expect("durable");
    for _ in 0..2 {
        let answered = shard.ask(INSTANCE, question()).await;
        assert!(in_time(answered).await.is_err(), "nobody answers");
        idle().await;
        assert!(shard.is_dormant(INSTANCE));
    }
    let view = dormant_view(&*shard.ledger, (INSTANCE, InstanceState::Stopped));
    assert_eq!(view.map_err(|failure| failure.code), Err(ErrorCode::Internal));
    shard.ledger.commit(stored(&resting()), CommitClass::First).await.expect("durable");
    shard.call(INSTANCE, question()).await.expect("answered");
}

#[tokio::test]
async fn a_shard_that_closes_wakes_nobody() {
    let other = InstanceRecord { id: InstanceId(8), name: None, ..resting() };
    let shard = TestShard::start(&[resting(), other], Batch::new()).await;
    shard.call(InstanceId(8), question()).await.expect("answered");
    let mut followed = shard.context.directory.follow(INSTANCE).expect("it is there");
    let (done, closed) = oneshot::channel();
    shard.supervisor.cast(SupervisorMsg::Shutdown { done }).expect("the supervisor lives");
    let late = shard.ask(INSTANCE, question()).await;
    assert!(in_time(late).await.is_err(), "nobody answers any more");
    in_time(closed).await.expect("in order");
    assert!(in_time(followed.changed()).await.is_err(), "whoever follows hears of the end");
}

#[tokio::test]
async fn what_an_earlier_life_left_is_there_after_the_awakening() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let accepted = shard.send(text("hello", "key")).await.expect("accepted");
    asleep(&shard).await;
    let got = shard.call(INSTANCE, Command::GetMessage { id: accepted.id }).await;
    assert!(matches!(got, Ok(Reply::Message(view)) if view.id == accepted.id));
    let unknown = MessageId::from_u64(1).expect("small");
    let failure = shard.call(INSTANCE, Command::GetMessage { id: unknown }).await.expect_err("unknown");
    assert_eq!(failure.code, ErrorCode::MessageNotFound);
}
