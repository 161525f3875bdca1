//! Uploads: whole, or resumed part by part.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::crypto::media::MediaKind;
use crate::faults::{FaultKind, Target};
use crate::limits::MEDIA_FILE_BYTES_MAX;
use crate::net::{Body, Hub, json, text};
use crate::phone::BlobRef;
use crate::world::World;
use crate::world::blobs::BlobError;

/// Clients differ in padding.
const TOKEN_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Parameters of an upload.
struct Upload {
    kind: MediaKind,
    hash: [u8; 32],
    auth: Option<String>,
    resume: bool,
    offset: Option<usize>,
}

/// A content hash as upload paths carry it.
pub(super) fn decode_token(token: &str) -> Option<[u8; 32]> {
    let token = percent_encoding::percent_decode_str(token).decode_utf8().ok()?;
    TOKEN_BASE64.decode(token.as_bytes()).ok()?.try_into().ok()
}

fn parse(request: &Request<Incoming>) -> Option<Upload> {
    let mut path = request.uri().path().trim_start_matches("/mms/").splitn(2, '/');
    let kind = MediaKind::from_upload_path(path.next()?)?;
    let hash = decode_token(path.next()?)?;
    let mut upload = Upload { kind, hash, auth: None, resume: false, offset: None };
    for (key, value) in url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match &*key {
            "auth" => upload.auth = Some(value.into_owned()),
            "resume" => upload.resume = value == "1",
            "file_offset" => upload.offset = Some(value.parse().ok()?),
            _ => {}
        }
    }
    Some(upload)
}

/// Takes an upload in.
pub(super) async fn answer(hub: &Hub, request: Request<Incoming>) -> Response<Body> {
    let Some(upload) = parse(&request) else {
        return text(StatusCode::BAD_REQUEST, "no media type and content hash in the path");
    };
    let admitted = hub.act(|world| {
        let expired = world.faults.strike(FaultKind::MediaAuth, Target::ANONYMOUS).is_some();
        !expired && upload.auth.as_deref() == Some(&world.media_auth)
    });
    if !admitted {
        return text(StatusCode::UNAUTHORIZED, "media token missing or expired");
    }
    if upload.resume {
        return hub.act(|world| resume_point(world, &upload));
    }
    let body = match Limited::new(request.into_body(), MEDIA_FILE_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return text(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
    };
    hub.act(|world| store(world, &upload, &body))
}

/// Where an interrupted upload goes on; or that the file is complete.
fn resume_point(world: &World, upload: &Upload) -> Response<Body> {
    match world.blobs.find(upload.kind, &upload.hash) {
        Some(blob) => json(
            StatusCode::OK,
            &json!({"resume": "complete", "url": blob.url, "direct_path": blob.direct_path}),
        ),
        None => {
            let offset = world.blobs.resume_offset(&upload.hash).to_string();
            json(StatusCode::OK, &json!({"resume": offset}))
        }
    }
}

fn store(world: &mut World, upload: &Upload, body: &[u8]) -> Response<Body> {
    let file = match upload.offset {
        None => body.to_vec(),
        Some(offset) => {
            if let Err(error) = world.blobs.append(upload.hash, offset, body) {
                return refused(error);
            }
            world.blobs.take_partial(&upload.hash)
        }
    };
    if Sha256::digest(&file)[..] != upload.hash {
        if upload.offset.is_some() {
            // Not complete yet: keep what is there for the next part.
            let kept = world.blobs.append(upload.hash, 0, &file).unwrap_or(0);
            return json(StatusCode::OK, &json!({"resume": kept.to_string()}));
        }
        return text(StatusCode::BAD_REQUEST, "the file's SHA-256 is not the one in the path");
    }
    match world.blobs.put(upload.kind, file) {
        Ok(BlobRef { direct_path, url, handle }) => {
            world.counters.uploads += 1;
            json(StatusCode::OK, &json!({"url": url, "direct_path": direct_path, "handle": handle}))
        }
        Err(error) => refused(error),
    }
}

fn refused(error: BlobError) -> Response<Body> {
    let status = match error {
        BlobError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BlobError::Full => StatusCode::INSUFFICIENT_STORAGE,
    };
    text(status, error.to_string())
}
