//! The native API: what each operation of the route table does.

mod events;
mod groups;
mod instances;
mod keys;
mod media;
mod messages;
mod node;
mod pairing;
mod portable;
mod send;
mod settings;

use trunkline_model::Failure;

use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::Gateway;
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
        NativeOperation::Node(NodeOperation::Status) => node::status(call),
        NativeOperation::Node(NodeOperation::CreateKey) => keys::create(call, body).await,
        NativeOperation::Portable(operation) => Box::pin(portable::answer(operation, call, body)).await,
        NativeOperation::Settings(operation) => Box::pin(settings::answer(operation, call, body)).await,
    }
}

async fn message<G: Gateway>(
    operation: MessageOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Send => send::send(call, body).await,
        Op::List => messages::list(call).await,
        Op::MarkRead => messages::mark_read(call, body).await,
        Op::GetOfInstance => messages::get_of_instance(call).await,
        Op::Get => messages::get(call).await,
        Op::Events => events::events(call).await,
        Op::GetMedia => media::get(call).await,
    }
}
