//! Events: pulled by position, or followed as a stream.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::{ACCEPT, HeaderName};
use hyper::{HeaderMap, StatusCode};
use trunkline_model::command::{Command, Reply};
use trunkline_model::{Failure, InstanceId};

use crate::call::{Call, instance_in, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::cursor::Cursor;
use crate::json::event::{EventJson, sequence_of};
use crate::query::malformed;
use crate::reply::{self, Answer};
use crate::sse::Follower;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: &str = "text/event-stream";

pub(super) async fn events<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
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
    let command = Command::PullEvents { after, limit };
    let Reply::Events { events, .. } = call.command(instance, command).await? else {
        return Err(unexpected());
    };
    // A log has no last page: the cursor always says where to go on, and an empty page means "nothing new yet".
    let reached = events.last().map_or(after, |event| event.sequence);
    let next_cursor = Some(Cursor::Event(reached).encode());
    let data = events.iter().map(|event| EventJson::of(call.account(), instance, event)).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

/// `?after=`: sequence number of the last event already seen.
fn after<G: Gateway>(call: &Call<'_, G>) -> Result<Option<u64>, Failure> {
    call.query.read("after", "is not a sequence number", |text| text.parse().ok())
}

async fn follow<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<Answer, Failure> {
    for paging in ["limit", "cursor"] {
        if call.query.get(paging).is_some() {
            return Err(malformed(paging, "has no meaning for a stream; give `after` or Last-Event-ID"));
        }
    }
    // A client that reconnects repeats its first URL, so the header is the newer position.
    let resumed = last_event_id(call.headers, instance)?.or(after(call)?);
    let place = Arc::clone(&call.front.streams)
        .try_acquire_owned()
        .map_err(|_| Failure::busy("Too many event streams are open. Pull instead, or try again.", 5_000))?;
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
        heartbeat: Duration::from_millis(call.front.bounds.heartbeat_ms),
        stopping: call.front.stopping.clone(),
        _place: place,
    };
    Ok(reply::events(follower.into_stream()))
}

fn last_event_id(headers: &HeaderMap, instance: InstanceId) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let sequence = value.to_str().ok().and_then(|id| sequence_of(id, instance));
    sequence.map(Some).ok_or_else(|| malformed("Last-Event-ID", "is not the id of an event of this instance"))
}
