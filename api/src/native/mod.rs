//! The native API: what each operation of the route table does.

mod about;
mod accounts;
mod apps;
mod channels;
mod chats;
mod communities;
mod consumers;
mod contacts;
mod credits;
mod defaults;
mod events;
pub(crate) mod files;
mod groups;
mod instances;
mod keys;
pub(crate) mod media;
mod members;
mod messages;
mod node;
mod pairing;
mod plans;
mod portable;
mod profile;
pub(crate) mod send;
mod settings;
mod webhooks;

pub(crate) use members::member_in;
use trunkline_model::Failure;

use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::Gateway;
use crate::json::about::{KeepBody, PinBody, ReactBody, RevokeBody, VoteBody};
use crate::json::send::{SendBody, StatusBody};
use crate::reply::Answer;
use crate::route::{MessageOperation, NativeOperation, NodeOperation};

/// Answers a native operation.
///
/// # Errors
/// Whatever is wrong with the request, or what the engine refuses it for.
pub(crate) async fn answer<G: Gateway>(
    operation: NativeOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        NativeOperation::Instance(operation) => instances::answer(operation, call, body).await,
        NativeOperation::Message(operation) => message(operation, call, body).await,
        // Boxed: what rare operations need would be paid for by every message.
        NativeOperation::Group(operation) => Box::pin(groups::answer(operation, call, body)).await,
        NativeOperation::Chat(operation) => Box::pin(chats::answer(operation, call, body)).await,
        NativeOperation::Contact(operation) => Box::pin(contacts::answer(operation, call, body)).await,
        NativeOperation::Node(NodeOperation::Status) => node::status(call),
        NativeOperation::Profile(operation) => Box::pin(profile::answer(operation, call, body)).await,
        NativeOperation::Community(operation) => Box::pin(communities::answer(operation, call, body)).await,
        NativeOperation::Channel(operation) => Box::pin(channels::answer(operation, call, body)).await,
        NativeOperation::Portable(operation) => Box::pin(portable::answer(operation, call, body)).await,
        NativeOperation::Settings(operation) => Box::pin(settings::answer(operation, call, body)).await,
        NativeOperation::Webhook(operation) => Box::pin(webhooks::answer(operation, call, body)).await,
        NativeOperation::Consumer(operation) => Box::pin(consumers::answer(operation, call, body)).await,
        NativeOperation::Plan(operation) => Box::pin(plans::answer(operation, call, body)).await,
        NativeOperation::Event(operation) => Box::pin(events::of_account(operation, call, body)).await,
        NativeOperation::Account(operation) => Box::pin(accounts::answer(operation, call, body)).await,
        NativeOperation::File(operation) => Box::pin(files::answer(operation, call, body)).await,
    }
}

async fn message<G: Gateway>(
    operation: MessageOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Send => send::send::<G, SendBody>(call, body).await,
        Op::SendBatch => Box::pin(send::batch(call, body)).await,
        Op::PostStatus => Box::pin(send::send::<G, StatusBody>(call, body)).await,
        Op::React => about::send(call, body, ReactBody::read).await,
        Op::Revoke => about::send(call, body, RevokeBody::read).await,
        Op::Pin => about::send(call, body, PinBody::read).await,
        Op::Keep => about::send(call, body, KeepBody::read).await,
        Op::Vote => about::send(call, body, VoteBody::read).await,
        Op::Edit => about::edit(call, body).await,
        Op::Delete => about::delete(call).await,
        Op::Resend => about::resend(call, body).await,
        Op::Receipts => about::receipts(call).await,
        Op::Content => messages::content(call).await,
        Op::List => messages::list(call).await,
        Op::MarkRead => messages::mark_read(call, body).await,
        Op::GetOfInstance => messages::get_of_instance(call).await,
        Op::Get => messages::get(call).await,
        Op::Events => Box::pin(events::of_instance(call)).await,
        Op::GetMedia => media::get(call).await,
        Op::DownloadMedia => media::download_described(call, body).await,
    }
}
