//! Instances.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::Failure;
use trunkline_model::command::{Command, InstanceFilter, InstanceView};
use trunkline_model::instance::InstanceState;

use crate::act;
use crate::body::RequestBody;
use crate::call::{Call, in_time};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::cursor::Cursor;
use crate::json::instance::{CreateBody, InstanceJson, UpdateBody};
use crate::native::pairing;
use crate::reply::{self, Answer};
use crate::route::InstanceOperation;

pub(super) async fn answer<G: Gateway>(
    operation: InstanceOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use InstanceOperation as Op;
    match operation {
        Op::Create => create(call, body).await,
        Op::List => list(call).await,
        Op::Get => Ok(shown(&*act::order(call, call.instance()?, Command::GetInstance).await?)),
        Op::Update => update(call, body).await,
        Op::Delete => delete(call).await,
        Op::Connect => order(call, body, Command::Connect).await,
        Op::Disconnect => order(call, body, Command::Disconnect).await,
        Op::Restart => order(call, body, Command::Restart).await,
        Op::Logout => order(call, body, Command::Logout).await,
        Op::GetPairing => pairing::get(call).await,
        Op::GetQr => pairing::qr(call).await,
        Op::RequestPairingCode => pairing::request_code(call, body).await,
        Op::AnswerPasskey => pairing::answer_passkey(call, body).await,
        Op::ConfirmPasskey => pairing::confirm_passkey(call, body).await,
    }
}

async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: CreateBody = body.json(call.headers).await?;
    let instance = body.read()?;
    let view = act::create(call, instance).await?;
    let mut answer = reply::json(StatusCode::CREATED, &InstanceJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/instances/{}", view.id));
    Ok(answer)
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Instance(id) => Some(id),
        _ => None,
    })?;
    let state = call.query.read("state", "is not a state of an instance", |word| {
        InstanceState::ALL.into_iter().find(|state| state.as_str() == word)
    })?;
    let workspace = call.query.read("workspace", "is not the id of a workspace", |id| id.parse().ok())?;
    let wanted = InstanceFilter { state, workspace, only: call.principal.instances.as_deref() };
    let page = call.front.gateway.list_instances(call.account(), (after, limit), wanted);
    let (views, more) = in_time(page).await?;
    let next_cursor = views.last().filter(|_| more).map(|last| Cursor::Instance(last.id).encode());
    let data = views.iter().map(InstanceJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

/// An order without a body.
async fn order<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    command: Command,
) -> Result<Answer, Failure> {
    call.no_body(body).await?;
    Ok(shown(&*act::order(call, call.instance()?, command).await?))
}

async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: UpdateBody = call.body(body).await?;
    let update = Command::UpdateInstance(Box::new(body.read()?));
    Ok(shown(&*act::order(call, call.instance()?, update).await?))
}

async fn delete<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    act::delete(call, call.instance()?).await?;
    Ok(reply::no_content())
}

fn shown(view: &InstanceView) -> Answer {
    reply::json(StatusCode::OK, &InstanceJson::of(view))
}
