//! Consumers that pull: what they are asked to be, their events, and what they acknowledge.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{EndpointView, NewEndpoint};
use trunkline_model::delivery::{Filter, RetrySchedule, Target};
use trunkline_model::event::Event;
use trunkline_model::{AccountId, EndpointId, Failure, InstanceId, limits as model_limits};

use super::event::EventJson;
use super::fields::{First, Problems, present};
use super::time::Time;
use super::webhook::{
    CountsJson, Instances, Resolve, check_name, read_chat_kinds, read_events, read_instances,
};
use crate::limits;

/// Body of `consumers.create`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "CreateConsumer")]
pub(crate) struct ConsumerBody {
    name: Option<String>,
    /// Types, or families of them such as `message.*`; none for every type.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "First<String, { limits::WORDS_MAX + 1 }>")]
    events: Option<First<String, { limits::WORDS_MAX + 1 }>>,
    /// Ids or names; null for every instance of the account, also those that are made later.
    #[schemars(with = "Option<Instances>")]
    instances: Option<Instances>,
    /// `direct`, `group`, `newsletter`, `status`, `broadcast`; none for every kind. What belongs to no chat is told anyway.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "First<String, { limits::WORDS_MAX + 1 }>")]
    chat_kinds: Option<First<String, { limits::WORDS_MAX + 1 }>>,
}

impl ConsumerBody {
    /// The consumer to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<NewEndpoint, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        let First(events) = self.events.unwrap_or_default();
        let First(chat_kinds) = self.chat_kinds.unwrap_or_default();
        let filter = Filter {
            events: read_events(&mut problems, events),
            instances: self.instances.map(|list| read_instances(&mut problems, list, resolve)),
            chat_kinds: read_chat_kinds(&mut problems, chat_kinds),
        };
        problems.or(Some(NewEndpoint {
            name: self.name,
            target: Target::Pull,
            filter,
            batching: None,
            concurrency: model_limits::ENDPOINT_CONCURRENCY_DEFAULT,
            timeout_ms: model_limits::ENDPOINT_TIMEOUT_MS_DEFAULT,
            schedule: RetrySchedule::STANDARD,
        }))
    }
}

/// A consumer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Consumer")]
pub(crate) struct ConsumerJson<'a> {
    id: String,
    name: Option<&'a str>,
    /// Types or families of them; none for every type.
    events: &'a [String],
    /// Ids; null for every instance.
    instances: Option<Vec<String>>,
    /// None for every kind.
    chat_kinds: Vec<&'static str>,
    /// What became of events so far; `delivered` are those that were acknowledged.
    counts: CountsJson,
    /// Events that wait.
    pending: u64,
    /// When the oldest of them happened.
    oldest_pending_at: Option<Time>,
    created_at: Time,
}

impl<'a> ConsumerJson<'a> {
    pub(crate) fn of(view: &'a EndpointView) -> ConsumerJson<'a> {
        let EndpointView { endpoint, health } = view;
        let filter = &endpoint.filter;
        ConsumerJson {
            id: endpoint.id.to_string(),
            name: endpoint.name.as_deref(),
            events: &filter.events,
            instances: filter.instances.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect()),
            chat_kinds: filter.chat_kinds.iter().map(|kind| kind.as_str()).collect(),
            counts: CountsJson::of(health.counts),
            pending: health.pending,
            oldest_pending_at: health.oldest_pending_ms.map(Time),
            created_at: Time(endpoint.created_at_ms),
        }
    }
}

/// Events that a consumer is given.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PulledEvents")]
pub(crate) struct PulledJson<'a> {
    /// Each instance's in order.
    data: Vec<EventJson<'a>>,
    /// What to acknowledge when they have arrived; null when there are none.
    ack: Option<String>,
}

impl<'a> PulledJson<'a> {
    pub(crate) fn of(
        account: AccountId,
        consumer: EndpointId,
        events: &'a [(InstanceId, Event)],
    ) -> PulledJson<'a> {
        let reached: BTreeMap<InstanceId, u64> =
            events.iter().map(|(instance, event)| (*instance, event.sequence)).collect();
        PulledJson {
            data: events.iter().map(|(instance, event)| EventJson::of(account, *instance, event)).collect(),
            ack: (!reached.is_empty()).then(|| ack_token(consumer, reached)),
        }
    }
}

/// Body of `consumers.ack`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AckEvents")]
pub(crate) struct AckBody {
    /// `ack` of the answer that the events came with.
    ack: String,
}

impl AckBody {
    /// The last event of each instance that has arrived.
    ///
    /// # Errors
    /// `VALIDATION` for anything but a token of this consumer.
    pub(crate) fn read(&self, consumer: EndpointId) -> Result<Vec<(InstanceId, u64)>, Failure> {
        let mut problems = Problems::default();
        let reached = read_token(&self.ack, consumer);
        if reached.is_none() {
            problems.add("ack", "is not an `ack` that this consumer was given");
        }
        problems.or(reached)
    }
}

/// What the bytes of a token begin with.
const TOKEN_TAG: u8 = b'a';
/// Bytes of an instance and a sequence number.
const PAIR_BYTES: usize = 16;

/// Opaque to callers: the consumer, then instances with the sequence numbers that were reached.
fn ack_token(consumer: EndpointId, reached: BTreeMap<InstanceId, u64>) -> String {
    let mut bytes = vec![TOKEN_TAG];
    bytes.extend_from_slice(&consumer.0.to_be_bytes());
    for (instance, sequence) in reached {
        bytes.extend_from_slice(&instance.0.to_be_bytes());
        bytes.extend_from_slice(&sequence.to_be_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_token(text: &str, consumer: EndpointId) -> Option<Vec<(InstanceId, u64)>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (tag, rest) = bytes.split_first()?;
    let (of, pairs) = rest.split_first_chunk::<8>()?;
    let whole = !pairs.is_empty()
        && pairs.len().is_multiple_of(PAIR_BYTES)
        && pairs.len() <= PAIR_BYTES * model_limits::PAGE_LIMIT_MAX;
    if *tag != TOKEN_TAG || u64::from_be_bytes(*of) != consumer.0 || !whole {
        return None;
    }
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
    let pair = |pair: &[u8]| Some((InstanceId(number(pair.get(..8)?)?), number(pair.get(8..)?)?));
    pairs.chunks_exact(PAIR_BYTES).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_read_back_for_their_own_consumer_and_nothing_else_does(
            reached in proptest::collection::btree_map(any::<u64>().prop_map(InstanceId), any::<u64>(), 1..20),
            consumer: u64,
            other in "[A-Za-z0-9_-]{0,64}",
        ) {
            let token = ack_token(EndpointId(consumer), reached.clone());
            prop_assert_eq!(read_token(&token, EndpointId(consumer)), Some(reached.into_iter().collect()));
            prop_assert_eq!(read_token(&token, EndpointId(!consumer)), None);
            prop_assert_eq!(read_token(&token[1..], EndpointId(consumer)), None);
            prop_assert_eq!(read_token(&other, EndpointId(consumer)), None);
        }
    }

    #[test]
    fn a_token_is_bounded() {
        let reached = |count: u64| (0..count).map(|id| (InstanceId(id), 1)).collect::<BTreeMap<_, _>>();
        let page = model_limits::PAGE_LIMIT_MAX as u64;
        assert!(read_token(&ack_token(EndpointId(1), reached(page)), EndpointId(1)).is_some());
        assert_eq!(read_token(&ack_token(EndpointId(1), reached(page + 1)), EndpointId(1)), None);
        assert_eq!(read_token(&ack_token(EndpointId(1), reached(0)), EndpointId(1)), None);
    }
}
