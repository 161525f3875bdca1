//! Messages that are sent later.

use trunkline_model::command::{NewSchedule, PlanCommand, PlanReply, ScheduleCommand, UpdateSchedule};
use trunkline_model::limits::{MISFIRE_GRACE_SECONDS_DEFAULT, PAGE_LIMIT_MAX, SCHEDULE_RUNS_KEPT};
use trunkline_model::message::SendMessage;
use trunkline_model::plan::{ScheduleRecord, ScheduleState, Timing};
use trunkline_model::{ErrorCode, Failure, ScheduleId};

use super::body::message::{Around, Kind, SendBody};
use super::body::schedule::Times;
use super::body::text;
use super::body::when::read_when;
use super::shown::schedule::{ScheduleJson, status_word};
use super::table::schedules::ScheduleOperation;
use super::{Ask, device, ids, numbered, resolve, sending, show, show_page, target, wrong};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::json::send::Draft;
use crate::json::time::now_ms;
use crate::limits::{BATCH_JSON_BYTES_MAX, DIALECT_PARTS_MAX};
use crate::native::send::idempotency_key;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: ScheduleOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ScheduleOperation as Op;
    match operation {
        Op::Create => create(ask, body).await,
        Op::List => list(ask).await,
        Op::Get => get(ask).await,
        Op::Update => update(ask, body).await,
        Op::Cancel => step(ask, ScheduleCommand::Cancel).await,
        Op::Pause => step(ask, ScheduleCommand::Pause).await,
        Op::Resume => step(ask, ScheduleCommand::Resume).await,
        Op::Run => step(ask, ScheduleCommand::Run).await,
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: ScheduleCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Schedule(Box::new(command))).await
}

async fn schedule<G: Gateway>(
    ask: &Ask<'_, G>,
    command: ScheduleCommand,
) -> Result<Box<ScheduleRecord>, Failure> {
    match tell(ask, command).await? {
        PlanReply::Schedule(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

/// The schedule in the path, whose instance exists for the caller.
async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<ScheduleRecord>, Failure> {
    let none = || Failure::new(ErrorCode::ScheduleNotFound, "Schedule not found.");
    let id: ScheduleId = ask.param("id")?.parse().map_err(|_| none())?;
    target::schedule(ask, id).await
}

fn shown<G: Gateway>(ask: &Ask<'_, G>, record: &ScheduleRecord) -> Result<Answer, Failure> {
    show(ask, ScheduleJson::of(record))
}

async fn step<G: Gateway>(
    ask: &Ask<'_, G>,
    command: fn(ScheduleId) -> ScheduleCommand,
) -> Result<Answer, Failure> {
    let id = named(ask).await?.id;
    shown(ask, &*schedule(ask, command(id)).await?)
}

async fn create<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (mut body, _memory): (SendBody, Memory) =
        body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    let instance = device(ask, text(body.device()))?;
    let timing = Times::take(&mut body).read(None, now_ms())?;
    let Draft { message, file, idempotency_key: named } =
        sending::prepare(ask, body.read(None, None)?).await?.draft;
    sending::without_file(&file)?;
    let grace_seconds = MISFIRE_GRACE_SECONDS_DEFAULT;
    let idempotency_key = idempotency_key(ask.call.headers)?.or(named);
    let new = NewSchedule { name: None, instance, message, timing, grace_seconds, idempotency_key };
    shown(ask, &*schedule(ask, ScheduleCommand::Create(Box::new(new))).await?)
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let (asked, query) = (numbered(ask)?, &ask.call.query);
    let status = query.get("status");
    let state = ScheduleState::ALL.into_iter().find(|state| status == Some(status_word(*state)));
    if status.is_some() && state.is_none() {
        // States that no schedule of ours is in.
        return show_page(ask, (asked, 0), Vec::<ScheduleJson>::new());
    }
    let time = |name: &str| query.get(name).map(|text| read_when(name, text, None)).transpose();
    let (from_ms, to_ms) = (time("from")?, time("to")?);
    let instance = query.get("deviceId").map(|named| resolve(&ask.call, named).ok_or_else(super::no_device));
    let instance = instance.transpose()?;
    let wanted = |record: &ScheduleRecord| {
        let at_ms = match record.timing {
            Timing::Once(at_ms) => Some(at_ms),
            Timing::Cron { .. } => record.next_ms,
        };
        ask.call.principal.may_see(record.instance)
            && instance.is_none_or(|instance| instance == record.instance)
            && from_ms.is_none_or(|from_ms| at_ms.is_some_and(|at_ms| at_ms >= from_ms))
            && to_ms.is_none_or(|to_ms| at_ms.is_some_and(|at_ms| at_ms <= to_ms))
    };
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        match tell(ask, ScheduleCommand::List { after, state, limit: PAGE_LIMIT_MAX }).await? {
            PlanReply::Schedules(records, next) => Ok((records.into_iter().filter(&wanted).collect(), next)),
            _ => Err(unexpected()),
        }
    });
    let all: Vec<ScheduleRecord> = all.await?;
    let total = all.len();
    show_page(ask, (asked, total), asked.of(all.iter()).into_iter().map(ScheduleJson::of).collect())
}

async fn get<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let record = named(ask).await?;
    match tell(ask, ScheduleCommand::Runs(record.id, SCHEDULE_RUNS_KEPT)).await? {
        PlanReply::Runs(runs) => show(ask, ScheduleJson::of(&record).with_runs(&record, &runs)),
        _ => Err(unexpected()),
    }
}

async fn update<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (mut body, _memory): (SendBody, Memory) =
        body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    let before = named(ask).await?;
    let given = text(body.device());
    let instance = match given {
        Some(named) => Some(device(ask, Some(named))?),
        None => {
            target::at(ask, before.instance);
            None
        }
    };
    let times = Times::take(&mut body);
    let timing =
        if times.change(&before.timing) { Some(times.read(Some(&before.timing), now_ms())?) } else { None };
    let moves = instance.is_some_and(|instance| instance != before.instance);
    let message = changed(ask, body, (&before.message, moves)).await?;
    if instance.is_none() && timing.is_none() && message.is_none() {
        return Err(wrong("scheduledAt", "is missing, and so is every other change"));
    }
    let update = UpdateSchedule { instance, message, timing, ..UpdateSchedule::default() };
    shown(ask, &*schedule(ask, ScheduleCommand::Update(before.id, Box::new(update))).await?)
}

/// What a body makes of the message of a schedule: its content is given whole, and what is left out stays. `None` where it says nothing
/// of it. `moves` to another device.
async fn changed<G: Gateway>(
    ask: &Ask<'_, G>,
    mut body: SendBody,
    (before, moves): (&SendMessage, bool),
) -> Result<Option<SendMessage>, Failure> {
    let (to, around) = (body.recipient()?, body.around()?);
    let says = !body.is_empty();
    if to.is_none() && around == Around::default() && !says && !moves {
        return Ok(None);
    }
    let Around { reply_to, sender, mentions, correlation } = around;
    let mut message = before.clone();
    message.to = to.unwrap_or(message.to);
    let is_elsewhere = moves || message.to != before.to;
    if is_elsewhere && !says && !before.content.is_message() {
        return Err(wrong("to", "is another chat; say anew what is sent to it"));
    }
    let of = (&message.to, sender.as_ref());
    let kind = if says {
        let kind = body.named_kind()?.or_else(|| Kind::of(&before.content)).unwrap_or(Kind::Text);
        let saying = sending::saying(ask, body.said(kind, None)?, of).await?;
        sending::without_file(&saying.file)?;
        message.content = saying.content;
        Some(saying.kind)
    } else {
        None
    };
    message.quote = match reply_to {
        Some(text) => Some(target::quote(ask, &text, of).await?),
        // It answers a message of the chat where it was to go before.
        None => message.quote.filter(|_| !is_elsewhere),
    };
    message.mentions = mentions.unwrap_or(message.mentions);
    message.metadata = ids::changed_metadata(message.metadata, correlation.as_deref(), kind);
    sending::checked(message).map(Some)
}
