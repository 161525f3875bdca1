//! Changes to chats and labels: what the gateway changes reaches Baileys on the same account, and the other way round.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Account, Baileys, Event, Gateway, Instance, World};

/// A gateway's number and a Baileys device of the same account, with somebody who wrote to both.
struct Scene {
    world: World,
    gateway: Gateway,
    shop: Instance,
    desk: Baileys,
    alice: Account,
    bob: Account,
    wa_id: String,
}

impl Scene {
    async fn set() -> Scene {
        let world = World::start().await;
        let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
        let gateway = Gateway::start(&world).await;
        let (shop, desk) = (gateway.link(&alice).await, alice.link_baileys().await);
        let wa_id = bob.phone().send_text(&alice, "hello to both of you").await;
        shop.expect_text("hello to both of you").await;
        desk.expect_text("hello to both of you").await;
        Scene { world, gateway, shop, desk, alice, bob, wa_id }
    }

    fn chat(&self, rest: &str) -> String {
        format!("/chats/{}{rest}", self.bob.pn())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = self.gateway.api().request(method, &self.shop.path(path));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await;
        assert!((200..300).contains(&answer.status), "{answer}");
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    async fn patch(&self, changes: Value) -> Value {
        self.ask(Method::PATCH, &self.chat(""), Some(changes)).await
    }

    /// Waits until Baileys sees a change of the chat with Bob.
    async fn desk_sees(&self, what: &str, accept: impl Fn(&Value) -> bool) {
        self.desk.expect_chat_change(what, |chat, changes| self.bob.is(chat) && accept(changes)).await;
    }

    /// Waits for `chat.changed` of the chat with Bob.
    async fn shop_sees(&self, changes: Value) {
        let what = format!("a chat to change: {changes}");
        self.shop
            .expect(&what, |event| {
                let is_it = event.kind == "chat.changed" && event.data["changes"] == changes;
                is_it.then(|| assert_eq!(event.data["chat"]["id"], self.bob.pn_jid(), "{}", event.data))
            })
            .await;
    }

    async fn end(self) {
        self.gateway.finish().await;
        self.world.finish().await;
    }
}

#[tokio::test]
async fn capability_chats_update_baileys_sees_it() {
    let scene = Scene::set().await;
    let chat = scene.patch(json!({"archived": true, "pinned": false})).await;
    assert_eq!((&chat["archived"], &chat["pinned"]), (&json!(true), &json!(false)));
    scene.desk_sees("an archived chat", |changes| changes["archived"] == json!(true)).await;
    scene.shop_sees(json!({"archived": true})).await;

    let chat =
        scene.patch(json!({"archived": false, "pinned": true, "muted_until": "2040-01-01T00:00:00Z"})).await;
    assert_eq!(
        (&chat["archived"], &chat["pinned"], &chat["muted"]),
        (&json!(false), &json!(true), &json!(true))
    );
    assert_eq!(chat["muted_until"], "2040-01-01T00:00:00.000Z");
    scene.desk_sees("a pinned chat", |changes| !changes["pinned"].is_null()).await;
    scene
        .desk_sees("a silent chat", |changes| changes["muteEndTime"].as_i64() == Some(2_208_988_800_000))
        .await;

    let chat = scene.patch(json!({"read": false, "muted": false})).await;
    assert_eq!((&chat["marked_unread"], &chat["muted"]), (&json!(true), &json!(false)));
    scene.desk_sees("an unread chat", |changes| changes["unreadCount"] == json!(-1)).await;
    let chat = scene.patch(json!({"read": true})).await;
    assert_eq!((&chat["marked_unread"], &chat["unread"]), (&json!(false), &json!(0)));
    // Each change is one event, although it comes back as a change by a device of the account.
    let events = scene.shop.all_events().await;
    let changes =
        events.iter().filter(|event| event.kind == "chat.changed").map(|event| &event.data["changes"]);
    assert_eq!(changes.filter(|changes| changes["archived"] == json!(true)).count(), 1);
    scene.end().await;
}

#[tokio::test]
async fn capability_chats_update_timer_baileys_is_told() {
    let scene = Scene::set().await;
    let laptop = scene.bob.link_baileys().await;
    let chat = scene.patch(json!({"disappearing_seconds": 86_400})).await;
    assert_eq!(chat["disappearing_seconds"], 86_400);
    let told = |event: &Event| match event {
        Event::Message(message) if message.protocol.as_deref() == Some("ephemeral_setting") => Some(()),
        _ => None,
    };
    laptop.expect("the timer", told).await;
    laptop
        .must("send", json!({"to": scene.alice.pn_jid(), "content": {"disappearingMessagesInChat": 604_800}}))
        .await;
    scene.shop_sees(json!({"disappearing_seconds": 604_800})).await;
    scene.end().await;
}

// proves: labels.create, labels.update, labels.list, labels.delete, chats.add_label, chats.remove_label
#[tokio::test]
async fn capability_labels_create_baileys_sees_it() {
    let scene = Scene::set().await;
    let label = scene.ask(Method::POST, "/labels", Some(json!({"name": "New order", "color": 4}))).await;
    let id = label["id"].as_str().expect("an id").to_owned();
    let seen = |name: &'static str, deleted: bool| {
        let id = id.clone();
        move |event: &Event| match event {
            Event::Label { label } => {
                let is_it = label["id"] == json!(id)
                    && (deleted || label["name"] == json!(name))
                    && label["deleted"].as_bool().unwrap_or(false) == deleted;
                is_it.then_some(())
            }
            _ => None,
        }
    };
    scene.desk.expect("the label", seen("New order", false)).await;
    let changed = scene.ask(Method::PATCH, &format!("/labels/{id}"), Some(json!({"name": "Paid"}))).await;
    assert_eq!((&changed["name"], &changed["color"]), (&json!("Paid"), &json!(4)));
    scene.desk.expect("the new name", seen("Paid", false)).await;
    assert_eq!(scene.ask(Method::GET, "/labels", None).await["data"], json!([changed]));

    let on_chat = scene.chat(&format!("/labels/{id}"));
    let chat = scene.ask(Method::PUT, &on_chat, Some(json!({}))).await;
    assert_eq!(chat["labels"], json!([id]));
    let associated = |wanted: &'static str| {
        let (id, bob) = (id.clone(), &scene.bob);
        move |event: &Event| match event {
            Event::LabelAssociation { change, label, chat } => {
                (change == wanted && *label == id && bob.is(chat)).then_some(())
            }
            _ => None,
        }
    };
    scene.desk.expect("the label on the chat", associated("add")).await;
    let labelled = scene.ask(Method::GET, &format!("/chats?label={id}"), None).await;
    assert_eq!(labelled["data"][0]["chat"]["id"], scene.bob.pn_jid());
    let chat = scene.ask(Method::DELETE, &on_chat, None).await;
    assert_eq!(chat["labels"], json!([]));
    scene.desk.expect("the label off the chat", associated("remove")).await;
    scene.ask(Method::DELETE, &format!("/labels/{id}"), None).await;
    scene.desk.expect("the end of the label", seen("", true)).await;
    let gone =
        scene.gateway.api().request(Method::PUT, &scene.shop.path(&on_chat)).json(&json!({})).send().await;
    assert_eq!(gone.expect(404)["code"], "LABEL_NOT_FOUND");
    scene.end().await;
}

// proves: chats.delete_message, chats.clear, chats.delete
#[tokio::test]
async fn capability_chats_star_message_baileys_sees_it_and_what_is_deleted() {
    let scene = Scene::set().await;
    let message = json!({"wa_id": scene.wa_id, "from_me": false});
    let star = |on: bool| json!({"wa_id": scene.wa_id, "from_me": false, "starred": on});
    let starred = |on: bool| {
        let wa_id = scene.wa_id.clone();
        move |event: &Event| match event {
            Event::MessageUpdate(update) => {
                (update.key.id == wa_id && update.starred == Some(on)).then_some(())
            }
            _ => None,
        }
    };
    scene.ask(Method::POST, &scene.chat("/messages/star"), Some(star(true))).await;
    scene.desk.expect("a star", starred(true)).await;
    let listed = scene.ask(Method::GET, &scene.chat("/messages"), None).await;
    assert_eq!(listed["data"][0]["starred"], true);
    scene.ask(Method::POST, &scene.chat("/messages/star"), Some(star(false))).await;
    scene.desk.expect("no star", starred(false)).await;

    scene.ask(Method::POST, &scene.chat("/messages/delete-for-me"), Some(message)).await;
    let wa_id = scene.wa_id.clone();
    let deleted = move |event: &Event| match event {
        Event::MessageDeleted { id, .. } => (*id == wa_id).then_some(()),
        _ => None,
    };
    scene.desk.expect("a deleted message", deleted).await;
    let listed = scene.ask(Method::GET, &scene.chat("/messages"), None).await;
    assert_eq!(listed["data"], json!([]));

    scene.bob.phone().send_text(&scene.alice, "one more").await;
    scene.shop.expect_text("one more").await;
    scene.ask(Method::POST, &scene.chat("/clear"), Some(json!({}))).await;
    let listed = scene.ask(Method::GET, &scene.chat("/messages"), None).await;
    assert_eq!(listed["data"], json!([]));
    // Baileys says nothing of a cleared chat; the phone does.
    let changes = scene.alice.phone().companion_changes().await;
    let cleared = |change: &Vec<String>| change[0] == "clearChat" && scene.bob.is(&change[1]);
    assert!(changes.iter().any(cleared), "{changes:?}");

    scene.ask(Method::DELETE, &scene.chat(""), None).await;
    let bob = &scene.bob;
    let deleted = move |event: &Event| match event {
        Event::ChatDeleted { chat } => bob.is(chat).then_some(()),
        _ => None,
    };
    scene.desk.expect("a deleted chat", deleted).await;
    let gone = scene.shop.get(&scene.chat("")).await;
    assert_eq!(gone.expect(404)["code"], "CHAT_NOT_FOUND");
    let events = scene.shop.all_events().await;
    let count = |change: &str| {
        let is_it = |event: &&trunkline_tests::GatewayEvent| !event.data["changes"][change].is_null();
        events.iter().filter(|event| event.kind == "chat.changed").filter(is_it).count()
    };
    for change in ["message_starred", "message_unstarred", "message_deleted", "cleared", "deleted"] {
        assert_eq!(count(change), 1, "{change} is told once");
    }
    scene.end().await;
}

#[tokio::test]
async fn what_baileys_changes_arrives_as_events_and_in_the_chats() {
    let scene = Scene::set().await;
    scene.desk.modify_chat(&scene.bob, json!({"pin": true})).await;
    scene.shop_sees(json!({"pinned": true})).await;
    scene.desk.modify_chat(&scene.bob, json!({"mute": 2_208_988_800_000_i64})).await;
    scene.shop_sees(json!({"muted": true, "muted_until": "2040-01-01T00:00:00.000Z"})).await;
    scene.desk.modify_chat(&scene.bob, json!({"markRead": false, "lastMessages": []})).await;
    scene.shop_sees(json!({"read": false})).await;
    let label = json!({"id": "7", "name": "From the desk", "color": 2, "deleted": false});
    scene.desk.modify_chat(&scene.bob, json!({"addLabel": label})).await;
    scene.shop.expect("a label", |event| (event.kind == "label.changed").then(|| event.data.clone())).await;
    scene.desk.modify_chat(&scene.bob, json!({"addChatLabel": {"labelId": "7"}})).await;
    scene.shop_sees(json!({"label_added": "7"})).await;
    let chat = scene.ask(Method::GET, &scene.chat(""), None).await;
    assert_eq!((&chat["pinned"], &chat["marked_unread"]), (&json!(true), &json!(true)));
    assert_eq!(chat["labels"], json!(["7"]));
    scene.alice.phone().change_app_state(json!({"archive": {"chat": scene.bob.pn_jid(), "on": true}})).await;
    scene.shop_sees(json!({"archived": true})).await;
    scene.end().await;
}
