//! What the fake engine answers about webhooks and consumers.

use trunkline_model::command::{
    DeadLetter, EndpointCommand, EndpointHealth, EndpointReply, EndpointView, TestResult,
};
use trunkline_model::delivery::{
    Batching, BreakerState, ChatKind, DeadLetterRecord, DeliveryRecord, Endpoint, Filter, Format, HttpTarget,
    LaneCounts, OldSecret, Outcome, Pause, PauseReason, RetrySchedule, Target,
};
use trunkline_model::{EndpointId, ErrorCode, Failure};

use crate::fake::{ACCOUNT, OPEN};

/// A webhook, named `crm`.
pub const WEBHOOK: EndpointId = EndpointId(0x21);
/// A consumer, named `warehouse`.
pub const CONSUMER: EndpointId = EndpointId(0x22);

fn refusal() -> Outcome {
    Outcome { word: "refused".to_owned(), status: Some(503), snippet: Some("come back later".to_owned()) }
}

pub fn webhook() -> EndpointView {
    let endpoint = Endpoint {
        id: WEBHOOK,
        account: ACCOUNT,
        name: Some("crm".to_owned()),
        target: Target::Http(HttpTarget {
            url: "https://example.org/hook".to_owned(),
            secret: "a-webhook-secret-that-must-not-show".to_owned(),
            old_secret: Some(OldSecret {
                secret: "an-old-secret-that-must-not-show".to_owned(),
                until_ms: 1_700_000_060_000,
            }),
            headers: vec![("X-Tenant".to_owned(), "a-value-that-must-not-show".to_owned())],
            format: Format::Native,
        }),
        filter: Filter {
            events: vec!["message.*".to_owned()],
            instances: Some(vec![OPEN]),
            chat_kinds: vec![ChatKind::Group],
        },
        batching: Some(Batching { events_max: 100, wait_ms: 500 }),
        concurrency: 8,
        timeout_ms: 15_000,
        schedule: RetrySchedule::STANDARD,
        pause: Some(Pause { reason: PauseReason::Failing, since_ms: 1_700_000_000_000 }),
        created_at_ms: 1_700_000_000_000,
        changed_at_ms: 1_700_000_000_000,
    };
    let health = EndpointHealth {
        counts: LaneCounts { delivered: 7, passed_over: 2, dead: 1, expired: 0 },
        pending: 3,
        oldest_pending_ms: Some(1_700_000_000_000),
        breaker: Some(BreakerState::HalfOpen),
        last_outcome: Some(refusal()),
        last_success_ms: None,
    };
    EndpointView { endpoint, health }
}

pub fn consumer() -> EndpointView {
    let webhook = webhook();
    let endpoint = Endpoint {
        id: CONSUMER,
        name: Some("warehouse".to_owned()),
        target: Target::Pull,
        filter: Filter::default(),
        batching: None,
        pause: None,
        ..webhook.endpoint
    };
    EndpointView { endpoint, health: EndpointHealth { breaker: None, last_outcome: None, ..webhook.health } }
}

fn letter() -> DeadLetter {
    let record = DeadLetterRecord { time_ms: 1_700_000_000_000, attempts: 9, outcome: refusal() };
    DeadLetter { instance: OPEN, event: None, sequence: 4, record }
}

fn attempt() -> DeliveryRecord {
    DeliveryRecord {
        number: 1,
        instance: OPEN,
        sequence: 4,
        events: 2,
        attempt: 1,
        time_ms: 1_700_000_000_000,
        latency_ms: 31,
        replayed: false,
        outcome: refusal(),
    }
}

/// The answer to a command, except to one for events.
pub fn endpoint(command: &EndpointCommand) -> Result<EndpointReply, Failure> {
    use EndpointCommand as Ask;
    let view = |id: EndpointId| match id {
        WEBHOOK => Ok(EndpointReply::Endpoint(Box::new(webhook()))),
        CONSUMER => Ok(EndpointReply::Endpoint(Box::new(consumer()))),
        _ => Err(Failure::new(ErrorCode::WebhookNotFound, "No.")),
    };
    match command {
        Ask::Create(new) if new.target == Target::Pull => view(CONSUMER),
        Ask::Create(_) => view(WEBHOOK),
        Ask::Get(id) | Ask::Update(id, _) | Ask::Pause(id) | Ask::Resume(id) => view(*id),
        Ask::List { pulling, limit, .. } => {
            let all = vec![if *pulling { consumer() } else { webhook() }];
            Ok(EndpointReply::Endpoints(all, *limit == 1))
        }
        Ask::Delete { .. } | Ask::Ack(..) => Ok(EndpointReply::Done),
        Ask::RotateSecret(..) => Ok(EndpointReply::Secret("a-new-secret".to_owned())),
        Ask::Test(_) | Ask::Rehearse(..) => {
            Ok(EndpointReply::Tested(TestResult { outcome: refusal(), latency_ms: 31 }))
        }
        Ask::Deliveries { .. } => Ok(EndpointReply::Deliveries(vec![attempt()])),
        Ask::DeadLetters { limit, .. } => Ok(EndpointReply::DeadLetters(vec![letter()], *limit == 1)),
        Ask::Replay(..) => Ok(EndpointReply::Replaying(5)),
        Ask::Pull { .. } => Ok(EndpointReply::Events(Vec::new())),
        Ask::GetHook(_) | Ask::ChangeHook(..) => Ok(EndpointReply::Hook(None)),
    }
}
