//! People: saved, blocked, looked at, checked; one id for each.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Account, Event, Gateway, Instance, World};

async fn put(gateway: &Gateway, shop: &Instance, path: &str, body: Value) -> Value {
    gateway.api().request(Method::PUT, &shop.path(path)).json(&body).send().await.expect(200)
}

/// Waits until Baileys learns the name that somebody is saved under.
async fn desk_saves(desk: &trunkline_tests::Baileys, person: &Account, name: &str) {
    let saved = |event: &Event| match event {
        Event::Contact { contact } => {
            let is_it =
                person.is(contact["id"].as_str().unwrap_or_default()) && contact["name"] == json!(name);
            is_it.then_some(())
        }
        _ => None,
    };
    desk.expect(&format!("{name:?} to be saved"), saved).await;
}

// proves: contacts.list, contacts.get, contacts.sync
#[tokio::test]
async fn capability_contacts_save_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, desk) = (gateway.link(&alice).await, alice.link_baileys().await);
    bob.phone().send_text(&alice, "it is me").await;
    shop.expect_text("it is me").await;
    let path = format!("/contacts/{}", bob.pn());
    let met = shop.get(&path).await.expect(200);
    assert_eq!((&met["person"]["id"], &met["saved"]), (&json!(bob.pn_jid()), &json!(false)));
    assert_eq!((&met["push_name"], &met["person"]["lid"].is_string()), (&json!("Bob"), &true));

    let saved = put(&gateway, &shop, &path, json!({"full_name": "Bob Builder", "first_name": "Bob"})).await;
    assert_eq!((&saved["person"]["name"], &saved["saved"]), (&json!("Bob Builder"), &json!(true)));
    desk_saves(&desk, &bob, "Bob Builder").await;
    let people = json!({"contacts": [{"person": carol.pn(), "full_name": "Carol C"}]});
    let synced = shop.post("/contacts/sync", people).await.expect(200);
    assert_eq!((&synced["data"][0]["ok"], &synced["data"][0]["id"]), (&json!(true), &json!(carol.pn_jid())));
    desk_saves(&desk, &carol, "Carol C").await;

    let names = |page: &Value| {
        let entries = page["data"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<String> =
            entries.iter().filter_map(|entry| entry["full_name"].as_str().map(str::to_owned)).collect();
        names.sort_unstable();
        names
    };
    let listed = shop.get("/contacts?saved=true").await.expect(200);
    assert_eq!(names(&listed), ["Bob Builder", "Carol C"]);
    assert_eq!(shop.get("/contacts/15550000000").await.expect(404)["code"], "CONTACT_NOT_FOUND");

    desk.modify_chat(&bob, json!({"contact": {"fullName": "Bob B", "firstName": "Bob"}})).await;
    let changed = shop
        .expect("a renamed contact", |event| {
            let is_it =
                event.kind == "contact.changed" && event.data["changes"]["full_name"] == json!("Bob B");
            is_it.then(|| event.data.clone())
        })
        .await;
    assert_eq!(changed["person"]["id"], bob.pn_jid());
    assert_eq!(shop.get(&path).await.expect(200)["full_name"], "Bob B");
    gateway.finish().await;
    world.finish().await;
}

// proves: contacts.unblock, contacts.blocklist
#[tokio::test]
async fn capability_contacts_block_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, desk) = (gateway.link(&alice).await, alice.link_baileys().await);
    let path = |action: &str| format!("/contacts/{}/{action}", bob.pn());
    shop.act(&path("block")).await.expect(204);
    let listed = shop.get("/blocklist").await.expect(200);
    assert_eq!(listed["data"][0]["id"], bob.pn_jid());
    let blocked = desk.must("blocklist", json!({})).await;
    assert!(blocked.as_array().expect("a list").iter().any(|who| bob.is(who.as_str().unwrap_or_default())));
    assert_eq!(shop.get(&format!("/contacts/{}", bob.pn())).await.expect(200)["blocked"], true);
    shop.act(&path("unblock")).await.expect(204);
    assert_eq!(shop.get("/blocklist").await.expect(200)["data"], json!([]));
    assert_eq!(desk.must("blocklist", json!({})).await, json!([]));
    assert_eq!(shop.act("/contacts/15550000000/block").await.expect(404)["code"], "WHATSAPP_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

// proves: contacts.picture, contacts.business
#[tokio::test]
async fn capability_contacts_about_baileys_wrote_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let path = |what: &str| format!("/contacts/{}/{what}", bob.pn());
    laptop.must("set_status", json!({"status": "at the seaside"})).await;
    let about = shop.get(&path("about")).await.expect(200);
    assert_eq!((&about["about"], &about["is_business"]), (&json!("at the seaside"), &json!(false)));
    assert_eq!(about["person"]["id"], bob.pn_jid());
    let none = shop.get(&path("picture")).await.expect(200);
    assert_eq!((&none["id"], &none["url"]), (&Value::Null, &Value::Null));
    assert_eq!(shop.get(&path("business")).await.expect(404)["code"], "WHATSAPP_NOT_FOUND");

    let business = json!({"description": "Boats", "email": "bob@example.org", "address": "Pier 1",
        "websites": ["https://example.org"], "categories": ["Sailing"], "days": ["mon"]});
    let profile = json!({"picture_base64": "/9j/", "business": business});
    world.control().post(&format!("/accounts/{}/profile", bob.pn()), profile).await;
    let picture = shop.get(&path("picture?preview=true")).await.expect(200);
    assert!(
        picture["id"].is_string() && picture["url"].as_str().is_some_and(|url| url.starts_with("https://"))
    );
    let shown = shop.get(&path("business")).await.expect(200);
    assert_eq!(
        (&shown["description"], &shown["websites"]),
        (&json!("Boats"), &json!(["https://example.org"]))
    );
    assert_eq!((&shown["categories"], &shown["hours"][0]["day"]), (&json!(["Sailing"]), &json!("mon")));
    assert_eq!(shown["hours"][0]["opens_at_minutes"], 540);
    gateway.finish().await;
    world.finish().await;
}

// proves: people.get
#[tokio::test]
async fn capability_people_check_is_cached_and_within_a_budget() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let people = json!({"people": [bob.pn(), "15550000000"]});
    let first = shop.post("/people/check", people.clone()).await.expect(200);
    assert_eq!(
        (&first["data"][0]["on_whatsapp"], &first["data"][1]["on_whatsapp"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(first["data"][0]["person"]["id"], bob.pn_jid());
    let again = shop.post("/people/check", people).await.expect(200);
    assert_eq!(again, first, "an answer serves for a day");

    let by_phone = shop.get(&format!("/people/{}", bob.pn())).await.expect(200);
    let lid = by_phone["person"]["lid"].as_str().expect("a LID").to_owned();
    let by_lid = shop.get(&format!("/people/{lid}@lid")).await.expect(200);
    assert_eq!(by_lid["person"]["phone"], format!("+{}", bob.pn()));
    assert_eq!(by_lid["person"]["id"], by_phone["person"]["id"]);

    let strangers = |from: u64| {
        let people: Vec<String> = (from..from + 99).map(|number| number.to_string()).collect();
        json!({"people": people})
    };
    for from in [15_551_000_000, 15_552_000_000, 15_553_000_000] {
        shop.post("/people/check", strangers(from)).await.expect(200);
    }
    let refused = shop.post("/people/check", strangers(15_554_000_000)).await;
    assert_eq!(refused.expect(429)["code"], "TOO_MANY_REQUESTS");
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{refused}");
    // What is known already costs nothing.
    shop.post("/people/check", strangers(15_551_000_000)).await.expect(200);
    gateway.finish().await;
    world.finish().await;
}
