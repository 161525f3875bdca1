//! Accepting a message: JSON or multipart → checks → the instance takes messages → file on disk → command.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use hyper::header::{HeaderName, LOCATION};
use hyper::{HeaderMap, StatusCode};
use multer::{Constraints, Field, Multipart, SizeLimit};
use ring::digest;
use trunkline_model::command::{Command, MessageView, Reply, SendRequest};
use trunkline_model::limits::{IDEMPOTENCY_KEY_BYTES_MAX, MEDIA_BYTES_MAX};
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure, FieldError};

use crate::body::{ContentKind, Memory, RequestBody, content_kind};
use crate::call::{Call, message_in, unexpected};
use crate::gateway::Gateway;
use crate::json::List;
use crate::json::batch::BatchResult;
use crate::json::message::MessageJson;
use crate::json::parse;
use crate::json::send::{BatchBody, Draft, DraftBody, PendingFile, Upload, is_idempotency_key, is_mime_type};
use crate::limits;
use crate::query::malformed;
use crate::reply::{self, Answer};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(super) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Accepts the message that a body of type `B` says.
pub(super) async fn send<G: Gateway, B: DraftBody>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let wait_ms = wait_ms(call)?;
    let idempotency_key = idempotency_key(call.headers)?;
    let draft: Draft = match content_kind(call.headers)? {
        ContentKind::Json => from_json::<G, B>(call, body).await?,
        // Boxed: what a file needs would be paid for by every text.
        ContentKind::Multipart(boundary) => Box::pin(from_multipart::<G, B>(call, body, boundary)).await?,
    };
    let request = SendRequest {
        message: draft.message,
        idempotency_key: one_key(idempotency_key, draft.idempotency_key)?,
    };
    let accepted = message_in(call.command(instance, Command::Send(Box::new(request))).await?)?;
    let replayed = accepted.replayed;
    let view = match wait_ms {
        Some(wait_ms) if !accepted.status.is_settled() => settled(call, *accepted, wait_ms).await,
        _ => *accepted,
    };
    let status =
        if wait_ms.is_some() && view.status.is_settled() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let mut answer = reply::json(status, &MessageJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/messages/{}", view.id));
    if replayed {
        reply::set(&mut answer, IDEMPOTENCY_REPLAYED, "true");
    }
    Ok(answer)
}

/// Accepts messages in one go; the answer says for each what became of it.
pub(super) async fn batch<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let (body, _memory): (BatchBody, Memory) =
        body.held_json(call.headers, limits::BATCH_JSON_BYTES_MAX).await?;
    let mut results: Vec<Option<Result<MessageView, Failure>>> = Vec::new();
    let mut requests = Vec::new();
    for draft in body.read()? {
        let stored = match draft {
            Ok(draft) => with_file(call, draft).await,
            Err(failure) => Err(failure),
        };
        match stored {
            Ok(draft) => {
                results.push(None);
                let Draft { message, idempotency_key, .. } = draft;
                requests.push(SendRequest { message, idempotency_key });
            }
            Err(failure) => results.push(Some(Err(failure))),
        }
    }
    if !requests.is_empty() {
        let Reply::Sent(sent) = call.command(instance, Command::SendMany(requests)).await? else {
            return Err(unexpected());
        };
        let mut sent = sent.into_iter();
        results.iter_mut().filter(|result| result.is_none()).for_each(|result| *result = sent.next());
    }
    let results: Vec<_> = results.into_iter().flatten().collect();
    let data = results.iter().enumerate().map(|(index, result)| BatchResult::of(index, result)).collect();
    Ok(reply::json(StatusCode::MULTI_STATUS, &List { data }))
}

/// The key of a message: in the header or in the body, and the same where it is in both.
fn one_key(header: Option<String>, body: Option<String>) -> Result<Option<String>, Failure> {
    match (header, body) {
        (Some(header), Some(body)) if header != body => {
            Err(invalid("idempotency_key", "is another one than that of the header `Idempotency-Key`"))
        }
        (header, body) => Ok(header.or(body)),
    }
}

/// The message once it is sent or failed, or as it is when time runs out. It is accepted by now, so trouble while waiting
/// must not look like a refusal: the caller would send it again.
async fn settled<G: Gateway>(call: &Call<'_, G>, accepted: MessageView, wait_ms: u64) -> MessageView {
    let wait = call.front.gateway.wait_settled(accepted.instance, accepted.id, wait_ms);
    // The gateway returns by itself when time runs out; the second bound catches one that does not.
    let bound = Duration::from_millis(wait_ms.saturating_mul(2));
    match tokio::time::timeout(bound, wait).await {
        Ok(Ok(view)) => view,
        Ok(Err(_)) | Err(_) => accepted,
    }
}

/// `?wait=` and `?timeout_ms=`: how long to wait for WhatsApp's acknowledgement, in milliseconds; `None` for not at all.
fn wait_ms<G: Gateway>(call: &Call<'_, G>) -> Result<Option<u64>, Failure> {
    let wait = call
        .query
        .read("wait", "is neither `accepted` nor `sent`", |word| match word {
            "accepted" => Some(false),
            "sent" => Some(true),
            _ => None,
        })?
        .unwrap_or(false);
    let expected = format!("is not a whole number from 1 to {}", limits::WAIT_MS_MAX);
    let timeout_ms = call.query.read("timeout_ms", &expected, |text| {
        text.parse().ok().filter(|ms| (1..=limits::WAIT_MS_MAX).contains(ms))
    })?;
    if timeout_ms.is_some() && !wait {
        return Err(malformed("timeout_ms", "has a meaning only with `wait=sent`"));
    }
    Ok(wait.then(|| timeout_ms.unwrap_or(limits::WAIT_MS_DEFAULT)))
}

pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if is_idempotency_key(key.as_bytes()) => Ok(Some(key.to_owned())),
        _ => Err(malformed(
            "Idempotency-Key",
            &format!("is not 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters"),
        )),
    }
}

/// The key of one message of a request that has many, where the request has one.
pub(crate) fn nth_key(key: Option<&str>, index: usize) -> Option<String> {
    // As long as any other, however long that of the request is.
    let digest = digest::digest(&digest::SHA256, key?.as_bytes());
    Some(format!("{}/{index}", URL_SAFE_NO_PAD.encode(digest)))
}

async fn from_json<G: Gateway, B: DraftBody>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Draft, Failure> {
    // The file inside is a good part of the body, and is held until it is on disk.
    let (body, _memory): (B, Memory) = body.held_json(call.headers, limits::MESSAGE_JSON_BYTES_MAX).await?;
    with_file(call, body.read(None)?).await
}

/// The draft, the file that came inside it being stored.
pub(crate) async fn with_file<G: Gateway>(call: &Call<'_, G>, mut draft: Draft) -> Result<Draft, Failure> {
    match std::mem::replace(&mut draft.file, PendingFile::Nothing) {
        PendingFile::Inline(bytes) => {
            let blob = Box::pin(store(call, stream::iter([Ok(bytes)]))).await?;
            Ok(draft.with_blob(blob))
        }
        PendingFile::Nothing | PendingFile::Uploaded => Ok(draft),
    }
}

/// A multipart body has the message first and the file last, so that a wrong message is refused before its file is stored.
async fn from_multipart<G: Gateway, B: DraftBody>(
    call: &Call<'_, G>,
    body: RequestBody,
    boundary: String,
) -> Result<Draft, Failure> {
    let (stream, meter) = body.metered(MEDIA_BYTES_MAX, limits::MULTIPART_OVERHEAD_BYTES_MAX)?;
    let sizes =
        SizeLimit::new().for_field("message", limits::JSON_BYTES_MAX).for_field("file", MEDIA_BYTES_MAX);
    let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(sizes));
    let message = part(&mut parts, "message").await?;
    let text = message.bytes().await.map_err(broken)?;
    let body: B = parse::parse(&text)?;
    let file = part(&mut parts, "file").await?;
    let draft = body.read(Some(declared(&file)))?;
    meter.file_flows(true);
    let blob = store(call, file.map_err(broken).map_ok(Bytes::from)).await?;
    meter.file_flows(false);
    if blob.size_bytes == 0 {
        return Err(invalid("file", "is empty"));
    }
    if parts.next_field().await.map_err(broken)?.is_some() {
        return Err(invalid("file", "is not the last part"));
    }
    Ok(draft.with_blob(blob))
}

/// Stores a message's file, unless the instance takes no messages: a file that nobody will send is not worth its disk.
async fn store<G: Gateway>(
    call: &Call<'_, G>,
    file: impl Stream<Item = Result<Bytes, Failure>> + Send,
) -> Result<BlobRef, Failure> {
    let idempotency_key = idempotency_key(call.headers)?;
    call.command(call.instance()?, Command::CheckSend { idempotency_key }).await?;
    call.front.gateway.store_blob(file).await
}

/// The next part, which must have this name.
async fn part(parts: &mut Multipart<'static>, name: &'static str) -> Result<Field<'static>, Failure> {
    match parts.next_field().await.map_err(broken)? {
        Some(field) if field.name() == Some(name) => Ok(field),
        Some(_) | None => Err(invalid(
            name,
            "is missing at its place; send the part `message` with the JSON, then the part `file`",
        )),
    }
}

/// What a file part says about itself. `application/octet-stream` is what clients say when they do not know.
pub(crate) fn declared(file: &Field<'_>) -> Upload {
    Upload {
        mime_type: file
            .content_type()
            .map(ToString::to_string)
            .filter(|mime_type| mime_type != "application/octet-stream" && is_mime_type(mime_type)),
        file_name: file.file_name().filter(|name| !name.is_empty()).map(str::to_owned),
    }
}

fn invalid(field: &str, message: &str) -> Failure {
    Failure::invalid(vec![FieldError::new(field, message)])
}

/// What is wrong with a multipart body. Our own failures (too long, too slow) travel through multer as they are.
pub(crate) fn broken(error: multer::Error) -> Failure {
    match error {
        multer::Error::StreamReadFailed(source) => match source.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(_) => Failure::new(ErrorCode::MalformedBody, "The body ended early."),
        },
        multer::Error::FieldSizeExceeded { limit, .. } | multer::Error::StreamSizeExceeded { limit } => {
            Failure::new(
                ErrorCode::BodyTooLarge,
                format!("A part of the body is longer than the {limit} bytes that it may have."),
            )
        }
        _ => Failure::new(ErrorCode::MalformedBody, "The body is not well-formed multipart/form-data."),
    }
}

const _: () = assert!(limits::WAIT_MS_DEFAULT <= limits::WAIT_MS_MAX);
