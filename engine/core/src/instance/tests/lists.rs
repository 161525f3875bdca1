//! Lists of messages: bounded work for a filter that finds little.

use std::collections::BTreeMap;

use trunkline_model::MessageId;
use trunkline_model::command::{Command, Reply};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{Lane, MessageStatus};
use trunkline_model::record::{self, MessageRecord, table};
use trunkline_store::{Batch, CommitClass, Ledger};

use crate::limits::LIST_SCAN_MAX;
use crate::place::instance_key;
use crate::testing::shard::{INSTANCE, TestShard, resting};

fn message(number: u64) -> MessageRecord {
    MessageRecord {
        id: MessageId::from_u64(number).expect("small"),
        wa_id: number.to_string(),
        to: "9@s.whatsapp.net".to_owned(),
        kind: "text".to_owned(),
        lane: Lane::Bulk,
        // The oldest of all is the only one that failed.
        status: if number == 1 { MessageStatus::Failed } else { MessageStatus::Sent },
        status_times_ms: BTreeMap::new(),
        attempts: 1,
        error: None,
        metadata: None,
        voucher: None,
    }
}

async fn page(shard: &TestShard, before: Option<MessageId>, limit: usize) -> (Vec<u64>, Option<MessageId>) {
    let command = Command::ListMessages { before, status: Some(MessageStatus::Failed), limit };
    match shard.call(INSTANCE, command).await {
        Ok(Reply::Messages { messages, next }) => (messages.iter().map(|view| view.id.get()).collect(), next),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_filter_looks_at_a_bounded_number_of_messages_and_says_where_to_go_on() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let all = LIST_SCAN_MAX as u64 * 2 + 10;
    for some in (1..=all).collect::<Vec<_>>().chunks(500) {
        let mut batch = Batch::new();
        for &number in some {
            let row = record::encode(&message(number)).expect("small");
            batch.put(instance_key(INSTANCE, table::MESSAGE, &number.to_be_bytes()), row);
        }
        shard.ledger.commit(batch, CommitClass::First).await.expect("durable");
    }
    let (mut before, mut pages, mut found) = (None, 0, Vec::new());
    loop {
        let (messages, next) = page(&shard, before, 10).await;
        pages += 1;
        found.extend(messages);
        if next.is_none() {
            break;
        }
        assert!(next < before || before.is_none(), "it goes on");
        before = next;
    }
    assert_eq!((found, pages), (vec![1], 3));
}

#[tokio::test]
async fn the_last_page_has_no_next_one() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    assert_eq!(page(&shard, None, 2).await, (vec![], None));
    let mut batch = Batch::new();
    for number in 1..=PAGE_LIMIT_MAX as u64 {
        let failed = MessageRecord { status: MessageStatus::Failed, ..message(number) };
        let row = record::encode(&failed).expect("small");
        batch.put(instance_key(INSTANCE, table::MESSAGE, &number.to_be_bytes()), row);
    }
    shard.ledger.commit(batch, CommitClass::First).await.expect("durable");
    assert_eq!(page(&shard, MessageId::from_u64(4), 2).await, (vec![3, 2], MessageId::from_u64(2)));
    assert_eq!(page(&shard, MessageId::from_u64(2), 2).await, (vec![1], None));
    let (all, next) = page(&shard, None, PAGE_LIMIT_MAX).await;
    assert_eq!((all.len(), next), (PAGE_LIMIT_MAX, None));
}
