//! Text both ways, receipts, redelivery, groups.

use serde_json::json;
use trunkline_model::Address;
use trunkline_model::message::{Quote, SendMessage};
use trunkline_whatsapp::{Beside, ReceiptKind, SendErrorKind, SessionEvent};

use super::support::{ADA, Gateway, Line, OURS, Service, body, id, text};

async fn receipt(line: &mut Line, wanted: &str, wanted_kind: ReceiptKind) {
    line.until("receipt", |event| match event {
        SessionEvent::Receipt { wa_ids, kind, sender, .. } if *kind == wanted_kind => {
            assert!(sender.phone.is_some() || sender.lid.is_some());
            wa_ids.iter().any(|id| id == wanted).then_some(())
        }
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn text_goes_both_ways_by_phone_number_and_lid() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    let ada_lid = service.get(&format!("/accounts/{ADA}")).await["lid"].as_str().expect("a LID").to_owned();
    let ada_lid = ada_lid.split('@').next().expect("digits").to_owned();

    assert_eq!(line.send(&id(1), &text(ADA, "to a number")).await, None);
    receipt(&mut line, &id(1), ReceiptKind::Delivered).await;
    assert_eq!(line.send(&id(2), &text(&format!("{ada_lid}@lid"), "to a LID")).await, None);
    let quote = Quote { wa_id: id(1), participant: None, body: Some("to a number".into()) };
    let answer = SendMessage {
        quote: Some(quote),
        mentions: vec![Address::Phone(ADA.into())],
        ..text(ADA, "with a quote")
    };
    assert_eq!(line.send(&id(3), &answer).await, None);
    let received = service.inbox(ADA, 3).await;
    let texts: Vec<_> = received.iter().filter_map(|message| message["text"].as_str()).collect();
    assert_eq!(texts, ["to a number", "to a LID", "with a quote"]);

    service.post(&format!("/accounts/{ADA}/read"), json!({"chat": OURS, "ids": [id(1)]})).await;
    receipt(&mut line, &id(1), ReceiptKind::Read).await;

    for body in ["hello", "again"] {
        service.post(&format!("/accounts/{ADA}/send"), json!({"to": OURS, "text": body})).await;
    }
    let received = gateway.inbox.wait(2).await;
    assert_eq!(received.iter().map(body).collect::<Vec<_>>(), ["hello", "again"]);
    let first = &received[0];
    assert_eq!(first.sender.phone.as_deref(), Some(ADA));
    assert_eq!(first.sender.lid.as_deref(), Some(ada_lid.as_str()));
    assert_eq!((&first.chat.phone, first.is_group, first.from_me), (&first.sender.phone, false, false));
    assert_eq!(first.sender.name.as_deref(), Some("Ada"));
    let wa_ids = vec![first.wa_id.clone()];
    line.session.mark_read(&first.chat.jid, None, &wa_ids).await.expect("marks");
    service.assert_no_key_was_used_twice().await;
}

#[tokio::test]
async fn what_the_owners_phone_writes_is_seen_here() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let _line = gateway.link(&service).await;
    service.post(&format!("/accounts/{OURS}/send"), json!({"to": ADA, "text": "typed on the phone"})).await;
    let received = gateway.inbox.wait(1).await;
    assert_eq!(body(&received[0]), "typed on the phone");
    assert!(received[0].from_me);
    assert_eq!(received[0].chat.phone.as_deref(), Some(ADA));
}

#[tokio::test]
async fn messages_that_waited_arrive_in_order_and_once() {
    let service = Service::start().await;
    let mut gateway = Gateway::over_tls(&service);
    let line = gateway.link(&service).await;
    line.session.stop().await;
    drop(line);
    let bodies: Vec<String> = (0..30).map(|number| format!("number {number}")).collect();
    for body in &bodies {
        service.post(&format!("/accounts/{ADA}/send"), json!({"to": OURS, "text": body})).await;
    }
    gateway.restart().await;
    let _line = gateway.resume().await;
    let received = gateway.inbox.wait(bodies.len()).await;
    assert_eq!(received.iter().map(body).collect::<Vec<_>>(), bodies);
    assert!(received.iter().all(|message| message.from_offline_queue));
}

#[tokio::test]
async fn what_was_not_committed_comes_again() {
    let service = Service::start().await;
    let mut gateway = Gateway::over_tls(&service);
    let line = gateway.link(&service).await;
    *gateway.inbox.refuse.lock() = true;
    service.post(&format!("/accounts/{ADA}/send"), json!({"to": OURS, "text": "keep me"})).await;
    gateway.inbox.wait_refused(1).await;
    line.session.stop().await;
    drop(line);
    gateway.restart().await;
    *gateway.inbox.refuse.lock() = false;
    let mut line = gateway.resume().await;
    assert_eq!(body(&gateway.inbox.wait(1).await[0]), "keep me");
    // And the ratchet still fits on both sides.
    service.post(&format!("/accounts/{ADA}/send"), json!({"to": OURS, "text": "and me"})).await;
    assert_eq!(body(&gateway.inbox.wait(2).await[1]), "and me");
    assert_eq!(line.send(&id(1), &text(ADA, "fine")).await, None);
    assert_eq!(service.inbox(ADA, 1).await.len(), 1);
    service.assert_no_key_was_used_twice().await;
}

#[tokio::test]
async fn a_session_cut_in_the_middle_uses_no_key_twice() {
    let service = Service::start().await;
    let mut gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    for number in 0..5 {
        assert_eq!(line.send(&id(number), &text(ADA, "first life")).await, None);
    }
    // Nothing is flushed: as good as a crash.
    line.session.abort();
    drop(line);
    gateway.restart().await;
    let mut line = gateway.resume().await;
    for number in 4..10 {
        assert_eq!(line.send(&id(number), &text(ADA, "second life")).await, None);
    }
    let received = service.inbox(ADA, 10).await;
    let mut ids: Vec<_> = received.iter().filter_map(|message| message["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    service.assert_no_key_was_used_twice().await;
}

#[tokio::test]
async fn a_second_session_fences_the_first_off() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let first = gateway.link(&service).await;
    let mut second = gateway.resume().await;
    assert_eq!(second.send(&id(1), &text(ADA, "from the second")).await, None);
    let refused = first.session.send(&id(2), &text(ADA, "from the first"), Beside::default()).await;
    assert!(refused.expect_err("it is fenced off").is_retryable());
    assert_eq!(service.inbox(ADA, 1).await.len(), 1);
}

#[tokio::test]
async fn a_number_without_whatsapp_is_refused_for_good() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let line = gateway.link(&service).await;
    let sent = line.session.send(&id(1), &text("15559999999", "anybody?"), Beside::default()).await;
    let error = sent.expect_err("nobody is there");
    assert_eq!(error.kind, SendErrorKind::Permanent { reason: "not_on_whatsapp" });
}

#[tokio::test]
async fn a_refused_message_is_told_with_its_code() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    service.post("/faults", json!({"fault": "ack_error", "value": "463", "count": 1})).await;
    assert_eq!(line.send(&id(1), &text(ADA, "not now")).await.as_deref(), Some("463"));
    assert_eq!(line.send(&id(2), &text(ADA, "now")).await, None);
}

#[tokio::test]
async fn group_text_goes_both_ways() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    let made = json!({"creator": ADA, "subject": "Trunks", "participants": [OURS]});
    let gid = service.post("/groups", made).await["gid"].as_str().expect("a group").to_owned();
    assert_eq!(line.send(&id(1), &text(&gid, "hello all")).await, None);
    assert_eq!(service.inbox(ADA, 1).await[0]["text"], "hello all");
    service.post(&format!("/accounts/{ADA}/send"), json!({"to": gid, "text": "hello you"})).await;
    let received = gateway.inbox.wait(1).await;
    assert_eq!((body(&received[0]), received[0].is_group), ("hello you", true));
    assert_eq!(received[0].chat.jid, gid);
    assert_eq!(received[0].sender.phone.as_deref(), Some(ADA));
    service.assert_no_key_was_used_twice().await;
}
