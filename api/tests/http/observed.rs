//! What operators see: metrics and logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use tracing::level_filters::LevelFilter;

use crate::client::{Sent, Server};
use crate::fake::{PANIC, ROOT_KEY};

const PHONE: &str = "966501234567";
const SECRET: &str = "a-text-that-is-nobodys-business";

fn text(body: &str) -> Sent {
    let body = format!(r#"{{"to":"+{PHONE}","text":{{"body":"{body}"}}}}"#);
    Sent::post("/v1/instances/shop/messages", &body)
}

#[test]
fn answers_are_counted_by_operation_and_class() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let server = metrics::with_local_recorder(&recorder, Server::start);
    server.send(Sent::get("/v1/instances/shop"));
    server.send(Sent::get("/v1/instances/shop"));
    server.send(Sent::get("/v1/instances/nobody"));
    server.send(Sent::get("/v1/nothing/at/all"));
    server.send(text(PANIC));
    let rendered = recorder.handle().render();
    for line in [
        r#"trunkline_http_requests_total{operation="instances.get",class="2xx"} 2"#,
        r#"trunkline_http_requests_total{operation="instances.get",class="4xx"} 1"#,
        r#"trunkline_http_requests_total{operation="unmatched",class="4xx"} 1"#,
        r#"trunkline_http_requests_total{operation="messages.send",class="5xx"} 1"#,
        r#"trunkline_http_request_seconds_count{operation="instances.get"} 3"#,
        "trunkline_http_requests_in_flight 0",
        "trunkline_http_panics_total 1",
    ] {
        assert!(rendered.lines().any(|written| written == line), "{line} is not in\n{rendered}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_key_number_or_text_is_logged_above_debug() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(move || writer.clone())
        .try_init()
        .expect("no other test sets a subscriber");
    let server = Server::start();
    let metadata = format!(r#"{{"to":"+{PHONE}","text":{{"body":"{SECRET}"}},"metadata":"{SECRET}"}}"#);
    for request in [
        text(SECRET),
        text(PANIC),
        text(SECRET).key(Some("tk_wrong")),
        text(SECRET).header("idempotency-key", "two words"),
        Sent::post("/v1/instances/shop/messages", &metadata),
        Sent::post("/v1/instances/shop/pairing-code", &format!(r#"{{"phone":"+{PHONE}"}}"#)),
        Sent::get(&format!("/v1/instances/{PHONE}?token={ROOT_KEY}")),
    ] {
        server.send(request);
    }
    let written = log.0.lock().expect("no writer panics").clone();
    let written = String::from_utf8(written).expect("it is text");
    assert!(written.contains("a handler panicked"), "{written}");
    for secret in [PHONE, SECRET, ROOT_KEY, "tk_wrong"] {
        assert!(!written.contains(secret), "{secret} is in\n{written}");
    }
}
