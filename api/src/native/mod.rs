//! The native API's handlers: path, query and body → command → reply → JSON.

mod events;
mod instances;
mod keys;
mod media;
mod messages;
mod node;
mod pairing;
mod send;

use trunkline_model::Failure;
use trunkline_model::command::Command;

use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::Gateway;
use crate::reply::Answer;
use crate::route::NativeOperation;

/// Answers a native operation.
///
/// # Errors
/// Whatever is wrong with the request, or what the engine refuses it for.
pub(crate) async fn answer<G: Gateway>(
    operation: NativeOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use NativeOperation as Op;
    match operation {
        Op::CreateInstance => instances::create(call, body).await,
        Op::ListInstances => instances::list(call).await,
        Op::GetInstance => instances::act(call, Command::GetInstance).await,
        Op::UpdateInstance => instances::update(call, body).await,
        Op::DeleteInstance => instances::delete(call).await,
        Op::Connect => instances::act_without_body(call, body, Command::Connect).await,
        Op::Disconnect => instances::act_without_body(call, body, Command::Disconnect).await,
        Op::Restart => instances::act_without_body(call, body, Command::Restart).await,
        Op::Logout => instances::act_without_body(call, body, Command::Logout).await,
        Op::PutWebhook => instances::put_webhook(call, body).await,
        Op::DeleteWebhook => instances::delete_webhook(call).await,
        Op::GetPairing => pairing::get(call).await,
        Op::GetQr => pairing::qr(call).await,
        Op::RequestPairingCode => pairing::request_code(call, body).await,
        Op::AnswerPasskey => pairing::answer_passkey(call, body).await,
        Op::ConfirmPasskey => pairing::confirm_passkey(call, body).await,
        Op::SendMessage => send::send(call, body).await,
        Op::ListMessages => messages::list(call).await,
        Op::MarkRead => messages::mark_read(call, body).await,
        Op::GetInstanceMessage => messages::get_of_instance(call).await,
        Op::GetMessage => messages::get(call).await,
        Op::Events => events::events(call).await,
        Op::CreateKey => keys::create(call, body).await,
        Op::Node => node::status(call),
        Op::GetMedia => media::get(call).await,
    }
}
