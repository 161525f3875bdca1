//! Webhooks: signed POST requests. Any 2xx is a yes.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, Response};
use trunkline_model::InstanceId;
use trunkline_model::delivery::{
    DialectFormat, Endpoint, Format, HttpTarget, Outcome, Telling, Told, Verdict,
};
use trunkline_model::record::{self, InstanceRecord, table};

use super::{Parcel, delivered, failed, signature};
use crate::clock;
use crate::engine::EngineError;
use crate::limits::{RETRY_AFTER_MAX_MS, SNIPPET_BYTES_MAX};
use crate::media::Refused;
use crate::place::instance_key;
use crate::shard::ShardContext;

/// What else a delivery says of itself.
const ENDPOINT: &str = "trunkline-webhook";
const EVENT: &str = "trunkline-event";
const ATTEMPT: &str = "trunkline-attempt";
const REPLAY: &str = "trunkline-replay";

pub(super) async fn deliver(
    context: &ShardContext,
    target: &HttpTarget,
    parcel: &Parcel<'_>,
) -> (Verdict, Outcome) {
    let (endpoint, instance) = (parcel.endpoint, parcel.instance);
    if let Format::Dialect(format) = &target.format {
        return in_dialect(context, (target, format), parcel).await;
    }
    let body = match (endpoint.batching, parcel.events) {
        (None, [event]) => context.write_events.one(endpoint.account, instance, event),
        _ => context.write_events.many(endpoint.account, instance, parcel.events),
    };
    let event = parcel.events.first().map(|first| context.write_events.id(instance, first.sequence));
    let headers = [
        (EVENT, event.unwrap_or_default()),
        (ATTEMPT, parcel.attempt.to_string()),
        (REPLAY, if parcel.replay.is_some() { "true".to_owned() } else { String::new() }),
    ];
    post(context, target, endpoint, signed(target, endpoint, body, &headers)).await
}

/// Delivers the events of a parcel one by one in the form of a dialect; the first that is not taken ends it. Hooks have no batches, so
/// it is one.
async fn in_dialect(
    context: &ShardContext,
    (target, format): (&HttpTarget, &DialectFormat),
    parcel: &Parcel<'_>,
) -> (Verdict, Outcome) {
    let about = record_of(context, parcel.instance);
    let about = about.as_ref();
    let mut judged = unwritable();
    for event in parcel.events {
        let telling = Telling {
            format,
            secret: &target.secret,
            instance: parcel.instance,
            name: about.and_then(|about| about.name.as_deref()),
            own: about.and_then(|about| about.linked.as_ref()),
            event,
            attempt: parcel.attempt,
        };
        judged = match context.write_events.in_dialect(&telling) {
            Some(Told { body, headers }) => post(context, target, parcel.endpoint, (body, headers)).await,
            // Whoever says that it is told has to write it as well.
            None => unwritable(),
        };
        if judged.0 != Verdict::Delivered {
            break;
        }
    }
    judged
}

fn unwritable() -> (Verdict, Outcome) {
    (Verdict::Retry { after_ms: None }, failed("unwritable"))
}

/// An instance as it is on disk.
fn record_of(context: &ShardContext, instance: InstanceId) -> Option<InstanceRecord> {
    let found = context.ledger.get(&instance_key(instance, table::INSTANCE, b""));
    let read = found
        .map_err(EngineError::from)
        .and_then(|bytes| bytes.map(|bytes| record::decode(&bytes).map_err(EngineError::from)).transpose());
    read.unwrap_or_else(|error| {
        tracing::error!(%instance, %error, "an instance cannot be read");
        None
    })
}

/// A body in Trunkline's own form, with the headers that go with it.
fn signed(
    target: &HttpTarget,
    endpoint: &Endpoint,
    body: Vec<u8>,
    headers: &[(&'static str, String)],
) -> (Vec<u8>, Vec<(&'static str, String)>) {
    let mut headers = headers.to_vec();
    headers.push((ENDPOINT, endpoint.id.to_string()));
    headers.push((signature::HEADER, signature::of(target, clock::wall_ms(), &body)));
    (body, headers)
}

pub(super) async fn test(
    context: &ShardContext,
    target: &HttpTarget,
    endpoint: &Endpoint,
    body: Vec<u8>,
) -> Outcome {
    post(context, target, endpoint, signed(target, endpoint, body, &[])).await.1
}

async fn post(
    context: &ShardContext,
    target: &HttpTarget,
    endpoint: &Endpoint,
    (body, headers): (Vec<u8>, Vec<(&'static str, String)>),
) -> (Verdict, Outcome) {
    let again = |word: &str| (Verdict::Retry { after_ms: None }, failed(word));
    let Ok(mut request) = context.couriers.http.request(Method::POST, &target.url) else {
        return again("address_refused");
    };
    // What the delivery says of itself comes before what its owner wishes.
    let is_ours = |name: &str| headers.iter().any(|(ours, _)| ours.eq_ignore_ascii_case(name));
    for (name, value) in target.headers.iter().filter(|(name, _)| !is_ours(name)) {
        request = request.header(name, value);
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, value);
    }
    let limit = Duration::from_millis(u64::from(endpoint.timeout_ms));
    let request = request.header(CONTENT_TYPE, "application/json").body(body);
    // The answer's head and what is read of its body: an endpoint that dribbles is as slow as one that is silent.
    let asked = tokio::time::timeout(limit, async {
        let response = request.send().await?;
        Ok::<_, reqwest::Error>(judge(response).await)
    });
    match asked.await {
        Err(_) => again("timeout"),
        Ok(Ok(judged)) => judged,
        Ok(Err(error)) if Refused::behind(&error).is_some() => again("address_refused"),
        Ok(Err(error)) if error.is_builder() => again("headers_refused"),
        Ok(Err(error)) if error.is_connect() => again("unreachable"),
        Ok(Err(_)) => again("broken"),
    }
}

async fn judge(mut response: Response) -> (Verdict, Outcome) {
    let status = response.status().as_u16();
    let verdict = Verdict::of_status(status, retry_after_ms(response.headers()));
    if verdict == Verdict::Delivered {
        // A short answer is read to its end, so that the connection can be used again; a long one costs the connection.
        while let Ok(Some(piece)) = response.chunk().await {
            if piece.len() > SNIPPET_BYTES_MAX {
                break;
            }
        }
        return (verdict, delivered(Some(status)));
    }
    let mut snippet = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        snippet.extend_from_slice(&piece[..piece.len().min(SNIPPET_BYTES_MAX - snippet.len())]);
        if snippet.len() == SNIPPET_BYTES_MAX {
            break;
        }
    }
    let snippet = (!snippet.is_empty()).then(|| String::from_utf8_lossy(&snippet).into_owned());
    (verdict, Outcome { word: "refused".to_owned(), status: Some(status), snippet })
}

/// `Retry-After` (RFC 9110 §10.2.3), in milliseconds from now and bounded.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked_ms = match value.parse::<u64>() {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => {
            let at = httpdate::parse_http_date(value).ok()?;
            let wait = at.duration_since(SystemTime::now()).unwrap_or_default();
            u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
        }
    };
    Some(asked_ms.min(RETRY_AFTER_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().expect("a header value"));
            retry_after_ms(&headers)
        };
        let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH);
        let future = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert_eq!(read("7"), Some(7_000));
        assert_eq!(read("99999999"), Some(RETRY_AFTER_MAX_MS));
        assert_eq!((read(&past), read("soon"), read("-1")), (Some(0), None, None));
        assert!(read(&future).is_some_and(|ms| (55_000..=60_000).contains(&ms)));
    }
}
