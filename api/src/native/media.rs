//! Files of received messages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE};
use hyper::{HeaderMap, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use trunkline_model::command::{Command, Reply};
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::descriptor::DownloadMediaBody;
use crate::json::event::media_sequence;
use crate::json::send::is_mime_type;
use crate::range::{self, Asked};
use crate::reply::{self, Answer};

/// Characters that RFC 8187 lets stand in a header parameter as they are.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    download(call, call.param("media").as_deref()).await
}

/// The file with an id, or the part of it that the request asks for.
pub(crate) async fn download<G: Gateway>(call: &Call<'_, G>, id: Option<&str>) -> Result<Answer, Failure> {
    call.instance()?;
    let sequence = id
        .and_then(media_sequence)
        .ok_or_else(|| Failure::new(ErrorCode::MediaNotFound, "This instance has no media with that id."))?;
    serve(call, Command::FetchMedia { sequence }).await
}

pub(super) async fn download_described<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let body: DownloadMediaBody = call.body(body).await?;
    serve(call, Command::DownloadMedia(Box::new(body.read()?))).await
}

/// The file that an instance fetches on this command, or the part of it that the request asks for.
///
/// # Errors
/// `MEDIA_NOT_FOUND`, `MEDIA_UNUSABLE`, or what else the instance refuses it for.
pub(crate) async fn serve<G: Gateway>(call: &Call<'_, G>, command: Command) -> Result<Answer, Failure> {
    let file = fetch(call, command).await?;
    show(&call.front.gateway, call.headers, &file).await
}

/// A file on this node's disk, and what its sender says of it.
pub(crate) struct Fetched {
    pub(crate) mime_type: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) file: BlobRef,
}

/// Has the instance fetch a file.
///
/// # Errors
/// As [`serve`].
pub(crate) async fn fetch<G: Gateway>(call: &Call<'_, G>, command: Command) -> Result<Fetched, Failure> {
    match call.command(call.instance()?, command).await? {
        Reply::Media { mime_type, file_name, file } => Ok(Fetched { mime_type, file_name, file }),
        _ => Err(unexpected()),
    }
}

/// A file, or the part of it that a request with these headers asks for.
///
/// # Errors
/// `RANGE_NOT_SATISFIABLE`, or as [`Gateway::read_blob`].
pub(crate) async fn show<G: Gateway>(
    gateway: &G,
    headers: &HeaderMap,
    Fetched { mime_type, file_name, file }: &Fetched,
) -> Result<Answer, Failure> {
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(file.sha256));
    let mut answer = part(gateway, headers, (file, &etag)).await?;
    // The sender chose the type and the name: they are shown to the caller, and no browser may run the file.
    reply::set(&mut answer, CONTENT_TYPE, "application/octet-stream");
    if let Some(mime_type) = mime_type.as_deref().filter(|mime_type| is_mime_type(mime_type)) {
        reply::set_text(&mut answer, CONTENT_TYPE, mime_type);
    }
    let disposition = match file_name {
        Some(name) => format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(name, ATTRIBUTE)),
        None => "attachment".to_owned(),
    };
    reply::set_text(&mut answer, CONTENT_DISPOSITION, &disposition);
    reply::set(&mut answer, ACCEPT_RANGES, "bytes");
    reply::set_text(&mut answer, ETAG, &etag);
    Ok(answer)
}

/// The file, or the part of it that the request asks for.
async fn part<G: Gateway>(
    gateway: &G,
    headers: &HeaderMap,
    (file, etag): (&BlobRef, &str),
) -> Result<Answer, Failure> {
    let size = file.size_bytes;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A client that has the beginning of another file gets all of this one.
    let same = header(IF_RANGE).is_none_or(|known| known == etag);
    let asked = header(RANGE).filter(|_| same).map_or(Asked::Whole, |value| range::read(value, size));
    let range = match asked {
        Asked::Whole => {
            let pieces = gateway.read_blob(*file, 0..size).await?;
            return Ok(reply::file(StatusCode::OK, pieces, size));
        }
        Asked::Part(range) => range,
        Asked::Unsatisfiable => {
            let detail =
                format!("The file has {size} bytes; the `Range` header asks for bytes behind its end.");
            return Err(Failure::new(ErrorCode::RangeNotSatisfiable, detail));
        }
    };
    let pieces = gateway.read_blob(*file, range.clone()).await?;
    let mut answer = reply::file(StatusCode::PARTIAL_CONTENT, pieces, range.end - range.start);
    let named = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    reply::set_text(&mut answer, CONTENT_RANGE, &named);
    Ok(answer)
}
