//! Files at public addresses: put there through the media store, served to whoever knows the address.

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, LOCATION};
use hyper::{HeaderMap, StatusCode};
use trunkline_model::account::FileRecord;
use trunkline_model::command::{AccountCommand as Ask, AccountReply, NewFile};
use trunkline_model::limits::{
    FILE_LIFE_MS_DEFAULT, FILE_LIFE_MS_MAX, FILE_LIFE_MS_MIN, FILE_NAME_BYTES_MAX, MEDIA_BYTES_MAX,
};
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure, FieldError, FileId};

use super::accounts::done;
use super::media::{self, Fetched};
use crate::body::{RequestBody, plain_encoding};
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::cursor::Cursor;
use crate::json::file::{FileJson, NewFileJson};
use crate::json::send::{Upload, is_mime_type};
use crate::query::malformed;
use crate::reply::{self, Answer};
use crate::route::FileOperation;
use crate::sign::Visit;

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Nothing that a browser opens from here may run, or reach anything.
const POLICY: &str = "default-src 'none'; sandbox";

pub(super) async fn answer<G: Gateway>(
    operation: FileOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        FileOperation::Create => create(call, body).await,
        FileOperation::List => list(call).await,
        FileOperation::Get => match call.of_account(Ask::GetFile(named(call)?)).await? {
            AccountReply::File(record) => Ok(reply::json(StatusCode::OK, &FileJson::of(&record))),
            _ => Err(unexpected()),
        },
        FileOperation::Delete => done(call.of_account(Ask::DeleteFile(named(call)?)).await?),
    }
}

async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let life = |text: &str| {
        let ms = text.parse::<u64>().ok()?.checked_mul(1_000)?;
        Some(ms).filter(|ms| (FILE_LIFE_MS_MIN..=FILE_LIFE_MS_MAX).contains(ms))
    };
    let expected =
        format!("is not a whole number from {} to {}", FILE_LIFE_MS_MIN / 1_000, FILE_LIFE_MS_MAX / 1_000);
    let life_ms = call.query.read("expires_in_seconds", &expected, life)?.unwrap_or(FILE_LIFE_MS_DEFAULT);
    let file_name = call.query.get("name").map(str::to_owned);
    if file_name.as_ref().is_some_and(|name| name.is_empty() || name.len() > FILE_NAME_BYTES_MAX) {
        return Err(malformed("name", &format!("is not 1 to {FILE_NAME_BYTES_MAX} bytes long")));
    }
    let upload = Upload { mime_type: content_type(call.headers), file_name };
    let public = publish_body(call, body, (upload, life_ms)).await?;
    let mut answer = reply::json(StatusCode::CREATED, &NewFileJson::of(&public.record, &public.url));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/files/{}", public.record.id));
    Ok(answer)
}

/// What a body says that it is.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given.filter(|mime_type| is_mime_type(mime_type)).map(str::to_owned)
}

/// A file that was given a public address.
pub(crate) struct Public {
    pub(crate) record: FileRecord,
    pub(crate) url: String,
}

/// Puts the body of a request at a public address, as it is.
///
/// # Errors
/// `ACCOUNT_FULL`, `BODY_TOO_LARGE`, `VALIDATION` for an empty file, or as [`Gateway::store_blob`].
pub(crate) async fn publish_body<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    of: (Upload, u64),
) -> Result<Public, Failure> {
    plain_encoding(call.headers)?;
    publish(call, body.pieces(MEDIA_BYTES_MAX)?, of).await
}

/// Puts a file at a public address, piece by piece.
///
/// # Errors
/// As [`publish_body`].
pub(crate) async fn publish<G: Gateway>(
    call: &Call<'_, G>,
    file: impl Stream<Item = Result<Bytes, Failure>> + Send,
    of: (Upload, u64),
) -> Result<Public, Failure> {
    // A file that may not stay is not worth its disk.
    drop(done(call.of_account(Ask::CheckFileRoom(1)).await?)?);
    let blob = Box::pin(call.front.gateway.store_blob(file)).await?;
    give_address(call, blob, of).await
}

/// The same of a file that WhatsApp sent: it is stored once more, since what is received is kept nowhere else for long.
///
/// # Errors
/// As [`publish_body`].
pub(crate) async fn publish_fetched<G: Gateway>(
    call: &Call<'_, G>,
    fetched: Fetched,
) -> Result<Public, Failure> {
    let Fetched { mime_type, file_name, file } = fetched;
    let pieces = call.front.gateway.read_blob(file, 0..file.size_bytes).await?;
    let broken = |error: std::io::Error| Failure::new(ErrorCode::Internal, error.to_string());
    let of = (Upload { mime_type, file_name }, FILE_LIFE_MS_DEFAULT);
    publish(call, pieces.map_err(broken), of).await
}

async fn give_address<G: Gateway>(
    call: &Call<'_, G>,
    blob: BlobRef,
    (Upload { mime_type, file_name }, life_ms): (Upload, u64),
) -> Result<Public, Failure> {
    if blob.size_bytes == 0 {
        return Err(Failure::invalid(vec![FieldError::new("body", "is empty; it should be the file")]));
    }
    let new = NewFile { blob, mime_type, file_name, life_ms };
    match call.of_account(Ask::CreateFile(Box::new(new))).await? {
        AccountReply::NewFile(record, word) => {
            let url = format!("{}/files/{}", address(call), word.0);
            Ok(Public { record: *record, url })
        }
        _ => Err(unexpected()),
    }
}

/// Where people find this node: as its operator says, and otherwise as this request found it.
fn address<G: Gateway>(call: &Call<'_, G>) -> String {
    if let Some(public_url) = &call.front.bounds.public_url {
        return public_url.clone();
    }
    let text = |name: &HeaderName| call.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text(&X_FORWARDED_PROTO).filter(|scheme| *scheme == "https").unwrap_or("http");
    format!("{scheme}://{}", text(&HOST).unwrap_or("localhost"))
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::File(id) => Some(id),
        _ => None,
    })?;
    let AccountReply::Files(records, more) = call.of_account(Ask::ListFiles { after, limit }).await? else {
        return Err(unexpected());
    };
    let next_cursor = records.last().filter(|_| more).map(|last| Cursor::File(last.id).encode());
    let data = records.iter().map(FileJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

fn named<G: Gateway>(call: &Call<'_, G>) -> Result<FileId, Failure> {
    call.param("file_id")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::new(ErrorCode::FileNotFound, "This account has no file with that id."))
}

/// Serves a file to whoever knows its address.
///
/// # Errors
/// `FILE_NOT_FOUND`, `RANGE_NOT_SATISFIABLE`, `UNAVAILABLE` when too many files are being read.
pub(crate) async fn serve<G: Gateway>(visit: &Visit<'_, G>) -> Result<Answer, Failure> {
    let word = visit.params.get("word").unwrap_or_default();
    let gateway = &visit.front.gateway;
    let record = crate::call::in_time(Box::pin(gateway.public_file(word))).await?;
    let FileRecord { mime_type, file_name, blob: file, .. } = record;
    let mut answer = media::show(gateway, visit.headers, &Fetched { mime_type, file_name, file }).await?;
    reply::set(&mut answer, CONTENT_SECURITY_POLICY, POLICY);
    Ok(answer)
}
