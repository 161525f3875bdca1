//! A server under test, and an HTTP client that says little about itself.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use trunkline_api::server::Bounds;
use trunkline_api::{RunningServer, ServerConfig, serve};

use crate::fake::{Fake, ROOT_KEY};

/// Longest time that any test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    pub running: RunningServer,
    pub fake: Fake,
    pub runtime: Runtime,
}

/// A request, sent with the root key unless told otherwise.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: Method,
    pub path: String,
    pub key: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn new(method: &str, path: &str) -> Sent {
        Sent {
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            key: Some(ROOT_KEY.to_owned()),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn get(path: &str) -> Sent {
        Sent::new("GET", path)
    }

    /// A POST with a JSON body.
    pub fn post(path: &str, body: &str) -> Sent {
        Sent::new("POST", path).json(body)
    }

    pub fn json(self, body: &str) -> Sent {
        self.body("application/json", body)
    }

    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Sent {
        Sent { body: body.into(), ..self.header("content-type", content_type) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Sent {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn key(self, key: Option<&str>) -> Sent {
        Sent { key: key.map(str::to_owned), ..self }
    }

    fn build(self) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            request = request.header("host", "localhost");
        }
        if let Some(key) = self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(self.body.into())).expect("a request")
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The problem's code, after a check that it is a whole problem document.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let json = self.json();
        let code = json["code"].as_str().expect("a code").to_owned();
        assert_eq!(json["status"], self.status);
        assert_eq!(json["type"], format!("/docs/errors/{code}"));
        assert_eq!(json["request_id"], self.header("x-request-id"));
        for member in ["title", "detail"] {
            assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{json}");
        }
        code
    }
}

impl Server {
    pub fn start() -> Server {
        Server::with(|_| {})
    }

    /// A server whose configuration was changed.
    pub fn with(change: impl FnOnce(&mut ServerConfig)) -> Server {
        let mut config = ServerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)));
        change(&mut config);
        let fake = Fake::new();
        Server {
            running: serve(config, fake.clone()).expect("the server starts"),
            fake,
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
        }
    }

    pub fn bounded(bounds: Bounds) -> Server {
        Server::with(|config| config.bounds = bounds)
    }

    pub fn addr(&self) -> SocketAddr {
        self.running.local_addr()
    }

    pub fn send(&self, request: Sent) -> Answer {
        self.wait(exchange(self.addr(), request))
    }

    /// Sends a request that is under way while `meanwhile` runs.
    pub fn send_while(&self, request: Sent, meanwhile: impl Future<Output = ()>) -> Answer {
        self.wait(join(exchange(self.addr(), request), meanwhile)).0
    }

    /// Runs a future to its end, within the test's patience.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("it took too long") })
    }
}

/// One request on a connection of its own.
pub async fn exchange(addr: SocketAddr, request: Sent) -> Answer {
    let (mut sender, connection) = connect(addr).await;
    let talk = async move {
        let answer = sender.send_request(request.build()).await.expect("an answer");
        read(answer).await
    };
    join(talk, connection).await.0
}

async fn connect(addr: SocketAddr) -> (SendRequest<Full<Bytes>>, impl Future<Output = ()>) {
    let stream = TcpStream::connect(addr).await.expect("the server listens");
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    // How the connection ends is not the test's business; what it gave is.
    (sender, async { drop(connection.await) })
}

async fn read(answer: Response<Incoming>) -> Answer {
    let (parts, body) = answer.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.collect().await.expect("a body").to_bytes().to_vec(),
    }
}

/// Opens a stream and hands its frames to `read` one after the other until that returns false or the stream ends. Returns
/// the head of the answer, and whether the server ended the stream.
pub async fn follow(
    addr: SocketAddr,
    request: Sent,
    mut read: impl FnMut(&str) -> bool,
) -> (u16, HeaderMap, bool) {
    let (mut sender, connection) = connect(addr).await;
    let talk = async move {
        let answer = sender.send_request(request.build()).await.expect("an answer");
        let (parts, mut body) = answer.into_parts();
        let ended = loop {
            match body.frame().await {
                Some(Ok(frame)) => {
                    let data = frame.into_data().expect("no trailers");
                    if !read(std::str::from_utf8(&data).expect("whole characters")) {
                        break false;
                    }
                }
                Some(Err(_)) | None => break true,
            }
        };
        (parts.status.as_u16(), parts.headers, ended)
    };
    tokio::pin!(talk);
    tokio::pin!(connection);
    tokio::select! {
        told = &mut talk => told,
        () = &mut connection => talk.await,
    }
}
