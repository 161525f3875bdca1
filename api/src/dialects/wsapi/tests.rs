//! The readers' tolerance.

use super::body::message::{MediaBody, TextBody};
use crate::json::parse::parse;
use trunkline_model::message::{Content, Media, MediaKind, MediaSource};

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

/// Clients of the first generation write every name, all but one of them null, and say of every file whether it is shown once.
#[test]
fn several_names_and_one_file() {
    let read = |json: &str, kind| -> Media {
        let body: MediaBody = parse(json.as_bytes()).expect("it reads");
        match body.read(kind).expect("it is a message").message.content {
            Content::Media(media) => media,
            other => panic!("{other:?}"),
        }
    };
    let json =
        r#"{"to":"1234567890","audioBase64":"aGk=","data":null,"audioURL":null,"url":"","viewOnce":true}"#;
    assert!(!read(json, MediaKind::Audio).show.view_once);
    let json =
        r#"{"to":"1234567890","imageBase64":null,"imageURL":"https://example.com/a.png","viewOnce":true}"#;
    let picture = read(json, MediaKind::Image);
    assert_eq!(picture.source, MediaSource::Url("https://example.com/a.png".to_owned()));
    assert!(picture.show.view_once);
}

#[test]
fn what_is_wrong_goes_by_the_names_of_the_request() {
    let refused = |json: &str| text(json).expect_err("it is refused");
    let long = "x".repeat(70_000);
    assert!(refused(&format!(r#"{{"to":"1234567890","text":"{long}"}}"#)).starts_with("`text` "));
}
