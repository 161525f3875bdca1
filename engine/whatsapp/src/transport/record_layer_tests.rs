use std::io::{Read, Write};

use rustls::{ProtocolVersion, ServerConfig, ServerConnection, SupportedProtocolVersion, version};

use super::*;
use crate::limits::READ_BYTES_PER_TURN;
use crate::transport::testing::certificate;

/// A client and a server in one thread, with the bytes between them in our hands.
struct Line {
    client: RecordLayer,
    server: ServerConnection,
    incoming: Vec<u8>,
    answer: Vec<u8>,
    /// What the client read.
    read: Vec<u8>,
}

type Outcome = Result<Flow, TlsError>;

impl Line {
    fn new(versions: &[&'static SupportedProtocolVersion], fragment_bytes: Option<usize>) -> Line {
        let (pem, config) = certificate();
        let provider = config.crypto_provider().clone();
        let key_and_chain = config.cert_resolver.clone();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_no_client_auth()
            .with_cert_resolver(key_and_chain);
        config.max_fragment_size = fragment_bytes;
        let trust = crate::tls::client_config(Some(&pem)).expect("TLS");
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        Line {
            client: RecordLayer::tls(trust, name).expect("a client"),
            server: ServerConnection::new(Arc::new(config)).expect("a server"),
            incoming: vec![0; TLS_HELD_BYTES_MAX + READ_BYTES_PER_TURN],
            answer: Vec::new(),
            read: Vec::new(),
        }
    }

    fn feed(&mut self, piece: &[u8]) -> Outcome {
        let end = TLS_HELD_BYTES_MAX + piece.len();
        self.incoming[TLS_HELD_BYTES_MAX..end].copy_from_slice(piece);
        let begin = self.client.prepend_held(&mut self.incoming[..end], TLS_HELD_BYTES_MAX);
        let read = &mut self.read;
        self.client.open(&mut self.incoming[begin..end], &mut self.answer, |plain| {
            read.extend_from_slice(plain);
            Ok(())
        })
    }

    /// What the server wants to send.
    fn server_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.server.wants_write() {
            self.server.write_tls(&mut bytes).expect("in memory");
        }
        bytes
    }

    /// Hands the client's answers to the server.
    fn pass_answers(&mut self) {
        let mut bytes = &std::mem::take(&mut self.answer)[..];
        while !bytes.is_empty() {
            self.server.read_tls(&mut bytes).expect("in memory");
            self.server.process_new_packets().expect("good TLS");
        }
    }

    fn handshake(&mut self, piece_bytes: usize) {
        self.feed(&[]).expect("the first flight");
        while self.client.is_handshaking() {
            self.pass_answers();
            for piece in self.server_bytes().chunks(piece_bytes) {
                self.feed(piece).expect("good TLS");
            }
        }
        // The server is ready now, and has tickets to send.
        self.pass_answers();
    }

    fn server_says(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.server.set_buffer_limit(None);
        self.server.writer().write_all(bytes).expect("in memory");
        self.server_bytes()
    }

    /// What the server reads of it.
    fn client_says(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        self.client.seal(plain, &mut sealed).expect("sealed");
        self.answer.extend_from_slice(&sealed);
        let mut heard = Vec::new();
        let answer = std::mem::take(&mut self.answer);
        for piece in answer.chunks(4_096) {
            self.answer = piece.to_vec();
            self.pass_answers();
            let mut reader = self.server.reader();
            let mut part = [0; 8_192];
            while let Ok(bytes @ 1..) = reader.read(&mut part) {
                heard.extend_from_slice(&part[..bytes]);
            }
        }
        heard
    }
}

#[test]
fn any_pieces_give_the_same_bytes_in_both_directions() {
    let data: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    for protocol in [&version::TLS13, &version::TLS12] {
        for piece_bytes in [1, 5, 1_448, 60_000] {
            let mut line = Line::new(&[protocol], None);
            line.handshake(piece_bytes);
            assert_eq!(line.client.handshake_kind(), Some(HandshakeKind::Full));
            for length in [1, 16_384, 16_385, data.len()] {
                for piece in line.server_says(&data[..length]).chunks(piece_bytes) {
                    assert_eq!(line.feed(piece).expect("good TLS"), Flow::Open);
                }
                assert!(std::mem::take(&mut line.read) == data[..length], "{length} in {piece_bytes}");
                assert!(line.client_says(&data[..length]) == data[..length]);
                assert_eq!(line.client.memory_bytes().0, 0, "nothing is held between two records");
            }
        }
    }
}

/// A ticket in several records, of which one has arrived when the client sends: rustls then remembers places in a buffer
/// that it has to be shown again.
#[test]
fn sending_in_the_middle_of_a_fragmented_handshake_message() {
    let mut line = Line::new(&[&version::TLS13], Some(64));
    line.handshake(usize::MAX);
    let tickets = line.server_bytes();
    assert!(tickets.len() > 3 * 64, "tickets of several records");
    let mut heard = Vec::new();
    for byte in tickets {
        line.feed(&[byte]).expect("good TLS");
        heard.extend(line.client_says(b"x"));
    }
    assert!(heard.iter().all(|byte| *byte == b'x') && heard.len() > 3 * 64);
    for piece in line.server_says(b"still in step").chunks(3) {
        line.feed(piece).expect("good TLS");
    }
    assert_eq!(line.read, b"still in step");
}

#[test]
fn new_keys_are_followed_and_answered() {
    let mut line = Line::new(&[&version::TLS13], None);
    line.handshake(usize::MAX);
    line.server.refresh_traffic_keys().expect("new keys");
    let bytes = line.server_says(b"under new keys");
    line.feed(&bytes).expect("good TLS");
    assert_eq!(line.read, b"under new keys");
    assert_eq!(line.client_says(b"so do we"), b"so do we");
}

#[test]
fn an_end_is_an_end_and_damage_is_an_error_with_an_alert() {
    let mut line = Line::new(&[&version::TLS13], None);
    line.handshake(usize::MAX);
    assert_eq!(line.server.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let mut damaged = line.server_says(b"to be damaged");
    *damaged.last_mut().expect("a byte") ^= 1;
    let error = line.feed(&damaged).expect_err("damage");
    assert!(matches!(error, TlsError::Protocol(rustls::Error::DecryptError)), "{error:?}");
    assert!(!line.answer.is_empty(), "the alert");
    assert!(matches!(line.client.seal(b"late", &mut Vec::new()), Err(TlsError::NotOpen)));
    assert_eq!(line.feed(&damaged).expect("not looked at"), Flow::Ended);

    let mut line = Line::new(&[&version::TLS13], None);
    line.handshake(usize::MAX);
    line.server.send_close_notify();
    let bytes = line.server_says(b"");
    assert_eq!(line.feed(&bytes).expect("good TLS"), Flow::Ended);
    let mut sealed = Vec::new();
    line.client.seal_end(&mut sealed).expect("sealed");
    line.answer = sealed;
    line.pass_answers();
}

#[test]
fn rubbish_is_an_error() {
    for rubbish in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[22, 3, 3, 0xff, 0xff, 0], &[0; 64]] {
        let mut line = Line::new(&[&version::TLS13], None);
        line.feed(&[]).expect("the first flight");
        assert!(line.feed(rubbish).is_err(), "{rubbish:?}");
    }
}
