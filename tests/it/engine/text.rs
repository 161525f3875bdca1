//! Text between a number of the gateway and Baileys: by phone number and LID, quoted, mentioning, received, read.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Accepted, Account, Gateway, GatewayEvent, World, judge};

// proves: messages.send, messages.send/text, events.list/received
#[tokio::test]
async fn text_goes_both_ways_by_phone_number() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);

    let sent = shop.send_text(&bob.pn_jid(), "good morning, Bob").await;
    let arrived = laptop.expect_text("good morning, Bob").await;
    assert_eq!(arrived.key.id, sent.wa_id);
    assert!(alice.is(arrived.key.chat.as_deref().unwrap_or_default()), "{arrived:?}");
    bob.phone().expect_text("good morning, Bob").await;

    let answer = laptop.send_text(&alice.pn_jid(), "good morning, Alice").await;
    let received = shop.expect_text("good morning, Alice").await;
    assert_eq!(received.data["wa_id"], answer.key.id);
    assert_eq!((&received.data["from_me"], &received.data["is_group"]), (&json!(false), &json!(false)));
    assert_eq!(received.data["sender"]["phone"], format!("+{}", bob.pn()));
    assert_eq!(received.data["sender"]["lid"], bob.lid_jid().trim_end_matches("@lid"));
    assert_eq!(received.data["sender"]["name"], "Bob");
    assert!(bob.is(received.data["chat"]["id"].as_str().expect("an id")), "{}", received.data);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn text_goes_both_ways_by_lid() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);

    laptop.send_text(&alice.lid_jid(), "under my other name").await;
    let received = shop.expect_text("under my other name").await;
    assert_eq!(received.data["chat"]["lid"], bob.lid_jid().trim_end_matches("@lid"));
    assert_eq!(received.data["chat"]["phone"], format!("+{}", bob.pn()));

    let sent = shop.send_text(&bob.lid_jid(), "and under yours").await;
    let arrived = laptop.expect_text("and under yours").await;
    assert_eq!(arrived.key.id, sent.wa_id);
    shop.expect_status(&sent, "delivered").await;
    bob.phone().expect_text("and under yours").await;
    gateway.finish().await;
    world.finish().await;
}

/// The chat's id in an event is an address that a send takes.
#[tokio::test]
async fn an_answer_goes_to_the_chat_that_the_event_names() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    for (to, question) in [(alice.pn_jid(), "is anybody there?"), (alice.lid_jid(), "anybody at all?")] {
        laptop.send_text(&to, question).await;
        let received = shop.expect_text(question).await;
        let chat = received.data["chat"]["id"].as_str().expect("an id").to_owned();
        let answer = format!("yes, to: {question}");
        shop.send_text(&chat, &answer).await;
        laptop.expect_text(&answer).await;
    }
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.get, messages.get_of_instance
#[tokio::test]
async fn receipts_become_the_messages_status() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let bob = world.account_with("Bob", json!({"auto_deliver": false})).await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    // A client that is not available confirms in a way the author does not hear of.
    laptop.announce("available").await;
    let sent = shop.send_text(&bob, "please confirm this").await;
    assert_eq!(sent.status, "pending");
    let arrived = laptop.expect_text("please confirm this").await;
    shop.expect_status(&sent, "delivered").await;
    laptop.read(&[&arrived]).await;
    shop.expect_status(&sent, "read").await;

    let shown = shop.message(&sent).await;
    assert_eq!((&shown["status"], &shown["error"]), (&json!("read"), &Value::Null));
    let by_id_alone = gateway.api().get(&format!("/v1/messages/{}", sent.id)).send().await.expect(200);
    assert_eq!(by_id_alone, shown);
    for status in ["pending", "sent", "delivered", "read"] {
        assert!(shown["status_times"][status].is_string(), "no time of {status}: {shown}");
    }
    let reported: Vec<String> = shop
        .all_events()
        .await
        .iter()
        .filter_map(|event| event.status_of(&sent.id).map(str::to_owned))
        .collect();
    assert_eq!(judge::only_advances(&reported), Vec::<String>::new());
    assert_eq!(reported, ["sent", "delivered", "read"]);
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.read
#[tokio::test]
async fn marking_read_reaches_the_author() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let sent = laptop.send_text(&alice, "did you see this one?").await;
    let received = shop.expect_text("did you see this one?").await;
    laptop.expect_delivered(&sent).await;
    shop.mark_read(received.data["chat"]["id"].as_str().expect("an id"), &[&sent.key.id]).await;
    laptop.expect_read(&sent).await;
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.send/quote
#[tokio::test]
async fn quotes_arrive() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let question = laptop.send_text(&alice, "what is it about?").await;
    let received = shop.expect_text("what is it about?").await;

    let mut body = shop.text_body(&bob, "it is about quoting");
    body["reply_to"] = json!({"wa_id": received.data["wa_id"], "text": "what is it about?"});
    let answer = shop.send(body).await;
    let arrived = laptop.expect_text("it is about quoting").await;
    assert_eq!(arrived.quoted.as_deref(), Some(question.key.id.as_str()));

    laptop.reply(&alice, &answer.wa_id, "then quoted back").await;
    let received = shop.expect_text("then quoted back").await;
    assert_eq!(received.data["reply_to"]["wa_id"], answer.wa_id);
    let author = received.data["reply_to"]["participant"]["id"].as_str().unwrap_or_default();
    assert!(alice.is(author), "{}", received.data);
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.send/mentions
#[tokio::test]
async fn mentions_arrive() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);

    let mut body = shop.text_body(&bob, "have you met somebody new?");
    body["mentions"] = json!([format!("+{}", carol.pn())]);
    shop.send(body).await;
    let arrived = laptop.expect_text("have you met somebody new?").await;
    assert!(matches!(arrived.mentions.as_slice(), [who] if carol.is(who)), "{:?}", arrived.mentions);

    let content = json!({"text": "yes, and somebody else", "mentions": [carol.pn_jid()]});
    laptop.send(&alice, content).await;
    let received = shop.expect_text("yes, and somebody else").await;
    let mentioned = received.data["mentions"][0]["id"].as_str().unwrap_or_default();
    assert!(carol.is(mentioned), "{}", received.data);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn reactions_edits_and_deletions_are_events() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let sent = shop.send_text(&bob, "what do you think?").await;
    let arrived = laptop.expect_text("what do you think?").await;
    laptop.react(&arrived.key, "👍").await;
    let reaction = shop.expect_received("reaction").await;
    assert_eq!(reaction.data["reaction"], json!({"target_wa_id": sent.wa_id, "emoji": "👍"}));

    let typed = laptop.send_text(&alice, "I thikn so").await;
    shop.expect_text("I thikn so").await;
    laptop.edit(&typed.key, "I think so").await;
    let edit = shop.expect_received("edit").await;
    assert_eq!(edit.data["edit"], json!({"target_wa_id": typed.key.id, "body": "I think so"}));
    laptop.revoke(&typed.key).await;
    let revoke = shop.expect_received("revoke").await;
    assert_eq!(revoke.data["revoke"], json!({"target_wa_id": typed.key.id}));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_number_without_whatsapp_fails_with_its_reason() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let sent = shop.send_text(&"4930901820", "is anybody home?").await;
    assert_eq!(shop.expect_failed(&sent).await, "not_on_whatsapp");
    let shown = shop.message(&sent).await;
    assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!("not_on_whatsapp")));
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.resend
#[tokio::test]
async fn a_message_that_failed_is_sent_again_when_asked_and_no_other() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let laptop = bob.link_baileys().await;
    let refusal = json!({"device": alice.device_jid(1), "value": "479", "count": 1});
    world.control().fault("ack_error", refusal).await;
    let failed = shop.send_text(&bob, "second try").await;
    shop.expect_failed(&failed).await;
    let path = format!("/v1/messages/{}/resend", failed.id);
    let again = async || gateway.api().request(Method::POST, &path).send().await;
    let made = again().await;
    let message = Accepted::of(&made);
    made.expect(202);
    assert_ne!(message.id, failed.id, "another message");
    assert_eq!(message.wa_id, failed.wa_id, "the same to WhatsApp");
    shop.expect_status(&message, "delivered").await;
    assert_eq!(laptop.expect_text("second try").await.key.id, failed.wa_id);
    assert_eq!(Accepted::of(&again().await).id, message.id, "asked twice, sent once");
    let path = format!("/v1/messages/{}/resend", message.id);
    gateway.api().request(Method::POST, &path).send().await.expect_problem(409, "MESSAGE_STATE");
    assert_eq!(shop.message(&failed).await["status"], "failed");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_refused_message_fails_with_the_services_reason() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for (code, reason) in [("463", "reachout_restricted"), ("479", "addressing_refused")] {
        world
            .control()
            .fault("ack_error", json!({"device": alice.device_jid(1), "value": code, "count": 1}))
            .await;
        let sent = shop.send_text(&bob, &format!("to be refused with {code}")).await;
        assert_eq!(shop.expect_failed(&sent).await, reason);
    }
    let sent = shop.send_text(&bob, "not refused any more").await;
    shop.expect_status(&sent, "delivered").await;
    let arrived: Vec<String> =
        bob.phone().inbox().await.iter().filter_map(|m| m["text"].as_str().map(str::to_owned)).collect();
    assert_eq!(arrived, ["not refused any more"]);
    gateway.finish().await;
    world.finish().await;
}

/// Texts of one burst, in both directions at once.
const BURST: usize = 40;

#[tokio::test]
async fn a_burst_in_both_directions_is_whole_and_in_order() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    shop.send_text(&bob, "are you ready?").await;
    laptop.expect_text("are you ready?").await;
    laptop.send_text(&alice, "I am ready").await;
    shop.expect_text("I am ready").await;

    let texts = |who: &str| (0..BURST).map(|n| format!("{who} says number {n}")).collect::<Vec<_>>();
    let (from_shop, from_laptop) = (texts("the shop"), texts("the laptop"));
    let shop_sends = async {
        for text in &from_shop {
            shop.send_text(&bob, text).await;
        }
    };
    let laptop_sends = async {
        for text in &from_laptop {
            laptop.send_text(&alice, text).await;
        }
    };
    tokio::join!(shop_sends, laptop_sends);
    assert_eq!(laptop.expect_texts(BURST).await, from_shop);
    let last = from_laptop.last().expect("a text");
    shop.expect_text(last).await;
    let events = shop.all_events().await;
    let received: Vec<String> = events.iter().filter_map(GatewayEvent::text).map(str::to_owned).collect();
    assert_eq!(judge::in_order(&from_laptop, &received), Vec::<String>::new());
    assert_eq!(received.len(), BURST + 1, "something came twice: {received:?}");
    gateway.finish().await;
    world.finish().await;
}

/// A person has two names, and a stanza tells one of them.
#[tokio::test]
async fn whoever_an_event_names_has_both_names() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Walkers", &[&alice]).await;
    let both = |person: &Value, account: &Account| {
        let lid = account.lid_jid();
        let expected = json!([format!("+{}", account.pn()), lid.split('@').next()]);
        assert_eq!(json!([person["phone"], person["lid"]]), expected, "{person}");
        assert_eq!(person["id"], json!(account.pn_jid()), "{person}");
    };
    // Nothing was received of Bob yet: his other name comes with his devices, before the message goes.
    let sent = shop.send_text(&bob, "good morning").await;
    let with_status = |status: &'static str, sent: &Accepted| {
        let id = sent.id.clone();
        move |event: &GatewayEvent| (event.status_of(&id)? == status).then(|| event.data.clone())
    };
    both(&shop.expect("the acknowledgement", with_status("sent", &sent)).await["chat"], &bob);
    let delivered = shop.expect("the receipt", with_status("delivered", &sent)).await;
    both(&delivered["chat"], &bob);
    both(&delivered["participant"], &bob);

    let sent = shop.send_text(&group, "good morning, all").await;
    both(&shop.expect("a receipt", with_status("delivered", &sent)).await["participant"], &bob);
    let asked = laptop.expect_text("good morning, all").await;
    laptop.reply(&group, &asked.key.id, "good morning to you").await;
    let answer = shop.expect_text("good morning to you").await.data;
    both(&answer["sender"], &bob);
    both(&answer["reply_to"]["participant"], &alice);
    let named = laptop.send(&group, json!({"text": "that was me", "mentions": [bob.lid_jid()]})).await;
    let received = shop.expect_text("that was me").await.data;
    assert_eq!(received["wa_id"], json!(named.key.id));
    both(&received["mentions"][0], &bob);
    gateway.finish().await;
    world.finish().await;
}
