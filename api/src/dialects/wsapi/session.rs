//! Pairing, connection, the stream of events.

use std::time::Duration;

use futures_util::StreamExt;
use hyper::StatusCode;
use tokio::time::{Instant, timeout_at};
use trunkline_model::command::{Command, EndpointCommand, EndpointReply, Expiring, PairingView, Replay};
use trunkline_model::instance::InstanceState;
use trunkline_model::settings::HistorySync;
use trunkline_model::{ErrorCode, Failure};

use super::config;
use super::error::without_conflict;
use super::shown::instance::public_id;
use super::shown::session::{CodeJson, HealthJson, ProgressJson, StatusJson};
use super::table::session::SessionOperation;
use super::{Ask, MOUNT, Stream, phone_in_path, wrong};
use crate::act;
use crate::call::{pairing_in, unexpected};
use crate::dialects::{document, page};
use crate::gateway::{EventTail, Gateway};
use crate::json::time::now_ms;
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
    done(operation, ask).await.map_err(without_conflict)
}

async fn done<G: Gateway>(operation: SessionOperation, ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    use SessionOperation as Op;
    match operation {
        Op::Qr => {
            let picture = qr::draw(&code_to_scan(ask).await?, Format::Png)?;
            Ok(reply::bytes(ask.status(), "image/png", picture))
        }
        Op::QrText => Ok(ask.show(&CodeJson::of_qr(&code_to_scan(ask).await?))),
        Op::PairCode => Ok(ask.show(&CodeJson::of_pairing(&code_to_type(ask).await?))),
        Op::Status => Ok(ask.show(&StatusJson::of(&*ask.instance().await?))),
        Op::Logout => logout(ask).await,
        Op::FlushHistory => flush_history(ask).await,
        Op::Stream => stream(ask).await,
        Op::Health | Op::OpenApi | Op::Docs => open(operation),
    }
}

fn not_paired() -> Failure {
    Failure::new(ErrorCode::MalformedRequest, "device not paired")
}

async fn logout<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = ask.instance().await?;
    if view.linked.is_none() {
        return Err(not_paired());
    }
    act::order(&ask.call, view.id, Command::Logout).await?;
    Ok(ask.nothing())
}

/// Tells the webhook once more what the phone has sent of the past.
async fn flush_history<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = ask.instance().await?;
    let refuse = |detail: &str| Failure::new(ErrorCode::MalformedRequest, detail);
    if view.linked.is_none() {
        return Err(not_paired());
    }
    if view.history == HistorySync::Off {
        return Err(refuse("history sync is not enabled"));
    }
    let Some(endpoint) = config::endpoint_at_work(&ask.call, view.id).await? else {
        return Err(refuse("there is no webhook to tell the history to"));
    };
    match ask.call.endpoints(EndpointCommand::Replay(endpoint, Replay::Backfilled(view.id))).await? {
        EndpointReply::Replaying(_) => Ok(ask.show(&ProgressJson { status: "accepted" })),
        _ => Err(unexpected()),
    }
}

/// The text of the QR code; the instance is connected for it where that is needed.
async fn code_to_scan<G: Gateway>(ask: &Ask<'_, G>) -> Result<String, Failure> {
    let view = awaiting_scan(ask, |view| view.qr.is_some()).await?;
    view.qr.map(|code| code.text).ok_or_else(unexpected)
}

/// The 8-character code for the number in the path: the one that is on show, if it is for that number.
async fn code_to_type<G: Gateway>(ask: &Ask<'_, G>) -> Result<String, Failure> {
    let phone = phone_in_path(ask)?;
    let phone = phone.phone().ok_or_else(|| wrong("phone", "is not a phone number"))?.to_owned();
    let view = awaiting_scan(ask, |view| view.state == InstanceState::AwaitingScan).await?;
    let serves = |code: &Expiring| code.expires_at_ms > now_ms();
    match (view.code.filter(serves), view.code_for) {
        (Some(code), Some(of)) if of == phone => return Ok(code.text),
        (Some(_), _) => {
            let detail = "a code for another number is on show; wait until it has expired";
            return Err(Failure::new(ErrorCode::MalformedRequest, detail));
        }
        (None, _) => {}
    }
    let view = pairing_in(ask.tell(Command::RequestPairingCode { phone }).await?)?;
    view.code.map(|code| code.text).ok_or_else(unexpected)
}

/// Connects an instance that is not linked, and waits until pairing has come as far as `ready` says.
///
/// # Errors
/// `MALFORMED_REQUEST` for one that is linked, `TIMEOUT` when it does not come, `UNAVAILABLE` when too many wait.
async fn awaiting_scan<G: Gateway>(
    ask: &Ask<'_, G>,
    ready: impl Fn(&PairingView) -> bool,
) -> Result<PairingView, Failure> {
    let view = ask.instance().await?;
    if view.linked.is_some() {
        return Err(Failure::new(ErrorCode::MalformedRequest, "device already paired"));
    }
    let deadline = Instant::now() + Duration::from_millis(CODE_WAIT_MS_MAX);
    // Made before anything is asked, so that nothing falls between the two.
    let mut tail = ask.call.front.gateway.tail(view.id);
    if matches!(view.state, InstanceState::New | InstanceState::LoggedOut | InstanceState::Parked) {
        ask.tell(Command::Connect).await?;
    }
    let mut waiting = None;
    loop {
        let view = pairing_in(ask.tell(Command::GetPairing).await?)?;
        if ready(&view) {
            return Ok(view);
        }
        if waiting.is_none() {
            waiting = Some(ask.place_to_wait()?);
        }
        let news = ask.call.unless_stopping(timeout_at(deadline, tail.next())).await;
        if !matches!(news, Some(Ok(Some(_)))) {
            return Err(Failure::new(ErrorCode::Timeout, "timed out waiting for a code"));
        }
    }
}

/// The events of the instance from now on.
async fn stream<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let call = &ask.call;
    let place = ask.place_to_wait()?;
    let id = call.instance()?;
    let tail = call.front.gateway.tail(id);
    let view = ask.instance().await?;
    let events = config::filters(call, id).await?;
    let writer = Stream { instance: public_id(&view), own: view.linked.clone(), events };
    let follower = Follower {
        gateway: call.front.gateway.clone(),
        account: call.account(),
        instance: id,
        tail,
        after: view.newest_event,
        written: Written::InDialect(Box::new(writer)),
        heartbeat: Duration::from_millis(call.front.bounds.heartbeat_ms),
        stopping: call.front.stopping.clone(),
        _place: place,
    };
    Ok(reply::events(follower.into_stream().take_until(Box::pin(call.lapse()))))
}
