//! Messages about messages: reactions, edits, deletions, pins; and who got one.

use hyper::StatusCode;
use hyper::header::LOCATION;
use serde::de::DeserializeOwned;
use trunkline_model::command::{Command, MessageView, Reply, SendRequest};
use trunkline_model::message::SendMessage;
use trunkline_model::{Failure, InstanceId};

use super::send::{IDEMPOTENCY_REPLAYED, idempotency_key};
use crate::body::RequestBody;
use crate::call::{Call, message_in, unexpected};
use crate::gateway::Gateway;
use crate::json::List;
use crate::json::about::{EditBody, ReceiptJson, revoke};
use crate::json::message::MessageJson;
use crate::reply::{self, Answer};

/// Accepts what a body says about a message of a chat.
pub(super) async fn send<G: Gateway, B: DeserializeOwned>(
    call: &Call<'_, G>,
    body: RequestBody,
    read: impl FnOnce(B) -> Result<SendMessage, Failure>,
) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let body: B = call.body(body).await?;
    accept(call, instance, read(body)?).await
}

/// Changes the words of an outgoing message.
pub(super) async fn edit<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: EditBody = body.json(call.headers).await?;
    let (instance, earlier) = earlier(call).await?;
    accept(call, instance, body.read(&earlier)?).await
}

/// Deletes an outgoing message for everyone.
pub(super) async fn delete<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let (instance, earlier) = earlier(call).await?;
    accept(call, instance, revoke(&earlier)?).await
}

/// Sends an outgoing message again that failed.
pub(super) async fn resend<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    body.empty(call.headers).await?;
    let instance = owner(call).await?;
    accepted(call, instance, Command::ResendMessage { id: call.message()? }).await
}

/// Who got and read an outgoing message.
pub(super) async fn receipts<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let instance = owner(call).await?;
    let id = call.message()?;
    let Reply::Receipts(receipts) = call.command(instance, Command::GetReceipts { id }).await? else {
        return Err(unexpected());
    };
    let data: Vec<_> = receipts.iter().map(ReceiptJson::of).collect();
    Ok(reply::json(StatusCode::OK, &List { data }))
}

async fn owner<G: Gateway>(call: &Call<'_, G>) -> Result<InstanceId, Failure> {
    let id = call.message()?;
    call.owner_of(id).await
}

/// The message in the path.
async fn earlier<G: Gateway>(call: &Call<'_, G>) -> Result<(InstanceId, Box<MessageView>), Failure> {
    let instance = owner(call).await?;
    let id = call.message()?;
    Ok((instance, message_in(call.command(instance, Command::GetMessage { id }).await?)?))
}

async fn accept<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    message: SendMessage,
) -> Result<Answer, Failure> {
    let request = SendRequest { message, idempotency_key: idempotency_key(call.headers)? };
    accepted(call, instance, Command::Send(Box::new(request))).await
}

/// Gives an instance a command that makes a message, and shows the message.
async fn accepted<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    command: Command,
) -> Result<Answer, Failure> {
    let view = message_in(call.command(instance, command).await?)?;
    let mut answer = reply::json(StatusCode::ACCEPTED, &MessageJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/messages/{}", view.id));
    if view.replayed {
        reply::set(&mut answer, IDEMPOTENCY_REPLAYED, "true");
    }
    Ok(answer)
}
