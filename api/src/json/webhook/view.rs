//! Webhooks as replies give them: without what is secret.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::AccountId;
use trunkline_model::command::{DeadLetter, EndpointView, TestResult};
use trunkline_model::delivery::{DeliveryRecord, LaneCounts, Outcome, Pause, RetrySchedule, Target};

use crate::json::event::{EventJson, event_id};
use crate::json::time::Time;

/// A webhook.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(crate) struct WebhookJson<'a> {
    id: String,
    name: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    target: TargetJson<'a>,
    /// Types or families of them; none for every type.
    events: &'a [String],
    /// Ids; null for every instance.
    instances: Option<Vec<String>>,
    /// None for every kind.
    chat_kinds: Vec<&'static str>,
    batch: Option<BatchJson>,
    concurrency: u16,
    timeout_ms: u32,
    retry: RetryJson,
    /// `active` or `paused`.
    status: &'static str,
    pause: Option<PauseJson>,
    /// `closed`, `open` (it failed again and again, and is left alone for a while) or `half_open` (one delivery finds out).
    breaker: Option<&'static str>,
    counts: CountsJson,
    /// Events that wait.
    pending: u64,
    /// When the oldest of them happened.
    oldest_pending_at: Option<Time>,
    /// How the last attempt since the start of the node ended.
    last_outcome: Option<OutcomeJson<'a>>,
    last_success_at: Option<Time>,
    created_at: Time,
}

/// Where a webhook sends to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "WebhookTarget")]
enum TargetJson<'a> {
    Http {
        url: &'a str,
        /// Names of its own headers; their values are not shown.
        header_names: Vec<&'a str>,
        /// Until when the secret before this one signs as well.
        old_secret_until: Option<Time>,
    },
    Nats {
        url: &'a str,
        subject: &'a str,
        username: Option<&'a str>,
        has_password: bool,
        has_token: bool,
    },
    RabbitMq {
        url: &'a str,
        exchange: &'a str,
        routing_key: &'a str,
        username: &'a str,
        has_password: bool,
    },
    Nothing {},
}

/// A webhook that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewWebhook")]
pub(crate) struct NewWebhookJson<'a> {
    #[serde(flatten)]
    webhook: WebhookJson<'a>,
    /// Key of the signature, which is never shown again; null for brokers. Every request has a header
    /// `Trunkline-Signature: t=<unix seconds>,v1=<hexadecimal HMAC-SHA256 of the key over t, a full stop and the body>`, with a
    /// second `v1` of the key before while both are in use.
    secret: Option<&'a str>,
}

/// Several events in one delivery.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Batch")]
struct BatchJson {
    events_max: u16,
    wait_ms: u32,
}

/// When a failed delivery is tried again.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Retry")]
enum RetryJson {
    Exponential { base_ms: u32, cap_ms: u32, give_up_after_seconds: u64 },
    Steps { delays_seconds: Vec<u32> },
}

/// Why a webhook is told nothing.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pause")]
struct PauseJson {
    /// `requested`, `failing` or `gone`.
    reason: &'static str,
    since: Time,
}

/// What became of events so far.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeliveryCounts")]
pub(crate) struct CountsJson {
    /// Taken.
    delivered: u64,
    /// Not asked for.
    passed_over: u64,
    /// Given up.
    dead: u64,
    /// Gone from the log before their turn came.
    expired: u64,
}

/// How an attempt ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Outcome")]
struct OutcomeJson<'a> {
    /// `delivered`, or why not.
    outcome: &'a str,
    /// HTTP status of the answer.
    status: Option<u16>,
    /// Beginning of the answer, of a refusal.
    response: Option<&'a str>,
}

/// How a test went.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebhookTest")]
pub(crate) struct TestedJson {
    /// `delivered`, or why not.
    outcome: String,
    status: Option<u16>,
    latency_ms: u32,
    response: Option<String>,
}

/// An attempt to deliver.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryJson<'a> {
    instance: String,
    /// The event, or the first of several.
    event: String,
    /// How many there were.
    events: u16,
    /// From 1.
    attempt: u32,
    /// Whether it belongs to a replay.
    replayed: bool,
    time: Time,
    latency_ms: u32,
    #[serde(flatten)]
    outcome: OutcomeJson<'a>,
}

/// An event that was given up.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub(crate) struct DeadLetterJson<'a> {
    /// Id of the event.
    id: String,
    instance: String,
    sequence: u64,
    /// When it was given up.
    time: Time,
    attempts: u32,
    #[serde(flatten)]
    outcome: OutcomeJson<'a>,
    /// Null when the log has forgotten it, and then it cannot be replayed; or when the key lacks the scope `events:read`.
    event: Option<EventJson<'a>>,
}

impl<'a> WebhookJson<'a> {
    pub(crate) fn of(view: &'a EndpointView) -> WebhookJson<'a> {
        let EndpointView { endpoint, health } = view;
        let filter = &endpoint.filter;
        WebhookJson {
            id: endpoint.id.to_string(),
            name: endpoint.name.as_deref(),
            kind: endpoint.target.kind().as_str(),
            target: TargetJson::of(&endpoint.target),
            events: &filter.events,
            instances: filter.instances.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect()),
            chat_kinds: filter.chat_kinds.iter().map(|kind| kind.as_str()).collect(),
            batch: endpoint
                .batching
                .map(|batching| BatchJson { events_max: batching.events_max, wait_ms: batching.wait_ms }),
            concurrency: endpoint.concurrency,
            timeout_ms: endpoint.timeout_ms,
            retry: RetryJson::of(&endpoint.schedule),
            status: if endpoint.pause.is_some() { "paused" } else { "active" },
            pause: endpoint.pause.map(PauseJson::of),
            breaker: health.breaker.map(|breaker| breaker.as_str()),
            counts: CountsJson::of(health.counts),
            pending: health.pending,
            oldest_pending_at: health.oldest_pending_ms.map(Time),
            last_outcome: health.last_outcome.as_ref().map(OutcomeJson::of),
            last_success_at: health.last_success_ms.map(Time),
            created_at: Time(endpoint.created_at_ms),
        }
    }
}

impl<'a> NewWebhookJson<'a> {
    pub(crate) fn of(view: &'a EndpointView) -> NewWebhookJson<'a> {
        let secret = match &view.endpoint.target {
            Target::Http(http) => Some(http.secret.as_str()),
            _ => None,
        };
        NewWebhookJson { webhook: WebhookJson::of(view), secret }
    }
}

impl<'a> TargetJson<'a> {
    fn of(target: &'a Target) -> TargetJson<'a> {
        match target {
            Target::Http(http) => TargetJson::Http {
                url: &http.url,
                header_names: http.headers.iter().map(|(name, _)| name.as_str()).collect(),
                old_secret_until: http.old_secret.as_ref().map(|old| Time(old.until_ms)),
            },
            Target::Nats(nats) => TargetJson::Nats {
                url: &nats.url,
                subject: &nats.subject,
                username: nats.username.as_deref(),
                has_password: nats.password.is_some(),
                has_token: nats.token.is_some(),
            },
            Target::RabbitMq(rabbit) => TargetJson::RabbitMq {
                url: &rabbit.url,
                exchange: &rabbit.exchange,
                routing_key: &rabbit.routing_key,
                username: &rabbit.username,
                has_password: !rabbit.password.is_empty(),
            },
            Target::Pull => TargetJson::Nothing {},
        }
    }
}

impl RetryJson {
    fn of(schedule: &RetrySchedule) -> RetryJson {
        match schedule {
            RetrySchedule::Exponential { base_ms, cap_ms, give_up_after_ms } => RetryJson::Exponential {
                base_ms: *base_ms,
                cap_ms: *cap_ms,
                give_up_after_seconds: give_up_after_ms / 1_000,
            },
            RetrySchedule::Steps { delays_ms } => {
                RetryJson::Steps { delays_seconds: delays_ms.iter().map(|ms| ms / 1_000).collect() }
            }
        }
    }
}

impl PauseJson {
    fn of(pause: Pause) -> PauseJson {
        PauseJson { reason: pause.reason.as_str(), since: Time(pause.since_ms) }
    }
}

impl CountsJson {
    pub(crate) fn of(counts: LaneCounts) -> CountsJson {
        let LaneCounts { delivered, passed_over, dead, expired } = counts;
        CountsJson { delivered, passed_over, dead, expired }
    }
}

impl<'a> OutcomeJson<'a> {
    fn of(outcome: &'a Outcome) -> OutcomeJson<'a> {
        OutcomeJson { outcome: &outcome.word, status: outcome.status, response: outcome.snippet.as_deref() }
    }
}

impl TestedJson {
    pub(crate) fn of(result: TestResult) -> TestedJson {
        TestedJson {
            outcome: result.outcome.word,
            status: result.outcome.status,
            latency_ms: result.latency_ms,
            response: result.outcome.snippet,
        }
    }
}

impl<'a> DeliveryJson<'a> {
    pub(crate) fn of(record: &'a DeliveryRecord) -> DeliveryJson<'a> {
        DeliveryJson {
            instance: record.instance.to_string(),
            event: event_id(record.instance, record.sequence),
            events: record.events,
            attempt: record.attempt,
            replayed: record.replayed,
            time: Time(record.time_ms),
            latency_ms: record.latency_ms,
            outcome: OutcomeJson::of(&record.outcome),
        }
    }
}

impl<'a> DeadLetterJson<'a> {
    pub(crate) fn of(
        account: AccountId,
        letter: &'a DeadLetter,
        may_read_events: bool,
    ) -> DeadLetterJson<'a> {
        let event = letter.event.as_ref().filter(|_| may_read_events);
        DeadLetterJson {
            id: event_id(letter.instance, letter.sequence),
            instance: letter.instance.to_string(),
            sequence: letter.sequence,
            time: Time(letter.record.time_ms),
            attempts: letter.record.attempts,
            outcome: OutcomeJson::of(&letter.record.outcome),
            event: event.map(|event| EventJson::of(account, letter.instance, event)),
        }
    }
}
