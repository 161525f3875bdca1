//! API keys.

use hyper::StatusCode;
use trunkline_model::Failure;

use crate::body::RequestBody;
use crate::call::{Call, in_time};
use crate::gateway::Gateway;
use crate::json::key::{CreateKeyBody, KeyJson};
use crate::reply::{self, Answer};

pub(super) async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: CreateKeyBody = body.json(call.headers).await?;
    let (label, scopes) = body.read()?;
    let issued = in_time(call.front.gateway.create_key(call.account(), &label, &scopes)).await?;
    Ok(reply::json(StatusCode::CREATED, &KeyJson::of(&issued, &label, &scopes)))
}
