//! Events: pulled by position, or followed as a stream; of an instance, or of the whole account.

use std::time::Duration;

use futures_util::StreamExt;
use hyper::header::{ACCEPT, HeaderName};
use hyper::{HeaderMap, StatusCode};
use tokio::time::{Instant, timeout_at};
use trunkline_model::account::AuditAction;
use trunkline_model::command::{Command, Reply};
use trunkline_model::delivery::FollowFrom;
use trunkline_model::event::Event;
use trunkline_model::{Failure, InstanceId};

use crate::body::RequestBody;
use crate::call::{Call, in_time, instance_in, unexpected};
use crate::gateway::{EventTail, Gateway};
use crate::json::Page;
use crate::json::cursor::Cursor;
use crate::json::event::{EventJson, event_of, sequence_of};
use crate::json::event_retention::{EventRetentionBody, EventRetentionJson};
use crate::json::time::parse_time;
use crate::limits::STREAM_OVERLAP_MS;
use crate::query::malformed;
use crate::reply::{self, Answer};
use crate::route::EventOperation;
use crate::sse::{AccountStream, Follower, Written};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: &str = "text/event-stream";

/// Answers an operation on the events of the account.
pub(super) async fn of_account<G: Gateway>(
    operation: EventOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        EventOperation::Stream => stream(call).await,
        EventOperation::GetRetention => {
            let retention = in_time(call.front.gateway.event_retention(call.account())).await?;
            Ok(reply::json(StatusCode::OK, &EventRetentionJson::of(retention)))
        }
        EventOperation::PutRetention => {
            let body: EventRetentionBody = body.json(call.headers).await?;
            let retention = body.read()?;
            in_time(call.front.gateway.set_event_retention(call.account(), retention)).await?;
            call.note_done(AuditAction::EventRetentionChanged, call.account()).await;
            Ok(reply::json(StatusCode::OK, &EventRetentionJson::of(retention)))
        }
    }
}

pub(super) async fn of_instance<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    if wants_stream(call.headers) { follow(call, instance).await } else { pull(call, instance).await }
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().unwrap_or_default().trim() == EVENT_STREAM)
}

async fn pull<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let cursor = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Event(sequence) => Some(sequence),
        _ => None,
    })?;
    let after = after(call)?;
    if cursor.is_some() && after.is_some() {
        return Err(malformed("after", "stands beside `cursor`; give one of them"));
    }
    let after = cursor.or(after).unwrap_or(0);
    let events = read(call, instance, (after, limit)).await?;
    // A log has no last page: the cursor always says where to go on, and an empty page means "nothing new yet".
    let reached = events.last().map_or(after, |event| event.sequence);
    let next_cursor = Some(Cursor::Event(reached).encode());
    let data = events.iter().map(|event| EventJson::of(call.account(), instance, event)).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

/// Events after a position; when there are none, those that come within `?wait_ms=`.
async fn read<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    place: (u64, usize),
) -> Result<Vec<Event>, Failure> {
    let wait_ms = call.wait_ms()?;
    if wait_ms == 0 {
        return read_now(call, instance, place).await;
    }
    let _place = call.place()?;
    let deadline = Instant::now() + Duration::from_millis(wait_ms);
    // Made before the log is read, so that nothing falls between the two.
    let mut tail = call.front.gateway.tail(instance);
    loop {
        let events = read_now(call, instance, place).await?;
        if !events.is_empty() {
            return Ok(events);
        }
        let news = call.unless_stopping(timeout_at(deadline, tail.next())).await;
        if !matches!(news, Some(Ok(Some(_)))) {
            return Ok(events);
        }
    }
}

async fn read_now<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    (after, limit): (u64, usize),
) -> Result<Vec<Event>, Failure> {
    match call.command(instance, Command::PullEvents { after, limit }).await? {
        Reply::Events { events, .. } => Ok(events),
        _ => Err(unexpected()),
    }
}

/// `?after=`: sequence number of the last event already seen.
fn after<G: Gateway>(call: &Call<'_, G>) -> Result<Option<u64>, Failure> {
    call.query.read("after", "is not a sequence number", |text| text.parse().ok())
}

async fn follow<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<Answer, Failure> {
    for paging in ["limit", "cursor", "wait_ms"] {
        if call.query.get(paging).is_some() {
            return Err(malformed(paging, "has no meaning for a stream; give `after` or Last-Event-ID"));
        }
    }
    // A client that reconnects repeats its first URL, so the header is the newer position.
    let resumed = last_event_id(call.headers, instance)?.or(after(call)?);
    let place = call.place()?;
    let tail = call.front.gateway.tail(instance);
    let after = match resumed {
        Some(after) => after,
        None => instance_in(call.command(instance, Command::GetInstance).await?)?.newest_event,
    };
    let follower = Follower {
        gateway: call.front.gateway.clone(),
        account: call.account(),
        instance,
        tail,
        after,
        written: Written::Natively,
        heartbeat: Duration::from_millis(call.front.bounds.heartbeat_ms),
        stopping: call.front.stopping.clone(),
        _place: place,
    };
    Ok(reply::events(follower.into_stream().take_until(Box::pin(call.lapse()))))
}

fn last_event_id(headers: &HeaderMap, instance: InstanceId) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let sequence = value.to_str().ok().and_then(|id| sequence_of(id, instance));
    sequence.map(Some).ok_or_else(|| malformed("Last-Event-ID", "is not the id of an event of this instance"))
}

async fn stream<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let from =
        call.query.read("from", "is not a time in RFC 3339, as in 2026-01-31T09:30:00Z", parse_time)?;
    let resumed = match call.headers.get(LAST_EVENT_ID) {
        Some(value) => time_of(call, value.to_str().unwrap_or_default()).await?,
        None => None,
    };
    if call.headers.contains_key(LAST_EVENT_ID) && resumed.is_none() && from.is_none() {
        let expected =
            "is not the id of an event that a log of this account holds; give `from`, or leave it out";
        return Err(malformed("Last-Event-ID", expected));
    }
    let from = match resumed.map(|time_ms| time_ms.saturating_sub(STREAM_OVERLAP_MS)).or(from) {
        Some(ms) => FollowFrom::Time { ms },
        None => FollowFrom::Now,
    };
    let place = call.place()?;
    let begins_now = from == FollowFrom::Now;
    let follower = in_time(call.front.gateway.follow_account(call.account(), from)).await?;
    let heartbeat = Duration::from_millis(call.front.bounds.heartbeat_ms);
    let stopping = call.front.stopping.clone();
    let whose = (call.account(), call.principal.instances.clone());
    let stream = AccountStream::new(whose, (follower, begins_now), heartbeat, (stopping, place));
    Ok(reply::events(stream.into_stream().take_until(Box::pin(call.lapse()))))
}

/// When an event of the account was recorded; `None` when no log of the account holds it.
async fn time_of<G: Gateway>(call: &Call<'_, G>, id: &str) -> Result<Option<i64>, Failure> {
    let known = event_of(id).filter(|(instance, _)| call.resolve(&instance.to_string()) == Some(*instance));
    let Some((instance, sequence)) = known else {
        return Ok(None);
    };
    let events = read_now(call, instance, (sequence.saturating_sub(1), 1)).await?;
    Ok(events.first().filter(|event| event.sequence == sequence).map(|event| event.time_ms))
}
