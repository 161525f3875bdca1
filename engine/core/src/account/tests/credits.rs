//! Credits over a store that can refuse, over restarts, and with instances that answer what the test wants.

use trunkline_model::command::{AddCredits, CreditsView};
use trunkline_model::credit::{Ended, Entry, Fate, Movement, PocketKind, Told, Voucher};
use trunkline_model::record::InstanceRecord;

use super::*;
use crate::account::pockets::{self, Price};
use crate::place::instance_key;
use crate::testing::shard::{in_time, resting, stored};

const WHATSAPP: PocketKind = PocketKind::Whatsapp;

fn order(amount: i64, key: Option<&str>) -> Ask {
    let idempotency_key = key.map(str::to_owned);
    Ask::AddCredits(AddCredits { pocket: WHATSAPP, amount, idempotency_key })
}

impl House {
    /// The tenant pays for its messages.
    async fn with_credits(credits: i64) -> House {
        let house = House::new().await;
        let update = UpdateAccount { credits: Some(true), ..UpdateAccount::default() };
        house.ask(Ask::Update(Box::new(update))).await.expect("it is changed");
        house.ask(order(credits, None)).await.expect("they are there");
        house
    }

    /// Credits, and messages that are paid for.
    async fn has(&self) -> (u64, usize) {
        match self.ask(Ask::GetCredits).await {
            Ok(AccountReply::Credits(view)) => (view.pockets[0].balance, view.pockets[0].held),
            other => panic!("{other:?}"),
        }
    }

    async fn until(&self, expected: (u64, usize)) {
        in_time(async {
            while self.has().await != expected {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn lines(&self) -> Vec<Entry> {
        match self.ask(Ask::ListCredits { pocket: WHATSAPP, before: None, limit: 100 }).await {
            Ok(AccountReply::CreditEntries(entries, false)) => entries,
            other => panic!("{other:?}"),
        }
    }

    async fn prices(&self, wanted: usize) -> Vec<Price> {
        let account = self.accounts.charged(TENANT).expect("its messages cost credits");
        self.accounts.prices(&account, (INSTANCE, wanted)).await.expect("the store works")
    }

    async fn write(&self, batch: Batch) {
        crate::patient::commit(&*self.ledger, batch, CommitClass::First).await.expect("durable");
    }

    async fn fate_is(&self, voucher: Voucher, fate: Fate) {
        let mut batch = Batch::new();
        pockets::put_fate(&mut batch, INSTANCE, voucher, fate).expect("small");
        self.write(batch).await;
    }

    fn fate(&self, voucher: Voucher) -> Option<Fate> {
        pockets::fate(&*self.ledger, INSTANCE, voucher).expect("readable")
    }

    /// What a start makes of what is on disk; instances that are asked have accepted nothing.
    fn restarted(self) -> House {
        let accounts = known_after_start(&self.ledger);
        House { accounts, ..self }
    }

    async fn sweep(&self) {
        let account = self.accounts.get(TENANT).expect("it is there");
        self.accounts.ask_about(&account).await;
    }
}

fn vouchers(prices: &[Price]) -> Vec<Voucher> {
    let paid = |price: &Price| match price {
        Price::Paid(unspent) => Some(unspent.voucher()),
        _ => None,
    };
    prices.iter().filter_map(paid).collect()
}

fn spend(prices: &[Price]) {
    prices.iter().for_each(|price| {
        if let Price::Paid(unspent) = price {
            unspent.spend();
        }
    });
}

#[tokio::test]
async fn an_order_is_carried_out_once_and_never_below_nothing() {
    let house = House::with_credits(10).await;
    let again = house.ask(order(5, Some("monday"))).await.expect("it is carried out");
    assert!(matches!(again, AccountReply::Credits(CreditsView { replayed: false, enabled: true, .. })));
    let house = house.restarted();
    let again = house.ask(order(5, Some("monday"))).await.expect("it was carried out");
    assert!(matches!(again, AccountReply::Credits(CreditsView { replayed: true, .. })), "{again:?}");
    assert_eq!(refusal(house.ask(order(6, Some("monday"))).await), ErrorCode::IdempotencyConflict);
    assert_eq!(refusal(house.ask(order(-16, None)).await), ErrorCode::InsufficientCredits);
    assert_eq!(house.has().await, (15, 0));
    house.ask(order(-15, None)).await.expect("it is carried out");
    let lines: Vec<_> =
        house.lines().await.into_iter().map(|e| (e.number, e.movement, e.amount, e.balance)).collect();
    let expected =
        [(3, Movement::Withdrawn, -15, 0), (2, Movement::Granted, 5, 15), (1, Movement::Granted, 10, 10)];
    assert_eq!(lines, expected);
    let log: Vec<_> = house.log().await.into_iter().map(|entry| (entry.action, entry.subject)).collect();
    let expected = [("credits.taken", "whatsapp 15"), ("credits.added", "whatsapp 5")];
    assert_eq!(log[..2], expected.map(|(action, subject)| (action.to_owned(), subject.to_owned())));
}

#[tokio::test]
async fn the_first_messages_have_the_credits_and_what_is_not_spent_goes_back() {
    let house = House::with_credits(3).await;
    let prices = house.prices(5).await;
    assert_eq!(vouchers(&prices), [1, 2, 3].map(Voucher));
    assert!(prices[3..].iter().all(|price| matches!(price, Price::Short { .. })));
    assert_eq!(house.has().await, (0, 3));
    assert!(matches!(house.prices(1).await[..], [Price::Short { balance: 0 }]));
    drop(prices);
    house.until((3, 0)).await;
    assert_eq!(vouchers(&house.prices(1).await), [Voucher(4)], "no number is used twice");
    let off = UpdateAccount { credits: Some(false), ..UpdateAccount::default() };
    house.ask(Ask::Update(Box::new(off))).await.expect("it is changed");
    assert!(house.accounts.charged(TENANT).is_none());
}

#[tokio::test]
async fn an_end_that_is_told_settles_the_price_once() {
    let house = House::with_credits(3).await;
    let prices = house.prices(2).await;
    spend(&prices);
    let [sent, failed] = vouchers(&prices)[..] else { panic!("there are two") };
    for (voucher, ended) in [(sent, Ended::Kept), (failed, Ended::Failed)] {
        house.fate_is(voucher, Fate::Due(ended)).await;
        for _ in 0..2 {
            let told = house.accounts.tell_ended((TENANT, INSTANCE), (voucher, ended)).await;
            told.expect("the account hears it");
        }
        in_time(async {
            while !matches!(house.fate(voucher), Some(Fate::Refused { .. })) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    assert_eq!(house.has().await, (2, 0));
    drop(prices);
    assert_eq!(house.restarted().has().await, (2, 0));
}

#[tokio::test]
async fn what_a_crash_left_is_asked_for() {
    let house = House::with_credits(5).await;
    house.write(stored(&InstanceRecord { account: TENANT, ..resting() })).await;
    let prices = house.prices(4).await;
    spend(&prices);
    let [accepted, failed, sent, lost] = vouchers(&prices)[..] else { panic!("there are four") };
    house.fate_is(accepted, Fate::Accepted).await;
    house.fate_is(failed, Fate::Due(Ended::Failed)).await;
    house.fate_is(sent, Fate::Due(Ended::Kept)).await;
    let house = house.restarted();
    assert_eq!(house.has().await, (1, 4));
    house.accounts.begin_asking(Box::new(|instance, vouchers| {
        assert_eq!(instance, INSTANCE);
        let absent = vouchers.into_iter().map(|voucher| (voucher, Told::Absent)).collect();
        Box::pin(async move { Ok(absent) })
    }));
    house.sweep().await;
    assert_eq!(house.has().await, (3, 1), "{lost:?} went back, and {failed:?}");
    // Whoever accepted its message is not asked again for a while.
    house.fate_is(accepted, Fate::Due(Ended::Failed)).await;
    house.sweep().await;
    assert_eq!(house.has().await, (3, 1));
    let house = house.restarted();
    house.sweep().await;
    assert_eq!(house.has().await, (4, 0));
    let moved: i64 = house.lines().await.iter().map(|entry| entry.amount).sum();
    assert_eq!(moved, 4);
}

#[tokio::test]
async fn of_an_instance_that_is_erased_nothing_is_held() {
    let house = House::with_credits(1).await;
    spend(&house.prices(1).await);
    let house = house.restarted();
    let record = house.ledger.get(&instance_key(INSTANCE, table::INSTANCE, b""));
    assert!(record.expect("readable").is_none());
    house.sweep().await;
    assert_eq!(house.has().await, (1, 0));
}

#[tokio::test]
async fn credits_that_the_disk_does_not_take_have_not_moved() {
    let house = House::with_credits(3).await;
    house.ledger.refuse(Some(|| StoreError::Closed));
    let account = house.accounts.charged(TENANT).expect("its messages cost credits");
    assert!(house.accounts.prices(&account, (INSTANCE, 2)).await.is_err());
    assert!(house.ask(order(5, Some("a"))).await.is_err());
    house.ledger.refuse(None);
    assert_eq!(house.has().await, (3, 0));
    assert_eq!(vouchers(&house.prices(1).await), [Voucher(1)]);
    let replayed = house.ask(order(5, Some("a"))).await.expect("it is carried out");
    assert!(matches!(replayed, AccountReply::Credits(CreditsView { replayed: false, .. })));
}

#[tokio::test]
async fn many_at_once_get_no_more_than_there_is() {
    let house = House::with_credits(50).await;
    let asked = (0..40).map(|_| house.prices(3));
    let prices: Vec<Price> = join_all(asked).await.into_iter().flatten().collect();
    let mut paid = vouchers(&prices);
    paid.sort_unstable();
    assert_eq!(paid, (1..=50).map(Voucher).collect::<Vec<_>>());
    spend(&prices);
    assert_eq!(house.has().await, (0, 50));
}
