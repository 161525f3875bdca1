use std::io::{self, Read as _};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::endpoints::Endpoints;
use crate::tls;

/// An HTTP server that answers one request with these bytes, then closes. Gives what it was asked.
#[allow(clippy::disallowed_methods, reason = "a test's own task")]
async fn serve(answer: Vec<u8>) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let byte = stream.read_u8().await.expect("a request");
            request.push(byte);
        }
        // A client that has seen enough hangs up.
        drop(stream.write_all(&answer).await);
        drop(stream.shutdown().await);
        String::from_utf8(request).expect("text")
    });
    (format!("http://{address}/path"), asked)
}

fn client() -> BoundedHttp {
    let dialling = Dialling::new(&Endpoints::default()).expect("the default");
    let guard = DialGuard::new(Vec::new()).expect("no networks");
    let config = tls::client_config(None).expect("TLS");
    BoundedHttp::new(&config, Arc::new(dialling), Arc::new(guard), None).expect("a client")
}

async fn get(answer: &str) -> anyhow::Result<HttpResponse> {
    let (url, _asked) = serve(answer.as_bytes().to_vec()).await;
    tokio::time::timeout(Duration::from_secs(20), client().execute(HttpRequest::get(url))).await?
}

#[tokio::test]
async fn an_answer_is_an_answer_whatever_it_says() {
    for (status, location) in [(200, ""), (404, ""), (503, ""), (302, "Location: http://127.0.0.1:1/\r\n")] {
        let answer = format!("HTTP/1.1 {status} Word\r\n{location}Content-Length: 2\r\n\r\nhi");
        let response = get(&answer).await.expect("an exchange");
        assert_eq!((response.status_code, response.body.as_slice()), (status, &b"hi"[..]));
    }
}

#[tokio::test]
async fn an_answer_too_long_is_refused_before_and_while_it_is_read() {
    let declared = MEDIA_BYTES_MAX + MEDIA_OVERHEAD_BYTES + 1;
    let error =
        get(&format!("HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\n\r\n")).await.expect_err("too long");
    assert!(error.to_string().contains("accepted"), "{error}");

    let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    answer.resize(answer.len() + HTTP_BODY_BYTES_MAX as usize + 1, 7);
    let (url, _asked) = serve(answer).await;
    let error = client().execute(HttpRequest::post(url)).await.expect_err("too long");
    assert!(error.to_string().contains("accepted"), "{error}");
}

#[tokio::test]
async fn a_cut_answer_is_no_answer() {
    assert!(get("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi").await.is_err());
}

#[tokio::test]
async fn a_post_without_a_body_says_that_it_is_empty() {
    let (url, asked) = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let request = HttpRequest::post(url).with_header("Origin", "https://web.whatsapp.com");
    client().execute(request).await.expect("an exchange");
    let asked = asked.await.expect("a request").to_lowercase();
    assert!(asked.starts_with("post /path http/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("content-length: 0\r\n") && asked.contains("origin: https://web.whatsapp.com"),
        "{asked}"
    );
}

#[tokio::test]
async fn errors_do_not_tell_the_address_with_its_token() {
    let request = HttpRequest::get("http://127.0.0.1:1/mms/image/x?auth=secret");
    let error = client().execute(request).await.expect_err("nobody listens");
    assert!(!format!("{error:?} {error:#}").contains("secret"), "{error:?}");
}

#[cfg(feature = "simulated")]
#[tokio::test]
async fn a_simulated_build_asks_nobody_outside() {
    for away in ["http://192.0.2.1/", "https://[2001:db8::1]/"] {
        let refused = client().execute(HttpRequest::get(away)).await.expect_err("it must not be dialled");
        assert!(refused.to_string().contains("simulated build"), "{refused}");
    }
}

/// Takes one request with a body of any length, and answers what it got: length and sum of the bytes.
#[allow(clippy::disallowed_methods, reason = "a test's own task")]
async fn count() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a request"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        assert!(!head.contains("chunked"), "{head}");
        let mut body = vec![0; length.parse().expect("a number")];
        stream.read_exact(&mut body).await.expect("the body");
        let told = format!("{} {}", body.len(), body.iter().map(|byte| u64::from(*byte)).sum::<u64>());
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{told}", told.len());
        stream.write_all(answer.as_bytes()).await.expect("an open socket");
    });
    format!("http://{address}/mms/document/x")
}

#[tokio::test]
async fn a_file_goes_out_in_pieces_with_its_length() {
    let file: Vec<u8> = (0..300_001_u32).map(|at| at as u8).collect();
    let sum: u64 = file.iter().map(|byte| u64::from(*byte)).sum();
    let url = count().await;
    let client = client();
    let sent = tokio::task::spawn_blocking(move || {
        let length = file.len() as u64;
        client.execute_upload(HttpRequest::post(url), Box::new(io::Cursor::new(file)), length)
    });
    let response = sent.await.expect("no panic").expect("an exchange");
    assert_eq!(response.body_string().expect("text"), format!("300001 {sum}"));
}

#[tokio::test]
async fn a_file_comes_in_in_pieces_and_a_cut_one_fails() {
    for (declared, whole) in [(200_000, true), (200_001, false)] {
        let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + 200_000, 9);
        let (url, _asked) = serve(answer).await;
        let client = client();
        let read = tokio::task::spawn_blocking(move || {
            let mut response = client.execute_streaming(HttpRequest::get(url)).expect("an answer");
            let mut file = Vec::new();
            response.body.read_to_end(&mut file).map(|_| file)
        });
        let read = read.await.expect("no panic");
        assert_eq!(read.map(|file| file == vec![9; 200_000]).ok(), whole.then_some(true), "{declared}");
    }
}
