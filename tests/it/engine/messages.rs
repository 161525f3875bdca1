//! Every type of message, sent through the gateway and seen by Baileys, and sent by others and seen as events.

use serde_json::{Value, json};
use trunkline_tests::gateway::FileServer;
use trunkline_tests::{Accepted, Account, Baileys, Gateway, GatewayEvent, Instance, Media, World};

/// A gateway with Alice's number, Bob's laptop, and both of them.
struct Talk {
    world: World,
    gateway: Gateway,
    alice: Account,
    bob: Account,
    shop: Instance,
    laptop: Baileys,
}

impl Talk {
    async fn start() -> Talk {
        let world = World::start().await;
        let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
        let gateway = Gateway::start(&world).await;
        let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
        Talk { world, gateway, alice, bob, shop, laptop }
    }

    /// Sends a message to Bob.
    async fn send(&self, content: Value) -> Accepted {
        let mut body = content;
        body["to"] = json!(self.bob.pn_jid());
        self.shop.send(body).await
    }

    /// Does something about a message in the chat with Bob.
    async fn about(&self, action: &str, about: Value) -> Accepted {
        let mut body = about;
        body["chat"] = json!(self.bob.pn_jid());
        let answer = self.shop.post(&format!("/messages/{action}"), body).await;
        answer.expect(202);
        Accepted::of(&answer)
    }

    /// Waits for a message at Bob's laptop.
    async fn arrives(&self, sent: &Accepted, kind: &str) -> Value {
        let wanted = |message: &trunkline_tests::Message| message.key.id == sent.wa_id;
        let arrived = self.laptop.expect_message(&format!("the {kind}"), wanted).await;
        assert_eq!(arrived.kind, kind, "{arrived:?}");
        arrived.facts
    }

    /// Waits for a message of Alice's at Bob's phone.
    async fn on_the_phone(&self, sent: &Accepted) -> Value {
        self.bob.phone().expect("the message", |message| message["id"] == json!(sent.wa_id)).await
    }

    async fn finish(self) {
        self.gateway.finish().await;
        self.world.finish().await;
    }
}

// proves: messages.send/location, messages.send/live_location, messages.send/contacts, messages.send/event
#[tokio::test]
async fn capability_messages_send_baileys_gets_places_cards_and_dates() {
    let talk = Talk::start().await;
    let place = talk
        .send(json!({"location": {"latitude": 24.7136, "longitude": -46.6753001, "name": "The shop"}}))
        .await;
    let seen = talk.arrives(&place, "location").await;
    assert_eq!((&seen["degreesLatitude"], &seen["name"]), (&json!(24.7136), &json!("The shop")));
    assert_eq!(talk.on_the_phone(&place).await["kind"], "location");

    let live = json!({"latitude": 1.5, "longitude": 2.5, "sequence": 7, "accuracy_metres": 10});
    let live = talk.send(json!({"live_location": live})).await;
    let seen = talk.arrives(&live, "liveLocation").await;
    assert_eq!((&seen["sequenceNumber"], &seen["accuracyInMeters"]), (&json!("7"), &json!(10)));

    let card = json!({"name": "Nora Lee", "phones": ["+966501234567"], "organization": "The shop"});
    let vcard = json!({"vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:Omar\nEND:VCARD"});
    let one = talk.send(json!({"contacts": [card]})).await;
    let seen = talk.arrives(&one, "contacts").await;
    let written = seen["vcard"].as_str().unwrap_or_default();
    assert!(written.contains("waid=966501234567") && written.contains("ORG:The shop"), "{written}");
    let two = talk.send(json!({"contacts": [card, vcard]})).await;
    assert_eq!(talk.arrives(&two, "contacts").await["contacts"].as_array().map(Vec::len), Some(2));

    let event = json!({"name": "Dinner", "starts_at": "2031-05-01T18:00:00Z", "extra_guests": true});
    let event = talk.send(json!({"event": event})).await;
    let seen = talk.arrives(&event, "event").await;
    assert_eq!((&seen["name"], &seen["startTime"]), (&json!("Dinner"), &json!("1935424800")));
    talk.finish().await;
}

// proves: messages.send/preview, messages.send/forwarded, messages.send/expiring, messages.send/typing
#[tokio::test]
async fn capability_messages_send_baileys_gets_the_options() {
    let talk = Talk::start().await;
    let sent = talk
        .send(json!({"text": {"body": "for a day"}, "forwarded": true, "expires_in_seconds": 86_400,
            "typing_ms": 1_200}))
        .await;
    talk.laptop.expect_presence(&talk.alice, "composing").await;
    let context = talk.arrives(&sent, "text").await["contextInfo"].clone();
    assert_eq!((&context["isForwarded"], &context["expiration"]), (&json!(true), &json!(86_400)));

    let card = json!({"url": "https://a.example/1", "title": "A page", "description": "about things"});
    let sent = talk.send(json!({"text": {"body": "see https://a.example/1", "card": card}})).await;
    let seen = talk.arrives(&sent, "text").await;
    assert_eq!((&seen["title"], &seen["matchedText"]), (&json!("A page"), &json!("https://a.example/1")));

    let html = "<title>Our page</title><meta property='og:description' content='about us'>";
    let pages = FileServer::start("text/html; charset=utf-8", html.as_bytes().to_vec());
    let page = pages.url("page.html");
    let sent = talk.send(json!({"text": {"body": format!("see {page} today"), "preview": true}})).await;
    let seen = talk.arrives(&sent, "text").await;
    assert_eq!((&seen["title"], &seen["description"]), (&json!("Our page"), &json!("about us")));
    assert_eq!(seen["matchedText"], json!(page));
    let dead = json!({"text": {"body": "see http://127.0.0.1:9/ today", "preview": true}});
    let sent = talk.send(dead).await;
    assert_eq!(talk.laptop.expect_text("see http://127.0.0.1:9/ today").await.key.id, sent.wa_id);
    talk.finish().await;
}

// proves: messages.send
#[tokio::test]
async fn capability_messages_send_mention_all_baileys_sees_everybody() {
    let talk = Talk::start().await;
    let carol = talk.world.account("Carol").await;
    let group = talk.laptop.create_group("Walkers", &[&talk.alice, &carol]).await;
    let sent =
        talk.shop.send(json!({"to": group.id, "text": {"body": "all of you"}, "mention_all": true})).await;
    let wanted = |message: &trunkline_tests::Message| message.key.id == sent.wa_id;
    let arrived = talk.laptop.expect_message("the call to all", wanted).await;
    for member in [&talk.bob, &carol] {
        assert!(arrived.mentions.iter().any(|jid| member.is(jid)), "{:?}", arrived.mentions);
    }
    talk.finish().await;
}

// proves: messages.send/buttons, messages.send/list
#[tokio::test]
async fn capability_messages_send_menus_baileys_gets_either_form() {
    let talk = Talk::start().await;
    let choices = json!([{"id": "tea", "title": "Tea"}, {"id": "coffee", "title": "Coffee"}]);
    let numbered = talk.send(json!({"buttons": {"body": "What?", "buttons": choices}})).await;
    let text = "What?\n\n1. Tea\n2. Coffee";
    assert_eq!(talk.laptop.expect_text(text).await.key.id, numbered.wa_id);
    let list = |form: &str| json!({"list": {"body": "What?", "button": "Menu", "form": form, "sections": [{"rows": choices}]}});
    let native = talk.send(list("native")).await;
    assert_eq!(talk.on_the_phone(&native).await["kind"], "menu");
    let numbered = talk.send(list("text")).await;
    assert_eq!(talk.on_the_phone(&numbered).await["text"], text);

    let chosen = json!({"thing": {"kind": "row_chosen", "id": "tea", "title": "Tea"}});
    talk.bob.phone().send(&talk.alice, chosen).await;
    let event = talk.shop.expect_received("menu_choice").await;
    assert_eq!(event.data["menu_choice"], json!({"id": "tea", "title": "Tea"}));
    talk.finish().await;
}

fn votes(event: &GatewayEvent) -> Vec<(String, u64)> {
    let tally = event.data["tally"].as_array().cloned().unwrap_or_default();
    let count = |count: &Value| {
        (count["option"].as_str().unwrap_or_default().to_owned(), count["votes"].as_u64().unwrap_or(9))
    };
    tally.iter().map(count).collect()
}

async fn next_vote(shop: &Instance) -> GatewayEvent {
    shop.expect("a vote", |event| (event.kind == "poll.voted").then(|| event.clone())).await
}

// proves: messages.send/poll, events.list/poll
#[tokio::test]
async fn capability_messages_send_polls_baileys_gets_are_counted() {
    let talk = Talk::start().await;
    let carol = talk.world.account("Carol").await;
    let group = talk.laptop.create_group("Walkers", &[&talk.alice, &carol]).await;
    let poll = json!({"question": "What?", "options": ["tea", "coffee"], "selectable": 1});
    let sent = talk.shop.send(json!({"to": group.id, "poll": poll})).await;
    let seen = talk.arrives(&sent, "poll").await;
    assert_eq!((&seen["name"], &seen["secret"]), (&json!("What?"), &json!(true)));

    for (voter, options, expected) in [
        (&talk.bob, json!(["tea"]), [1, 0]),
        (&carol, json!(["tea"]), [2, 0]),
        (&talk.bob, json!(["coffee"]), [1, 1]),
        (&carol, json!([]), [0, 1]),
    ] {
        voter.phone().expect("the poll", |message| message["id"] == json!(sent.wa_id)).await;
        voter.phone().send(&group, json!({"vote": {"id": sent.wa_id, "options": options}})).await;
        let vote = next_vote(&talk.shop).await;
        assert_eq!((&vote.data["selected"], &vote.data["message"]), (&options, &json!(sent.id)));
        assert!(voter.is(vote.data["voter"]["id"].as_str().unwrap_or_default()), "{}", vote.data);
        let expected = [("tea".to_owned(), expected[0]), ("coffee".to_owned(), expected[1])];
        assert_eq!(votes(&vote), expected, "after {options}");
    }
    talk.finish().await;
}

/// A poll of somebody else's: a vote in it is opened with the secret that came with it.
#[tokio::test]
async fn votes_in_a_received_poll_are_counted() {
    let talk = Talk::start().await;
    let group = talk.laptop.create_group("Walkers", &[&talk.alice]).await;
    let poll = json!({"poll": {"name": "Where?", "values": ["north", "south"], "selectableCount": 1}});
    let made = talk.laptop.send(&group, poll).await;
    let received = talk.shop.expect_received("poll").await;
    assert_eq!(received.data["wa_id"], made.key.id);
    assert_eq!(received.data["poll"]["options"], json!(["north", "south"]));
    talk.alice.phone().expect("the poll", |message| message["id"] == json!(made.key.id)).await;
    talk.alice.phone().send(&group, json!({"vote": {"id": made.key.id, "options": ["south"]}})).await;
    let vote = next_vote(&talk.shop).await;
    assert_eq!((&vote.data["selected"], &vote.data["from_me"]), (&json!(["south"]), &json!(true)));
    assert_eq!((&vote.data["voters"], &vote.data["message"]), (&json!(1), &Value::Null));
    talk.finish().await;
}

#[tokio::test]
async fn answers_to_an_invitation_are_events() {
    let talk = Talk::start().await;
    let event = json!({"name": "Dinner", "starts_at": "2031-05-01T18:00:00Z"});
    let sent = talk.send(json!({"event": event})).await;
    talk.on_the_phone(&sent).await;
    talk.bob.phone().send(&talk.alice, json!({"rsvp": {"id": sent.wa_id, "going": true}})).await;
    let answer = talk.shop.expect_received("event_answer").await;
    let expected = json!({"target_wa_id": sent.wa_id, "answer": "going", "extra_guests": 0});
    assert_eq!(answer.data["event_answer"], expected);
    talk.finish().await;
}

#[tokio::test]
async fn everything_that_a_phone_sends_is_an_event_of_its_type() {
    let talk = Talk::start().await;
    let phone = talk.bob.phone();
    let thing = |thing: Value| json!({"thing": thing});
    let place = json!({"kind": "location", "latitude": 1.25, "longitude": -2.5, "name": "Here"});
    phone.send(&talk.alice, thing(place)).await;
    let event = talk.shop.expect_received("location").await;
    let expected = json!({"latitude": 1.25, "longitude": -2.5, "name": "Here", "address": null});
    assert_eq!(event.data["location"], expected);
    let live = json!({"kind": "live_location", "latitude": 1.25, "longitude": -2.5, "sequence": 3});
    phone.send(&talk.alice, thing(live)).await;
    let event = talk.shop.expect_received("live_location").await;
    assert_eq!(event.data["live_location"]["sequence"], 3);
    phone.send(&talk.alice, thing(json!({"kind": "contact", "name": "N", "vcard": "BEGIN:VCARD"}))).await;
    let event = talk.shop.expect_received("contacts").await;
    assert_eq!(event.data["contacts"]["vcards"], json!(["BEGIN:VCARD"]));
    phone.send(&talk.alice, thing(json!({"kind": "event", "name": "Party", "starts_at_s": 60}))).await;
    let event = talk.shop.expect_received("event").await;
    assert_eq!(event.data["event"]["starts_at"], "1970-01-01T00:01:00.000Z");
    let id = phone.send_text(&talk.alice, "to be pinned").await;
    talk.shop.expect_text("to be pinned").await;
    phone.send(&talk.alice, json!({"pin": {"id": id, "pinned": true}})).await;
    let event = talk.shop.expect_received("pin").await;
    assert_eq!(event.data["pin"], json!({"target_wa_id": id, "pinned": true}));
    talk.finish().await;
}

/// The smallest picture there is: one pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

// proves: messages.send/view_once, messages.send/gif, messages.send/video_note
#[tokio::test]
async fn capability_messages_send_files_baileys_gets_what_is_shown_of_them() {
    let talk = Talk::start().await;
    let picture = talk.send(json!({"image": {"data": PNG, "view_once": true}})).await;
    let seen = talk.arrives(&picture, "image").await;
    assert_eq!((&seen["width"], &seen["height"], &seen["viewOnce"]), (&json!(1), &json!(1), &json!(true)));
    assert_eq!(seen["wrapped"], "viewOnceMessage");
    assert!(seen["jpegThumbnail"].as_str().is_some_and(|jpeg| jpeg.starts_with("/9j/")), "{seen}");
    let sticker = talk.send(json!({"sticker": {"data": PNG}})).await;
    let seen = talk.arrives(&sticker, "sticker").await;
    assert_eq!((&seen["mimetype"], &seen["width"]), (&json!("image/webp"), &json!(512)));

    let film = Media::sample("video", "video/mp4", 5_003).base64();
    let gif = talk.send(json!({"video": {"data": film, "mime_type": "video/mp4", "gif": true}})).await;
    assert_eq!(talk.arrives(&gif, "video").await["gifPlayback"], true);
    let note =
        talk.send(json!({"video": {"data": film, "mime_type": "video/mp4", "video_note": true}})).await;
    talk.arrives(&note, "video_note").await;

    let voice =
        talk.send(json!({"voice": {"data": Media::sample("voice", "audio/ogg", 8_000).base64()}})).await;
    let seen = talk.arrives(&voice, "voice").await;
    assert_eq!(seen["seconds"], 2);
    assert!(seen["waveform"].as_str().is_some_and(|shape| shape.len() == 88), "64 bytes in base64: {seen}");
    let wrong = talk.send(json!({"voice": {"data": PNG}})).await;
    let reason = talk.shop.expect_failed(&wrong).await;
    assert!(["voice_not_opus", "media_unusable"].contains(&reason.as_str()), "{reason}");
    talk.finish().await;
}

// proves: messages.edit, messages.delete
#[tokio::test]
async fn capability_messages_edit_and_delete_reach_baileys() {
    let talk = Talk::start().await;
    let sent = talk.shop.send_text(&talk.bob, "I thikn so").await;
    talk.laptop.expect_text("I thikn so").await;
    let path = format!("/v1/messages/{}", sent.id);
    let api = talk.gateway.api();
    let edited = api.request(reqwest::Method::PATCH, &path).json(&json!({"body": "I think so"})).send().await;
    assert_eq!(edited.expect(202)["type"], "edit");
    let change = talk.laptop.expect_update(&sent.wa_id, "an edit", |update| update.edited.is_some()).await;
    assert_eq!(change.edited.as_deref(), Some("I think so"));

    let picture = Media::sample("image", "image/jpeg", 5_003).captioned("a pictur");
    let picture = talk.shop.send_media(&talk.bob, &picture).await;
    talk.arrives(&picture, "image").await;
    let of_picture = format!("/v1/messages/{}", picture.id);
    api.request(reqwest::Method::PATCH, &of_picture)
        .json(&json!({"body": "a picture"}))
        .send()
        .await
        .expect(202);
    let seen =
        talk.bob.phone().expect("the new caption", |message| message["target"] == json!(picture.wa_id)).await;
    assert_eq!((&seen["kind"], &seen["text"]), (&json!("edit"), &json!("a picture")));

    let deleted = api.request(reqwest::Method::DELETE, &path).send().await;
    assert_eq!(deleted.expect(202)["type"], "revoke");
    talk.laptop.expect_update(&sent.wa_id, "a deletion", |update| update.revoked).await;
    let poll = talk.send(json!({"poll": {"question": "?", "options": ["a", "b"]}})).await;
    let poll = format!("/v1/messages/{}", poll.id);
    let refused = api.request(reqwest::Method::PATCH, &poll).json(&json!({"body": "x"})).send().await;
    refused.expect_problem(422, "VALIDATION");
    talk.finish().await;
}

// proves: messages.react, messages.revoke, messages.pin, messages.keep
#[tokio::test]
async fn capability_messages_react_revoke_pin_and_keep_reach_baileys() {
    let talk = Talk::start().await;
    let written = talk.laptop.send_text(&talk.alice, "what do you think?").await;
    talk.shop.expect_text("what do you think?").await;
    let reaction = talk.about("react", json!({"wa_id": written.key.id, "emoji": "👍"})).await;
    let seen = talk.on_the_phone(&reaction).await;
    assert_eq!(
        (&seen["kind"], &seen["text"], &seen["target"]),
        (&json!("reaction"), &json!("👍"), &json!(written.key.id))
    );
    talk.laptop.expect_reaction(&written.key.id, "👍").await;
    let back = talk.about("react", json!({"wa_id": written.key.id, "emoji": ""})).await;
    assert_eq!(talk.on_the_phone(&back).await["text"], json!(""));

    let pin = talk.about("pin", json!({"wa_id": written.key.id})).await;
    assert_eq!(talk.arrives(&pin, "pin").await["type"], "PIN_FOR_ALL");
    let unpin = talk.about("pin", json!({"wa_id": written.key.id, "pinned": false})).await;
    assert_eq!(talk.arrives(&unpin, "pin").await["type"], "UNPIN_FOR_ALL");
    let keep = talk.about("keep", json!({"wa_id": written.key.id})).await;
    let seen = talk.on_the_phone(&keep).await;
    assert_eq!((&seen["kind"], &seen["target"]), (&json!("keep"), &json!(written.key.id)));

    let group = talk.world.control().post(
        "/groups",
        json!({"creator": talk.alice.pn(), "subject": "Ours", "participants": [talk.bob.pn()], "addressing_mode": "lid"}),
    );
    let group = group.await["gid"].as_str().expect("an id").to_owned();
    let rude = talk.laptop.send_text(&group, "something rude").await;
    let received = talk.shop.expect_text("something rude").await;
    let author = received.data["sender"]["id"].clone();
    let revoke = json!({"chat": group, "wa_id": rude.key.id, "participant": author});
    talk.shop.post("/messages/revoke", revoke).await.expect(202);
    let gone = talk.bob.phone().expect("the deletion", |message| message["kind"] == "revoke").await;
    assert_eq!(gone["target"], json!(rude.key.id));
    talk.finish().await;
}

// proves: messages.send_batch
#[tokio::test]
async fn capability_messages_send_batch_baileys_gets_what_is_right() {
    let talk = Talk::start().await;
    let to = talk.bob.pn_jid();
    let text = |body: &str, key: &str| json!({"to": to, "text": {"body": body}, "idempotency_key": key});
    let batch = json!({"messages": [
        text("one of a batch", "k1"),
        {"to": "nobody", "text": {"body": "to nobody"}},
        text("two of a batch", "k2"),
        text("another with a key twice", "k2"),
    ]});
    let answer = talk.shop.post("/messages/batch", batch.clone()).await.expect(207);
    let statuses: Vec<_> =
        answer["data"].as_array().expect("results").iter().map(|r| r["status"].clone()).collect();
    assert_eq!(statuses, [202, 422, 202, 409]);
    assert_eq!(answer["data"][1]["error"]["errors"][0]["field"], "to");
    assert_eq!(talk.laptop.expect_texts(2).await, ["one of a batch", "two of a batch"]);
    let again = talk.shop.post("/messages/batch", batch).await.expect(207);
    assert_eq!(again["data"][0]["message"]["id"], answer["data"][0]["message"]["id"]);
    assert_eq!(again["data"][0]["replayed"], true);
    assert_eq!(talk.laptop.further_texts(), Vec::<String>::new());
    talk.finish().await;
}

// proves: messages.list_receipts
#[tokio::test]
async fn capability_messages_list_receipts_names_every_reader() {
    let talk = Talk::start().await;
    let carol = talk.world.account("Carol").await;
    let group = talk.laptop.create_group("Walkers", &[&talk.alice, &carol]).await;
    let sent = talk.shop.send_text(&group.id, "who has read this?").await;
    for reader in [&talk.bob, &carol] {
        reader.phone().expect_text("who has read this?").await;
        reader.phone().read(&group, &[&sent.wa_id]).await;
    }
    talk.shop.expect_status(&sent, "read").await;
    let path = format!("/v1/messages/{}/receipts", sent.id);
    let both_read = |receipts: &Value| {
        let receipts = receipts["data"].as_array().cloned().unwrap_or_default();
        let has_read = |who: &Account| {
            receipts.iter().any(|receipt| {
                who.is(receipt["person"]["id"].as_str().unwrap_or_default()) && receipt["read_at"].is_string()
            })
        };
        has_read(&talk.bob) && has_read(&carol)
    };
    // The second receipt changes no status, so no event tells of it.
    while !both_read(&talk.gateway.api().get(&path).send().await.expect(200)) {
        talk.shop.view().await;
    }
    talk.finish().await;
}

// proves: messages.get_content
#[tokio::test]
async fn capability_messages_get_content_says_what_was_accepted() {
    let talk = Talk::start().await;
    let sent = talk.send(json!({"text": {"body": "what I said"}})).await;
    let path = format!("/v1/messages/{}/content", sent.id);
    let content = talk.gateway.api().get(&path).send().await.expect(200);
    assert_eq!(content, json!({"type": "text", "text": "what I said", "media_url": null, "file_name": null}));
    let secret = talk.send(json!({"text": {"body": "424242"}, "lane": "otp"})).await;
    let path = format!("/v1/messages/{}/content", secret.id);
    talk.gateway.api().get(&path).send().await.expect_problem(404, "MESSAGE_NOT_FOUND");
    talk.finish().await;
}

// proves: status.post
#[tokio::test]
async fn capability_status_post_baileys_in_the_audience_sees_it() {
    let talk = Talk::start().await;
    let carol = talk.world.account("Carol").await;
    let text = json!({"body": "open until nine", "background": "#102030", "font": "calistoga"});
    let body = json!({"audience": [talk.bob.pn()], "text": text});
    let answer = talk.shop.post("/status", body).await;
    answer.expect(202);
    let sent = Accepted::of(&answer);
    let seen = talk.arrives(&sent, "text").await;
    assert_eq!(
        (&seen["backgroundArgb"], &seen["text"]),
        (&json!(0xff10_2030_u32), &json!("open until nine"))
    );
    let picture = Media::sample("image", "image/jpeg", 5_003);
    let image = json!({"data": picture.base64(), "mime_type": "image/jpeg", "caption": "look"});
    let answer = talk.shop.post("/status", json!({"audience": [talk.bob.pn()], "image": image})).await;
    answer.expect(202);
    talk.arrives(&Accepted::of(&answer), "image").await;
    talk.shop.expect_status(&sent, "sent").await;
    assert_eq!(carol.phone().inbox().await, Vec::<Value>::new());
    talk.finish().await;
}
