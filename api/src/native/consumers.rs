//! Consumers: who comes for an account's events, and says which have arrived.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::Failure;
use trunkline_model::command::{EndpointCommand as Ask, EndpointReply};
use trunkline_model::delivery::Target;

use super::webhooks::{delete, one, page};
use crate::body::RequestBody;
use crate::call::{Call, no_endpoint, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::consumer::{AckBody, ConsumerBody, ConsumerJson, PulledJson};
use crate::reply::{self, Answer};
use crate::route::ConsumerOperation;

pub(super) async fn answer<G: Gateway>(
    operation: ConsumerOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ConsumerOperation as Op;
    match operation {
        Op::Create => create(call, body).await,
        Op::List => list(call).await,
        Op::Get => get(call).await,
        Op::Delete => delete(call, "consumer", true).await,
        Op::Events => events(call).await,
        Op::Ack => ack(call, body).await,
    }
}

async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: ConsumerBody = body.json(call.headers).await?;
    let new = body.read(&|name| call.resolve(name))?;
    let view = one(call.endpoints(Ask::Create(Box::new(new))).await?)?;
    let mut answer = reply::json(StatusCode::CREATED, &ConsumerJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/consumers/{}", view.endpoint.id));
    Ok(answer)
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let (views, next_cursor) = page(call, true).await?;
    Ok(reply::json(StatusCode::OK, &Page { data: views.iter().map(ConsumerJson::of).collect(), next_cursor }))
}

async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let view = one(call.endpoints(Ask::Get(call.endpoint("consumer")?)).await?)?;
    if view.endpoint.target != Target::Pull {
        return Err(no_endpoint());
    }
    Ok(reply::json(StatusCode::OK, &ConsumerJson::of(&view)))
}

async fn events<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = call.endpoint("consumer")?;
    let (limit, wait_ms) = (call.query.limit()?, call.wait_ms()?);
    let _place = if wait_ms > 0 { Some(call.place()?) } else { None };
    let pull = call.endpoints(Ask::Pull { id, limit, wait_ms });
    let events = match call.unless_stopping(pull).await.transpose()? {
        Some(EndpointReply::Events(events)) => events,
        Some(_) => return Err(unexpected()),
        // The client comes again, and finds the next process.
        None => Vec::new(),
    };
    Ok(reply::json(StatusCode::OK, &PulledJson::of(call.account(), id, &events)))
}

async fn ack<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = call.endpoint("consumer")?;
    let body: AckBody = body.json(call.headers).await?;
    match call.endpoints(Ask::Ack(id, body.read(id)?)).await? {
        EndpointReply::Done => Ok(reply::no_content()),
        _ => Err(unexpected()),
    }
}
