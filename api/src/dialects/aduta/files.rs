//! Files at public addresses, from requests and from messages that arrived.

use futures_util::{TryStreamExt, stream};
use hyper::header::CONTENT_TYPE;
use multer::{Constraints, Multipart, SizeLimit};
use trunkline_model::limits::{FILE_LIFE_MS_DEFAULT, MEDIA_BYTES_MAX};
use trunkline_model::{ErrorCode, Failure};

use super::body::file::{DecryptBody, UploadBody};
use super::shown::file::PublicJson;
use super::{Ask, wrong};
use crate::body::{ContentKind, Memory, RequestBody, content_kind};
use crate::gateway::Gateway;
use crate::json::fields::Base64;
use crate::json::send::Upload;
use crate::limits::{JSON_BYTES_MAX, MESSAGE_JSON_BYTES_MAX, MULTIPART_OVERHEAD_BYTES_MAX};
use crate::native::files::{Public, content_type, publish, publish_body, publish_fetched};
use crate::native::media::fetch;
use crate::native::send::{broken, declared};
use crate::reply::Answer;

/// A file that is the body, is in a part of it, or stands in it as text.
pub(super) async fn upload<G: Gateway>(ask: &Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let call = &ask.call;
    let public = match content_kind(call.headers) {
        Ok(ContentKind::Json) if call.headers.contains_key(CONTENT_TYPE) => {
            let (body, _memory): (UploadBody, Memory) =
                body.held_json(call.headers, MESSAGE_JSON_BYTES_MAX).await?;
            let (Base64(bytes), upload) = body.read()?;
            publish(call, stream::iter([Ok(bytes)]), (upload, FILE_LIFE_MS_DEFAULT)).await?
        }
        Ok(ContentKind::Multipart(boundary)) => Box::pin(from_form(ask, body, boundary)).await?,
        // It calls itself a form, and is none.
        Err(failure) if failure.code == ErrorCode::MalformedBody => return Err(failure),
        // A type of its own, or none: the file as it is.
        _ => {
            let upload = Upload { mime_type: content_type(call.headers), file_name: None };
            publish_body(call, body, (upload, FILE_LIFE_MS_DEFAULT)).await?
        }
    };
    Ok(ask.show(&PublicJson::of(&public)))
}

async fn from_form<G: Gateway>(
    ask: &Ask<'_, G>,
    body: RequestBody,
    boundary: String,
) -> Result<Public, Failure> {
    let (stream, meter) = body.metered(MEDIA_BYTES_MAX, MULTIPART_OVERHEAD_BYTES_MAX)?;
    let sizes = SizeLimit::new().per_field(JSON_BYTES_MAX).for_field("file", MEDIA_BYTES_MAX);
    let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(sizes));
    // What stands before the file says nothing that counts.
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let upload = declared(&part);
        meter.file_flows(true);
        let pieces = part.map_err(broken).map_ok(bytes::Bytes::from);
        return publish(&ask.call, pieces, (upload, FILE_LIFE_MS_DEFAULT)).await;
    }
    Err(wrong("file", "is missing"))
}

/// The file of a message that arrived.
pub(super) async fn decrypt<G: Gateway>(ask: &Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: DecryptBody = ask.call.body(body).await?;
    let fetched = fetch(&ask.call, body.read()?).await?;
    Ok(ask.show(&PublicJson::of(&publish_fetched(&ask.call, fetched).await?)))
}
