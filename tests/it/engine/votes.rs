//! Votes that the gateway gives: in polls that Baileys made, and in its own.

use serde_json::{Value, json};
use trunkline_tests::{Accepted, Account, Baileys, Gateway, GatewayEvent, Instance, Message, World};

/// A gateway with Alice's number, and Bob's laptop.
struct Booth {
    world: World,
    gateway: Gateway,
    alice: Account,
    shop: Instance,
    laptop: Baileys,
    bob: Account,
}

impl Booth {
    async fn set() -> Booth {
        let world = World::start().await;
        let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
        let gateway = Gateway::start(&world).await;
        let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
        Booth { world, gateway, alice, shop, laptop, bob }
    }

    /// A poll of Baileys' that the gateway knows of; its WhatsApp id.
    async fn poll_in(&self, chat: &str, options: &[&str], selectable: u32) -> String {
        let poll = json!({"poll": {"name": "Where?", "values": options, "selectableCount": selectable}});
        let made = self.laptop.send(&chat.to_owned(), poll).await;
        let received = self.shop.expect_received("poll").await;
        assert_eq!(received.data["wa_id"], made.key.id);
        made.key.id
    }

    async fn vote(&self, chat: &str, poll: &str, options: &Value) -> Accepted {
        let body = json!({"chat": chat, "wa_id": poll, "options": options});
        let answer = self.shop.post("/messages/vote", body).await;
        answer.expect(202);
        Accepted::of(&answer)
    }

    /// What Baileys counts when this vote is there.
    async fn counted(&self, poll: &str, vote: &Accepted) -> Value {
        let wanted = |message: &Message| message.key.id == vote.wa_id;
        let arrived = self.laptop.expect_message("the vote", wanted).await;
        assert_eq!(arrived.kind, "pollUpdateMessage");
        self.laptop.must("tally", json!({"poll": poll, "votes": [vote.wa_id]})).await
    }

    async fn told(&self) -> GatewayEvent {
        self.shop.expect("the vote", |event| (event.kind == "poll.voted").then(|| event.clone())).await
    }

    async fn close(self) {
        self.gateway.finish().await;
        self.world.finish().await;
    }
}

/// The votes of each option.
fn tally(event: &GatewayEvent) -> Value {
    let counts = event.data["tally"].as_array().expect("a tally").clone();
    let count = |one: Value| (one["option"].as_str().unwrap_or_default().to_owned(), one["votes"].clone());
    Value::Object(counts.into_iter().map(count).collect())
}

#[tokio::test]
async fn capability_messages_vote_baileys_opens_and_counts_it() {
    let booth = Booth::set().await;
    let group = booth.laptop.create_group("Walkers", &[&booth.alice]).await;
    for chat in [group.id.clone(), booth.alice.pn_jid()] {
        let poll = booth.poll_in(&chat, &["north", "south"], 1).await;
        // The other side of a chat of two.
        let to = if chat == group.id { chat } else { booth.bob.pn_jid() };
        let vote = booth.vote(&to, &poll, &json!(["south"])).await;
        assert_eq!(booth.counted(&poll, &vote).await, json!({"north": 0, "south": 1}));
        let told = booth.told().await;
        assert_eq!(tally(&told), json!({"north": 0, "south": 1}));
        assert_eq!((&told.data["from_me"], &told.data["voters"]), (&json!(true), &json!(1)));
        assert!(booth.alice.is(told.data["voter"]["id"].as_str().expect("a voter")), "{}", told.data);
        let back = booth.vote(&to, &poll, &json!([])).await;
        assert_eq!(booth.counted(&poll, &back).await, json!({"north": 0, "south": 0}));
        assert_eq!(tally(&booth.told().await), json!({"north": 0, "south": 0}));
    }
    booth.close().await;
}

// proves: messages.vote
#[tokio::test]
async fn a_vote_in_a_poll_of_its_own_counts_beside_those_of_others() {
    let booth = Booth::set().await;
    let group = booth.laptop.create_group("Walkers", &[&booth.alice]).await;
    let poll = json!({"question": "What?", "options": ["tea", "coffee"], "selectable": 0});
    let made = booth.shop.send(json!({"to": group.id, "poll": poll})).await;
    booth.bob.phone().expect("the poll", |message| message["id"] == json!(made.wa_id)).await;
    booth.bob.phone().send(&group, json!({"vote": {"id": made.wa_id, "options": ["tea"]}})).await;
    assert_eq!(tally(&booth.told().await), json!({"tea": 1, "coffee": 0}));
    let vote = booth.vote(&group.id, &made.wa_id, &json!(["tea", "coffee"])).await;
    assert_eq!(booth.counted(&made.wa_id, &vote).await, json!({"tea": 1, "coffee": 1}));
    let told = booth.told().await;
    assert_eq!((tally(&told), &told.data["message"]), (json!({"tea": 2, "coffee": 1}), &json!(made.id)));
    booth.close().await;
}

#[tokio::test]
async fn a_vote_that_no_poll_has_room_for_is_refused() {
    let booth = Booth::set().await;
    let group = booth.laptop.create_group("Walkers", &[&booth.alice]).await;
    let poll = booth.poll_in(&group.id, &["north", "south"], 1).await;
    let vote = |chat: &str, poll: &str, options: Value| {
        booth.shop.post("/messages/vote", json!({"chat": chat, "wa_id": poll, "options": options}))
    };
    vote(&group.id, "3EB0AA", json!(["north"])).await.expect_problem(404, "MESSAGE_NOT_FOUND");
    for (chat, options, field) in [
        (group.id.clone(), json!(["west"]), "options.0"),
        (group.id.clone(), json!(["north", "south"]), "options"),
        (group.id.clone(), json!(["north", "north"]), "options.1"),
        (booth.bob.pn_jid(), json!(["north"]), "chat"),
    ] {
        let problem = vote(&chat, &poll, options).await.expect_problem(422, "VALIDATION");
        assert_eq!(problem["errors"][0]["field"], json!(field), "{problem}");
    }
    let events = booth.shop.all_events().await;
    assert!(events.iter().all(|event| event.kind != "poll.voted"), "{events:?}");
    booth.close().await;
}
