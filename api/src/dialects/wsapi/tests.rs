//! The readers' tolerance.

use super::body::message::{MediaBody, TextBody};
use super::*;
use crate::json::parse::parse;
use trunkline_model::message::{Content, MediaKind, MediaSource};

fn text(json: &str) -> Result<String, String> {
    let body: TextBody = parse(json.as_bytes()).map_err(|failure| failure.detail)?;
    match body.read() {
        Ok(draft) => match draft.message.content {
            Content::Text(text) => Ok(format!("{} {}", draft.message.to, text.body)),
            other => panic!("{other:?}"),
        },
        Err(failure) => Err(failure.detail),
    }
}

#[test]
fn a_text_goes_by_two_names_and_the_newer_one_wins() {
    let to = "1234567890@s.whatsapp.net";
    let check = |json: &str, expected: Result<&str, &str>| {
        let expected = expected.map(|text| format!("{to} {text}")).map_err(str::to_owned);
        assert_eq!(text(json), expected, "{json}");
    };
    check(r#"{"to":"1234567890@s.whatsapp.net","message":"old"}"#, Ok("old"));
    check(
        r#"{"to":"1234567890","text":"new","message":"old","unknown":{"a":[1]},"mentions":null}"#,
        Ok("new"),
    );
    check(r#"{"to":"+1234567890","text":"x","ephemeralExpiration":"24h","isForwarded":true}"#, Ok("x"));
    check(r#"{"to":"1234567890","text":""}"#, Err("`text` is missing."));
    check(
        r#"{"to":"1234567890","text":"x","ephemeralExpiration":"1h"}"#,
        Err("`ephemeralExpiration` is not one of off, 24h, 7d, 90d."),
    );
    check(r#"{"to":"status@broadcast","text":"x"}"#, Err("`to` is the status; post to /status/text."));
}

#[test]
fn files_go_by_the_names_of_both_generations() {
    let read = |json: &str, kind| -> Result<(MediaSource, Option<String>), String> {
        let body: MediaBody = parse(json.as_bytes()).map_err(|failure| failure.detail)?;
        let draft = body.read(kind).map_err(|failure| failure.detail)?;
        match draft.message.content {
            Content::Media(media) => Ok((media.source, media.file_name)),
            other => panic!("{other:?}"),
        }
    };
    let url = |url: &str| MediaSource::Url(url.to_owned());
    for name in ["url", "imageURL", "imageUrl"] {
        let json = format!(r#"{{"to":"1234567890","{name}":"https://example.com/a.png","data":null}}"#);
        assert_eq!(read(&json, MediaKind::Image), Ok((url("https://example.com/a.png"), None)));
    }
    for name in ["filename", "fileName"] {
        let json = format!(r#"{{"to":"1234567890","documentURL":"https://example.com/a","{name}":"a.pdf"}}"#);
        assert_eq!(
            read(&json, MediaKind::Document),
            Ok((url("https://example.com/a"), Some("a.pdf".to_owned())))
        );
    }
    let refused = |json: &str, kind| read(json, kind).expect_err("it is refused");
    assert!(refused(r#"{"to":"1234567890"}"#, MediaKind::Image).contains("`data` is missing"));
    assert!(
        refused(r#"{"to":"1234567890","data":"aGk=","url":"https://a.b"}"#, MediaKind::Image)
            .contains("beside")
    );
    assert!(refused(r#"{"to":"1234567890","data":"aGk="}"#, MediaKind::Document).contains("filename"));
}

#[test]
fn an_error_has_the_members_of_both_generations() {
    let failure = Failure::new(trunkline_model::ErrorCode::InstanceNotLinked, "long words");
    let answer = error::answer(&failure);
    assert_eq!(answer.status(), 409);
    let many = Failure::invalid(vec![FieldError::new("a", "is missing"), FieldError::new("b", "is empty")]);
    assert_eq!(error::answer(&many).status(), 400);
}
