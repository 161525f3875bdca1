//! The server itself: ids, methods, panics, health, stopping.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::client::{Sent, Server, exchange, follow};
use crate::fake::{HOLD, PANIC};
use trunkline_api::server::Bounds;
use trunkline_api::{ServeError, ServerConfig, serve};
use trunkline_model::ErrorCode;

fn text(body: &str) -> Sent {
    Sent::post(
        "/v1/instances/shop/messages",
        &format!(r#"{{"to":"+966501234567","text":{{"body":"{body}"}}}}"#),
    )
}

#[test]
fn a_request_keeps_its_id_where_it_is_a_usable_one() {
    let server = Server::start();
    let answer = server.send(Sent::get("/healthz").header("x-request-id", "trace-1.a_B"));
    assert_eq!(answer.header("x-request-id"), "trace-1.a_B");
    let answer = server.send(Sent::get("/v1/nothing").header("x-request-id", "a b"));
    assert!(answer.header("x-request-id").starts_with("req_"));
    answer.problem();
}

#[test]
fn head_and_options_need_no_row_of_their_own() {
    let server = Server::start();
    let head = server.send(Sent::new("HEAD", "/v1/instances/shop"));
    let get = server.send(Sent::get("/v1/instances/shop"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    let options = server.send(Sent::new("OPTIONS", "/v1/instances/shop").key(None));
    assert_eq!(options.status, 204);
    assert_eq!(options.header("allow"), "DELETE, GET, HEAD, OPTIONS, PATCH");
}

#[test]
fn a_panic_ends_one_request_and_nothing_else() {
    let server = Server::start();
    let answer = server.send(text(PANIC));
    assert_eq!((answer.status, answer.problem().as_str()), (500, "INTERNAL"));
    assert!(!answer.text().contains("the test asked for it"));
    assert_eq!(server.send(text("hi")).status, 202);
}

#[test]
fn health_is_told_without_a_key() {
    let server = Server::start();
    let check = |path: &str, status: u16| {
        let answer = server.send(Sent::get(path).key(None));
        assert_eq!(answer.status, status, "{path}");
        answer
    };
    assert_eq!(check("/readyz", 200).json()["status"], "ready");
    server.fake.set_ready(false);
    let unready = check("/readyz", 503);
    assert_eq!(unready.problem(), "UNAVAILABLE");
    assert!(unready.text().contains("shard 1 is stalled"));
    assert_eq!(unready.header("retry-after"), "2");
    assert_eq!(check("/healthz", 200).json()["status"], "live");
    assert_eq!(check("/metrics", 200).text(), "trunkline_up 1\n");
}

#[test]
fn every_error_has_a_page_where_its_type_points() {
    let server = Server::start();
    let index = server.send(Sent::get("/docs/errors").key(None)).text();
    for code in ErrorCode::ALL {
        let path = format!("/docs/errors/{}", code.as_str());
        let page = server.send(Sent::get(&path).key(None));
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), "text/markdown; charset=utf-8");
        assert!(page.text().contains(code.as_str()), "{path}");
        assert!(index.contains(&path), "{path}");
    }
}

#[test]
fn a_401_names_the_scheme() {
    let server = Server::start();
    let answer = server.send(Sent::get("/v1/instances").key(None));
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"trunkline\"");
}

#[test]
fn a_connection_is_used_again() {
    let server = Server::start();
    let mut stream = TcpStream::connect(server.addr()).expect("the server listens");
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").expect("it is open");
        let mut answer = Vec::new();
        while !answer.ends_with(b"{\"status\":\"live\"}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("it is open");
            answer.push(byte[0]);
        }
    }
}

#[test]
fn threads_share_a_port() {
    let server = Server::with(|config| config.threads = 3);
    for _ in 0..30 {
        assert_eq!(server.send(Sent::get("/healthz")).status, 200);
    }
    assert_eq!(server.runtime.block_on(server.running.shutdown()), 0);
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let taken = Server::start();
    let fake = taken.fake.clone();
    let config = ServerConfig::new(taken.addr());
    let error = serve(config, fake.clone()).expect_err("the port is taken");
    assert!(matches!(error, ServeError::Listen { .. }), "{error}");
    let mut config = ServerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.threads = 0;
    let error = serve(config, fake).expect_err("no threads");
    assert!(matches!(error, ServeError::Threads(0)), "{error}");
}

#[test]
fn stopping_lets_requests_finish_and_ends_streams() {
    let server = Server::start();
    let addr = server.addr();
    let fake = server.fake.clone();
    let Server { running, runtime, .. } = server;
    runtime.block_on(async {
        let events = Sent::get("/v1/instances/shop/events").header("accept", "text/event-stream");
        let streaming = follow(addr, events, |_| true);
        let sending = exchange(addr, text(HOLD));
        let stopping = async {
            fake.tails(1).await;
            fake.held(1).await;
            let shutdown = running.shutdown();
            tokio::pin!(shutdown);
            // The stream is gone although the request is still held.
            tokio::select! {
                left = &mut shutdown => panic!("stopped with a request under way: {left}"),
                () = fake.tails(0) => {}
            }
            fake.release();
            shutdown.await
        };
        let (streamed, sent, left) = tokio::join!(streaming, sending, stopping);
        assert_eq!((streamed.0, streamed.2), (200, true));
        assert_eq!(sent.status, 202);
        assert_eq!(left, 0);
    });
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
}

#[test]
fn stopping_does_not_wait_for_ever() {
    let server = Server::bounded(Bounds { drain_ms_max: 20, ..Bounds::default() });
    let addr = server.addr();
    let fake = server.fake.clone();
    let held = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(addr).expect("the server listens");
        let body = format!(r#"{{"to":"+966501234567","text":{{"body":"{HOLD}"}}}}"#);
        let head =
            "POST /v1/instances/shop/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tk_root\r\n";
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).expect("it is open");
        let mut answer = Vec::new();
        // Cut off: an end or a reset, and no answer.
        let _ = stream.read_to_end(&mut answer);
        answer
    });
    server.wait(fake.held(1));
    assert_eq!(server.runtime.block_on(server.running.shutdown()), 0);
    assert_eq!(held.join().expect("the client ends"), b"");
}

#[test]
fn a_running_server_has_not_failed() {
    let server = Server::start();
    let failed = server
        .runtime
        .block_on(async { tokio::time::timeout(Duration::ZERO, server.running.failed()).await.is_ok() });
    assert!(!failed);
}
