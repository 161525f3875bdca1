//! What messages cost, as their instance sees it.

use std::sync::Arc;

use tokio::sync::oneshot;
use trunkline_model::ErrorCode;
use trunkline_model::command::{Command, MessageView, Reply};
use trunkline_model::credit::{Fate, Told, Voucher};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::record::table;
use trunkline_store::Batch;

use crate::account::{Price, Unspent, fate};
use crate::instance::{Ask, archive};
use crate::testing::shard::{INSTANCE, TestShard, in_time, resting, text};

const VOUCHER: Voucher = Voucher(9);

impl TestShard {
    async fn send_at(&self, price: Price, key: &str) -> Result<MessageView, ErrorCode> {
        let Command::Send(request) = text("hello", key) else { panic!("a text") };
        let mut message = archive(*request).expect("it is valid");
        message.costs(price);
        let answered = self.ask_for(INSTANCE, Ask::Accept(Box::new(message))).await;
        match in_time(answered).await.expect("the actor answers") {
            Ok(Reply::Message(view)) => Ok(*view),
            Err(failure) => Err(failure.code),
            other => panic!("{other:?}"),
        }
    }

    fn paid(&self) -> Price {
        Price::Paid(Unspent::new(Arc::clone(&self.context.accounts), ROOT_ACCOUNT, VOUCHER))
    }

    async fn what_became_of(&self, voucher: Voucher) -> Told {
        let (tell, told) = oneshot::channel();
        drop(self.ask_for(INSTANCE, Ask::Vouchers(vec![voucher], tell)).await);
        let told = in_time(told).await.expect("the actor answers").expect("the store works");
        assert_eq!(told.len(), 1);
        told[0].1
    }

    fn fate(&self) -> Option<Fate> {
        fate(&*self.ledger, INSTANCE, VOUCHER).expect("readable")
    }
}

#[tokio::test]
async fn a_message_and_its_voucher_are_accepted_together_or_not_at_all() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let refused = shard.send_at(Price::Short { balance: 0 }, "first").await;
    assert_eq!(refused, Err(ErrorCode::InsufficientCredits));
    assert_eq!(shard.view(INSTANCE).await.outbox_depth, 0);
    let accepted = shard.send_at(shard.paid(), "first").await.expect("it is paid");
    assert!(shard.has(table::MESSAGE, &accepted.id.get().to_be_bytes()));
    assert_eq!(shard.fate(), Some(Fate::Accepted));
    assert_eq!(shard.what_became_of(VOUCHER).await, Told::Known);
    // Whoever repeats a request has its answer, with credits or without.
    let again = shard.send_at(Price::Short { balance: 0 }, "first").await.expect("it was accepted");
    assert_eq!((again.id, again.replayed), (accepted.id, true));
    assert_eq!(shard.send_at(shard.paid(), "second").await, Err(ErrorCode::Unavailable), "spent");
}

#[tokio::test]
async fn a_voucher_whose_credit_went_back_pays_for_nothing() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    assert_eq!(shard.what_became_of(VOUCHER).await, Told::Absent);
    assert!(matches!(shard.fate(), Some(Fate::Refused { .. })));
    assert_eq!(shard.send_at(shard.paid(), "late").await, Err(ErrorCode::Unavailable));
    assert_eq!(shard.what_became_of(VOUCHER).await, Told::Absent);
    assert_eq!(shard.view(INSTANCE).await.outbox_depth, 0);
}

#[tokio::test]
async fn a_message_without_its_price_is_not_accepted() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let answered = shard.ask_for(INSTANCE, Ask::Command(text("free", "free"))).await;
    let failure = in_time(answered).await.expect("the actor answers").expect_err("it has no price");
    assert_eq!(failure.code, ErrorCode::Internal);
}
