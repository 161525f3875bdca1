//! Changes of an instance: on disk before anybody sees them.

use trunkline_model::command::{Command, Reply, UpdateInstance};
use trunkline_model::{ErrorCode, Failure};
use trunkline_store::{Batch, StoreError};

use crate::testing::shard::{INSTANCE, TestShard, resting};

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
