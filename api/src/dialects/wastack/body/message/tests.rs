//! The one body of every type.

use super::*;

fn read(json: &str, kind: Option<Kind>) -> Result<Wanted, Failure> {
    let body: SendBody = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    body.read(kind, None)
}

#[test]
fn every_type_is_read_by_its_own_members_and_their_other_names() {
    let check = |json: &str, kind: &str| {
        let wanted = read(json, None).unwrap_or_else(|failure| panic!("{json}: {failure}"));
        assert_eq!(wanted.to.jid(), "919876543210@s.whatsapp.net", "{json}");
        let read = match &wanted.said {
            Said::Content(content, _) => content.kind(),
            Said::Reaction { .. } => "reaction",
            Said::Template { .. } => "template",
        };
        assert_eq!(read, kind, "{json}");
    };
    check(r#"{"to":"919876543210","text":"hi"}"#, "text");
    check(r#"{"phone":"+91 98765 43210","message":"hi","type":"plain-text"}"#, "text");
    check(r#"{"number":919876543210,"body":"hi"}"#, "text");
    check(r#"{"to":"919876543210","type":"image","mediaUrl":"https://example.org/a.png"}"#, "image");
    check(r#"{"to":"919876543210","type":"video","media":{"url":"https://example.org/a.mp4"}}"#, "video");
    check(r#"{"to":"919876543210","type":"ptt","base64":"T2dnUw=="}"#, "voice");
    check(
        r#"{"to":"919876543210","type":"document","url":"https://e.org/a","filename":"a.pdf"}"#,
        "document",
    );
    check(r#"{"to":"919876543210","type":"location","latitude":"12.97","longitude":77.59}"#, "location");
    check(
        r#"{"to":"919876543210","type":"contact","contacts":[{"fullName":"A","phone":"919876543211"}]}"#,
        "contacts",
    );
    check(r#"{"to":"919876543210","type":"poll","question":"q","options":["a","b"]}"#, "poll");
    check(r#"{"to":"919876543210","type":"reaction","messageId":"txn_1","emoji":""}"#, "reaction");
    check(r#"{"to":"919876543210","type":"template","templateName":"t","variables":{"n":1}}"#, "template");
    check(r#"{"to":"919876543210","type":"buttons","text":"t","buttons":[{"title":"yes"}]}"#, "buttons");
    check(r#"{"to":"919876543210","type":"list","text":"t","sections":[{"rows":[{"title":"a"}]}]}"#, "list");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let check = |json: &str, field: &str| {
        let failure = read(json, None).expect_err(json);
        let named: Vec<&str> = failure.fields.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(named, [field], "{json}");
    };
    check(r#"{"text":"hi"}"#, "to");
    check(r#"{"to":"status@broadcast","text":"hi"}"#, "to");
    check(r#"{"to":"919876543210"}"#, "text");
    check(r#"{"to":"919876543210","type":"fax"}"#, "type");
    check(r#"{"to":"919876543210","type":"image"}"#, "mediaUrl");
    check(r#"{"to":"919876543210","type":"document","url":"https://e.org/a"}"#, "fileName");
    check(r#"{"to":"919876543210","type":"location","latitude":91,"longitude":0}"#, "latitude");
    check(r#"{"to":"919876543210","type":"contact"}"#, "contacts");
    check(r#"{"to":"919876543210","type":"reaction","messageId":"x"}"#, "emoji");
    check(r#"{"to":"919876543210","text":"hi","scheduleAt":"later"}"#, "scheduleAt");
    check(r#"{"to":"919876543210","text":"hi","correlationId":"a b"}"#, "correlationId");
    check(r#"{"to":"919876543210","text":"hi","mentions":["x"]}"#, "mentions.0");
}

#[test]
fn a_path_that_names_the_chat_comes_before_the_body() {
    let body: SendBody = serde_json::from_str(r#"{"phone":"919876543210","text":"hi"}"#).expect("a body");
    let wanted = body.in_chat("120363021033254949@g.us").read(None, None).expect("a message");
    assert_eq!(wanted.to.jid(), "120363021033254949@g.us");
}

#[test]
fn what_is_beside_the_content_is_taken_out_and_nothing_else() {
    let mut body: SendBody = serde_json::from_str(
        r#"{"phone":"919876543210","quotedMessageId":"txn_1","mentions":[],"correlationId":"c","fileName":"a.pdf"}"#,
    )
    .expect("a body");
    let to = body.recipient().expect("a recipient").map(|to| to.jid());
    assert_eq!(to.as_deref(), Some("919876543210@s.whatsapp.net"));
    let around = Around {
        reply_to: Some("txn_1".to_owned()),
        mentions: Some(Vec::new()),
        correlation: Some("c".to_owned()),
        sender: None,
    };
    assert_eq!(body.around().expect("it is right"), around);
    assert!(!body.is_empty(), "a name of a file is part of the content");
}
