//! Templates, one-time passwords, schedules.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::command::{
    Command, OtpCommand, PlanCommand, PlanReply, ScheduleCommand, SendRequest, TemplateCommand, TypedCode,
};
use trunkline_model::message::{SendMessage, SendOptions};
use trunkline_model::plan::ScheduleState;
use trunkline_model::{ErrorCode, Failure};

use super::{id, stage};
use crate::body::{Memory, RequestBody};
use crate::call::{Call, message_in, unexpected};
use crate::gateway::Gateway;
use crate::json::message::MessageJson;
use crate::json::place::PlaceIn;
use crate::json::plan::otp::{FindBody, OtpBody, OtpJson, VerificationJson, VerifyBody};
use crate::json::plan::schedule::{RunJson, ScheduleBody, ScheduleChange, ScheduleJson};
use crate::json::plan::template::{
    PreviewBody, RenderedJson, SendTemplateBody, TemplateBody, TemplateChange, TemplateJson,
};
use crate::json::{List, Page};
use crate::limits::BATCH_JSON_BYTES_MAX;
use crate::native::send::idempotency_key;
use crate::reply::{self, Answer};
use crate::route::PlanOperation;

fn name<G: Gateway>(call: &Call<'_, G>) -> String {
    call.param("template").unwrap_or_default()
}

async fn template<G: Gateway>(call: &Call<'_, G>, command: TemplateCommand) -> Result<PlanReply, Failure> {
    call.plans(PlanCommand::Template(Box::new(command))).await
}

fn shown(reply: PlanReply, status: StatusCode) -> Result<Answer, Failure> {
    match reply {
        PlanReply::Template(record) => {
            let mut answer = reply::json(status, &TemplateJson::of(&record));
            if status == StatusCode::CREATED {
                reply::set_text(&mut answer, LOCATION, &format!("/v1/templates/{}", record.id));
            }
            Ok(answer)
        }
        PlanReply::Done => Ok(reply::no_content()),
        PlanReply::Rendered(content) => Ok(reply::json(status, &RenderedJson::of(&content))),
        PlanReply::Otp(record) => Ok(reply::json(status, &OtpJson::of(&record))),
        PlanReply::OtpChecked(outcome, record) => {
            Ok(reply::json(status, &VerificationJson::of(outcome, &record)))
        }
        PlanReply::Schedule(record) => Ok(reply::json(status, &ScheduleJson::of(&record))),
        _ => Err(unexpected()),
    }
}

pub(super) async fn create_template<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let (body, _memory): (TemplateBody, Memory) = body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    shown(template(call, TemplateCommand::Create(body.read()?)).await?, StatusCode::CREATED)
}

pub(super) async fn list_templates<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let after = PlaceIn::Templates.of(&call.query)?;
    let (active, limit) = (call.query.flag("active")?, call.query.limit()?);
    let PlanReply::Templates(records, next) =
        template(call, TemplateCommand::List { after, active, limit }).await?
    else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|place| PlaceIn::Templates.encode(&place));
    Ok(reply::json(
        StatusCode::OK,
        &Page { data: records.iter().map(TemplateJson::of).collect(), next_cursor },
    ))
}

pub(super) async fn get_template<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(template(call, TemplateCommand::Get(name(call))).await?, StatusCode::OK)
}

pub(super) async fn update_template<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let (body, _memory): (TemplateChange, Memory) =
        body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    shown(template(call, TemplateCommand::Update(name(call), body.read()?)).await?, StatusCode::OK)
}

pub(super) async fn delete_template<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    shown(template(call, TemplateCommand::Delete(name(call))).await?, StatusCode::OK)
}

pub(super) async fn preview_template<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let (body, _memory): (PreviewBody, Memory) = body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    let command = TemplateCommand::Render { template: name(call), variables: body.variables, to_send: false };
    shown(template(call, command).await?, StatusCode::OK)
}

pub(super) async fn send_template<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let idempotency_key = idempotency_key(call.headers)?;
    let (body, _memory): (SendTemplateBody, Memory) =
        body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    let (to, variables) = body.read(&|name| call.resolve(name))?;
    let render = TemplateCommand::Render { template: name(call), variables, to_send: true };
    let PlanReply::Rendered(content) = template(call, render).await? else { return Err(unexpected()) };
    let message = SendMessage {
        to: to.to,
        content: *content,
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: to.lane,
        metadata: to.metadata,
    };
    let request = SendRequest { message, idempotency_key };
    let view = message_in(call.command(to.instance, Command::Send(Box::new(request))).await?)?;
    let mut answer = reply::json(StatusCode::ACCEPTED, &MessageJson::of(&view));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/messages/{}", view.id));
    if view.replayed {
        reply::set(&mut answer, crate::native::send::IDEMPOTENCY_REPLAYED, "true");
    }
    Ok(answer)
}

async fn ask_otp<G: Gateway>(call: &Call<'_, G>, command: OtpCommand) -> Result<PlanReply, Failure> {
    call.plans(PlanCommand::Otp(Box::new(command))).await
}

pub(super) async fn create_otp<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: OtpBody = body.json(call.headers).await?;
    let new = body.read(&|name| call.resolve(name))?;
    let made = ask_otp(call, OtpCommand::Create(new)).await?;
    let location = match &made {
        PlanReply::Otp(record) => format!("/v1/otps/{}", record.id),
        _ => return Err(unexpected()),
    };
    let mut answer = shown(made, StatusCode::ACCEPTED)?;
    reply::set_text(&mut answer, LOCATION, &location);
    Ok(answer)
}

pub(super) async fn find_otp<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: FindBody = body.json(call.headers).await?;
    shown(ask_otp(call, body.read()?).await?, StatusCode::OK)
}

pub(super) async fn verify_otp<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = id(call, "otp", ErrorCode::OtpNotFound)?;
    let body: VerifyBody = body.json(call.headers).await?;
    shown(ask_otp(call, OtpCommand::Verify(id, TypedCode(body.read()?))).await?, StatusCode::OK)
}

pub(super) async fn otp<G: Gateway>(
    operation: PlanOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let id = id(call, "otp", ErrorCode::OtpNotFound)?;
    let (command, status) = match operation {
        PlanOperation::ResendOtp => (OtpCommand::Resend(id), StatusCode::ACCEPTED),
        PlanOperation::CancelOtp => (OtpCommand::Cancel(id), StatusCode::OK),
        _ => (OtpCommand::Get(id), StatusCode::OK),
    };
    if operation != PlanOperation::GetOtp {
        body.empty(call.headers).await?;
    }
    shown(ask_otp(call, command).await?, status)
}

async fn ask_schedule<G: Gateway>(
    call: &Call<'_, G>,
    command: ScheduleCommand,
) -> Result<PlanReply, Failure> {
    call.plans(PlanCommand::Schedule(Box::new(command))).await
}

pub(super) async fn create_schedule<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let (body, _memory): (ScheduleBody, Memory) = body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    let new = body.read(&|name| call.resolve(name), idempotency_key(call.headers)?)?;
    let made = ask_schedule(call, ScheduleCommand::Create(Box::new(new))).await?;
    let location = match &made {
        PlanReply::Schedule(record) => format!("/v1/schedules/{}", record.id),
        _ => return Err(unexpected()),
    };
    let mut answer = shown(made, StatusCode::CREATED)?;
    reply::set_text(&mut answer, LOCATION, &location);
    Ok(answer)
}

pub(super) async fn update_schedule<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let id = id(call, "schedule", ErrorCode::ScheduleNotFound)?;
    let (body, _memory): (ScheduleChange, Memory) =
        body.held_json(call.headers, BATCH_JSON_BYTES_MAX).await?;
    let update = body.read(&|name| call.resolve(name))?;
    shown(ask_schedule(call, ScheduleCommand::Update(id, Box::new(update))).await?, StatusCode::OK)
}

pub(super) async fn list_schedules<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let after = PlaceIn::Schedules.of(&call.query)?;
    let (state, limit) = (stage(call, ScheduleState::parse)?, call.query.limit()?);
    let PlanReply::Schedules(records, next) =
        ask_schedule(call, ScheduleCommand::List { after, state, limit }).await?
    else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|place| PlaceIn::Schedules.encode(&place));
    Ok(reply::json(
        StatusCode::OK,
        &Page { data: records.iter().map(ScheduleJson::of).collect(), next_cursor },
    ))
}

pub(super) async fn runs<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let id = id(call, "schedule", ErrorCode::ScheduleNotFound)?;
    let PlanReply::Runs(runs) = ask_schedule(call, ScheduleCommand::Runs(id, call.query.limit()?)).await?
    else {
        return Err(unexpected());
    };
    Ok(reply::json(StatusCode::OK, &List { data: runs.iter().map(RunJson::of).collect() }))
}

pub(super) async fn schedule<G: Gateway>(
    operation: PlanOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let id = id(call, "schedule", ErrorCode::ScheduleNotFound)?;
    let command = match operation {
        PlanOperation::PauseSchedule => ScheduleCommand::Pause(id),
        PlanOperation::ResumeSchedule => ScheduleCommand::Resume(id),
        PlanOperation::RunSchedule => ScheduleCommand::Run(id),
        PlanOperation::CancelSchedule => ScheduleCommand::Cancel(id),
        _ => ScheduleCommand::Get(id),
    };
    if operation != PlanOperation::GetSchedule {
        body.empty(call.headers).await?;
    }
    shown(ask_schedule(call, command).await?, StatusCode::OK)
}
