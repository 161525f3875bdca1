//! Contents of every type: what the engine gets of them, and which field is wrong of those that are refused.

use serde_json::{Value, json};
use trunkline_model::command::Command;
use trunkline_model::message::{
    CalendarEvent, Choice, ContactCard, Content, LinkCard, LinkPreview, LiveLocation, Location, MediaShow,
    MenuForm, Poll, SendMessage, Text,
};

use crate::client::{Sent, Server};
use crate::fake::Seen;

const MESSAGES: &str = "/v1/instances/shop/messages";

fn body(content: &Value) -> Value {
    let mut body = content.clone();
    body["to"] = json!("+966501234567");
    body
}

/// The message that reaches the engine.
fn sent(server: &Server, content: &Value) -> SendMessage {
    let answer = server.send(Sent::post(MESSAGES, &body(content).to_string()));
    assert_eq!(answer.status, 202, "{content}: {}", answer.text());
    match server.fake.take_seen().pop() {
        Some(Seen::Command(_, Command::Send(request))) => request.message,
        other => panic!("{other:?}"),
    }
}

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.to_owned(), title: title.to_owned(), description: None }
}

#[test]
fn each_type_becomes_its_content() {
    let server = Server::start();
    let check = |content: Value, expected: Content| {
        assert_eq!(sent(&server, &content).content, expected);
    };
    let place = Location {
        latitude_e7: 247_136_000,
        longitude_e7: -466_753_001,
        name: Some("Here".to_owned()),
        address: None,
        url: None,
    };
    check(
        json!({"location": {"latitude": 24.7136, "longitude": -46.6753001, "name": "Here"}}),
        Content::Location(place),
    );
    let live = LiveLocation {
        latitude_e7: 10_000_000,
        longitude_e7: 20_000_000,
        accuracy_metres: None,
        speed_cm_per_s: Some(150),
        heading_degrees: None,
        caption: None,
        sequence: 2,
    };
    check(
        json!({"live_location": {"latitude": 1, "longitude": 2, "speed_metres_per_second": 1.5, "sequence": 2}}),
        Content::LiveLocation(live),
    );
    let vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Nora\nEND:VCARD";
    check(
        json!({"contacts": [{"vcard": vcard}]}),
        Content::Contacts(vec![ContactCard { name: "Nora".to_owned(), vcard: vcard.to_owned() }]),
    );
    let options = vec!["a".to_owned(), "b".to_owned()];
    check(
        json!({"poll": {"question": "?", "options": ["a", "b"]}}),
        Content::Poll(Poll { question: "?".to_owned(), options, selectable: 1 }),
    );
    let date = CalendarEvent {
        name: "Dinner".to_owned(),
        description: None,
        starts_at_s: 60,
        ends_at_s: None,
        location: None,
        join_link: None,
        extra_guests: false,
    };
    check(json!({"event": {"name": "Dinner", "starts_at": "1970-01-01T00:01:00Z"}}), Content::Event(date));
    let card = LinkCard {
        url: "https://a.example".to_owned(),
        title: "A".to_owned(),
        description: None,
        thumbnail_jpeg: Some(vec![1]),
    };
    check(
        json!({"text": {"body": "https://a.example",
            "card": {"url": "https://a.example", "title": "A", "thumbnail": "AQ=="}}}),
        Content::Text(Text { preview: LinkPreview::Given(card), ..Text::plain("https://a.example") }),
    );
    check(
        json!({"text": {"body": "https://a.example", "preview": true}}),
        Content::Text(Text { preview: LinkPreview::Fetch, ..Text::plain("https://a.example") }),
    );
}

#[test]
fn menus_have_one_of_two_forms() {
    let server = Server::start();
    let buttons = |form: &str| json!({"buttons": {"body": "?", "form": form, "buttons": [{"title": "Tea"}]}});
    for (form, expected) in [("text", MenuForm::Numbered), ("native", MenuForm::Native)] {
        let Content::Buttons(menu) = sent(&server, &buttons(form)).content else { panic!("no buttons") };
        assert_eq!((menu.form, menu.buttons), (expected, vec![choice("Tea", "Tea")]));
    }
    let list = json!({"list": {"body": "?", "button": "Menu", "sections": [{"rows": [{"id": "1", "title": "Tea"}]}]}});
    let Content::List(menu) = sent(&server, &list).content else { panic!("no list") };
    assert_eq!(menu.sections[0].rows, [choice("1", "Tea")]);
}

#[test]
fn options_travel_with_any_content() {
    let server = Server::start();
    let content = json!({
        "video": {"url": "https://a.example/a.mp4", "gif": true},
        "forwarded": true, "expires_in_seconds": 60, "typing_ms": 500,
    });
    let message = sent(&server, &content);
    let options = message.options;
    assert_eq!((options.forwarded, options.expires_in_seconds, options.typing_ms), (true, Some(60), 500));
    let Content::Media(media) = message.content else { panic!("no file") };
    assert_eq!(media.show, MediaShow { gif: true, ..MediaShow::default() });
}

#[test]
fn what_is_wrong_is_named() {
    let server = Server::start();
    let check = |content: Value, field: &str| {
        let answer = server.send(Sent::post(MESSAGES, &body(&content).to_string()));
        assert_eq!(answer.status, 422, "{content}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"], field, "{content}: {}", answer.text());
        assert_eq!(server.fake.take_seen(), []);
    };
    check(json!({"location": {"latitude": 91, "longitude": 0}}), "location.latitude");
    check(json!({"location": {"latitude": 0, "longitude": -1e300}}), "location.longitude");
    check(json!({"contacts": []}), "contacts");
    check(json!({"contacts": [{"name": "N"}]}), "contacts.0.phones");
    check(json!({"contacts": [{"vcard": "nothing"}]}), "contacts.0.vcard");
    check(json!({"poll": {"question": "?", "options": ["a"]}}), "poll.options");
    check(json!({"poll": {"question": "?", "options": ["a", "a"]}}), "poll.options.1");
    check(json!({"poll": {"question": "?", "options": ["a", "b"], "selectable": 3}}), "poll.selectable");
    check(json!({"event": {"name": "E", "starts_at": "soon"}}), "event.starts_at");
    check(
        json!({"event": {"name": "E", "starts_at": "1970-01-02T00:00:00Z", "ends_at": "1970-01-01T00:00:00Z"}}),
        "event.ends_at",
    );
    check(json!({"buttons": {"body": "?", "buttons": []}}), "buttons.buttons");
    check(json!({"buttons": {"body": "?", "buttons": [{"title": "T"}], "form": "x"}}), "buttons.form");
    check(json!({"list": {"body": "?", "button": "", "sections": []}}), "list.button");
    check(json!({"text": {"body": "no link", "card": {"url": "https://a", "title": "A"}}}), "text.card.url");
    check(json!({"text": {"body": "a", "preview": true, "card": {"url": "a", "title": "A"}}}), "text.card");
    check(json!({"text": {"body": "a"}, "mention_all": true}), "mention_all");
    check(json!({"text": {"body": "a"}, "typing_ms": 60_000}), "typing_ms");
    check(json!({"document": {"url": "https://a.example/a", "view_once": true}}), "document.view_once");
    check(json!({"image": {"url": "https://a.example/a", "gif": true}}), "image.gif");
    check(json!({"text": {"body": "a"}, "idempotency_key": ""}), "idempotency_key");
}

#[test]
fn messages_about_messages_say_whose_it_is() {
    let server = Server::start();
    let check = |action: &str, about: Value, field: Option<&str>| {
        let answer = server.send(Sent::post(&format!("{MESSAGES}/{action}"), &about.to_string()));
        let expected = if field.is_some() { 422 } else { 202 };
        assert_eq!(answer.status, expected, "{about}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"].as_str(), field, "{about}");
        server.fake.take_seen();
    };
    let group = "120363021033254949@g.us";
    check("react", json!({"chat": group, "wa_id": "A", "emoji": "x"}), Some("participant"));
    check("react", json!({"chat": group, "wa_id": "A", "emoji": "x", "from_me": true}), None);
    check("react", json!({"chat": group, "wa_id": "A", "emoji": "x", "participant": "1@lid"}), None);
    check("react", json!({"chat": "966501234567", "wa_id": "", "emoji": "x"}), Some("wa_id"));
    check("revoke", json!({"chat": "966501234567", "wa_id": "A"}), None);
    check("revoke", json!({"chat": "966501234567", "wa_id": "A", "from_me": false}), Some("from_me"));
    check(
        "pin",
        json!({"chat": "966501234567", "wa_id": "A", "duration_seconds": 0}),
        Some("duration_seconds"),
    );
    check("pin", json!({"chat": "966501234567", "wa_id": "A", "pinned": false}), None);
    check("keep", json!({"chat": "966501234567", "wa_id": "A", "kept": false}), None);
}

#[test]
fn a_batch_has_a_result_for_each_message() {
    let server = Server::start();
    let text = |to: &str| json!({"to": to, "text": {"body": "hi"}});
    let batch = json!({"messages": [text("nobody"), text("966501234567"), {"to": "966501234567"}]});
    let answer = server.send(Sent::post(&format!("{MESSAGES}/batch"), &batch.to_string()));
    assert_eq!(answer.status, 207, "{}", answer.text());
    let results = answer.json()["data"].clone();
    let statuses: Vec<u64> =
        results.as_array().expect("results").iter().filter_map(|result| result["status"].as_u64()).collect();
    assert_eq!(statuses, [422, 202, 422]);
    assert_eq!((&results[0]["error"]["code"], &results[2]["index"]), (&json!("VALIDATION"), &json!(2)));
    assert_eq!(results[1]["message"]["to"]["phone"], "+966501234567");
    for wrong in [json!({"messages": []}), json!({"messages": vec![text("966501234567"); 1_001]})] {
        let answer = server.send(Sent::post(&format!("{MESSAGES}/batch"), &wrong.to_string()));
        assert_eq!((answer.status, answer.problem().as_str()), (422, "VALIDATION"));
    }
}

#[test]
fn a_status_has_an_audience_and_one_content() {
    let server = Server::start();
    let check = |status: Value, field: Option<&str>| {
        let answer = server.send(Sent::post("/v1/instances/shop/status", &status.to_string()));
        assert_eq!(answer.status, if field.is_some() { 422 } else { 202 }, "{status}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"].as_str(), field, "{status}");
    };
    let people = ["966501234567"];
    check(json!({"audience": people, "text": {"body": "hi", "background": "#102030"}}), None);
    check(json!({"audience": people, "image": {"url": "https://a.example/a.png"}}), None);
    check(json!({"audience": [], "text": {"body": "hi"}}), Some("audience"));
    check(json!({"audience": "contacts", "text": {"body": "hi"}}), None);
    check(json!({"audience": "everybody", "text": {"body": "hi"}}), Some("audience"));
    check(json!({"audience": people}), Some("text"));
    check(json!({"audience": people, "text": {"body": "hi", "font": "comic"}}), Some("text.font"));
    check(json!({"audience": people, "text": {"body": "hi", "color": "red"}}), Some("text.color"));
}
