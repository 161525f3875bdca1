//! Pairing, connection, the stream of events.

use std::time::Duration;

use futures_util::StreamExt;
use hyper::StatusCode;
use trunkline_model::command::{Command, EndpointCommand, EndpointReply, InstanceView, Replay};
use trunkline_model::settings::HistorySync;
use trunkline_model::{ErrorCode, Failure};

use super::config;
use super::error::without_conflict;
use super::shown::instance::public_id;
use super::shown::session::{CodeJson, HealthJson, ProgressJson, StatusJson};
use super::table::session::SessionOperation;
use super::{Ask, MOUNT, Stream, phone_in_path, wrong};
use crate::act;
use crate::call::unexpected;
use crate::dialects::{document, page, pairing};
use crate::gateway::Gateway;
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

/// The instance of the request, which is not linked yet.
async fn not_linked<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<InstanceView>, Failure> {
    let view = ask.instance().await?;
    match view.linked {
        None => Ok(view),
        Some(_) => Err(Failure::new(ErrorCode::MalformedRequest, "device already paired")),
    }
}

/// The text of the QR code.
async fn code_to_scan<G: Gateway>(ask: &Ask<'_, G>) -> Result<String, Failure> {
    Ok(pairing::code_to_scan(ask, &*not_linked(ask).await?).await?.text)
}

/// The 8-character code for the number in the path.
async fn code_to_type<G: Gateway>(ask: &Ask<'_, G>) -> Result<String, Failure> {
    let phone = phone_in_path(ask)?;
    let phone = phone.phone().ok_or_else(|| wrong("phone", "is not a phone number"))?;
    let code = pairing::code_to_type(ask, &*not_linked(ask).await?, phone).await;
    code.map(|code| code.text).map_err(pairing::as_malformed)
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
