//! A campaign whose runner is cut off anywhere, over a real store.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use tempfile::TempDir;
use trunkline_model::command::{
    CampaignCommand, MessageView, NewRecipient, NewSchedule, PlanReply, ScheduleCommand, SendRequest,
};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{Content, Lane, MessageStatus, SendMessage, SendOptions, Text};
use trunkline_model::plan::{CampaignRecord, CampaignState, Counts, ScheduleState, TemplateContent, Timing};
use trunkline_model::record::{self, MessageRecord, table};
use trunkline_model::slot::Bucket;
use trunkline_model::{AccountId, Address, CampaignId, ErrorCode, Failure, InstanceId, MessageId};
use trunkline_store::{Batch, CommitClass, Direction, Ledger, StoreError};

use super::{Outboxes, Planner};
use crate::directory::{Directory, Route};
use crate::place::instance_key;
use crate::testing::{TestLedger, ledger};

const ACCOUNT: AccountId = AccountId(5);
const CAMPAIGN: CampaignId = CampaignId(6);
const INSTANCES: [InstanceId; 4] = [InstanceId(1), InstanceId(2), InstanceId(3), InstanceId(4)];

/// Instances that send at once what they accept, each key once; one in so many requests is turned away.
struct Town {
    ledger: Arc<TestLedger>,
    accepted: Mutex<HashMap<(InstanceId, String), MessageId>>,
    busy_every: usize,
    asked: Mutex<usize>,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Outboxes for Town {
    async fn send(
        &self,
        instance: InstanceId,
        requests: Vec<SendRequest>,
    ) -> Result<Vec<Result<MessageView, Failure>>, Failure> {
        let asked = std::mem::replace(&mut *held(&self.asked), 0) + 1;
        *held(&self.asked) = asked;
        if asked.is_multiple_of(self.busy_every) {
            return Err(Failure { retry_after_ms: Some(1), ..Failure::new(ErrorCode::Unavailable, "busy") });
        }
        let mut views = Vec::new();
        for request in requests {
            let key = (instance, request.idempotency_key.expect("campaigns give keys"));
            let id = {
                let mut accepted = held(&self.accepted);
                let next = MessageId::new(Bucket(0), accepted.len() as u64 + 1).expect("few");
                *accepted.entry(key).or_insert(next)
            };
            let record = sent(id, &request.message.to);
            let mut batch = Batch::new();
            let suffix = id.get().to_be_bytes();
            batch.put(
                instance_key(instance, table::MESSAGE, &suffix),
                record::encode(&record).expect("small"),
            );
            // What was accepted is on disk, whether or not somebody still waits to hear it.
            self.ledger
                .commit(batch, CommitClass::First)
                .await
                .map_err(|error| crate::shard::store_failure(&error))?;
            views.push(Ok(view(instance, record)));
        }
        Ok(views)
    }
}

fn sent(id: MessageId, to: &Address) -> MessageRecord {
    MessageRecord {
        id,
        wa_id: format!("3EB0{id}"),
        to: to.jid(),
        kind: "text".to_owned(),
        lane: Lane::Bulk,
        status: MessageStatus::Sent,
        status_times_ms: BTreeMap::new(),
        attempts: 1,
        error: None,
        metadata: None,
        voucher: None,
    }
}

fn view(instance: InstanceId, record: MessageRecord) -> MessageView {
    MessageView {
        id: record.id,
        instance,
        wa_id: record.wa_id,
        to: record.to,
        kind: record.kind,
        lane: record.lane,
        status: record.status,
        status_times_ms: record.status_times_ms,
        attempts: record.attempts,
        error: None,
        metadata: None,
        replayed: false,
        refunded: false,
    }
}

fn planner(ledger: &Arc<TestLedger>, town: &Arc<Town>) -> Arc<Planner> {
    let store: Arc<dyn Ledger> = ledger.clone();
    let directory = Arc::new(Directory::new(1));
    for instance in INSTANCES {
        directory.publish(instance, Route::new(ACCOUNT, 0, None, InstanceState::Open));
    }
    let planner = Planner::new(vec![store], ledger.sealer(), directory);
    planner.begin(town.clone());
    planner
}

/// A draft for so many people by these instances.
async fn draft(planner: &Arc<Planner>, people: u64) {
    let record = CampaignRecord {
        id: CAMPAIGN,
        name: "spring".to_owned(),
        state: CampaignState::Draft,
        content: TemplateContent { kind: None, body: "Hello".to_owned(), media_url: None, file_name: None },
        template: None,
        instances: INSTANCES.to_vec(),
        per_minute: None,
        counts: Counts::default(),
        metadata: None,
        created_at_ms: 0,
        scheduled_at_ms: None,
        started_at_ms: None,
        ended_at_ms: None,
    };
    let mut batch = Batch::new();
    Planner::put_campaign(ACCOUNT, &record, &mut batch).expect("small");
    planner.commit(ACCOUNT, batch).await.expect("durable");
    let person =
        |n: u64| NewRecipient { phone: (4_930_000_000_000 + n).to_string(), variables: BTreeMap::new() };
    // Each of them is named twice.
    let all = (0..people).chain(0..people).map(person).collect();
    match planner.add_people(ACCOUNT, CAMPAIGN, all).await {
        Ok(PlanReply::Added(added, total)) => {
            assert_eq!((added.iter().filter(|new| **new).count() as u64, u64::from(total)), (people, people));
        }
        other => panic!("{other:?}"),
    }
}

async fn step(planner: &Arc<Planner>, command: CampaignCommand) {
    planner.campaign(ACCOUNT, command).await.expect("it is allowed");
}

fn town(ledger: &Arc<TestLedger>, busy_every: usize) -> Arc<Town> {
    let ledger = ledger.clone();
    Arc::new(Town { ledger, accepted: Mutex::default(), busy_every, asked: Mutex::default() })
}

/// Polls a future so often, and drops it unless it is done by then.
async fn cut_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (Box::pin(future), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_runner_that_is_cut_off_anywhere_neither_skips_nor_repeats_anybody() {
    for busy_every in [usize::MAX, 3] {
        let dir = TempDir::new().expect("a directory");
        let ledger = ledger(&dir);
        let town = town(&ledger, busy_every);
        let first = planner(&ledger, &town);
        draft(&first, 300).await;
        step(&first, CampaignCommand::Start(CAMPAIGN, None)).await;
        let mut lives = 0;
        for polls in (1..40).chain([usize::MAX]) {
            // Another planner each time: what the one before it had in memory is gone.
            let planner = planner(&ledger, &town);
            lives += 1;
            if let Some(ran) = cut_after(polls, planner.run_campaign(ACCOUNT, CAMPAIGN)).await {
                ran.expect("it runs to its end");
                break;
            }
        }
        assert!(lives > 5, "it was cut off {lives} times only");
        let record = planner(&ledger, &town).read_campaign(ACCOUNT, CAMPAIGN).expect("it is there");
        assert_eq!(
            (record.state, record.counts),
            (CampaignState::Completed, Counts { sent: 300, ..Counts::default() })
        );
        let accepted = held(&town.accepted);
        let mut keys: Vec<&String> = accepted.keys().map(|(_, key)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!((accepted.len(), keys.len()), (300, 300), "somebody was written to by two instances");
    }
}

#[tokio::test]
async fn what_is_not_on_disk_is_no_success() {
    let dir = TempDir::new().expect("a directory");
    let ledger = ledger(&dir);
    let planner = planner(&ledger, &town(&ledger, usize::MAX));
    ledger.refuse(Some(|| StoreError::Closed));
    let command = trunkline_model::command::SuppressionCommand::Add {
        people: vec!["+4930000000001".parse().expect("a phone")],
        note: None,
    };
    let refused = planner.suppression(ACCOUNT, command).await;
    assert!(refused.is_err(), "{refused:?}");
    let person: Address = "+4930000000001".parse().expect("a phone");
    assert!(!planner.forbids(ACCOUNT, &person, Lane::Bulk).expect("it reads"));
}

#[tokio::test]
async fn instances_that_are_gone_burn_nobody() {
    let dir = TempDir::new().expect("a directory");
    let ledger = ledger(&dir);
    let planner = planner(&ledger, &town(&ledger, usize::MAX));
    draft(&planner, 5).await;
    step(&planner, CampaignCommand::Start(CAMPAIGN, None)).await;
    INSTANCES.iter().for_each(|instance| planner.directory.withdraw(*instance));
    planner.run_campaign(ACCOUNT, CAMPAIGN).await.expect("it runs to its end");
    let record = planner.read_campaign(ACCOUNT, CAMPAIGN).expect("it is there");
    let counts = Counts { cancelled: 5, ..Counts::default() };
    assert_eq!((record.state, record.counts), (CampaignState::Failed, counts));
}

#[tokio::test]
async fn a_paused_campaign_asks_nobody_and_a_deleted_one_leaves_nothing() {
    let dir = TempDir::new().expect("a directory");
    let ledger = ledger(&dir);
    // Nobody is ever taken.
    let town = town(&ledger, 1);
    let planner = planner(&ledger, &town);
    draft(&planner, 5).await;
    step(&planner, CampaignCommand::Start(CAMPAIGN, None)).await;
    step(&planner, CampaignCommand::Pause(CAMPAIGN)).await;
    planner.run_campaign(ACCOUNT, CAMPAIGN).await.expect("there is nothing to do");
    assert_eq!(*held(&town.asked), 0);
    let refused = planner.campaign(ACCOUNT, CampaignCommand::Delete(CAMPAIGN)).await;
    assert_eq!(refused.expect_err("it may go on").code, ErrorCode::PlanState);
    step(&planner, CampaignCommand::Cancel(CAMPAIGN)).await;
    step(&planner, CampaignCommand::Delete(CAMPAIGN)).await;
    for of in [table::CAMPAIGN, table::RECIPIENT, table::RECIPIENT_PHONE] {
        let left = planner.scan(ACCOUNT, super::rows::range(ACCOUNT, of, b""), Direction::Forward, 1);
        assert!(left.expect("it reads").is_empty(), "table {of}");
    }
}

#[tokio::test]
async fn a_time_that_two_tasks_see_to_counts_once() {
    let dir = TempDir::new().expect("a directory");
    let ledger = ledger(&dir);
    let town = town(&ledger, usize::MAX);
    let planner = planner(&ledger, &town);
    let message = SendMessage {
        to: "+4930000000001".parse().expect("a phone"),
        content: Content::Text(Text::plain("Good morning")),
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    };
    let due_ms = crate::clock::wall_ms() + 50;
    let new = NewSchedule {
        name: None,
        instance: INSTANCES[0],
        message,
        timing: Timing::Once(due_ms),
        grace_seconds: 60,
        idempotency_key: Some("reminder-1".to_owned()),
    };
    let make =
        async |new: NewSchedule| planner.schedule(ACCOUNT, ScheduleCommand::Create(Box::new(new))).await;
    let made = make(new.clone()).await;
    // Whoever heard no answer asks again, and has made one.
    assert_eq!(make(new.clone()).await, made);
    let other = NewSchedule { instance: INSTANCES[1], ..new };
    let refused = make(other).await.expect_err("the key is that of another schedule");
    assert_eq!(refused.code, ErrorCode::IdempotencyConflict);
    let Ok(PlanReply::Schedule(made)) = made else { panic!("{made:?}") };
    let both = futures_util::future::join(
        planner.run_due(ACCOUNT, made.id, due_ms),
        planner.run_due(ACCOUNT, made.id, due_ms),
    );
    assert_eq!(both.await, (Ok(()), Ok(())));
    let shown = planner.schedule(ACCOUNT, ScheduleCommand::Get(made.id)).await;
    let Ok(PlanReply::Schedule(shown)) = shown else { panic!("{shown:?}") };
    assert_eq!((shown.state, shown.runs, shown.missed), (ScheduleState::Completed, 1, 0));
    assert_eq!(held(&town.accepted).len(), 1);
}
