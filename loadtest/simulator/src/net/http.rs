//! HTTP requests of one listener, sorted by what the listener serves.

use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use sha1::{Digest, Sha1};

use super::hub::Hub;
use super::socket;
use crate::spawn::Spawner;
use crate::{control, media};

/// Every answer's body.
pub type Body = Full<Bytes>;

/// Path of the WebSocket.
pub(crate) const CHAT_PATH: &str = "/ws/chat";

/// RFC 6455 §1.3.
const WEBSOCKET_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Only the WebSocket.
    Chat,
    /// The WebSocket and media.
    ChatAndMedia,
    /// The control interface.
    Control,
}

/// Answers one request.
pub(super) async fn answer(
    hub: Arc<Hub>,
    spawner: Spawner,
    surface: Surface,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path();
    Ok(match surface {
        Surface::Control => control::answer(&hub, request).await,
        Surface::Chat | Surface::ChatAndMedia if path == CHAT_PATH => upgrade(hub, &spawner, request),
        Surface::ChatAndMedia => media::answer(&hub, request).await,
        Surface::Chat => text(StatusCode::NOT_FOUND, "not found"),
    })
}

/// Accepts a WebSocket and serves it in a task of its own. Offered extensions are declined.
fn upgrade(hub: Arc<Hub>, spawner: &Spawner, mut request: Request<Incoming>) -> Response<Body> {
    let wanted = request
        .headers()
        .get(UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let key = request.headers().get("sec-websocket-key").cloned();
    let (true, Some(key)) = (wanted, key) else {
        return text(StatusCode::BAD_REQUEST, "not a WebSocket upgrade");
    };
    let accept = Sha1::new().chain_update(key.as_bytes()).chain_update(WEBSOCKET_GUID).finalize();
    let upgraded = hyper::upgrade::on(&mut request);
    spawner.spawn("connection", async move {
        match upgraded.await {
            Ok(stream) => socket::serve(hub, hyper_util::rt::TokioIo::new(stream)).await,
            Err(error) => tracing::debug!(%error, "upgrade failed"),
        }
    });
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&STANDARD.encode(accept)) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// A plain-text answer.
pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let mut response = match serde_json::to_vec(body) {
        Ok(body) => text(status, body),
        Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
