use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::client::install_tls;

const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}";

fn event(number: u64, instance: &str) -> String {
    format!("id: evt_{number}\n{}", event_without_id(number, instance))
}

fn event_without_id(number: u64, instance: &str) -> String {
    let json = json!({
        "id": format!("evt_{number}"), "type": "message.received", "instance": instance,
        "time": format!("2026-01-31T09:30:0{number}.000Z"), "data": {},
    });
    format!("event: message.received\ndata: {json}\n\n")
}

fn stream(events: &[String]) -> String {
    let opening =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nretry: 2000\n\n";
    format!("{opening}{}", events.concat())
}

/// A server that gives these answers, one to a connection, and tells which path and which last id it was asked for.
async fn serve(listener: TcpListener, answers: Vec<String>) -> Vec<(String, String)> {
    let mut asked = Vec::new();
    for answer in answers {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut head = String::new();
        let mut lines = BufReader::new(&mut socket);
        while lines.read_line(&mut head).await.expect("a line") > 2 {}
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let last = head.lines().find_map(|line| line.strip_prefix("last-event-id: ")).unwrap_or_default();
        asked.push((path, last.to_owned()));
        socket.write_all(answer.as_bytes()).await.expect("it is taken");
        socket.shutdown().await.expect("it is closed");
        let _rest = socket.read(&mut [0; 1]).await;
    }
    asked
}

/// Runs a tail against those answers, up to an event that nobody reads any more, or to its error.
async fn run(
    start: Start,
    answers: Vec<String>,
    shown_max: usize,
) -> (Vec<String>, Result<Exit, ApiError>, Vec<(String, String)>) {
    install_tls();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let api = Api::new(&url, "tk_test".to_owned()).expect("an address");
    let mut shown = Vec::new();
    let show = |_: &str, event: &Event| {
        shown.push(event.id.clone());
        shown.len() < shown_max
    };
    let (ended, asked) =
        futures_util::join!(Tail::new(api, start).run(show, |_| {}), serve(listener, answers));
    (shown, ended, asked)
}

fn from_now() -> Start {
    Start { instance: None, from: None, now: "2026-01-31T09:00:00Z".parse().expect("a time") }
}

#[tokio::test]
async fn a_broken_stream_is_opened_again_where_it_broke_and_shows_no_event_twice() {
    let answers = vec![
        stream(&[]),
        stream(&[event(1, "ins_a"), event_without_id(2, "ins_b")]),
        stream(&[event(1, "ins_a"), event(2, "ins_b"), event(3, "ins_a")]),
        REFUSAL.to_owned(),
    ];
    let (shown, ended, asked) = run(from_now(), answers, 9).await;
    assert_eq!(shown, ["evt_1", "evt_2", "evt_3"]);
    assert!(matches!(ended, Err(ApiError::Refused { status: 401, .. })), "{ended:?}");
    let expected = [
        ("/v1/events", ""),
        ("/v1/events?from=2026-01-31T09:00:00Z", ""),
        ("/v1/events?from=2026-01-31T09:00:00Z", "evt_1"),
        ("/v1/events?from=2026-01-31T09:00:00Z", "evt_3"),
    ];
    assert_eq!(asked, expected.map(|(path, last)| (path.to_owned(), last.to_owned())));
}

#[tokio::test]
async fn one_instance_from_now_on_has_its_own_stream_and_from_a_time_it_is_picked_out() {
    let start = Start { instance: Some("ins_a".to_owned()), ..from_now() };
    let (shown, ended, asked) = run(start.clone(), vec![stream(&[event(1, "ins_a")])], 1).await;
    assert_eq!((shown, asked[0].0.as_str()), (vec!["evt_1".to_owned()], "/v1/instances/ins_a/events"));
    assert!(matches!(ended, Ok(Exit::Success)), "nobody reads on: {ended:?}");

    let from = Some("2026-01-31T09:00:00Z".parse().expect("a time"));
    let answers = vec![stream(&[event(1, "ins_b"), event(2, "ins_a")])];
    let (shown, _, asked) = run(Start { from, ..start }, answers, 1).await;
    assert_eq!(
        (shown, asked[0].0.as_str()),
        (vec!["evt_2".to_owned()], "/v1/events?from=2026-01-31T09:00:00Z")
    );
}

#[tokio::test]
async fn what_cannot_be_opened_at_first_is_an_error() {
    let refused = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}".to_owned();
    let (_, ended, _) = run(from_now(), vec![refused], 1).await;
    assert!(matches!(ended, Err(ApiError::Refused { status: 503, .. })), "{ended:?}");
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut seen = Seen::default();
    for number in 0..TAIL_IDS_MAX + 10 {
        assert!(seen.is_new(&number.to_string()));
    }
    assert_eq!((seen.ids.len(), seen.order.len()), (TAIL_IDS_MAX, TAIL_IDS_MAX));
    assert!(!seen.is_new("10") && seen.is_new("9"), "the oldest are forgotten first");
}
