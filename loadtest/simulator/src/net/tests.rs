//! A running simulator over loopback: control interface, media, sockets.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Simulator, SimulatorConfig};

/// An HTTP answer.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, head: &str, body: &[u8]) -> Answer {
    let request =
        format!("{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[request.as_bytes(), body].concat()).await.expect("written");
    let mut answer = Vec::new();
    // A TLS peer may close without a notice once everything was sent.
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(answer[..end].to_vec()).expect("text").to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: answer[end + 4..].to_vec() }
}

/// A simulator and a client that trusts it.
struct Client {
    simulator: Simulator,
}

impl Client {
    async fn start() -> Self {
        Self { simulator: Simulator::start(SimulatorConfig::default()).await.expect("started") }
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> Answer {
        let address = self.simulator.endpoints().control_url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.expect("connected");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        exchange(stream, &format!("{method} {path} HTTP/1.1"), &body).await
    }

    async fn media(&self, head: &str, body: &[u8]) -> Answer {
        let endpoints = self.simulator.endpoints();
        let mut roots = rustls::RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(endpoints.ca_pem.as_bytes()).expect("a certificate");
        roots.add(ca).expect("a CA");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(&endpoints.media_host).await.expect("connected");
        let name = ServerName::try_from("mmg.whatsapp.net").expect("a name");
        let tls =
            tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("trusted");
        exchange(tls, head, body).await
    }

    /// Uploads under a token; `more` is appended to the query.
    async fn upload(&self, file: &[u8], token: &[u8], more: &str) -> Answer {
        let token = URL_SAFE_NO_PAD.encode(token);
        self.media(&format!("POST /mms/image/{token}?{more}&token={token} HTTP/1.1"), file).await
    }
}

/// The token `media_conn` hands out for the default seed.
fn auth() -> String {
    let seed = SimulatorConfig::default().seed.to_be_bytes();
    format!("auth={}", hex::encode(crate::crypto::derive::hkdf::<16>(&seed, None, b"media auth")))
}

#[tokio::test]
async fn control_answers_and_refuses() {
    let client = Client::start().await;
    let created =
        client.control("POST", "/accounts", json!({"pn": "5511900000001", "push_name": "Ada"})).await;
    assert_eq!((created.status, created.json()["push_name"].as_str()), (201, Some("Ada")));
    let batch =
        client.control("POST", "/accounts/batch", json!({"count": 3, "first_pn": "5511900000100"})).await;
    assert_eq!(batch.json().as_array().map(Vec::len), Some(3));
    let lid = created.json()["lid"].as_str().expect("a LID").to_owned();
    let by_lid = client.control("GET", &format!("/accounts/{lid}@lid"), Value::Null).await;
    assert_eq!(by_lid.json()["pn"], "5511900000001");
    for (method, path, body, status) in [
        ("POST", "/accounts", json!({"pn": "5511900000001"}), 409),
        ("POST", "/accounts", json!({"pn": "abc"}), 400),
        ("POST", "/accounts", json!({"number": "1"}), 400),
        ("GET", "/accounts/999", Value::Null, 404),
        ("POST", "/accounts/5511900000001/scan", json!({"qr": "rubbish"}), 400),
        ("POST", "/accounts/5511900000001/pairing-code", json!({"code": "ABCD2345"}), 404),
        (
            "POST",
            "/accounts/5511900000001/send",
            json!({"to": "999", "text": "a", "edit": {"id": "1", "text": "b"}}),
            400,
        ),
        ("POST", "/accounts/5511900000001/send", json!({"to": "no number", "text": "a"}), 400),
        ("POST", "/connections/5511900000001:1/drop", Value::Null, 404),
        ("POST", "/connections/5511900000001:1/end", json!({"error": "515"}), 404),
        ("POST", "/connections/5511900000001:1/end", json!({}), 400),
        ("POST", "/faults", json!({"fault": "rain"}), 400),
        ("GET", "/accounts/5511900000001/inbox?recieved=1", Value::Null, 400),
        ("PATCH", "/stats", Value::Null, 405),
        ("GET", "/nothing", Value::Null, 404),
    ] {
        let answer = client.control(method, path, body.clone()).await;
        assert_eq!(answer.status, status, "{method} {path} {body}");
        assert!(answer.json()["error"].is_string(), "{method} {path}");
    }
    assert_eq!(client.control("GET", "/stats", Value::Null).await.json()["accounts"], 4);
    assert_eq!(client.control("GET", "/judge", Value::Null).await.json()["clean"], true);
    client.simulator.stop().await;
}

#[tokio::test]
async fn phones_write_to_each_other_and_a_waiting_inbox_request_hears_of_it() {
    let client = Client::start().await;
    for pn in ["5511900000001", "5511900000002"] {
        client.control("POST", "/accounts", json!({"pn": pn})).await;
    }
    let waiting =
        client.control("GET", "/accounts/5511900000002/inbox?received=1&wait_ms=10000", Value::Null);
    let sending = async {
        let body = json!({"to": "5511900000002", "text": "hello"});
        client.control("POST", "/accounts/5511900000001/send", body).await
    };
    let (inbox, sent) = tokio::join!(waiting, sending);
    let message = &inbox.json()["messages"][0];
    assert_eq!((message["text"].as_str(), &message["id"]), (Some("hello"), &sent.json()["id"]));
    client.simulator.stop().await;
}

/// Rows 56, 57 and 60 of the conformance checklist.
#[tokio::test]
async fn rows_56_57_60_files_are_stored_ranged_and_deleted() {
    let client = Client::start().await;
    let file: Vec<u8> = (0..=255).collect();
    let token = Sha256::digest(&file);
    let stored = client.upload(&file, &token, &auth()).await;
    assert_eq!(stored.status, 200);
    let path = stored.json()["direct_path"].as_str().expect("a path").to_owned();
    let whole = client.media(&format!("GET {path}&hash=x HTTP/1.1"), b"").await;
    assert_eq!((whole.status, &whole.body), (200, &file));
    let part = client.media(&format!("GET {path} HTTP/1.1\r\nrange: bytes=10-19"), b"").await;
    assert_eq!((part.status, &part.body[..]), (206, &file[10..20]));
    assert!(part.head.contains("content-range: bytes 10-19/256"), "{}", part.head);
    let beyond = client.media(&format!("GET {path} HTTP/1.1\r\nrange: bytes=256-"), b"").await;
    assert_eq!(beyond.status, 416);
    assert_eq!(client.media(&format!("DELETE {path} HTTP/1.1"), b"").await.status, 200);
    assert_eq!(client.media(&format!("GET {path} HTTP/1.1"), b"").await.status, 404);
    client.simulator.stop().await;
}

/// Row 58 of the conformance checklist.
#[tokio::test]
async fn row_58_an_interrupted_upload_goes_on_where_it_stopped() {
    let client = Client::start().await;
    let file = vec![7_u8; 5_000];
    let token = Sha256::digest(&file);
    let resume = format!("{}&resume=1", auth());
    assert_eq!(client.upload(b"", &token, &resume).await.json()["resume"], "0");
    let first = client.upload(&file[..3_000], &token, &format!("{}&file_offset=0", auth())).await;
    assert_eq!(first.json()["resume"], "3000");
    assert_eq!(client.upload(b"", &token, &resume).await.json()["resume"], "3000");
    let rest = client.upload(&file[3_000..], &token, &format!("{}&file_offset=3000", auth())).await;
    assert!(rest.json()["direct_path"].is_string());
    assert_eq!(client.upload(b"", &token, &resume).await.json()["resume"], "complete");
    client.simulator.stop().await;
}

/// Row 59 of the conformance checklist.
#[tokio::test]
async fn row_59_uploads_need_the_token_and_the_right_hash() {
    let client = Client::start().await;
    let token = Sha256::digest(b"file");
    assert_eq!(client.upload(b"other", &token, &auth()).await.status, 400);
    assert_eq!(client.upload(b"file", &token[..5], &auth()).await.status, 400);
    for forged in ["auth=forged", "auth=", "noauth=1"] {
        assert_eq!(client.upload(b"file", &token, forged).await.status, 401, "{forged}");
    }
    client.control("POST", "/faults", json!({"fault": "media_auth", "count": 1})).await;
    assert_eq!(client.upload(b"file", &token, &auth()).await.status, 401);
    let stored = client.upload(b"file", &token, &auth()).await;
    client.control("POST", "/faults", json!({"fault": "media_gone"})).await;
    let path = stored.json()["direct_path"].as_str().expect("a path").to_owned();
    assert_eq!(client.media(&format!("GET {path} HTTP/1.1"), b"").await.status, 410);
    client.simulator.stop().await;
}

#[tokio::test]
async fn the_chat_path_wants_a_websocket_and_a_wrong_prologue_ends_it() {
    let client = Client::start().await;
    let address = client.simulator.endpoints().ws_url.replace("ws://", "").replace("/ws/chat", "");
    let stream = TcpStream::connect(&address).await.expect("connected");
    assert_eq!(exchange(stream, "GET /ws/chat HTTP/1.1", b"").await.status, 400);
    let stream = TcpStream::connect(&address).await.expect("connected");
    assert_eq!(exchange(stream, "GET /other HTTP/1.1", b"").await.status, 404);
    let mut stream = TcpStream::connect(&address).await.expect("connected");
    let upgrade = "GET /ws/chat HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(upgrade.as_bytes()).await.expect("written");
    // A masked binary frame (mask 0) with four bytes that are no prologue.
    stream.write_all(&[0x82, 0x84, 0, 0, 0, 0, b'W', b'A', 5, 3]).await.expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("the socket is closed");
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 101"), "{answer}");
    // The example of RFC 6455 §1.3.
    assert!(answer.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
    let stats = client.control("GET", "/stats", Value::Null).await.json();
    assert_eq!(stats["handshakes_failed"], 1);
    client.simulator.stop().await;
}
