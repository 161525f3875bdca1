//! Outgoing messages after they were accepted, and read marks.

use hyper::StatusCode;
use trunkline_model::command::{Command, Reply};
use trunkline_model::limits::WA_MESSAGE_ID_BYTES_MAX;
use trunkline_model::message::MessageStatus;
use trunkline_model::{ErrorCode, Failure, InstanceId};

use crate::body::RequestBody;
use crate::call::{Call, message_in, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::cursor::Cursor;
use crate::json::message::{ContentJson, MessageJson, ReadBody};
use crate::reply::{self, Answer};

pub(super) async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let limit = call.query.limit()?;
    let is_id = |wa_id: &&str| (1..=WA_MESSAGE_ID_BYTES_MAX).contains(&wa_id.len());
    let expected = format!("is not 1 to {WA_MESSAGE_ID_BYTES_MAX} bytes long");
    let wa_id = call.query.read("wa_id", &expected, |text| Some(text).filter(is_id).map(str::to_owned))?;
    if let Some(wa_id) = &wa_id {
        return find(call, instance, wa_id).await;
    }
    let before = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Message(id) => Some(id),
        _ => None,
    })?;
    let status = call.query.read("status", "is not a status of a message", MessageStatus::parse)?;
    let command = Command::ListMessages { before, status, limit };
    let Reply::Messages { messages, next } = call.command(instance, command).await? else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|id| Cursor::Message(id).encode());
    let data = messages.iter().map(MessageJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

/// The one message that WhatsApp knows by an id, if there is one.
async fn find<G: Gateway>(call: &Call<'_, G>, instance: InstanceId, wa_id: &str) -> Result<Answer, Failure> {
    let wa_id = wa_id.to_owned();
    let found = match call.command(instance, Command::FindMessage { wa_id }).await {
        Ok(reply) => Some(message_in(reply)?),
        Err(failure) if failure.code == ErrorCode::MessageNotFound => None,
        Err(failure) => return Err(failure),
    };
    let data = found.iter().map(|view| MessageJson::of(view)).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor: None }))
}

pub(super) async fn get_of_instance<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let id = call.message()?;
    let view = message_in(call.command(instance, Command::GetMessage { id }).await?)?;
    Ok(reply::json(StatusCode::OK, &MessageJson::of(&view)))
}

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = call.message()?;
    let instance = call.owner_of(id).await?;
    let view = message_in(call.command(instance, Command::GetMessage { id }).await?)?;
    Ok(reply::json(StatusCode::OK, &MessageJson::of(&view)))
}

/// What an outgoing message says.
pub(super) async fn content<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = call.message()?;
    let instance = call.owner_of(id).await?;
    let Reply::Bodies(bodies) = call.command(instance, Command::GetBodies { ids: vec![id] }).await? else {
        return Err(unexpected());
    };
    let body = bodies.into_iter().next().flatten().ok_or_else(|| {
        let detail = "What the message says is not kept: it was a one-time password.";
        Failure::new(ErrorCode::MessageNotFound, detail)
    })?;
    Ok(reply::json(StatusCode::OK, &ContentJson::of(&body)))
}

pub(super) async fn mark_read<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let body: ReadBody = body.json(call.headers).await?;
    match call.command(instance, body.read()?).await? {
        Reply::Done => Ok(reply::no_content()),
        _ => Err(unexpected()),
    }
}
