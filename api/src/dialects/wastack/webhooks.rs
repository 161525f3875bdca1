//! Webhooks: endpoints in the form of the service.

use std::collections::HashSet;

use trunkline_model::command::{
    Command, EndpointCommand as Tell, EndpointReply, EndpointView, NewEndpoint, Replay, Reply, UpdateEndpoint,
};
use trunkline_model::delivery::{
    DeliveryRecord, DialectFormat, Filter, Format, HttpTarget, Rehearsal, RetrySchedule, Target,
};
use trunkline_model::limits::{ENDPOINT_CONCURRENCY_DEFAULT, ENDPOINT_TIMEOUT_MS_DEFAULT, PAGE_LIMIT_MAX};
use trunkline_model::{Dialect, EndpointId, ErrorCode, Failure, InstanceId};

use super::body::text;
use super::body::webhook::{Given, TestBody, WebhookBody};
use super::event;
use super::shown::DeletedJson;
use super::shown::webhook::{
    DeliveryJson, ReplayJson, SecretJson, TestJson, WebhookJson, event_of_delivery, was_taken,
};
use super::table::webhooks::WebhookOperation;
use super::{Ask, maybe, numbered, resolve, show, show_page, wrong};
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::json::time::now_ms;
use crate::limits::DIALECT_PARTS_MAX;
use crate::reply::Answer;

/// When a failed delivery is tried again, in milliseconds: after the last of these the webhook is paused.
const DELAYS_MS: [u32; 6] = [60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000];

pub(super) async fn answer<G: Gateway>(
    operation: WebhookOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use WebhookOperation as Op;
    match operation {
        Op::List => list(ask).await,
        Op::Create => create(ask, body.json(ask.call.headers).await?).await,
        Op::Get => show(ask, WebhookJson::of(&*named(ask).await?)),
        Op::Update => update(ask, body.json(ask.call.headers).await?).await,
        Op::Delete => {
            let id = named(ask).await?.endpoint.id;
            match ask.call.endpoints(Tell::Delete { id, pulling: false }).await? {
                EndpointReply::Done => show(ask, DeletedJson::of(id.to_string())),
                _ => Err(unexpected()),
            }
        }
        Op::Test => test(ask, maybe(ask, body).await?).await,
        Op::RotateSecret => {
            let id = named(ask).await?.endpoint.id;
            // One signature goes with a delivery: the old secret ends with the new one.
            match ask.call.endpoints(Tell::RotateSecret(id, 0)).await? {
                EndpointReply::Secret(secret) => show(ask, SecretJson { secret }),
                _ => Err(unexpected()),
            }
        }
        Op::Deliveries => deliveries(ask).await,
        Op::Replay => replay(ask).await,
    }
}

fn one(reply: EndpointReply) -> Result<Box<EndpointView>, Failure> {
    match reply {
        EndpointReply::Endpoint(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

fn no_webhook() -> Failure {
    Failure::new(ErrorCode::WebhookNotFound, "Webhook not found.")
}

/// Whether an endpoint is a webhook of this service, and tells of no instance that does not exist for the caller.
fn is_of_caller<G: Gateway>(ask: &Ask<'_, G>, view: &EndpointView) -> bool {
    let principal = &ask.call.principal;
    let seen = match &view.endpoint.filter.instances {
        Some(instances) => instances.iter().all(|instance| principal.may_see(*instance)),
        None => principal.instances.is_none(),
    };
    seen && view.endpoint.hook().is_some_and(|(_, format)| format.dialect == Dialect::Wastack)
}

/// The webhook in the path.
async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<EndpointView>, Failure> {
    let id: EndpointId = ask.param("id")?.parse().map_err(|_| no_webhook())?;
    let view = one(ask.call.endpoints(Tell::Get(id)).await?)?;
    if is_of_caller(ask, &view) { Ok(view) } else { Err(no_webhook()) }
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        match ask.call.endpoints(Tell::List { pulling: false, after, limit: PAGE_LIMIT_MAX }).await? {
            EndpointReply::Endpoints(views, more) => {
                let next = views.last().map(|last| last.endpoint.id).filter(|_| more);
                Ok((views.into_iter().filter(|view| is_of_caller(ask, view)).collect(), next))
            }
            _ => Err(unexpected()),
        }
    });
    let all: Vec<EndpointView> = all.await?;
    show(ask, all.iter().map(WebhookJson::of).collect::<Vec<_>>())
}

/// The instances of a list of devices; none for all that exist for the caller.
fn instances<G: Gateway>(
    ask: &Ask<'_, G>,
    devices: Option<Vec<String>>,
) -> Result<Option<Vec<InstanceId>>, Failure> {
    let devices = devices.unwrap_or_default();
    if devices.is_empty() {
        return Ok(ask.call.principal.instances.as_deref().map(<[InstanceId]>::to_vec));
    }
    let mut found = Vec::with_capacity(devices.len());
    for (index, name) in devices.iter().enumerate() {
        let id = resolve(&ask.call, name);
        found.push(id.ok_or_else(|| wrong(&format!("deviceIds.{index}"), "is no device of this account"))?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(Some(found))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: WebhookBody) -> Result<Answer, Failure> {
    let Given { url, events, devices, secret, active } = body.read()?;
    let target = HttpTarget {
        url: url.ok_or_else(|| wrong("url", "is missing"))?,
        // Empty makes one up.
        secret: secret.unwrap_or_default(),
        old_secret: None,
        headers: Vec::new(),
        format: Format::Dialect(DialectFormat {
            dialect: Dialect::Wastack,
            events: events.ok_or_else(|| wrong("events", "is missing"))?,
        }),
    };
    let new = NewEndpoint {
        name: None,
        target: Target::Http(target),
        filter: Filter { instances: instances(ask, devices)?, ..Filter::default() },
        batching: None,
        concurrency: ENDPOINT_CONCURRENCY_DEFAULT,
        timeout_ms: ENDPOINT_TIMEOUT_MS_DEFAULT,
        schedule: RetrySchedule::Steps { delays_ms: DELAYS_MS.to_vec() },
    };
    let mut view = one(ask.call.endpoints(Tell::Create(Box::new(new))).await?)?;
    if active == Some(false) {
        view = one(ask.call.endpoints(Tell::Pause(view.endpoint.id)).await?)?;
    }
    show(ask, WebhookJson::made(&view))
}

async fn update<G: Gateway>(ask: &Ask<'_, G>, body: WebhookBody) -> Result<Answer, Failure> {
    let Given { url, events, devices, secret, active } = body.read()?;
    let mut view = named(ask).await?;
    let id = view.endpoint.id;
    let (old, format) = view.endpoint.hook().ok_or_else(no_webhook)?;
    let changes_target = url.is_some() || events.is_some() || secret.is_some();
    let target = changes_target.then(|| {
        Target::Http(HttpTarget {
            url: url.unwrap_or_else(|| old.url.clone()),
            // Empty keeps the one that there is.
            secret: secret.unwrap_or_default(),
            format: Format::Dialect(DialectFormat {
                events: events.unwrap_or_else(|| format.events.clone()),
                ..format.clone()
            }),
            ..old.clone()
        })
    });
    let instances = match devices {
        Some(devices) => Some(instances(ask, Some(devices))?),
        None => None,
    };
    if target.is_some() || instances.is_some() {
        let update = UpdateEndpoint { target, instances, ..UpdateEndpoint::default() };
        view = one(ask.call.endpoints(Tell::Update(id, Box::new(update))).await?)?;
    }
    match active {
        Some(true) if view.endpoint.pause.is_some() => {
            view = one(ask.call.endpoints(Tell::Resume(id)).await?)?;
        }
        Some(false) => view = one(ask.call.endpoints(Tell::Pause(id)).await?)?,
        _ => {}
    }
    show(ask, WebhookJson::of(&view))
}

async fn test<G: Gateway>(ask: &Ask<'_, G>, mut body: TestBody) -> Result<Answer, Failure> {
    let word = text(body.event()).unwrap_or_else(|| event::RECEIVED.to_owned());
    let sample = event::sample(&word, now_ms()).ok_or_else(|| wrong("event", "is no event that is told"))?;
    let view = named(ask).await?;
    let named = view.endpoint.filter.instances.as_deref().and_then(|instances| instances.first().copied());
    let any = || {
        let all = ask.call.front.gateway.instances_of(ask.call.account());
        all.into_iter().map(|(id, _)| id).find(|id| ask.call.principal.may_see(*id))
    };
    let instance = named.or_else(any).unwrap_or(InstanceId(0));
    let rehearsal = Box::new(Rehearsal { instance, event: sample });
    match ask.call.endpoints(Tell::Rehearse(view.endpoint.id, rehearsal)).await? {
        EndpointReply::Tested(result) => show(ask, TestJson::of(result)),
        _ => Err(unexpected()),
    }
}

async fn deliveries<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let asked = numbered(ask)?;
    let taken = ask.call.query.read("status", "is neither success nor failed", |word| match word {
        "success" | "delivered" => Some(true),
        "failed" => Some(false),
        _ => None,
    })?;
    let view = named(ask).await?;
    let failed = taken == Some(false);
    let command = Tell::Deliveries { id: view.endpoint.id, instance: None, failed, limit: PAGE_LIMIT_MAX };
    let EndpointReply::Deliveries(all) = ask.call.endpoints(command).await? else {
        return Err(unexpected());
    };
    // Newest first: what comes first of an event is what something follows on.
    let mut seen = HashSet::new();
    let marked = all.into_iter().map(|record| {
        let is_newest = seen.insert((record.instance, record.sequence));
        (record, is_newest)
    });
    let wanted: Vec<(DeliveryRecord, bool)> =
        marked.filter(|(record, _)| taken.is_none_or(|taken| taken == was_taken(record))).collect();
    let total = wanted.len();
    let mut shown = Vec::new();
    for (record, is_newest) in asked.of(wanted) {
        let event = event_of(ask, &record).await?;
        shown.push(DeliveryJson::of(&view.endpoint, &record, (event, is_newest)));
    }
    show_page(ask, (asked, total), shown)
}

/// The service's word for the event of a delivery.
async fn event_of<G: Gateway>(
    ask: &Ask<'_, G>,
    record: &DeliveryRecord,
) -> Result<Option<&'static str>, Failure> {
    let command = Command::PullEvents { after: record.sequence.saturating_sub(1), limit: 1 };
    match ask.call.command(record.instance, command).await {
        Ok(Reply::Events { events, .. }) => {
            let found = events.iter().find(|event| event.sequence == record.sequence);
            Ok(found.and_then(event::word))
        }
        Ok(_) => Err(unexpected()),
        // Deleted since.
        Err(failure) if failure.code == ErrorCode::InstanceNotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn replay<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = named(ask).await?;
    let id = ask.param("deliveryId")?;
    let no_delivery = || Failure::new(ErrorCode::WebhookNotFound, "Delivery not found.");
    let (instance, sequence) = event_of_delivery(&id).ok_or_else(no_delivery)?;
    if !view.endpoint.filter.covers(instance) || !ask.call.principal.may_see(instance) {
        return Err(no_delivery());
    }
    let replay = Replay::Events(vec![(instance, sequence)]);
    match ask.call.endpoints(Tell::Replay(view.endpoint.id, replay)).await? {
        EndpointReply::Replaying(0) => Err(no_delivery()),
        EndpointReply::Replaying(_) => show(ask, ReplayJson { id, status: "queued" }),
        _ => Err(unexpected()),
    }
}
