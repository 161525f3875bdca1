//! Webhooks: where an account's events are sent.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::command::{EndpointCommand as Ask, EndpointReply, EndpointView};
use trunkline_model::delivery::Target;
use trunkline_model::{EndpointId, ErrorCode, Failure, Scope};

use crate::body::RequestBody;
use crate::call::{Call, no_endpoint, unexpected};
use crate::gateway::Gateway;
use crate::json::cursor::Cursor;
use crate::json::time::{Time, now_ms};
use crate::json::webhook::{
    DeadLetterJson, DeliveryJson, NewWebhookJson, ReplayBody, ReplayingJson, RotateBody, SecretJson,
    TestedJson, WebhookBody, WebhookJson,
};
use crate::json::{List, Page};
use crate::reply::{self, Answer};
use crate::route::WebhookOperation;

pub(super) async fn answer<G: Gateway>(
    operation: WebhookOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use WebhookOperation as Op;
    match operation {
        Op::Create => create(call, body).await,
        Op::List => list(call).await,
        Op::Get => show(&*webhook(call).await?),
        Op::Update => update(call, body).await,
        Op::Delete => delete(call, "webhook", false).await,
        Op::Pause => act(call, body, Ask::Pause).await,
        Op::Resume => act(call, body, Ask::Resume).await,
        Op::RotateSecret => rotate(call, body).await,
        Op::Test => test(call, body).await,
        Op::Deliveries => deliveries(call).await,
        Op::DeadLetters => dead_letters(call).await,
        Op::Replay => replay(call, body).await,
    }
}

async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: WebhookBody = body.json(call.headers).await?;
    let new = body.create(&|name| call.resolve(name))?;
    let view = one(call.endpoints(Ask::Create(Box::new(new))).await?)?;
    let mut answer = reply::json(StatusCode::CREATED, &NewWebhookJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/webhooks/{}", view.endpoint.id));
    Ok(answer)
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let (views, next_cursor) = page(call, false).await?;
    Ok(reply::json(StatusCode::OK, &Page { data: views.iter().map(WebhookJson::of).collect(), next_cursor }))
}

/// A page of webhooks, or of consumers, and the cursor of the next one.
pub(super) async fn page<G: Gateway>(
    call: &Call<'_, G>,
    pulling: bool,
) -> Result<(Vec<EndpointView>, Option<String>), Failure> {
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Endpoint(id) => Some(id),
        _ => None,
    })?;
    match call.endpoints(Ask::List { pulling, after, limit }).await? {
        EndpointReply::Endpoints(views, more) => {
            let last = views.last().filter(|_| more);
            let next_cursor = last.map(|last| Cursor::Endpoint(last.endpoint.id).encode());
            Ok((views, next_cursor))
        }
        _ => Err(unexpected()),
    }
}

/// The webhook in the path. A consumer is none.
async fn webhook<G: Gateway>(call: &Call<'_, G>) -> Result<Box<EndpointView>, Failure> {
    let view = one(call.endpoints(Ask::Get(call.endpoint("webhook")?)).await?)?;
    if view.endpoint.target == Target::Pull { Err(no_endpoint()) } else { Ok(view) }
}

async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    let body: WebhookBody = body.json(call.headers).await?;
    // Which fields it has, and what stays of its address and login, depends on what it is.
    let old = webhook(call).await?;
    let change = body.update(&old.endpoint.target, &|name| call.resolve(name))?;
    show(&*one(call.endpoints(Ask::Update(id, Box::new(change))).await?)?)
}

/// Deletes the webhook or consumer in the path: `name` is the parameter's.
pub(super) async fn delete<G: Gateway>(
    call: &Call<'_, G>,
    name: &str,
    pulling: bool,
) -> Result<Answer, Failure> {
    match call.endpoints(Ask::Delete { id: call.endpoint(name)?, pulling }).await? {
        EndpointReply::Done => Ok(reply::no_content()),
        _ => Err(unexpected()),
    }
}

/// Does something that takes no body and is answered with the webhook.
async fn act<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    ask: fn(EndpointId) -> Ask,
) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    body.empty(call.headers).await?;
    show(&*one(call.endpoints(ask(id)).await?)?)
}

async fn rotate<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    let body: RotateBody = body.json(call.headers).await?;
    let overlap_ms = body.read()?;
    // Taken before the engine's own, so that what is promised is not too much.
    let until_ms = now_ms().saturating_add_unsigned(overlap_ms);
    match call.endpoints(Ask::RotateSecret(id, overlap_ms)).await? {
        EndpointReply::Secret(secret) => {
            let old_secret_until = (overlap_ms > 0).then_some(Time(until_ms));
            Ok(reply::json(StatusCode::OK, &SecretJson { secret, old_secret_until }))
        }
        _ => Err(unexpected()),
    }
}

async fn test<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    body.empty(call.headers).await?;
    match call.endpoints(Ask::Test(id)).await? {
        EndpointReply::Tested(result) => Ok(reply::json(StatusCode::OK, &TestedJson::of(result))),
        _ => Err(unexpected()),
    }
}

async fn deliveries<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    let limit = call.query.limit()?;
    let failed = call.query.flag("failed")?.unwrap_or(false);
    let instance = match call.query.get("instance") {
        Some(name) => Some(call.resolve(name).ok_or_else(|| {
            let detail = "This account has no instance with the id or name in `instance`.";
            Failure::new(ErrorCode::InstanceNotFound, detail)
        })?),
        None => None,
    };
    match call.endpoints(Ask::Deliveries { id, instance, failed, limit }).await? {
        EndpointReply::Deliveries(records) => {
            Ok(reply::json(StatusCode::OK, &List { data: records.iter().map(DeliveryJson::of).collect() }))
        }
        _ => Err(unexpected()),
    }
}

async fn dead_letters<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Letter(instance, sequence) => Some((instance, sequence)),
        _ => None,
    })?;
    let EndpointReply::DeadLetters(letters, more) =
        call.endpoints(Ask::DeadLetters { id, after, limit }).await?
    else {
        return Err(unexpected());
    };
    let last = letters.last().filter(|_| more);
    let next_cursor = last.map(|last| Cursor::Letter(last.instance, last.sequence).encode());
    let may_read = Scope::EventsRead.is_granted_by(&call.principal.scopes);
    let data = letters.iter().map(|letter| DeadLetterJson::of(call.account(), letter, may_read)).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

async fn replay<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = call.endpoint("webhook")?;
    let body: ReplayBody = body.json(call.headers).await?;
    let replay = body.read(&|name| call.resolve(name))?;
    match call.endpoints(Ask::Replay(id, replay)).await? {
        EndpointReply::Replaying(events) => Ok(reply::json(StatusCode::ACCEPTED, &ReplayingJson { events })),
        _ => Err(unexpected()),
    }
}

/// The endpoint in a reply.
pub(super) fn one(reply: EndpointReply) -> Result<Box<EndpointView>, Failure> {
    match reply {
        EndpointReply::Endpoint(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

fn show(view: &EndpointView) -> Result<Answer, Failure> {
    Ok(reply::json(StatusCode::OK, &WebhookJson::of(view)))
}
