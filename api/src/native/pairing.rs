//! Linking a number: QR codes, 8-character codes, passkeys.

use hyper::StatusCode;
use hyper::header::ACCEPT;
use trunkline_model::command::Command;
use trunkline_model::{ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, pairing_in};
use crate::gateway::Gateway;
use crate::json::pairing::{PairingJson, PasskeyBody, PhoneBody};
use crate::qr::{self, Format};
use crate::reply::{self, Answer};

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    act(call, Command::GetPairing).await
}

pub(super) async fn qr<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let named = call.query.read("format", "is not one of text, terminal, png, svg", Format::parse)?;
    let accepted = || {
        let accept = call.headers.get(ACCEPT)?.to_str().ok()?;
        Format::accepted(accept)
    };
    let format = named.or_else(accepted).unwrap_or(Format::Png);
    let view = pairing_in(call.command(instance, Command::GetPairing).await?)?;
    let code = view.qr.ok_or_else(|| {
        Failure::in_state(
            ErrorCode::InstanceState,
            view.state,
            "No QR code is on show. Connect the instance and wait for the event `instance.qr`.",
        )
    })?;
    let picture = qr::draw(&code.text, format)?;
    Ok(reply::bytes(StatusCode::OK, format.content_type(), picture))
}

pub(super) async fn request_code<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    call.instance()?;
    let body: PhoneBody = body.json(call.headers).await?;
    let phone = body.read()?;
    act(call, Command::RequestPairingCode { phone }).await
}

pub(super) async fn answer_passkey<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    call.instance()?;
    let body: PasskeyBody = body.json(call.headers).await?;
    act(call, Command::AnswerPasskey(body.read()?)).await
}

pub(super) async fn confirm_passkey<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    call.instance()?;
    body.empty(call.headers).await?;
    act(call, Command::ConfirmPasskey).await
}

/// Gives the instance a command that it answers with what pairing waits for.
async fn act<G: Gateway>(call: &Call<'_, G>, command: Command) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let view = pairing_in(call.command(instance, command).await?)?;
    Ok(reply::json(StatusCode::OK, &PairingJson::of(&view)))
}
