//! Webhooks: endpoints in the form of this service, of one session or of all.

use trunkline_model::command::{EndpointCommand, EndpointReply, NewEndpoint, UpdateEndpoint};
use trunkline_model::delivery::{DialectFormat, Endpoint, Filter, Format, HttpTarget, RetrySchedule, Target};
use trunkline_model::limits::{ENDPOINT_CONCURRENCY_DEFAULT, PAGE_LIMIT_MAX};
use trunkline_model::{Dialect, EndpointId, ErrorCode, Failure};

use super::body::webhook::{WebhookBody, WebhookSaid};
use super::pages::{PaginationJson, window_or_all};
use super::shown::session::RemovedJson;
use super::shown::webhook::WebhookJson;
use super::shown::{ListJson, SuccessJson};
use super::table::webhooks::WebhookOperation;
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::dialects::Ask;
use crate::dialects::pages::Walk;
use crate::gateway::Gateway;
use crate::limits::{
    WASAAS_RETRY_BASE_MS, WASAAS_RETRY_CAP_MS, WASAAS_RETRY_FOR_MS, WASAAS_WEBHOOK_TIMEOUT_MS,
};
use crate::reply::Answer;

/// Three repetitions, each after twice as long.
pub(super) const SCHEDULE: RetrySchedule = RetrySchedule::Exponential {
    base_ms: WASAAS_RETRY_BASE_MS,
    cap_ms: WASAAS_RETRY_CAP_MS,
    give_up_after_ms: WASAAS_RETRY_FOR_MS,
};

pub(super) async fn answer<G: Gateway>(
    operation: WebhookOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use WebhookOperation as Op;
    match operation {
        Op::Create => {
            let body: WebhookBody = body.json(ask.call.headers).await?;
            create(ask, body.read(true)?).await
        }
        Op::List => list(ask).await,
        Op::Update => {
            let before = webhook(ask).await?;
            let body: WebhookBody = body.json(ask.call.headers).await?;
            update(ask, before, body.read(false)?).await
        }
        Op::Delete => {
            let id = webhook(ask).await?.id;
            ask.call.endpoints(EndpointCommand::Delete { id, pulling: false }).await?;
            Ok(ask.show(&SuccessJson::of(RemovedJson::of(id.to_string()))))
        }
    }
}

fn missing() -> Failure {
    Failure::new(ErrorCode::WebhookNotFound, "There is no webhook with that id.")
}

/// Whether an endpoint speaks as this service does.
fn is_ours(endpoint: &Endpoint) -> bool {
    endpoint.hook().is_some_and(|(_, format)| format.dialect == Dialect::Wasaas)
}

/// The webhook in the path.
async fn webhook<G: Gateway>(ask: &Ask<'_, G>) -> Result<Endpoint, Failure> {
    let id: EndpointId = ask.param("id")?.parse().map_err(|_| missing())?;
    let endpoint = one(ask.call.endpoints(EndpointCommand::Get(id)).await?)?;
    if is_ours(&endpoint) { Ok(endpoint) } else { Err(missing()) }
}

fn one(reply: EndpointReply) -> Result<Endpoint, Failure> {
    match reply {
        EndpointReply::Endpoint(view) => Ok(view.endpoint),
        _ => Err(unexpected()),
    }
}

/// A refusal of an address with the name that it has here.
pub(super) fn in_our_words(mut failure: Failure, url: &str) -> Failure {
    if failure.code != ErrorCode::Validation {
        return failure;
    }
    for field in failure.fields.iter_mut().filter(|field| field.field == "url") {
        url.clone_into(&mut field.field);
    }
    Failure::invalid(failure.fields)
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, said: WebhookSaid) -> Result<Answer, Failure> {
    let no_session = || Failure::new(ErrorCode::InstanceNotFound, "There is no session with that id.");
    let instance = match &said.session {
        Some(id) => Some(vec![ask.call.resolve(id).ok_or_else(no_session)?]),
        None => None,
    };
    let format = DialectFormat { dialect: Dialect::Wasaas, events: said.events.unwrap_or_default() };
    let target = HttpTarget {
        url: said.url.unwrap_or_default(),
        // Empty makes one up.
        secret: said.secret.unwrap_or_default(),
        old_secret: None,
        headers: Vec::new(),
        format: Format::Dialect(format),
    };
    let new = NewEndpoint {
        name: None,
        target: Target::Http(target),
        filter: Filter { instances: instance, ..Filter::default() },
        batching: None,
        concurrency: ENDPOINT_CONCURRENCY_DEFAULT,
        timeout_ms: WASAAS_WEBHOOK_TIMEOUT_MS,
        schedule: SCHEDULE,
    };
    let mut endpoint = one(ask.call.endpoints(EndpointCommand::Create(Box::new(new))).await?)?;
    if said.active == Some(false) {
        endpoint = one(ask.call.endpoints(EndpointCommand::Pause(endpoint.id)).await?)?;
    }
    let secret = endpoint.hook().map(|(target, _)| target.secret.clone()).unwrap_or_default();
    let shown = WebhookJson::of(&endpoint).ok_or_else(unexpected)?.with_secret(secret);
    Ok(ask.show(&SuccessJson::of(shown)))
}

async fn update<G: Gateway>(
    ask: &Ask<'_, G>,
    before: Endpoint,
    said: WebhookSaid,
) -> Result<Answer, Failure> {
    let (old, format) = before.hook().ok_or_else(missing)?;
    let mut target = old.clone();
    target.url = said.url.unwrap_or(target.url);
    if let Some(secret) = said.secret {
        (target.secret, target.old_secret) = (secret, None);
    }
    let events = said.events.unwrap_or_else(|| format.events.clone());
    target.format = Format::Dialect(DialectFormat { dialect: Dialect::Wasaas, events });
    let mut endpoint = if target == *old {
        before.clone()
    } else {
        let update = UpdateEndpoint { target: Some(Target::Http(target)), ..UpdateEndpoint::default() };
        one(ask.call.endpoints(EndpointCommand::Update(before.id, Box::new(update))).await?)?
    };
    let command = match said.active {
        Some(false) => Some(EndpointCommand::Pause(before.id)),
        Some(true) => Some(EndpointCommand::Resume(before.id)),
        None => None,
    };
    if let Some(command) = command {
        endpoint = one(ask.call.endpoints(command).await?)?;
    }
    let shown = WebhookJson::of(&endpoint).ok_or_else(unexpected)?;
    Ok(ask.show(&SuccessJson::of(shown)))
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let window = window_or_all(&ask.call.query);
    let (mut walk, mut after) = (Walk::new(window), None);
    loop {
        let command = EndpointCommand::List { pulling: false, after, limit: PAGE_LIMIT_MAX };
        let EndpointReply::Endpoints(views, more) = ask.call.endpoints(command).await? else {
            return Err(unexpected());
        };
        after = views.last().map(|view| view.endpoint.id);
        let ours = views.iter().filter(|view| is_ours(&view.endpoint));
        ours.filter_map(|view| WebhookJson::of(&view.endpoint)).for_each(|webhook| walk.push(webhook));
        if !more || walk.is_over() {
            break;
        }
    }
    let pagination = PaginationJson::of(window, walk.total);
    Ok(ask.show(&ListJson::of(walk.kept, pagination)))
}
