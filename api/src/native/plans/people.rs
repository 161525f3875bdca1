//! The address book and the suppression list.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::command::{BookCommand, PlanCommand, PlanReply, SuppressionCommand};
use trunkline_model::limits::CONTACT_SEARCH_BYTES_MAX;
use trunkline_model::{Address, ErrorCode, Failure};

use super::id;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::place::PlaceIn;
use crate::json::plan::book::{BookContactJson, ContactBody, ContactChange};
use crate::json::plan::suppression::{PutSettings, SuppressBody, SuppressionJson, SuppressionSettingsJson};
use crate::json::{List, Page};
use crate::query::malformed;
use crate::reply::{self, Answer};

async fn ask<G: Gateway>(call: &Call<'_, G>, command: BookCommand) -> Result<PlanReply, Failure> {
    call.plans(PlanCommand::Book(Box::new(command))).await
}

fn shown(reply: PlanReply) -> Result<Answer, Failure> {
    match reply {
        PlanReply::Contact(record) => Ok(reply::json(StatusCode::OK, &BookContactJson::of(&record))),
        PlanReply::Done => Ok(reply::no_content()),
        PlanReply::SuppressionSettings(settings) => {
            Ok(reply::json(StatusCode::OK, &SuppressionSettingsJson::of(&settings)))
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: ContactBody = body.json(call.headers).await?;
    let PlanReply::Contact(record) = ask(call, BookCommand::Create(body.read()?)).await? else {
        return Err(unexpected());
    };
    let mut answer = reply::json(StatusCode::CREATED, &BookContactJson::of(&record));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/contacts/{}", record.id));
    Ok(answer)
}

pub(super) async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let after = PlaceIn::Book.of(&call.query)?;
    let short = |text: &str| (1..=CONTACT_SEARCH_BYTES_MAX).contains(&text.len()).then(|| text.to_owned());
    let expected = format!("has not 1 to {CONTACT_SEARCH_BYTES_MAX} bytes");
    let search = call.query.read("search", &expected, short)?;
    let tag = call.query.read("tag", &expected, short)?;
    let limit = call.query.limit()?;
    let PlanReply::Contacts(records, next) =
        ask(call, BookCommand::List { after, search, tag, limit }).await?
    else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|place| PlaceIn::Book.encode(&place));
    Ok(reply::json(
        StatusCode::OK,
        &Page { data: records.iter().map(BookContactJson::of).collect(), next_cursor },
    ))
}

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(ask(call, BookCommand::Get(id(call, "contact", ErrorCode::ContactNotFound)?)).await?)
}

pub(super) async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = id(call, "contact", ErrorCode::ContactNotFound)?;
    let body: ContactChange = body.json(call.headers).await?;
    shown(ask(call, BookCommand::Update(id, body.read()?)).await?)
}

pub(super) async fn delete<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(ask(call, BookCommand::Delete(id(call, "contact", ErrorCode::ContactNotFound)?)).await?)
}

async fn list_of<G: Gateway>(call: &Call<'_, G>, command: SuppressionCommand) -> Result<PlanReply, Failure> {
    call.plans(PlanCommand::Suppression(command)).await
}

pub(super) async fn suppress<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: SuppressBody = body.json(call.headers).await?;
    let PlanReply::Suppressions(records, _) = list_of(call, body.read()?).await? else {
        return Err(unexpected());
    };
    Ok(reply::json(StatusCode::OK, &List { data: records.iter().map(SuppressionJson::of).collect() }))
}

pub(super) async fn list_suppressed<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let (after, limit) = (PlaceIn::Suppressions.of(&call.query)?, call.query.limit()?);
    let PlanReply::Suppressions(records, next) =
        list_of(call, SuppressionCommand::List { after, limit }).await?
    else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|place| PlaceIn::Suppressions.encode(&place));
    Ok(reply::json(
        StatusCode::OK,
        &Page { data: records.iter().map(SuppressionJson::of).collect(), next_cursor },
    ))
}

fn person<G: Gateway>(call: &Call<'_, G>) -> Result<Address, Failure> {
    let address = call.param("person").and_then(|text| text.parse::<Address>().ok());
    address
        .filter(Address::is_person)
        .ok_or_else(|| malformed("person", "is no person by phone number or LID"))
}

pub(super) async fn get_suppressed<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let PlanReply::Suppressions(records, _) = list_of(call, SuppressionCommand::Get(person(call)?)).await?
    else {
        return Err(unexpected());
    };
    let record = records.first().ok_or_else(unexpected)?;
    Ok(reply::json(StatusCode::OK, &SuppressionJson::of(record)))
}

pub(super) async fn unsuppress<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(list_of(call, SuppressionCommand::Remove(person(call)?)).await?)
}

pub(super) async fn suppression_settings<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(list_of(call, SuppressionCommand::GetSettings).await?)
}

pub(super) async fn put_suppression_settings<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let body: PutSettings = body.json(call.headers).await?;
    shown(list_of(call, SuppressionCommand::SetSettings(body.read()?)).await?)
}
