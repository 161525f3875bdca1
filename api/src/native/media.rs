//! Files of received messages.

use hyper::StatusCode;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use trunkline_model::command::{Command, Reply};
use trunkline_model::{ErrorCode, Failure};

use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::event::media_sequence;
use crate::json::send::is_mime_type;
use crate::reply::{self, Answer};

/// Characters that RFC 8187 lets stand in a header parameter as they are.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let sequence = call
        .param("media")
        .and_then(|id| media_sequence(&id))
        .ok_or_else(|| Failure::new(ErrorCode::MediaNotFound, "This instance has no media with that id."))?;
    let reply = call.command(instance, Command::FetchMedia { sequence }).await?;
    let Reply::Media { mime_type, file_name, bytes } = reply else {
        return Err(unexpected());
    };
    let mut answer = reply::bytes(StatusCode::OK, "application/octet-stream", bytes);
    // The sender chose the type and the name: they are shown to the caller, and no browser may run the file.
    if let Some(mime_type) = mime_type.filter(|mime_type| is_mime_type(mime_type)) {
        reply::set_text(&mut answer, CONTENT_TYPE, &mime_type);
    }
    let disposition = match file_name {
        Some(name) => format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&name, ATTRIBUTE)),
        None => "attachment".to_owned(),
    };
    reply::set_text(&mut answer, CONTENT_DISPOSITION, &disposition);
    Ok(answer)
}
