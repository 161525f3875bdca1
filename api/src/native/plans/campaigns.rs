//! Campaigns.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::command::{CampaignCommand, Place, PlanCommand, PlanReply};
use trunkline_model::plan::{CampaignState, RecipientState};
use trunkline_model::{CampaignId, ErrorCode, Failure};

use super::{id, stage};
use crate::body::{Memory, RequestBody};
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::place::PlaceIn;
use crate::json::plan::campaign::{
    AddBody, AddedJson, CampaignBody, CampaignChange, CampaignJson, RecipientJson, StartBody,
};
use crate::limits::BATCH_JSON_BYTES_MAX;
use crate::query::malformed;
use crate::reply::{self, Answer};
use crate::route::PlanOperation;

async fn ask<G: Gateway>(call: &Call<'_, G>, command: CampaignCommand) -> Result<PlanReply, Failure> {
    call.plans(PlanCommand::Campaign(Box::new(command))).await
}

fn shown(reply: PlanReply) -> Result<Answer, Failure> {
    match reply {
        PlanReply::Campaign(record, reach) => {
            Ok(reply::json(StatusCode::OK, &CampaignJson::of(&record, reach)))
        }
        PlanReply::Added(_, total) => Ok(reply::json(StatusCode::OK, &AddedJson { total })),
        PlanReply::Done => Ok(reply::no_content()),
        _ => Err(unexpected()),
    }
}

pub(super) fn campaign<G: Gateway>(call: &Call<'_, G>) -> Result<CampaignId, Failure> {
    id(call, "campaign", ErrorCode::CampaignNotFound)
}

pub(super) async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (body, _memory): (CampaignBody, Memory) = body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    let new = body.read(&|name| call.resolve(name))?;
    let PlanReply::Campaign(record, reach) = ask(call, CampaignCommand::Create(new)).await? else {
        return Err(unexpected());
    };
    let mut answer = reply::json(StatusCode::CREATED, &CampaignJson::of(&record, reach));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/campaigns/{}", record.id));
    Ok(answer)
}

pub(super) async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let after = PlaceIn::Campaigns.of(&call.query)?;
    let (state, limit) = (stage(call, CampaignState::parse)?, call.query.limit()?);
    let PlanReply::Campaigns(records, next) =
        ask(call, CampaignCommand::List { after, state, limit }).await?
    else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|place| PlaceIn::Campaigns.encode(&place));
    let data = records.iter().map(|record| CampaignJson::of(record, None)).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(ask(call, CampaignCommand::Get(campaign(call)?)).await?)
}

pub(super) async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = campaign(call)?;
    let body: CampaignChange = body.json(call.headers).await?;
    shown(ask(call, CampaignCommand::Update(id, body.read()?)).await?)
}

pub(super) async fn delete<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(ask(call, CampaignCommand::Delete(campaign(call)?)).await?)
}

pub(super) async fn start<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = campaign(call)?;
    let body: StartBody = body.json(call.headers).await?;
    shown(ask(call, CampaignCommand::Start(id, body.read()?)).await?)
}

pub(super) async fn step<G: Gateway>(
    operation: PlanOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let id = campaign(call)?;
    body.empty(call.headers).await?;
    let command = match operation {
        PlanOperation::PauseCampaign => CampaignCommand::Pause(id),
        PlanOperation::ResumeCampaign => CampaignCommand::Resume(id),
        _ => CampaignCommand::Cancel(id),
    };
    shown(ask(call, command).await?)
}

pub(super) async fn add<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = campaign(call)?;
    let (body, _memory): (AddBody, Memory) = body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    shown(ask(call, body.read(id)?).await?)
}

pub(super) async fn recipients<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = campaign(call)?;
    let number = |place: Place| place.0.try_into().ok().map(u32::from_be_bytes);
    let from = PlaceIn::Recipients.of(&call.query)?;
    let from =
        from.map(|place| number(place).ok_or_else(|| malformed("cursor", "is not a cursor of this list")));
    let from = from.transpose()?.unwrap_or(0);
    let (state, limit) = (stage(call, RecipientState::parse)?, call.query.limit()?);
    let PlanReply::Recipients(people, next) =
        ask(call, CampaignCommand::Recipients { id, from, state, limit }).await?
    else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|next| PlaceIn::Recipients.encode(&Place(next.to_be_bytes().to_vec())));
    Ok(reply::json(
        StatusCode::OK,
        &Page { data: people.iter().map(RecipientJson::of).collect(), next_cursor },
    ))
}
