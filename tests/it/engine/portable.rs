//! Numbers that move without being linked again: from Baileys, and from one Trunkline to another.

use serde_json::{Map, Value, json};
use trunkline_tests::{Account, Baileys, DeviceState, Gateway, GatewayEvent, Group, Instance, World};

/// The folder that Baileys would have written: the same keys, under its names.
fn folder(state: &DeviceState) -> Map<String, Value> {
    let mut files = Map::new();
    files.insert("creds.json".to_owned(), state.0["creds"].clone());
    for (kind, keys) in state.0["keys"].as_object().expect("keys") {
        for (id, key) in keys.as_object().expect("keys by id") {
            let name = format!("{kind}-{id}.json").replace('/', "__").replace(':', "-");
            files.insert(name, key.clone());
        }
    }
    files
}

/// A number on its way from another gateway, which Baileys plays, to ours.
pub(super) struct Moving {
    pub(super) alice: Account,
    bob: Account,
    friend: Baileys,
    group: Group,
    /// What the other gateway knew when it was stopped.
    pub(super) state: DeviceState,
}

impl Moving {
    /// Alice's number speaks with Bob and in a group, over the other gateway, until that is stopped.
    pub(super) async fn begin(world: &World) -> Moving {
        let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
        let (old, friend) = (alice.link_baileys().await, bob.link_baileys().await);
        // Sessions of both directions, and a group's keys.
        old.send_text(&bob, "from the old gateway").await;
        friend.expect_text("from the old gateway").await;
        friend.send_text(&alice, "to the old gateway").await;
        old.expect_text("to the old gateway").await;
        let group = friend.create_group("Walkers", &[&alice]).await;
        friend.send_text(&group, "a word to the group").await;
        old.expect_text("a word to the group").await;
        alice.expect_settled(1).await;
        let state = old.export_state().await;
        old.kill();
        Moving { alice, bob, friend, group, state }
    }

    /// The number connects from here and goes on with the keys that it brought, in every direction.
    pub(super) async fn goes_on(&self, world: &World, shop: &Instance) {
        shop.connect().await;
        shop.expect_state("open").await;
        shop.send_text(&self.bob, "from the new gateway").await;
        self.friend.expect_text("from the new gateway").await;
        assert_eq!(retries(world).await, 0, "the session towards Bob was of no use");
        self.friend.send_text(&self.alice, "to the new gateway").await;
        shop.expect_text("to the new gateway").await;
        assert_eq!(retries(world).await, 0, "the session from Bob was of no use");
        self.friend.send_text(&self.group, "another word to the group").await;
        shop.expect_text("another word to the group").await;
        assert_eq!(retries(world).await, 0, "the sender key of the group was of no use");
        let stats = world.control().get("/stats").await;
        assert_eq!(stats["paired"], 2, "somebody was linked again: {stats:#}");
    }
}

async fn retries(world: &World) -> u64 {
    world.control().get("/stats").await["retries"].as_u64().unwrap_or(u64::MAX)
}

#[tokio::test]
async fn capability_instances_import_takes_a_baileys_folder_and_goes_on_without_linking() {
    let world = World::start().await;
    let moving = Moving::begin(&world).await;
    let gateway = Gateway::start(&world).await;
    gateway.api().keep_private(moving.alice.pn());
    let body = json!({"name": "moved", "baileys": {"files": folder(&moving.state)}});
    let shop = gateway.import_instance(&body).await;
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["name"]), (&json!("stopped"), &json!("moved")), "{view}");
    assert_eq!(view["linked"]["phone"], format!("+{}", moving.alice.pn()), "{view}");
    moving.goes_on(&world, &shop).await;
    gateway.finish().await;
    world.finish().await;
}

// proves: instances.import
#[tokio::test]
async fn capability_instances_export_moves_a_number_to_another_node() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (near, far) = (Gateway::start(&world).await, Gateway::start(&world).await);
    let (shop, friend) = (near.link(&alice).await, bob.link_baileys().await);
    shop.send_text(&bob, "from the first node").await;
    friend.expect_text("from the first node").await;
    friend.send_text(&alice, "to the first node").await;
    shop.expect_text("to the first node").await;
    let passphrase = json!({"passphrase": "correct horse battery"});
    near.api().keep_private("correct horse battery");
    shop.post("/export", passphrase.clone()).await.expect_problem(409, "INSTANCE_STATE");
    shop.disconnect().await;
    shop.expect_state_because("stopped", "requested").await;
    shop.post("/export", json!({"passphrase": "short"})).await.expect_problem(422, "VALIDATION");
    let sealed = shop.post("/export", passphrase).await.expect(200)["sealed"].clone();
    let exported =
        |event: &GatewayEvent| (event.kind == "instance.exported").then(|| event.data["by"].clone());
    assert!(shop.expect("the audit event", exported).await.is_string());

    let body = |passphrase: &str| json!({"trunkline": {"sealed": sealed, "passphrase": passphrase}});
    let wrong = far.api().post("/v1/instances/import", &body("incorrect horse")).send().await;
    wrong.expect_problem(422, "VALIDATION");
    let moved = far.import_instance(&body("correct horse battery")).await;
    moved.connect().await;
    moved.expect_state("open").await;
    let imported =
        |event: &GatewayEvent| (event.kind == "instance.imported").then(|| event.data["source"].clone());
    assert_eq!(moved.expect("the audit event", imported).await, "trunkline");
    moved.send_text(&bob, "from the second node").await;
    friend.expect_text("from the second node").await;
    friend.send_text(&alice, "to the second node").await;
    moved.expect_text("to the second node").await;
    near.finish().await;
    far.finish().await;
    world.finish().await;
}
