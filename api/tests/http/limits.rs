//! Bounds: on size, time and number.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use futures_util::future::join;
use trunkline_api::limits::MULTIPART_OVERHEAD_BYTES_MAX;
use trunkline_api::server::Bounds;
use trunkline_model::{ErrorCode, Failure};

use crate::client::{Sent, Server, exchange, follow};

const HEAD: &str = "POST /v1/instances HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tk_root\r\n";

/// Sends bytes and reads until the server closes, with the writing side left open.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.addr()).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    // The server may close before everything is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends everything before it reads. The server must read to the end, and not reset the connection: another operating system
/// would throw the answer away then.
fn patient(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.addr()).expect("the server listens");
    stream.write_all(bytes).expect("it is read to the end");
    stream.shutdown(Shutdown::Write).expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is not reset");
    answer
}

fn quick(change: impl FnOnce(&mut Bounds)) -> Server {
    let mut bounds = Bounds::default();
    change(&mut bounds);
    Server::bounded(bounds)
}

#[test]
fn a_slow_header_is_given_up() {
    let server = quick(|bounds| bounds.header_read_ms_max = 50);
    assert_eq!(raw(&server, b"GET /healthz HT"), "");
    // An idle connection ends the same way.
    assert_eq!(raw(&server, b""), "");
}

#[test]
fn a_slow_body_is_given_up_with_an_answer() {
    let server = quick(|bounds| bounds.body_idle_ms_max = 50);
    let answer = raw(&server, format!("{HEAD}content-length: 100\r\n\r\n{{").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("MALFORMED_BODY"), "{answer}");
    assert_eq!(server.fake.take_seen(), []);
}

#[test]
fn a_long_body_is_refused_before_it_is_read() {
    let server = Server::start();
    let head = format!("{HEAD}content-length: 1000000000\r\nexpect: 100-continue\r\n\r\n");
    let answer = raw(&server, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("BODY_TOO_LARGE"), "{answer}");
}

#[test]
fn the_refusal_reaches_a_client_that_is_still_writing() {
    let server = Server::start();
    let mut request = format!("{HEAD}content-length: 4000000\r\n\r\n").into_bytes();
    request.resize(request.len() + 4_000_000, b' ');
    let answer = patient(&server, &request);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // A client that keeps its connections must not use this one again.
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn a_body_without_a_length_is_counted() {
    let server = Server::start();
    let chunk = "x".repeat(0x1000);
    let mut request = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    for _ in 0..20 {
        request.push_str(&format!("1000\r\n{chunk}\r\n"));
    }
    let answer = raw(&server, request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(server.fake.take_seen(), []);
}

#[test]
fn what_is_not_http_is_refused() {
    let server = Server::start();
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400 Bad Request"),
        // Far more than the server reads before it answers.
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(4 << 20)), "431 Request Header Fields Too Large"),
        (
            format!("GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(40 << 10)),
            "431 Request Header Fields Too Large",
        ),
    ] {
        let answer = patient(&server, request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer:?}");
        assert!(answer.ends_with("\r\n\r\n"), "there is no body: {answer:?}");
    }
    assert_eq!(server.send(Sent::get("/healthz")).status, 200);
}

#[test]
fn one_connection_too_many_is_told_so() {
    let server = quick(|bounds| bounds.connections_max = 1);
    let mut first = TcpStream::connect(server.addr()).expect("the server listens");
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").expect("it is open");
    let mut byte = [0];
    first.read_exact(&mut byte).expect("it is served");
    let answer = raw(&server, b"");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
}

#[test]
fn too_many_requests_are_told_to_come_again_and_health_still_answers() {
    let server = quick(|bounds| bounds.requests_max = 0);
    let answer = server.send(Sent::get("/v1/instances"));
    assert_eq!((answer.status, answer.problem().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.json()["retry_after_seconds"], 1);
    assert_eq!(server.send(Sent::get("/healthz")).status, 200);
    assert_eq!(server.send(Sent::get("/metrics")).status, 200);
}

#[test]
fn bodies_that_fill_the_memory_are_told_to_come_again() {
    let server = quick(|bounds| bounds.buffered_bytes_max = 10);
    let answer = server.send(Sent::post("/v1/instances", r#"{"name":"shop"}"#));
    assert_eq!((answer.status, answer.problem().as_str()), (503, "UNAVAILABLE"));
    // What was held is given back.
    assert_eq!(server.send(Sent::post("/v1/instances", "{}")).status, 201);
}

#[test]
fn a_file_in_a_body_is_charged_until_it_is_stored() {
    let server = quick(|bounds| bounds.buffered_bytes_max = 100);
    let addr = server.addr();
    // The fake holds this file before it is stored.
    let file = r#"{"to":"966501234567","image":{"data":"aG9sZA=="}}"#;
    let holding = exchange(addr, Sent::post("/v1/instances/shop/messages", file));
    let meanwhile = async {
        server.fake.held(1).await;
        let metadata = format!(r#"{{"metadata":{{"x":"{}"}}}}"#, "x".repeat(60));
        let second = Sent::post("/v1/instances", &metadata);
        let answer = exchange(addr, second.clone()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "UNAVAILABLE"));
        server.fake.release();
        second
    };
    let (held, second) = server.wait(join(holding, meanwhile));
    assert_eq!(held.status, 202, "{}", held.text());
    assert_eq!(server.send(second).status, 201);
}

/// A multipart body that begins like this and never ends is refused with 413 when it is longer than what the parser may keep.
fn check_endless(server: &Server, beginning: &str) {
    let head = "POST /v1/instances/shop/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tk_root\r\n\
        content-type: multipart/form-data; boundary=B\r\ncontent-length: 100000000\r\n\r\n";
    let mut request = format!("{head}{beginning}").into_bytes();
    request.resize(request.len() + MULTIPART_OVERHEAD_BYTES_MAX as usize, b'a');
    let answer = raw(server, &request);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{beginning:?}: {answer}");
    assert!(answer.contains("BODY_TOO_LARGE"), "{beginning:?}: {answer}");
}

#[test]
fn what_a_multipart_parser_keeps_is_bounded() {
    let server = Server::start();
    let message = "--B\r\ncontent-disposition: form-data; name=\"message\"\r\n\r\n\
        {\"to\":\"966501234567\",\"image\":{}}\r\n--B\r\n";
    let file = "content-disposition: form-data; name=\"file\"\r\n\r\npng\r\n--B\r\n";
    check_endless(&server, "a preamble");
    check_endless(&server, "--B\r\nx: ");
    check_endless(&server, &format!("{message}x: "));
    assert_eq!(server.fake.take_seen(), []);
    check_endless(&server, &format!("{message}{file}x: "));
}

#[test]
fn what_a_multipart_parser_keeps_is_charged() {
    let server = quick(|bounds| bounds.buffered_bytes_max = 200);
    let body = format!("--B\r\nx: {}", "a".repeat(400));
    let request =
        Sent::new("POST", "/v1/instances/shop/messages").body("multipart/form-data; boundary=B", body);
    let answer = server.send(request);
    assert_eq!((answer.status, answer.problem().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(server.send(Sent::post("/v1/instances", "{}")).status, 201);
}

#[test]
fn one_stream_too_many_is_told_so() {
    let server = quick(|bounds| bounds.streams_max = 0);
    let answer = server.send(Sent::get("/v1/instances/shop/events").header("accept", "text/event-stream"));
    assert_eq!((answer.status, answer.problem().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(server.send(Sent::get("/v1/instances/shop/events")).status, 200);
}

#[test]
fn a_stream_that_nobody_reads_is_closed() {
    let server = quick(|bounds| bounds.write_stall_ms_max = 50);
    // More than the sockets on both sides hold.
    let text = "x".repeat(60 << 10);
    for _ in 0..400 {
        server.fake.receive(&text);
    }
    let mut stream = TcpStream::connect(server.addr()).expect("the server listens");
    let request = "GET /v1/instances/shop/events?after=0 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tk_root\r\n\
        accept: text/event-stream\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it is open");
    let mut byte = [0];
    stream.read_exact(&mut byte).expect("the answer began");
    server.wait(server.fake.tails(0));
}

#[test]
fn a_stream_that_is_read_slowly_is_served() {
    let server = Server::start();
    let text = "x".repeat(60 << 10);
    for _ in 0..100 {
        server.fake.receive(&text);
    }
    let mut bytes = 0;
    let request = Sent::get("/v1/instances/shop/events?after=0").header("accept", "text/event-stream");
    server.wait(follow(server.addr(), request, |data| {
        bytes += data.len();
        bytes < 100 * text.len()
    }));
    assert!(bytes >= 100 * text.len());
}

/// Full queues, a slow disk, a full outbox and want of memory reach the caller as what they are, with a time.
#[test]
fn the_engines_back_pressure_reaches_the_caller() {
    let server = Server::start();
    let full_outbox = Failure {
        retry_after_ms: Some(10_000),
        ..Failure::new(ErrorCode::TooManyRequests, "Many messages wait in this instance's outbox already.")
    };
    for (failure, status, code, retry_after) in [
        (Failure::busy("The queue of the instance is full.", 250), 503, "UNAVAILABLE", "1"),
        (Failure::busy("The disk cannot keep up.", 1_000), 503, "UNAVAILABLE", "1"),
        (Failure::busy("The node is short of memory.", 5_000), 503, "UNAVAILABLE", "5"),
        (full_outbox, 429, "TOO_MANY_REQUESTS", "10"),
    ] {
        let detail = failure.detail.clone();
        server.fake.refuse(failure);
        let message = r#"{"to":"+966501234567","text":{"body":"hi"}}"#;
        let answer = server.send(Sent::post("/v1/instances/shop/messages", message));
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{detail}");
        assert_eq!(answer.header("retry-after"), retry_after, "{detail}");
    }
}
