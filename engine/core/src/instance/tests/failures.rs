//! What is promised holds when an actor fails, when it is created in vain, and before anybody hears a yes.

use ractor::ActorStatus;
use tokio::sync::oneshot;
use trunkline_model::ErrorCode;
use trunkline_model::command::{Command, Reply};
use trunkline_model::event::{CloseReason, Event, EventBody};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;
use trunkline_model::record::{self, InstanceRecord, MessageRecord, table};
use trunkline_model::retry::RESTARTS_MAX;
use trunkline_store::{Batch, Ledger, StoreError};
use trunkline_whatsapp::SessionEvent;

use crate::instance::Ask;
use crate::place::instance_key;
use crate::shard::SupervisorMsg;
use crate::testing::shard::{INSTANCE, TestShard, in_time, resting, text};

async fn events(shard: &TestShard) -> Vec<Event> {
    match shard.call(INSTANCE, Command::PullEvents { after: 0, limit: 100 }).await {
        Ok(Reply::Events { events, .. }) => events,
        other => panic!("{other:?}"),
    }
}

fn entered(event: &Event) -> Option<InstanceState> {
    match event.body {
        EventBody::StateChanged { to, .. } => Some(to),
        _ => None,
    }
}

fn on_disk(shard: &TestShard) -> InstanceRecord {
    let stored = shard.ledger.get(&instance_key(INSTANCE, table::INSTANCE, b"")).expect("it reads");
    record::decode(&stored.expect("it is there")).expect("a record")
}

/// The successor read the newest number from the disk and wrote over the events that were still queued.
#[tokio::test]
async fn a_failed_actor_loses_no_event_to_its_successor() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let connecting = shard.ask(INSTANCE, Command::Connect).await;
    // Behind the order to connect, whose event waits for company on its way to the disk.
    shard.fail_once(INSTANCE).await;
    in_time(connecting).await.expect("an answer").expect("it is on disk");
    shard.call(INSTANCE, Command::Disconnect).await.expect("stopped");
    let events = events(&shard).await;
    let seen: Vec<_> = events.iter().map(|event| (event.sequence, entered(event))).collect();
    let expected = [(1, Some(InstanceState::Connecting)), (2, Some(InstanceState::Stopped))];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_actor_that_fails_too_often_is_parked_on_disk_and_in_the_log() {
    let waiting = InstanceRecord { state: InstanceState::BackingOff, ..resting() };
    let shard = TestShard::start(&[waiting], Batch::new()).await;
    for _ in 0..=RESTARTS_MAX {
        shard.fail_once(INSTANCE).await;
    }
    let view = shard.view(INSTANCE).await;
    assert_eq!((view.state, view.reason), (InstanceState::Parked, Some(CloseReason::RestartLimit)));
    shard.settle().await;
    assert_eq!(on_disk(&shard).state, InstanceState::Parked);
    assert_eq!(events(&shard).await.last().and_then(entered), Some(InstanceState::Parked));
}

#[tokio::test]
async fn an_actor_that_fails_too_often_does_not_shorten_what_whatsapp_asked_for() {
    let until_ms = crate::clock::wall_ms() + 3_600_000;
    let banned =
        InstanceRecord { state: InstanceState::Restricted, scheduled_at_ms: Some(until_ms), ..resting() };
    let shard = TestShard::start(&[banned], Batch::new()).await;
    for _ in 0..=RESTARTS_MAX {
        shard.fail_once(INSTANCE).await;
    }
    let view = shard.view(INSTANCE).await;
    assert_eq!(view.state, InstanceState::Restricted);
    let kept_ms = view.next_attempt_at_ms.expect("it is scheduled");
    assert!((until_ms - 1_000..=until_ms + 1_000).contains(&kept_ms), "{kept_ms} for {until_ms}");
}

/// Its actor stayed for ever, without a record and without a route.
#[tokio::test]
async fn an_instance_that_cannot_be_written_has_no_actor() {
    let shard = TestShard::start(&[], Batch::new()).await;
    shard.ledger.refuse(Some(|| StoreError::Busy { retry_after_ms: 1 }));
    let (reply, made) = oneshot::channel();
    let create = SupervisorMsg::Create { record: Box::new(resting()), reply };
    shard.supervisor.cast(create).expect("the supervisor lives");
    let refused = in_time(made).await.expect("an answer").expect_err("the store is busy");
    assert_eq!(refused.code, ErrorCode::Unavailable);
    let lanes = shard.route(INSTANCE).expect("whoever asked withdraws it").lanes;
    let stopped = async {
        while lanes.reader().is_some_and(|actor| actor.get_status() != ActorStatus::Stopped) {
            tokio::task::yield_now().await;
        }
    };
    in_time(stopped).await;
}

/// The order to stop had gone out; the shard then waited for an actor that had never heard it.
#[tokio::test]
async fn nothing_is_created_while_the_shard_closes() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    // The shard closes when this actor has stopped.
    shard.actor(INSTANCE).await;
    let (done, closed) = oneshot::channel();
    let (reply, made) = oneshot::channel();
    let late = InstanceRecord { id: trunkline_model::InstanceId(8), name: None, ..resting() };
    shard.supervisor.cast(SupervisorMsg::Shutdown { done }).expect("the supervisor lives");
    let create = SupervisorMsg::Create { record: Box::new(late), reply };
    shard.supervisor.cast(create).expect("the supervisor lives");
    let refused = in_time(made).await.expect("an answer").expect_err("it is closing");
    assert_eq!(refused.code, ErrorCode::Unavailable);
    in_time(closed).await.expect("in order");
}

/// Reads see what is durable, and nothing else.
#[tokio::test]
async fn a_change_of_state_is_on_disk_when_it_is_answered() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    for (command, state) in [
        (Command::Connect, InstanceState::Connecting),
        (Command::Disconnect, InstanceState::Stopped),
        (Command::Restart, InstanceState::Connecting),
    ] {
        let asked = format!("{command:?}");
        shard.call(INSTANCE, command).await.expect("done");
        // The attempt may have failed meanwhile: nobody answers where it dials.
        let found = on_disk(&shard).state;
        let failed = state == InstanceState::Connecting && found == InstanceState::BackingOff;
        assert!(found == state || failed, "{found:?} after {asked}");
    }
}

/// The process ended between the device's last write and the record's: the login tells what the record does not know.
#[tokio::test]
async fn a_login_tells_of_a_link_that_the_record_missed() {
    let unlinked = InstanceRecord { linked: None, state: InstanceState::New, ..resting() };
    let account = resting().linked.expect("it has one");
    let shard = TestShard::start(&[unlinked], Batch::new()).await;
    shard.call(INSTANCE, Command::Connect).await.expect("it connects");
    // The first connection of this actor.
    shard.tell(INSTANCE, 1, SessionEvent::LoginAccepted { account: Some(account.clone()) }).await;
    assert_eq!(shard.view(INSTANCE).await.linked.as_ref(), Some(&account));
    shard.settle().await;
    assert_eq!(on_disk(&shard).linked.as_ref(), Some(&account));
    let linked =
        |event: &Event| matches!(&event.body, EventBody::Linked { account: told } if *told == account);
    assert!(events(&shard).await.iter().any(linked));
}

/// An acknowledgement of a connection that is over counts, and whoever waits for it hears of it once it is on disk.
#[tokio::test]
async fn an_acknowledgement_outlives_its_connection_and_is_on_disk_when_it_is_told() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let accepted = shard.send(text("hello", "key")).await.expect("accepted");
    let waiting = shard.ask_for(INSTANCE, Ask::Settled(accepted.id)).await;
    let of_another_connection = u64::MAX;
    let ack = SessionEvent::ServerAck { wa_id: accepted.wa_id, error: None };
    shard.tell(INSTANCE, of_another_connection, ack).await;
    let Ok(Reply::Message(view)) = in_time(waiting).await.expect("an answer") else { panic!("no message") };
    assert_eq!(view.status, MessageStatus::Sent);
    let suffix = accepted.id.get().to_be_bytes();
    let stored = shard.ledger.get(&instance_key(INSTANCE, table::MESSAGE, &suffix)).expect("it reads");
    let stored: MessageRecord = record::decode(&stored.expect("it is there")).expect("a record");
    assert_eq!(stored.status, MessageStatus::Sent);
}
