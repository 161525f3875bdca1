use std::cell::Cell;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_websockets::{CloseCode, Message};

use super::*;
use crate::limits::WRITE_PIECE_BYTES;
use crate::transport::testing::{Client, Server, TURNS, pair, serve, settle};

#[tokio::test]
async fn one_message_is_one_event_and_a_close_frame_tells_its_code() {
    for tls in [false, true] {
        let (client, mut server) = pair(tls).await;
        for size in [0, 1, 70_000, 3 << 20] {
            let message = Message::binary(vec![7; size]);
            let (sent, event) = tokio::join!(server.send(message), client.next());
            sent.expect("sent");
            assert_eq!(event, format!("data {size}"), "tls {tls}");
        }
        server.send(Message::close(Some(CloseCode::GOING_AWAY), "later")).await.expect("sent");
        assert_eq!(client.next().await, "ended: server close frame (code 1001: later)");
        // The echo, then the end of the stream.
        let echo = server.next().await.expect("a message").expect("fine");
        assert_eq!(echo.as_close().map(|(code, _)| code), Some(CloseCode::GOING_AWAY));
        assert_eq!(client.next().await, "nothing");
        assert_eq!(client.activity.last_frame_age_ms(), None);
        assert!(client.socket.send(Bytes::from_static(b"late")).await.is_err());
    }
}

#[tokio::test]
async fn a_lost_peer_ends_the_stream() {
    for tls in [false, true] {
        let (client, server) = pair(tls).await;
        drop(server);
        let end = client.next().await;
        assert_eq!(end, "ended: stream ended (EOF)", "tls {tls}");
        assert_eq!(client.next().await, "nothing");
        assert!(client.socket.resource_report().is_none());
    }
}

#[tokio::test]
async fn disconnecting_says_goodbye_twice_only_once() {
    for tls in [false, true] {
        let (client, mut server) = pair(tls).await;
        client.socket.send(Bytes::from_static(b"frame")).await.expect("sent");
        let received = server.next().await.expect("a message").expect("fine");
        assert_eq!(&received.into_payload()[..], b"frame");
        client.socket.disconnect().await;
        client.socket.disconnect().await;
        let farewell = server.next().await.expect("a message").expect("fine");
        assert_eq!(farewell.as_close().map(|(code, _)| code), Some(CloseCode::NORMAL_CLOSURE));
        // With TLS an end without close_notify would be an error here.
        assert!(server.next().await.is_none_or(|message| message.is_ok()), "tls {tls}");
        assert!(client.socket.send(Bytes::from_static(b"late")).await.is_err());
        assert_eq!(client.next().await, "nothing");
    }
}

#[tokio::test]
async fn a_client_that_lets_go_leaves_nothing_behind() {
    let (client, mut server) = pair(false).await;
    drop(client.socket);
    let last = server.next().await;
    assert!(last.is_none_or(|message| message.is_err()), "no farewell, only an end");
    assert!(client.events.recv().await.is_err());
}

#[tokio::test]
async fn a_client_that_reads_nothing_stops_the_socket() {
    const MESSAGES: usize = 16_384;
    for tls in [false, true] {
        let (client, mut server) = pair(tls).await;
        // 64 MiB: more than the channel, a turn and the kernel's buffers hold, so the sender must come to a halt.
        let sent = Cell::new(0);
        let flood = async {
            for _ in 0..MESSAGES {
                server.send(Message::binary(vec![0; 4_096])).await.expect("sent");
                sent.set(sent.get() + 1);
            }
        };
        tokio::pin!(flood);
        let (mut before, mut still) = (0, 0);
        while still < TURNS {
            assert!((&mut flood).now_or_never().is_none(), "the flood should be held back");
            tokio::task::yield_now().await;
            still = if sent.get() == before { still + 1 } else { 0 };
            before = sent.get();
        }
        assert!(sent.get() < MESSAGES);
        let drain = async {
            for _ in 0..MESSAGES {
                assert_eq!(client.next().await, "data 4096");
            }
        };
        tokio::join!(drain, flood);
    }
}

#[tokio::test]
async fn a_peer_that_reads_nothing_holds_the_sender() {
    for tls in [false, true] {
        let (client, mut server) = pair(tls).await;
        let large: Vec<u8> = (0..=255).cycle().take(WS_LARGE_BYTES).collect();
        let (first, second) = (Bytes::from(large), Bytes::from_static(b"second"));
        let sends = async {
            let sent = tokio::join!(client.socket.send(first.clone()), client.socket.send(second.clone()));
            sent.0.expect("sent");
            sent.1.expect("sent");
        };
        tokio::pin!(sends);
        for _ in 0..TURNS {
            assert!((&mut sends).now_or_never().is_none(), "the kernel cannot hold that much");
            tokio::task::yield_now().await;
        }
        // What the kernel has not taken of one piece at most, not of the message.
        let report = client.socket.resource_report().expect("a report");
        assert!(report.write_buffer_bytes.is_some_and(|bytes| bytes > 0 && bytes < 80 << 10), "{report:?}");
        // A ping in the middle of a frame: its answer has to wait for the end of the frame.
        server.send(Message::ping(&b"are you there"[..])).await.expect("sent");
        let receive = async {
            let mut kinds = Vec::new();
            while kinds.len() < 3 {
                let message = server.next().await.expect("a message").expect("fine");
                let payload = message.as_payload();
                match kinds.len() {
                    0 => assert!(payload[..] == first[..], "tls {tls}"),
                    _ if message.is_pong() => assert_eq!(&payload[..], b"are you there"),
                    _ => assert_eq!(payload[..], second[..]),
                }
                kinds.push(message.is_pong());
            }
            kinds
        };
        let ((), kinds) = tokio::join!(sends, receive);
        assert_eq!(kinds, [false, true, false], "tls {tls}");
        let report = client.socket.resource_report().expect("a report");
        assert_eq!((report.read_buffer_bytes, report.write_buffer_bytes), (Some(0), Some(0)));
    }
}

const WS_LARGE_BYTES: usize = 15 << 20;

#[tokio::test]
async fn a_send_given_up_halfway_ends_the_sending() {
    let (client, mut server) = pair(true).await;
    let mut send = client.socket.send(Bytes::from(vec![1; WS_LARGE_BYTES]));
    for _ in 0..TURNS {
        assert!((&mut send).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(send);
    let error = client.socket.send(Bytes::from_static(b"next")).await.expect_err("half a frame is out");
    assert!(error.to_string().contains("cut off"), "{error}");
    let (last, ()) = tokio::join!(server.next(), client.socket.disconnect());
    assert!(last.is_none_or(|message| message.is_err()), "nothing that looks like a message follows");
}

/// Whole frames wait for the kernel, and nobody sends any more: the reader sees to them, and to the pong behind them.
#[tokio::test]
async fn what_waits_leaves_without_a_sender() {
    let (client, mut server) = pair(true).await;
    let mut frames = 0;
    loop {
        let mut send = client.socket.send(Bytes::from(vec![4; WRITE_PIECE_BYTES]));
        frames += 1;
        let mut blocked = 0;
        while blocked < 100 && (&mut send).now_or_never().is_none() {
            tokio::task::yield_now().await;
            blocked += 1;
        }
        if blocked == 100 {
            break;
        }
    }
    server.send(Message::ping(&b"last"[..])).await.expect("sent");
    settle().await;
    for _ in 0..frames {
        let message = server.next().await.expect("a message").expect("fine");
        assert_eq!(message.as_payload().len(), WRITE_PIECE_BYTES);
    }
    let pong = server.next().await.expect("a message").expect("fine");
    assert!(pong.is_pong());
}

#[tokio::test]
async fn pings_are_answered_while_nobody_sends() {
    let (client, mut server) = pair(true).await;
    for payload in [&b"1"[..], &[9; 125]] {
        server.send(Message::ping(payload.to_vec())).await.expect("sent");
        let pong = server.next().await.expect("a message").expect("fine");
        assert!(pong.is_pong() && pong.as_payload()[..] == *payload);
    }
    server.send(Message::text("ignored")).await.expect("sent");
    server.send(Message::binary(&b"data"[..])).await.expect("sent");
    assert_eq!(client.next().await, "data 4");
}

/// Connects, and gives the server's end without a WebSocket around it.
async fn raw(tls: bool) -> (Client, crate::transport::testing::Stream) {
    let server = Server::new(tls).await;
    let dialler = server.dialler();
    let accept = async {
        let mut stream = server.stream().await;
        drop(serve(&mut stream).await);
        stream
    };
    let (client, stream) = tokio::join!(Client::dial(&dialler), accept);
    let client = client.expect("a connection");
    assert_eq!(client.next().await, "connected");
    (client, stream)
}

#[tokio::test]
async fn tiny_writes_make_whole_messages() {
    for tls in [false, true] {
        let (client, mut stream) = raw(tls).await;
        let mut bytes = vec![0x82, 126, 2, 0];
        bytes.extend([5; 512]);
        bytes.extend([0x02, 1, 6, 0x89, 0, 0x80, 1, 6, 0x82, 0]);
        let dribble = async {
            for byte in bytes {
                stream.write_all(&[byte]).await.expect("written");
                stream.flush().await.expect("flushed");
                tokio::task::yield_now().await;
            }
        };
        let read = async { [client.next().await, client.next().await, client.next().await] };
        let ((), read) = tokio::join!(dribble, read);
        assert_eq!(read, ["data 512", "data 2", "data 0"], "tls {tls}");
    }
}

#[tokio::test]
async fn a_broken_rule_ends_the_stream_and_is_told() {
    for tls in [false, true] {
        let (client, mut stream) = raw(tls).await;
        stream.write_all(&[0x82, 1, 7, 0x82, 0x81, 1, 2, 3, 4, 5]).await.expect("written");
        assert_eq!(client.next().await, "data 1");
        assert_eq!(client.next().await, "ended: read error: a frame of the server is masked");
        let mut close = [0; 8];
        stream.read_exact(&mut close).await.expect("a close frame");
        let [0x88, 0x82, a, b, _, _, high, low] = close else { panic!("{close:?}") };
        assert_eq!(u16::from_be_bytes([high ^ a, low ^ b]), 1002);
    }
}

#[tokio::test]
async fn what_comes_with_the_answer_to_the_upgrade_is_not_lost() {
    let server = Server::new(false).await;
    let dialler = server.dialler();
    let accept = async {
        let mut stream = server.stream().await;
        // The answer is held back so that a frame can leave in the same segment.
        let (near, far) = tokio::io::duplex(1 << 12);
        let (mut near_read, mut near_write) = tokio::io::split(near);
        let upgrade = async { drop(serve(far).await) };
        let carry = async {
            let mut request = [0; 1 << 12];
            let bytes = stream.read(&mut request).await.expect("a request");
            near_write.write_all(&request[..bytes]).await.expect("carried");
            let mut answer = Vec::new();
            near_read.read_to_end(&mut answer).await.expect("an answer");
            answer.extend([0x82, 2, 1, 2, 0x82, 1]);
            stream.write_all(&answer).await.expect("written");
        };
        tokio::join!(upgrade, carry);
        stream
    };
    let (client, mut stream) = tokio::join!(Client::dial(&dialler), accept);
    let client = client.expect("a connection");
    assert_eq!(client.next().await, "connected");
    assert_eq!(client.next().await, "data 2");
    stream.write_all(&[3]).await.expect("written");
    assert_eq!(client.next().await, "data 1");
}

#[tokio::test]
async fn a_server_that_does_not_upgrade_is_named_with_its_reason() {
    for tls in [false, true] {
        let server = Server::new(tls).await;
        let dialler = server.dialler();
        let answer = async {
            let mut stream = server.stream().await;
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.expect("written");
            stream
        };
        let (client, _stream) = tokio::join!(Client::dial(&dialler), answer);
        let error = client.err().expect("no WebSocket");
        assert_eq!(error, "the WebSocket upgrade fails: the server answers with status 403");
        let hang_up = async { drop(server.tcp().await) };
        let (client, ()) = tokio::join!(Client::dial(&dialler), hang_up);
        assert!(client.is_err());
    }
}

#[tokio::test]
async fn a_stranger_with_another_certificate_is_refused() {
    let server = Server::new(true).await;
    let stranger = Server::new(true).await.dialler();
    let dialler = crate::transport::testing::redirected(&stranger, &server);
    let accept = server.refused();
    let (client, refusal) = tokio::join!(Client::dial(&dialler), accept);
    let error = client.err().expect("a refusal");
    assert!(error.starts_with("TLS fails: invalid peer certificate"), "{error}");
    // The server hears why, by an alert.
    assert!(refusal.contains("alert"), "{refusal}");
}

#[tokio::test]
async fn connections_are_opened_so_many_at_a_time() {
    use crate::limits::HANDSHAKES_MAX;
    let server = Server::new(false).await;
    let dialler = server.dialler();
    let dials = futures_util::future::join_all((0..HANDSHAKES_MAX + 3).map(|_| Client::dial(&dialler)));
    let accept = async {
        let mut silent = Vec::new();
        for _ in 0..HANDSHAKES_MAX {
            silent.push(server.tcp().await);
        }
        {
            let one_more = server.tcp();
            tokio::pin!(one_more);
            for _ in 0..TURNS {
                assert!((&mut one_more).now_or_never().is_none(), "one more than allowed");
                tokio::task::yield_now().await;
            }
        }
        // One gives up its place, and the next one comes.
        silent.pop();
        silent.push(server.tcp().await);
        settle().await;
        drop(silent);
        for _ in 0..2 {
            drop(server.tcp().await);
        }
    };
    let (dialled, ()) = tokio::join!(dials, accept);
    assert!(dialled.iter().all(Result::is_err));
}
