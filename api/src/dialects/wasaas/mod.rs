//! WASaaS, below `/api`. One key opens it; the session is named in the body, in the path or in the query.
//!
//! Successes are `{success, data}` with a pagination beside lists, errors `{success, error: {code, message}}`. Sessions are Trunkline's
//! instances under their ids, and what people call them is in their metadata: names of the service are free texts, ours are not.

mod body;
mod campaigns;
mod contacts;
mod error;
mod event;
mod messages;
mod pages;
mod sessions;
mod shown;
mod table;
mod webhooks;

use std::sync::LazyLock;

use trunkline_model::delivery::{DialectFormat, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::{Address, Dialect, ErrorCode, Failure, FieldError, InstanceId};

pub(crate) use self::table::Operation;
use super::admit::key_of;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Allowance, Ask, Caller, HookForm, Row, Subject, bearer, document, page};
use crate::body::RequestBody;
use crate::call;
use crate::gateway::{Gateway, Principal};
use crate::limits::{WASAAS_REQUESTS_PER_MINUTE, WASAAS_WEBHOOK_TIMEOUT_MS};
use crate::reply::Answer;

/// What the hooks of instances are like.
pub(super) fn hook_form() -> HookForm {
    HookForm { events: event::EVENTS, timeout_ms: WASAAS_WEBHOOK_TIMEOUT_MS, schedule: webhooks::SCHEDULE }
}

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wasaas,
    title: "WASaaS",
    description: "The API of WASaaS, for its customers. Answers are `{success, data}`, those of lists with a `pagination`; errors are \
        `{success, error: {code, message}}`. Every answer to a known key says in `X-RateLimit-Limit`, `X-RateLimit-Remaining` and \
        `X-RateLimit-Reset` what is left of the account's minute. Webhooks may ask for `campaign.…` and `contact.…` events, but are never told any.",
    credentials: &[Credential {
        header: "Authorization",
        what: "`Bearer` and an API key.",
        needed_for: &[Access::Key, Access::Instance, Access::Linked, Access::Account],
    }],
    tables: table::TABLES,
    quotas,
    refuse: error::answer,
    error: |schemas| schemas.subschema_for::<error::ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// Plans are a customer's, and differ in the service; whoever had the larger one is not to run into the smaller one here. An account may
/// say otherwise.
fn quotas(_: &Row) -> &'static [Allowance] {
    const ALL: &[Allowance] = &[Allowance {
        subject: Subject::Account,
        counted: "all",
        requests: WASAAS_REQUESTS_PER_MINUTE,
        period_s: 60,
    }];
    ALL
}

/// See the module.
pub(crate) struct Speaker;

impl Speaks for Speaker {
    type Operation = Operation;

    fn open(_: Operation) -> Result<Answer, Failure> {
        Err(call::unexpected())
    }

    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure> {
        key_of(gateway, Dialect::Wasaas, (bearer(caller.headers), caller.from))
    }

    async fn respond<G: Gateway>(
        operation: Operation,
        mut ask: Ask<'_, G>,
        body: RequestBody,
    ) -> Result<Answer, Failure> {
        match operation {
            Operation::Message(operation) => messages::answer(operation, &mut ask, body).await,
            // Boxed: what rare operations need would be paid for by every message.
            Operation::Session(operation) => Box::pin(sessions::answer(operation, &mut ask, body)).await,
            Operation::Contact(operation) => Box::pin(contacts::answer(operation, &ask, body)).await,
            Operation::Campaign(operation) => Box::pin(campaigns::answer(operation, &ask, body)).await,
            Operation::Webhook(operation) => Box::pin(webhooks::answer(operation, &ask, body)).await,
        }
    }

    fn tells(format: &DialectFormat, event: &Event) -> bool {
        event::is_told(&format.events, event)
    }

    fn webhook(telling: &Telling<'_>) -> Option<Told> {
        event::webhook(telling)
    }
}

/// One field that is wrong.
fn wrong(field: &str, message: impl Into<String>) -> Failure {
    Failure::invalid(vec![FieldError::new(field, message)])
}

/// Takes the session of this id.
///
/// # Errors
/// `INSTANCE_NOT_FOUND`, or `TOO_MANY_REQUESTS`.
fn session<G: Gateway>(ask: &mut Ask<'_, G>, id: &str) -> Result<InstanceId, Failure> {
    let missing = || Failure::new(ErrorCode::InstanceNotFound, "There is no session with that id.");
    ask.address(id)?.ok_or_else(missing)
}

/// The public id of a session.
fn session_id(id: InstanceId) -> String {
    id.to_string()
}

/// A WhatsApp id or the digits of a number; the status is neither.
fn chat(field: &str, text: &str) -> Result<Address, Failure> {
    let read = text.parse::<Address>().map_err(|error| wrong(field, error.to_string()))?;
    if read == Address::Status { Err(wrong(field, "is the status")) } else { Ok(read) }
}

#[cfg(test)]
mod tests;
