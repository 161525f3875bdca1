//! Files of received messages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::StatusCode;
use hyper::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use trunkline_model::command::{Command, Reply};
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};

use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
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
    let instance = call.instance()?;
    let sequence = id
        .and_then(media_sequence)
        .ok_or_else(|| Failure::new(ErrorCode::MediaNotFound, "This instance has no media with that id."))?;
    let reply = call.command(instance, Command::FetchMedia { sequence }).await?;
    let Reply::Media { mime_type, file_name, file } = reply else {
        return Err(unexpected());
    };
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(file.sha256));
    let mut answer = part(call, &file, &etag).await?;
    // The sender chose the type and the name: they are shown to the caller, and no browser may run the file.
    reply::set(&mut answer, CONTENT_TYPE, "application/octet-stream");
    if let Some(mime_type) = mime_type.filter(|mime_type| is_mime_type(mime_type)) {
        reply::set_text(&mut answer, CONTENT_TYPE, &mime_type);
    }
    let disposition = match file_name {
        Some(name) => format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&name, ATTRIBUTE)),
        None => "attachment".to_owned(),
    };
    reply::set_text(&mut answer, CONTENT_DISPOSITION, &disposition);
    reply::set(&mut answer, ACCEPT_RANGES, "bytes");
    reply::set_text(&mut answer, ETAG, &etag);
    Ok(answer)
}

/// The file, or the part of it that the request asks for.
async fn part<G: Gateway>(call: &Call<'_, G>, file: &BlobRef, etag: &str) -> Result<Answer, Failure> {
    let size = file.size_bytes;
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    // A client that has the beginning of another file gets all of this one.
    let same = header(IF_RANGE).is_none_or(|known| known == etag);
    let asked = header(RANGE).filter(|_| same).map_or(Asked::Whole, |value| range::read(value, size));
    let range = match asked {
        Asked::Whole => {
            let pieces = call.front.gateway.read_blob(*file, 0..size).await?;
            return Ok(reply::file(StatusCode::OK, pieces, size));
        }
        Asked::Part(range) => range,
        Asked::Unsatisfiable => {
            let detail =
                format!("The file has {size} bytes; the `Range` header asks for bytes behind its end.");
            return Err(Failure::new(ErrorCode::RangeNotSatisfiable, detail));
        }
    };
    let pieces = call.front.gateway.read_blob(*file, range.clone()).await?;
    let mut answer = reply::file(StatusCode::PARTIAL_CONTENT, pieces, range.end - range.start);
    let named = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    reply::set_text(&mut answer, CONTENT_RANGE, &named);
    Ok(answer)
}
