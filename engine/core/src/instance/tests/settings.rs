//! Changes of an instance: on disk before anybody sees them, and a new webhook does not hear the past.

use trunkline_model::command::{Command, Reply, UpdateInstance, WebhookConfig};
use trunkline_model::record::{self, WebhookCursor, table};
use trunkline_model::{ErrorCode, Failure};
use trunkline_store::{Batch, Ledger, StoreError};

use crate::place::instance_key;
use crate::testing::shard::{INSTANCE, TestShard, in_time, resting};

async fn update(shard: &TestShard, update: UpdateInstance) -> Result<Reply, Failure> {
    shard.call(INSTANCE, Command::UpdateInstance(Box::new(update))).await
}

fn named(name: &str) -> UpdateInstance {
    UpdateInstance { name: Some(name.to_owned()), ..UpdateInstance::default() }
}

/// The old name was free for others before the new one was on disk.
#[tokio::test]
async fn a_name_is_given_up_only_when_the_new_one_is_on_disk() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let directory = &shard.context.directory;
    let owner = |name: &str| directory.by_name(resting().account, name);
    shard.ledger.refuse(Some(|| StoreError::Closed));
    let refused = update(&shard, named("market")).await.expect_err("the store refuses");
    assert_eq!(refused.code, ErrorCode::Internal);
    assert_eq!((owner("shop"), owner("market")), (Some(INSTANCE), None));
    assert_eq!(shard.view(INSTANCE).await.name.as_deref(), Some("shop"));
    shard.ledger.refuse(None);
    update(&shard, named("market")).await.expect("renamed");
    assert_eq!((owner("shop"), owner("market")), (None, Some(INSTANCE)));
}

fn with_webhook(path: &str) -> UpdateInstance {
    let hook = WebhookConfig {
        url: format!("http://127.0.0.1:1/{path}"),
        secret: "0123456789abcdef".to_owned(),
        events: Vec::new(),
    };
    UpdateInstance { webhook: Some(Some(hook)), ..UpdateInstance::default() }
}

/// How the first attempt to deliver something ended.
async fn outcome(shard: &TestShard) -> String {
    let shown = async {
        loop {
            let progress = shard.view(INSTANCE).await.webhook_progress.expect("there is a webhook");
            match progress.last_outcome {
                Some(outcome) => return outcome,
                None => tokio::task::yield_now().await,
            }
        }
    };
    in_time(shown).await
}

fn cursor(shard: &TestShard) -> Option<u64> {
    let stored = shard.ledger.get(&instance_key(INSTANCE, table::WEBHOOK_CURSOR, b"")).expect("it reads");
    stored.map(|bytes| record::decode::<WebhookCursor>(&bytes).expect("a record").delivered)
}

#[tokio::test]
async fn a_webhook_that_is_new_hears_of_what_happens_from_then_on() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    for command in [Command::Connect, Command::Disconnect] {
        shard.call(INSTANCE, command).await.expect("done");
    }
    let past = shard.view(INSTANCE).await.newest_event;
    assert_eq!(past, 2);
    update(&shard, with_webhook("a")).await.expect("set");
    assert_eq!(cursor(&shard), Some(past));
    let progress = shard.view(INSTANCE).await.webhook_progress.expect("there is a webhook");
    assert_eq!((progress.delivered, progress.last_outcome), (past, None));
    for command in [Command::Connect, Command::Disconnect] {
        shard.call(INSTANCE, command).await.expect("done");
    }
    assert_eq!(outcome(&shard).await, "unreachable");
    // Another address goes on where the one before stopped; one that comes after none starts anew.
    update(&shard, with_webhook("b")).await.expect("set");
    assert_eq!(cursor(&shard), Some(past));
    update(&shard, UpdateInstance { webhook: Some(None), ..UpdateInstance::default() }).await.expect("unset");
    update(&shard, with_webhook("c")).await.expect("set");
    assert_eq!(cursor(&shard), Some(past + 2));
}
