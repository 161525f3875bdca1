//! Status: who sees it, and taking one back.

use serde_json::{Value, json};
use trunkline_tests::{Accepted, Account, Event, Gateway, GatewayEvent, Instance, Message, World};

#[tokio::test]
async fn capability_status_audience_as_the_phone_set_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let in_force = |lists: &serde_json::Value| {
        let lists = lists["data"].as_array().expect("a list").clone();
        lists.into_iter().find(|list| list["is_default"] == json!(true)).expect("one in force")
    };
    let first = shop.get("/status/audience").await.expect(200);
    assert_eq!(
        (&in_force(&first)["kind"], first["data"].as_array().map(Vec::len)),
        (&json!("contacts"), Some(3))
    );
    let audience = json!({"list": "whitelist", "people": [bob.pn()]});
    world.control().post(&format!("/accounts/{}/status-audience", alice.pn()), audience).await;
    let only = in_force(&shop.get("/status/audience").await.expect(200));
    assert_eq!(only["kind"], json!("only"));
    assert!(bob.is(only["people"][0]["id"].as_str().expect("an id")), "{only}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_status_delete_reaches_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let id = "3EB0C431C26A1916E07E";
    shop.post(&format!("/status/{id}/delete"), json!({"audience": [bob.pn_jid()]})).await.expect(204);
    let revoked = |event: &Event| match event {
        Event::Message(message) if message.protocol.as_deref() == Some("revoke") => {
            Some((message.target.clone(), message.key.chat.clone()))
        }
        _ => None,
    };
    let seen = laptop.expect("the status to be taken back", revoked).await;
    assert_eq!(seen, (Some(id.to_owned()), Some("status@broadcast".to_owned())));
    let strangers = shop.post(&format!("/status/{id}/delete"), json!({"audience": ["4930901820"]})).await;
    strangers.expect_problem(404, "WHATSAPP_NOT_FOUND");
    shop.post(&format!("/status/{id}/delete"), json!({"audience": []}))
        .await
        .expect_problem(422, "VALIDATION");
    gateway.finish().await;
    world.finish().await;
}

/// Posts a text.
async fn post(shop: &Instance, audience: Value, text: &str) -> Accepted {
    let answer = shop.post("/status", json!({"audience": audience, "text": {"body": text}})).await;
    answer.expect(202);
    Accepted::of(&answer)
}

/// Times of a person in the receipts of a message: of having it, and of having seen it.
fn times_of(receipts: &Value, person: &Account) -> Option<(bool, bool)> {
    let receipts = receipts["data"].as_array().expect("a list");
    let theirs = receipts.iter().filter(|one| person.is(one["person"]["id"].as_str().unwrap_or_default()));
    theirs
        .map(|one| (one["delivered_at"].is_string(), one["read_at"].is_string()))
        .reduce(|one, other| (one.0 || other.0, one.1 || other.1))
}

#[tokio::test]
async fn capability_messages_list_receipts_status_who_viewed_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let sent = post(&shop, json!([bob.pn(), carol.pn()]), "open until nine").await;
    let wanted = |message: &Message| message.key.id == sent.wa_id;
    let seen = laptop.expect_message("the status", wanted).await;
    laptop.read(&[&seen]).await;
    let viewed = |event: &GatewayEvent| {
        let viewer = &event.data["participant"];
        let is_view = event.status_of(&sent.id)? == "read";
        (is_view && bob.is(viewer["id"].as_str()?)).then(|| viewer.clone())
    };
    let viewer = shop.expect("the view", viewed).await;
    assert_eq!(viewer["phone"], json!(format!("+{}", bob.pn())), "{viewer}");
    assert_eq!(viewer["lid"], json!(bob.lid_jid().split('@').next()), "{viewer}");
    let path = format!("/v1/messages/{}/receipts", sent.id);
    let mut times = None;
    // Carol's phone has it too, and her receipt may come after Bob's.
    while times.is_none() {
        let receipts = gateway.api().get(&path).send().await.expect(200);
        times = times_of(&receipts, &bob).zip(times_of(&receipts, &carol));
    }
    assert_eq!(times, Some(((true, true), (true, false))));
    gateway.finish().await;
    world.finish().await;
}

/// More than one page of anything, and more than a thousand.
const CONTACTS: usize = 1_050;

// proves: status.post
#[tokio::test]
async fn a_status_reaches_more_than_a_thousand_contacts_and_none_of_those_left_out() {
    let world = World::start().await;
    let (alice, dora) = (world.account("Alice").await, world.account("Dora").await);
    let wish = json!({"count": CONTACTS, "first_pn": "4930000000001"});
    let people = world.control().post("/accounts/batch", wish).await;
    let people: Vec<&str> =
        people.as_array().expect("accounts").iter().filter_map(|one| one["pn"].as_str()).collect();
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let known = people.iter().copied().chain([dora.pn()]);
    let names: serde_json::Map<String, Value> =
        known.map(|pn| (pn.to_owned(), json!(format!("Contact {pn}")))).collect();
    alice.phone().change_app_state(json!({"contacts": names})).await;
    // The past of a new device: no event tells of it. They come in one piece, Dora with the last of them.
    let dora_is_saved = format!("/contacts/{}", dora.pn());
    while shop.get(&dora_is_saved).await.json()["saved"] != json!(true) {}
    let but_dora = json!({"list": "blacklist", "people": [dora.pn()]});
    world.control().post(&format!("/accounts/{}/status-audience", alice.pn()), but_dora).await;
    let sent = post(&shop, json!("contacts"), "for all who know us").await;
    for pn in &people {
        let inbox = format!("/accounts/{pn}/inbox?received=1&wait_ms={DELIVERY_MS_MAX}");
        let inbox = world.control().get(&inbox).await;
        assert_eq!(inbox["messages"][0]["text"], json!("for all who know us"), "{pn}");
        assert_eq!((inbox["messages"].as_array().map(Vec::len), &inbox["duplicates"]), (Some(1), &json!(0)));
    }
    shop.expect_status(&sent, "delivered").await;
    // As it was posted, so it is taken back.
    shop.post(&format!("/status/{}/delete", sent.wa_id), json!({"audience": "contacts"})).await.expect(204);
    let last = people.last().expect("somebody");
    let inbox = format!("/accounts/{last}/inbox?received=2&wait_ms={DELIVERY_MS_MAX}");
    let inbox = world.control().get(&inbox).await;
    assert_eq!(inbox["messages"][1]["kind"], json!("revoke"), "{inbox}");
    assert_eq!(dora.phone().inbox().await, Vec::<Value>::new());
    gateway.finish().await;
    world.finish().await;
}

/// Longest wait for the first of them to have it, in milliseconds: the service takes no longer one.
const DELIVERY_MS_MAX: u64 = 120_000;

#[tokio::test]
async fn a_status_for_contacts_needs_one() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let sent = post(&shop, json!("contacts"), "hello?").await;
    assert_eq!(shop.expect_failed(&sent).await, "audience_empty");
    gateway.finish().await;
    world.finish().await;
}
