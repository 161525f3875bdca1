//! The process ends between the device's last write and the record's: the phone shows the device, the record knows nothing of
//! it. The moment is too short to be hit by a kill, so the disk is brought into that condition instead.

use trunkline_model::InstanceId;
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, InstanceRecord, table};
use trunkline_store::{Batch, CommitClass, DataDir, Key, Ledger, LocalLedger, StoreOptions};
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn a_device_that_is_linked_on_disk_comes_back_although_its_record_missed_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    gateway.sigterm().await;
    let data_dir = gateway.data_dir();
    let id: InstanceId = shop.id().parse().expect("an id");
    tokio::task::spawn_blocking(move || {
        let data_dir = DataDir::open_or_create(data_dir).expect("nobody uses it");
        let ledger = LocalLedger::open(&data_dir, 0, StoreOptions::default()).expect("it opens");
        let key = Key::new(id.slot().0, id.0, table::INSTANCE, b"");
        let stored = ledger.get(&key).expect("it reads").expect("the instance is there");
        let linked: InstanceRecord = record::decode(&stored).expect("a record");
        let missed = InstanceRecord { linked: None, state: InstanceState::AwaitingScan, ..linked };
        let mut batch = Batch::new();
        batch.put(key, record::encode(&missed).expect("small"));
        ledger.commit(batch, CommitClass::First).wait().expect("durable");
        ledger.close().expect("it closes");
    })
    .await
    .expect("the disk is changed");
    gateway.restart().await;
    shop.expect_state("open").await;
    assert_eq!(shop.view().await["linked"]["phone"], format!("+{}", alice.pn()));
    let sent = shop.send_text(&bob, "linked all along").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}
