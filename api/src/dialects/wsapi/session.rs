//! Pairing, connection, the stream of events.

use std::time::Duration;

use hyper::StatusCode;
use tokio::time::{Instant, timeout_at};
use trunkline_model::command::{Command, InstanceView, PairingView};
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure};

use super::shown::instance::public_id;
use super::shown::session::{CodeJson, HealthJson, ProgressJson, StatusJson};
use super::table::session::SessionOperation;
use super::{Ask, MOUNT, Stream, wrong};
use crate::call::{instance_in, pairing_in, unexpected};
use crate::dialects::{document, page};
use crate::gateway::{EventTail, Gateway};
use crate::limits::CODE_WAIT_MS_MAX;
use crate::qr::{self, Format};
use crate::reply::{self, Answer};
use crate::sse::{Follower, Written};

/// Answers what needs no key.
pub(super) fn open(operation: SessionOperation) -> Result<Answer, Failure> {
    match operation {
        SessionOperation::Health => Ok(reply::json(StatusCode::OK, &HealthJson { status: "ok" })),
        SessionOperation::OpenApi => Ok(reply::bytes(StatusCode::OK, "application/json", document(&MOUNT))),
        SessionOperation::Docs => {
            Ok(reply::bytes(StatusCode::OK, "text/markdown; charset=utf-8", page(&MOUNT)))
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn answer<G: Gateway>(
    operation: SessionOperation,
    ask: &Ask<'_, G>,
) -> Result<Answer, Failure> {
    use SessionOperation as Op;
    match operation {
        Op::Qr => {
            let picture = qr::draw(&code_to_scan(ask).await?, Format::Png)?;
            Ok(reply::bytes(ask.status(), "image/png", picture))
        }
        Op::QrText => Ok(ask.show(&CodeJson::of_qr(&code_to_scan(ask).await?))),
        Op::PairCode => Ok(ask.show(&CodeJson::of_pairing(&code_to_type(ask).await?))),
        Op::Status => Ok(ask.show(&StatusJson::of(&*instance(ask).await?))),
        Op::Logout => ask.done(Command::Logout).await,
        Op::FlushHistory => {
            if instance(ask).await?.linked.is_none() {
                return Err(not_paired());
            }
            Ok(reply::json(StatusCode::ACCEPTED, &ProgressJson { status: "accepted" }))
        }
        Op::Stream => stream(ask).await,
        Op::Health | Op::OpenApi | Op::Docs => open(operation),
    }
}

/// The instance of the request.
pub(super) async fn instance<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<InstanceView>, Failure> {
    instance_in(ask.tell(Command::GetInstance).await?)
}

fn not_paired() -> Failure {
    Failure::new(ErrorCode::MalformedRequest, "device not paired")
}

/// The text of the QR code; the instance is connected for it where that is needed.
async fn code_to_scan<G: Gateway>(ask: &Ask<'_, G>) -> Result<String, Failure> {
    let view = awaiting_scan(ask, |view| view.qr.is_some()).await?;
    view.qr.map(|code| code.text).ok_or_else(unexpected)
}

/// The 8-character code for the number in the path.
async fn code_to_type<G: Gateway>(ask: &Ask<'_, G>) -> Result<String, Failure> {
    let phone = ask.phone_in_path()?;
    let phone = phone.phone().ok_or_else(|| wrong("phone", "is not a phone number"))?.to_owned();
    awaiting_scan(ask, |view| view.state == InstanceState::AwaitingScan).await?;
    let view = pairing_in(ask.tell(Command::RequestPairingCode { phone }).await?)?;
    view.code.map(|code| code.text).ok_or_else(unexpected)
}

/// Connects an instance that is not linked, and waits until pairing has come as far as `ready` says.
///
/// # Errors
/// `MALFORMED_REQUEST` for one that is linked, `TIMEOUT` when it does not come.
async fn awaiting_scan<G: Gateway>(
    ask: &Ask<'_, G>,
    ready: impl Fn(&PairingView) -> bool,
) -> Result<PairingView, Failure> {
    let id = ask.call.instance()?;
    let view = instance(ask).await?;
    if view.linked.is_some() {
        return Err(Failure::new(ErrorCode::MalformedRequest, "device already paired"));
    }
    let deadline = Instant::now() + Duration::from_millis(CODE_WAIT_MS_MAX);
    // Made before anything is asked, so that nothing falls between the two.
    let mut tail = ask.call.front.gateway.tail(id);
    if matches!(view.state, InstanceState::New | InstanceState::LoggedOut | InstanceState::Parked) {
        ask.tell(Command::Connect).await?;
    }
    loop {
        let view = pairing_in(ask.tell(Command::GetPairing).await?)?;
        if ready(&view) {
            return Ok(view);
        }
        let news = ask.call.unless_stopping(timeout_at(deadline, tail.next())).await;
        if !matches!(news, Some(Ok(Some(_)))) {
            return Err(Failure::new(ErrorCode::Timeout, "timed out waiting for a code"));
        }
    }
}

/// The events of the instance from now on.
async fn stream<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let call = ask.call;
    let id = call.instance()?;
    let place = call.place()?;
    let tail = call.front.gateway.tail(id);
    let view = instance(ask).await?;
    let follower = Follower {
        gateway: call.front.gateway.clone(),
        account: call.account(),
        instance: id,
        tail,
        after: view.newest_event,
        written: Written::Wsapi(Stream { instance: public_id(&view) }),
        heartbeat: Duration::from_millis(call.front.bounds.heartbeat_ms),
        stopping: call.front.stopping.clone(),
        _place: place,
    };
    Ok(reply::events(follower.into_stream()))
}
