//! Webhooks: what they are asked to be, and how they fare.

mod replay;
mod target;
mod view;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{NewEndpoint, UpdateEndpoint};
use trunkline_model::delivery::{Batching, ChatKind, Filter, RetrySchedule, Target};
use trunkline_model::{Failure, InstanceId, limits as model_limits};

use super::event::is_type_or_family;
use super::fields::{First, Object, Problems, nullable, present};
use super::time::Time;
use crate::limits;

pub(crate) use self::replay::{ReplayBody, ReplayingJson};
pub(crate) use self::target::read_headers;
pub(crate) use self::view::{
    CountsJson, DeadLetterJson, DeliveryJson, NewWebhookJson, TestedJson, WebhookJson,
};

/// The most event types, each once, that a body may name; one more is read, to notice too many.
type Words = First<String, { limits::WORDS_MAX + 1 }>;
/// The same for instances.
pub(super) type Instances = First<String, { model_limits::ENDPOINT_INSTANCES_MAX + 1 }>;

/// Body of `webhooks.create` and `webhooks.update`. A new webhook needs `url`, one of NATS `subject` as well, and one of RabbitMQ
/// `exchange`, `routing_key`, `username` and `password`. Each instance's events come in order, one delivery after the other; a
/// delivery may come twice, with the same event ids. Any 2xx takes it, 410 pauses the webhook, `Retry-After` is honoured.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "WebhookSettings")]
pub(crate) struct WebhookBody {
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    name: Option<Option<String>>,
    /// `http` unless given, `nats` or `rabbitmq`; it cannot be changed.
    #[serde(rename = "type", deserialize_with = "present")]
    #[schemars(with = "String")]
    kind: Option<String>,
    /// `http://` or `https://`, `nats://` or `tls://`, `amqp://` or `amqps://`.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    url: Option<String>,
    /// `http`: key of the signature; one is made up when it is left out.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    secret: Option<String>,
    /// `http`: headers of every request, by name.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "BTreeMap<String, String>")]
    headers: Option<BTreeMap<String, String>>,
    /// `nats`: where to publish; `{account}`, `{instance}` and `{type}` stand for those of the event.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    subject: Option<String>,
    /// `rabbitmq`: name of the exchange, empty for the default one.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    exchange: Option<String>,
    /// `rabbitmq`: `{account}`, `{instance}` and `{type}` stand for those of the event.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    routing_key: Option<String>,
    /// `nats`, `rabbitmq`: name to log in with.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    username: Option<Option<String>>,
    /// `nats`, `rabbitmq`: password to log in with.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    password: Option<Option<String>>,
    /// `nats`: token to log in with instead.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    token: Option<Option<String>>,
    /// Types, or families of them such as `message.*`; none for every type.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Words")]
    events: Option<Words>,
    /// Ids or names; null for every instance of the account, also those that are made later.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<Instances>")]
    instances: Option<Option<Instances>>,
    /// `direct`, `group`, `newsletter`, `status`, `broadcast`; none for every kind. What belongs to no chat is told anyway.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Words")]
    chat_kinds: Option<Words>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<BatchSettings>")]
    batch: Option<Option<Object<BatchSettings>>>,
    /// Instances whose events are under way at the same time, on each shard of the node.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u16", range(min = 1, max = model_limits::ENDPOINT_CONCURRENCY_MAX))]
    concurrency: Option<u16>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u32", range(min = model_limits::ENDPOINT_TIMEOUT_MS_MIN, max = model_limits::ENDPOINT_TIMEOUT_MS_MAX))]
    timeout_ms: Option<u32>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "RetrySettings")]
    retry: Option<Object<RetrySettings>>,
}

/// Several events of one instance in one delivery: `{"data": […]}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchSettings {
    #[schemars(range(min = 1, max = model_limits::BATCH_EVENTS_MAX))]
    events_max: u16,
    /// Longest that an event waits for company.
    #[schemars(range(max = model_limits::BATCH_WAIT_MS_MAX))]
    wait_ms: u32,
}

/// When a failed delivery is tried again: twice as late each time, or after these delays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RetrySettings {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u32")]
    base_ms: Option<u32>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u32")]
    cap_ms: Option<u32>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u64")]
    give_up_after_seconds: Option<u64>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Steps")]
    delays_seconds: Option<Steps>,
}

type Steps = First<u32, { model_limits::RETRY_STEPS_MAX + 1 }>;

/// Gives the account's instance of an id or name.
pub(crate) type Resolve<'a> = &'a dyn Fn(&str) -> Option<InstanceId>;

impl WebhookBody {
    /// The webhook to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn create(self, resolve: Resolve<'_>) -> Result<NewEndpoint, Failure> {
        let mut problems = Problems::default();
        let target = target::create(&self, &mut problems);
        let changes = self.changes(&mut problems, resolve);
        let target = problems.or(target)?;
        Ok(NewEndpoint {
            name: changes.name.flatten(),
            target,
            filter: Filter {
                events: changes.events.unwrap_or_default(),
                instances: changes.instances.flatten(),
                chat_kinds: changes.chat_kinds.unwrap_or_default(),
            },
            batching: changes.batching.flatten(),
            concurrency: changes.concurrency.unwrap_or(model_limits::ENDPOINT_CONCURRENCY_DEFAULT),
            timeout_ms: changes.timeout_ms.unwrap_or(model_limits::ENDPOINT_TIMEOUT_MS_DEFAULT),
            schedule: changes.schedule.unwrap_or(RetrySchedule::STANDARD),
        })
    }

    /// The changes to a webhook that sends to `old` now.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn update(self, old: &Target, resolve: Resolve<'_>) -> Result<UpdateEndpoint, Failure> {
        let mut problems = Problems::default();
        let target = target::update(&self, old, &mut problems);
        let changes = self.changes(&mut problems, resolve);
        problems.or(Some(UpdateEndpoint { target, ..changes }))
    }

    /// What has nothing to do with the target.
    fn changes(self, problems: &mut Problems, resolve: Resolve<'_>) -> UpdateEndpoint {
        if let Some(Some(name)) = &self.name {
            check_name(problems, name);
        }
        let batching = self.batch.map(|given| given.map(|Object(batch)| batch.read(problems)));
        let concurrency = 1..=model_limits::ENDPOINT_CONCURRENCY_MAX;
        if self.concurrency.is_some_and(|given| !concurrency.contains(&given)) {
            problems.add("concurrency", format!("is not a number from 1 to {}", concurrency.end()));
        }
        let timeout_ms = model_limits::ENDPOINT_TIMEOUT_MS_MIN..=model_limits::ENDPOINT_TIMEOUT_MS_MAX;
        if self.timeout_ms.is_some_and(|given| !timeout_ms.contains(&given)) {
            let wanted = format!("is not a number from {} to {}", timeout_ms.start(), timeout_ms.end());
            problems.add("timeout_ms", wanted);
        }
        UpdateEndpoint {
            name: self.name,
            target: None,
            events: self.events.map(|First(words)| read_events(problems, words)),
            instances: self.instances.map(|given| given.map(|list| read_instances(problems, list, resolve))),
            chat_kinds: self.chat_kinds.map(|First(words)| read_chat_kinds(problems, words)),
            batching,
            concurrency: self.concurrency,
            timeout_ms: self.timeout_ms,
            schedule: self.retry.map(|Object(retry)| retry.read(problems)),
        }
    }
}

pub(super) fn check_name(problems: &mut Problems, name: &str) {
    problems.bound("name", name, model_limits::ENDPOINT_NAME_BYTES_MAX);
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        problems.add("name", "is empty, or has control characters; leave it out or give null for none");
    }
}

pub(super) fn read_events(problems: &mut Problems, words: Vec<String>) -> Vec<String> {
    problems.few("events", &words, limits::WORDS_MAX);
    let mut known: Vec<String> = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        if !is_type_or_family(&word) {
            let wanted = "is neither an event type nor a family such as `message.*`; see the list in the documentation";
            problems.add(format!("events.{index}"), wanted);
        } else if !known.contains(&word) {
            known.push(word);
        }
    }
    known
}

pub(super) fn read_instances(
    problems: &mut Problems,
    First(names): Instances,
    resolve: Resolve<'_>,
) -> Vec<InstanceId> {
    problems.few("instances", &names, model_limits::ENDPOINT_INSTANCES_MAX);
    if names.is_empty() {
        problems.add("instances", "is empty; leave it out or give null for every instance");
    }
    let mut found = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match resolve(name) {
            Some(id) => found.push(id),
            None => {
                problems.add(format!("instances.{index}"), "is no id or name of an instance of this account")
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

pub(super) fn read_chat_kinds(problems: &mut Problems, words: Vec<String>) -> Vec<ChatKind> {
    problems.few("chat_kinds", &words, limits::WORDS_MAX);
    let mut kinds = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match ChatKind::parse(word) {
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => kinds.push(kind),
            None => {
                let known = ChatKind::ALL.map(ChatKind::as_str).join(", ");
                problems
                    .add(format!("chat_kinds.{index}"), format!("is not a kind of chats; there are {known}"));
            }
        }
    }
    kinds
}

impl BatchSettings {
    fn read(self, problems: &mut Problems) -> Batching {
        if !(1..=model_limits::BATCH_EVENTS_MAX).contains(&self.events_max) {
            let wanted = format!("is not a number from 1 to {}", model_limits::BATCH_EVENTS_MAX);
            problems.add("batch.events_max", wanted);
        }
        if self.wait_ms > model_limits::BATCH_WAIT_MS_MAX {
            problems.add("batch.wait_ms", format!("is more than {}", model_limits::BATCH_WAIT_MS_MAX));
        }
        Batching { events_max: self.events_max, wait_ms: self.wait_ms }
    }
}

impl RetrySettings {
    fn read(self, problems: &mut Problems) -> RetrySchedule {
        let exponential =
            self.base_ms.is_some() || self.cap_ms.is_some() || self.give_up_after_seconds.is_some();
        let Some(First(delays)) = self.delays_seconds else {
            return self.exponential(problems);
        };
        if exponential {
            let wanted =
                "stands beside `base_ms`, `cap_ms` or `give_up_after_seconds`; give either it or those";
            problems.add("retry.delays_seconds", wanted);
        }
        problems.few("retry.delays_seconds", &delays, model_limits::RETRY_STEPS_MAX);
        if delays.is_empty() {
            problems.add("retry.delays_seconds", "is empty; give at least one delay");
        }
        let allowed = 1..=limits::RETRY_DELAY_MS_MAX / 1_000;
        for (index, delay) in delays.iter().enumerate() {
            if !allowed.contains(delay) {
                let wanted = format!("is not a number from 1 to {}", allowed.end());
                problems.add(format!("retry.delays_seconds.{index}"), wanted);
            }
        }
        RetrySchedule::Steps { delays_ms: delays.iter().map(|delay| delay.saturating_mul(1_000)).collect() }
    }

    fn exponential(&self, problems: &mut Problems) -> RetrySchedule {
        let base_ms = self.base_ms.unwrap_or(limits::RETRY_BASE_MS_DEFAULT);
        let cap_ms = self.cap_ms.unwrap_or(limits::RETRY_CAP_MS_DEFAULT.max(base_ms));
        let give_up_after_seconds = self.give_up_after_seconds.unwrap_or(limits::RETRY_FOR_SECONDS_DEFAULT);
        let delays = limits::RETRY_DELAY_MS_MIN..=limits::RETRY_DELAY_MS_MAX;
        if !delays.contains(&base_ms) {
            let wanted = format!("is not a number from {} to {}", delays.start(), delays.end());
            problems.add("retry.base_ms", wanted);
        }
        if cap_ms < base_ms || cap_ms > *delays.end() {
            problems.add("retry.cap_ms", format!("is less than `base_ms`, or more than {}", delays.end()));
        }
        let longest = model_limits::RETRY_FOR_MS_MAX / 1_000;
        if !(1..=longest).contains(&give_up_after_seconds) {
            problems.add("retry.give_up_after_seconds", format!("is not a number from 1 to {longest}"));
        }
        RetrySchedule::Exponential {
            base_ms,
            cap_ms,
            give_up_after_ms: give_up_after_seconds.saturating_mul(1_000),
        }
    }
}

/// Body of `webhooks.rotate_secret`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotateSecret")]
pub(crate) struct RotateBody {
    /// How long the old secret signs as well; a day unless given, 0 for not at all.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u64")]
    overlap_seconds: Option<u64>,
}

impl RotateBody {
    /// How long the old secret signs as well, in milliseconds.
    ///
    /// # Errors
    /// `VALIDATION` when that is too long.
    pub(crate) fn read(&self) -> Result<u64, Failure> {
        let mut problems = Problems::default();
        let longest = model_limits::SECRET_OVERLAP_MS_MAX / 1_000;
        if self.overlap_seconds.is_some_and(|seconds| seconds > longest) {
            problems.add("overlap_seconds", format!("is more than {longest}"));
        }
        let overlap_ms = self.overlap_seconds.map(|seconds| seconds.saturating_mul(1_000));
        problems.or(Some(overlap_ms.unwrap_or(model_limits::SECRET_OVERLAP_MS_DEFAULT)))
    }
}

/// A new secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookSecret")]
pub(crate) struct SecretJson {
    pub(crate) secret: String,
    /// Until when the old secret signs as well, at the least; null when it does not.
    pub(crate) old_secret_until: Option<Time>,
}

#[cfg(test)]
mod tests;
