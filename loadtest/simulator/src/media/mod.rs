//! The media host: uploads, resumed uploads, downloads with ranges, deletion.
//!
//! Files are encrypted by clients; the host checks only that a file is what its address says.

mod range;
mod upload;

use hyper::body::Incoming;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, RANGE};
use hyper::{Method, Request, Response, StatusCode};

use crate::faults::{FaultKind, Target};
use crate::net::{Body, Hub, text};

/// Answers one media request.
pub(crate) async fn answer(hub: &Hub, request: Request<Incoming>) -> Response<Body> {
    match (request.method(), request.uri().path().starts_with("/mms/")) {
        (&Method::POST | &Method::PUT, true) => upload::answer(hub, request).await,
        (&Method::GET | &Method::HEAD, _) => download(hub, &request),
        (&Method::DELETE, _) => delete(hub, request.uri().path()),
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"),
    }
}

fn download(hub: &Hub, request: &Request<Incoming>) -> Response<Body> {
    let path = request.uri().path();
    let found = hub.act(|world| {
        if world.faults.strike(FaultKind::MediaGone, Target::ANONYMOUS).is_some() {
            return Err(StatusCode::GONE);
        }
        world.counters.downloads += 1;
        world.blobs.get(path).cloned().ok_or(StatusCode::NOT_FOUND)
    });
    let file = match found {
        Ok(file) => file,
        Err(status) => return text(status, "no such file"),
    };
    let asked = request.headers().get(RANGE).and_then(|value| value.to_str().ok());
    let mut response = match asked.map(|asked| range::parse(asked, file.len())) {
        None | Some(range::Parsed::Ignored) => text(StatusCode::OK, file),
        Some(range::Parsed::Unsatisfiable) => {
            let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, "");
            set(&mut response, CONTENT_RANGE, &format!("bytes */{}", file.len()));
            return response;
        }
        Some(range::Parsed::Part(part)) => {
            let named = format!("bytes {}-{}/{}", part.start, part.end - 1, file.len());
            let mut response = text(StatusCode::PARTIAL_CONTENT, file.slice(part));
            set(&mut response, CONTENT_RANGE, &named);
            response
        }
    };
    set(&mut response, ACCEPT_RANGES, "bytes");
    set(&mut response, CONTENT_TYPE, "application/octet-stream");
    response
}

fn set(response: &mut Response<Body>, name: hyper::header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Deletes by direct path, or by the content hash that ends an upload path.
fn delete(hub: &Hub, path: &str) -> Response<Body> {
    let hash = path.rsplit('/').next().and_then(upload::decode_token);
    let removed = hub
        .act(|world| world.blobs.remove(path) || hash.is_some_and(|hash| world.blobs.remove_by_hash(&hash)));
    if removed { text(StatusCode::OK, "") } else { text(StatusCode::NOT_FOUND, "no such file") }
}
