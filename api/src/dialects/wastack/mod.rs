//! WAStack, below `/api/v1`. Two credentials open it: the key of an app and a key of the account, which may each be limited to some
//! instances; a request may touch those that both may.
//!
//! Successes are `{success, data}`, lists have `pagination` beside them, errors are `{success, error}` with a sentence. What it calls
//! a device is an instance. A message is accepted with 202 and has a transaction, which is its id here; one that is to be sent
//! later has the schedule's in its place until its time has come.

mod apps;
mod body;
mod book;
mod data;
mod devices;
mod error;
mod event;
mod groups;
mod health;
mod ids;
mod messages;
mod otp;
mod schedules;
mod sending;
mod shown;
mod table;
mod target;
mod templates;
mod webhooks;

use std::sync::{Arc, LazyLock};

use trunkline_model::delivery::{DialectFormat, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::{Dialect, ErrorCode, Failure, FieldError, InstanceId, LimitClass};

pub(crate) use self::table::Operation;
use super::admit::{key_of, unauthorized};
use super::envelope::{Paged, Success};
use super::pages::Numbered;
use super::quota::Allowance;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Ask, Caller, Row, Subject, bearer, document, header, page};
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::{Gateway, Principal};
use crate::limits::{
    WASTACK_HEALTH_PER_MINUTE, WASTACK_PAGE_DEFAULT, WASTACK_PAGE_MAX, WASTACK_READS_PER_MINUTE,
    WASTACK_SENDS_PER_MINUTE,
};
use crate::reply::Answer;

/// Whoever has a key.
const KEYS: &[Access] = &[Access::Key, Access::Instance, Access::Linked, Access::Account];

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wastack,
    title: "WAStack",
    description: "The API of WAStack, for its customers, below `/api/v1`. Answers are `{\"success\": true, \"data\": …}`, errors \
        `{\"success\": false, \"error\": \"…\"}`. A key may send 30 messages and ask 60 other things in a minute; \
        `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` say what is left. `deviceId` may be left out by \
        an app that is bound to one device.",
    credentials: &[
        Credential { header: "X-App-Key", what: "The key of an app.", needed_for: KEYS },
        Credential { header: "Authorization", what: "`Bearer` and an API key.", needed_for: KEYS },
    ],
    tables: table::TABLES,
    quotas,
    refuse: error::answer,
    error: |schemas| schemas.subschema_for::<error::ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// As the service's reference says: sends, everything else, health.
fn quotas(row: &Row) -> &'static [Allowance] {
    const fn of(subject: Subject, counted: &'static str, requests: u32) -> Allowance {
        Allowance { subject, counted, requests, period_s: 60 }
    }
    const SENDS: &[Allowance] = &[of(Subject::Key, "send", WASTACK_SENDS_PER_MINUTE)];
    const READS: &[Allowance] = &[of(Subject::Key, "read", WASTACK_READS_PER_MINUTE)];
    const HEALTH: &[Allowance] = &[of(Subject::Address, "health", WASTACK_HEALTH_PER_MINUTE)];
    match row.class {
        _ if row.access == Access::Open => HEALTH,
        LimitClass::Send => SENDS,
        _ => READS,
    }
}

/// See the module.
pub(crate) struct Speaker;

impl Speaks for Speaker {
    type Operation = Operation;

    fn open(_operation: Operation) -> Result<Answer, Failure> {
        Err(unexpected())
    }

    fn open_at<G: Gateway>(gateway: &G, operation: Operation) -> Result<Answer, Failure> {
        health::open(gateway, operation)
    }

    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure> {
        let app = header(caller.headers, "x-app-key").ok_or_else(unauthorized)?;
        let principal = key_of(gateway, Dialect::Wastack, (bearer(caller.headers), caller.from))?;
        let app = gateway.authenticate_app(app, caller.from)?;
        if app.account != principal.account {
            return Err(unauthorized());
        }
        let instances = both(principal.instances.clone(), app.instances);
        Ok(Principal { instances, app: Some(app.app), ..principal })
    }

    async fn respond<G: Gateway>(
        operation: Operation,
        mut ask: Ask<'_, G>,
        body: RequestBody,
    ) -> Result<Answer, Failure> {
        let ask = &mut ask;
        match operation {
            Operation::Message(operation) => messages::answer(operation, ask, body).await,
            // Boxed: what rare operations need would be paid for by every message.
            Operation::Otp(operation) => Box::pin(otp::answer(operation, ask, body)).await,
            Operation::Device(operation) => Box::pin(devices::answer(operation, ask, body)).await,
            Operation::Data(operation) => Box::pin(data::answer(operation, ask, body)).await,
            Operation::Contact(operation) => Box::pin(book::answer(operation, ask, body)).await,
            Operation::Group(operation) => Box::pin(groups::answer(operation, ask, body)).await,
            Operation::Template(operation) => Box::pin(templates::answer(operation, ask, body)).await,
            Operation::Schedule(operation) => Box::pin(schedules::answer(operation, ask, body)).await,
            Operation::Webhook(operation) => Box::pin(webhooks::answer(operation, ask, body)).await,
            Operation::App(operation) => Box::pin(apps::answer(operation, ask, body)).await,
            Operation::Health(operation) => Box::pin(health::answer(operation, ask)).await,
        }
    }

    fn tells(format: &DialectFormat, event: &Event) -> bool {
        event::is_told(&format.events, event)
    }

    fn webhook(telling: &Telling<'_>) -> Option<Told> {
        event::webhook(telling)
    }
}

/// The instances that both of two bounds leave.
fn both(one: Option<Arc<[InstanceId]>>, other: Option<Arc<[InstanceId]>>) -> Option<Arc<[InstanceId]>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.iter().copied().filter(|id| other.contains(id)).collect()),
        (one, other) => one.or(other),
    }
}

/// The instance that a caller calls so, if it exists for its keys: by the service's id, by ours, or by its name.
fn resolve<G: Gateway>(call: &Call<'_, G>, text: &str) -> Option<InstanceId> {
    ids::instance(text).and_then(|id| call.resolve(&id.to_string())).or_else(|| call.resolve(text))
}

/// The account has no such device.
fn no_device() -> Failure {
    Failure::new(ErrorCode::InstanceNotFound, "Device not found.")
}

/// Takes the device of the request: the one in the path, in the query or `given` in the body; left out, the only one that there is for the
/// caller.
///
/// # Errors
/// `INSTANCE_NOT_FOUND`, or `VALIDATION` where none is named and there are several.
fn device<G: Gateway>(ask: &mut Ask<'_, G>, given: Option<String>) -> Result<InstanceId, Failure> {
    let call = &ask.call;
    let named = call.param("deviceId").or(given).or_else(|| call.query.get("deviceId").map(str::to_owned));
    let instance = match named.filter(|text| !text.is_empty()) {
        Some(text) => resolve(call, &text).ok_or_else(no_device)?,
        None => only_device(call).ok_or_else(|| wrong("deviceId", "is missing"))?,
    };
    ask.call.addressed = Some(instance);
    Ok(instance)
}

/// The instance of a caller who has one.
fn only_device<G: Gateway>(call: &Call<'_, G>) -> Option<InstanceId> {
    match call.principal.instances.as_deref() {
        Some([one]) => Some(*one),
        Some(_) => None,
        None => match call.front.gateway.instances_of(call.account()).as_slice() {
            [(one, _)] => Some(*one),
            _ => None,
        },
    }
}

/// One member that is wrong.
fn wrong(field: &str, message: impl Into<String>) -> Failure {
    Failure::invalid(vec![FieldError::new(field, message)])
}

/// A body of an operation that takes nothing of it that has to be there: none at all passes.
async fn maybe<G: Gateway, B: serde::de::DeserializeOwned + Default>(
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<B, Failure> {
    body.json_or_nothing(ask.call.headers).await
}

/// The row's success.
fn show<G: Gateway, T: serde::Serialize>(ask: &Ask<'_, G>, data: T) -> Result<Answer, Failure> {
    Ok(ask.show(&Success::of(data)))
}

/// Which page is asked for.
fn numbered<G: Gateway>(ask: &Ask<'_, G>) -> Result<Numbered, Failure> {
    Numbered::read(&ask.call.query, "limit", (WASTACK_PAGE_DEFAULT, WASTACK_PAGE_MAX))
}

/// A page of a list of so many entries.
fn show_page<G: Gateway, T: serde::Serialize>(
    ask: &Ask<'_, G>,
    (asked, total): (Numbered, usize),
    data: Vec<T>,
) -> Result<Answer, Failure> {
    let pagination =
        shown::Pagination { page: asked.page, limit: asked.limit, total, total_pages: asked.pages(total) };
    Ok(ask.show(&Paged::of(data, pagination)))
}

#[cfg(test)]
mod tests;
