//! WSAPI: both of its generations at one root.
//!
//! Successes are bare resources, errors `{type, title, status, detail}`. The two generations differ in paths, in methods and in
//! the names of members; where they share a place, every name is read and every name is written. The one true clash, the people of
//! a group, goes to the current generation; a key made with the word `legacy` is answered as the first one was.

mod account;
mod body;
mod channels;
mod chats;
mod communities;
mod config;
mod error;
mod event;
mod groups;
mod instances;
mod keys;
mod messages;
mod paging;
mod people;
mod session;
mod shown;
mod subscriptions;
mod table;

use std::sync::LazyLock;

use trunkline_model::delivery::{DialectFormat, RetrySchedule, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::{Address, Dialect, ErrorCode, Failure, FieldError, LimitClass};

use self::event::Stream;
pub(crate) use self::table::Operation;
use super::admit::{Addressed, key_of};
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Allowance, Ask, Caller, HookForm, Row, Subject, document, header, page};
use crate::body::RequestBody;
use crate::call;
use crate::gateway::{Gateway, Principal};
use crate::limits::{WSAPI_OTHERS_PER_MINUTE, WSAPI_SENDS_PER_MINUTE};
use crate::reply::Answer;

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wsapi,
    title: "WSAPI",
    description: "The API of WSAPI, for its customers: both generations, at the root of this server. Answers are bare \
        resources; errors have `type`, `title`, `status` and `detail`. The people of a group are objects; a \
        key that is made with the scope `legacy` gets their ids alone, as the libraries of the first generation read them. \
        Every answer to a known key says in `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` what is left \
        of the key's minute.",
    credentials: &[
        Credential {
            header: "X-Api-Key",
            what: "An API key.",
            needed_for: &[Access::Instance, Access::Linked, Access::Account],
        },
        Credential {
            header: "X-Instance-Id",
            what: "Id or name of the instance that is meant; not for `/account/instances`, `/account/subscriptions` and `/admin`.",
            needed_for: &[Access::Instance, Access::Linked],
        },
    ],
    tables: table::TABLES,
    quotas,
    refuse: error::answer,
    error: |schemas| schemas.subschema_for::<error::ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// The service publishes no numbers; these are ours.
fn quotas(row: &Row) -> &'static [Allowance] {
    const fn key(counted: &'static str, requests: u32) -> Allowance {
        Allowance { subject: Subject::Key, counted, requests, period_s: 60 }
    }
    const SENDS: &[Allowance] = &[key("send", WSAPI_SENDS_PER_MINUTE)];
    const READS: &[Allowance] = &[key("read", WSAPI_OTHERS_PER_MINUTE)];
    const WRITES: &[Allowance] = &[key("write", WSAPI_OTHERS_PER_MINUTE)];
    const LOOKUPS: &[Allowance] = &[key("lookup", WSAPI_OTHERS_PER_MINUTE)];
    match row.class {
        _ if row.access == Access::Open => &[],
        LimitClass::Send => SENDS,
        LimitClass::Read => READS,
        LimitClass::Write => WRITES,
        LimitClass::Lookup => LOOKUPS,
    }
}

/// See the module.
pub(crate) struct Speaker;

impl Speaks for Speaker {
    type Operation = Operation;

    fn open(operation: Operation) -> Result<Answer, Failure> {
        match operation {
            Operation::Session(operation) => session::open(operation),
            _ => Err(call::unexpected()),
        }
    }

    /// That a caller is known comes before anything about instances is told.
    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure> {
        let names_one = caller.row.is_some_and(is_of_instance);
        if names_one && header(caller.headers, INSTANCE).is_none() {
            return Err(Failure::new(ErrorCode::MalformedRequest, "missing X-Instance-Id header"));
        }
        let key = header(caller.headers, "x-api-key");
        key_of(gateway, Dialect::Wsapi, (key, caller.from)).map_err(|failure| match failure.code {
            ErrorCode::Unauthorized => Failure::new(ErrorCode::Unauthorized, "unauthorized"),
            _ => failure,
        })
    }

    fn address<G: Gateway>(
        gateway: &G,
        caller: &Caller<'_>,
        (principal, row): (&Principal, &Row),
    ) -> Result<Addressed, Failure> {
        match header(caller.headers, INSTANCE).filter(|_| is_of_instance(row)) {
            Some(name) => {
                call::resolve(gateway, principal, name).map(Addressed::Here).ok_or_else(no_instance)
            }
            None => Ok(Addressed::Nobody),
        }
    }

    async fn respond<G: Gateway>(
        operation: Operation,
        ask: Ask<'_, G>,
        body: RequestBody,
    ) -> Result<Answer, Failure> {
        let ask = &ask;
        match operation {
            Operation::Message(operation) => messages::answer(operation, ask, body).await,
            // Boxed: what rare operations need would be paid for by every message.
            Operation::Session(operation) => Box::pin(session::answer(operation, ask)).await,
            Operation::Group(operation) => Box::pin(groups::answer(operation, ask, body)).await,
            Operation::Community(operation) => Box::pin(communities::answer(operation, ask, body)).await,
            Operation::People(operation) => Box::pin(people::answer(operation, ask, body)).await,
            Operation::Chat(operation) => Box::pin(chats::answer(operation, ask, body)).await,
            Operation::Channel(operation) => Box::pin(channels::answer(operation, ask, body)).await,
            Operation::Account(operation) => Box::pin(account::answer(operation, ask, body)).await,
            Operation::Admin(operation) => Box::pin(instances::answer(operation, ask, body)).await,
            Operation::Subscription(operation) => Box::pin(subscriptions::answer(operation, ask)).await,
        }
    }

    fn tells(format: &DialectFormat, event: &Event) -> bool {
        event::is_told(&format.events, event)
    }

    fn webhook(telling: &Telling<'_>) -> Option<Told> {
        event::webhook(telling)
    }
}

/// What the hooks of instances are like.
pub(super) fn hook_form() -> HookForm {
    HookForm { events: event::EVENTS, timeout_ms: config::TIMEOUT_MS, schedule: RetrySchedule::STANDARD }
}

/// The header that names the instance.
const INSTANCE: &str = "x-instance-id";

fn is_of_instance(row: &Row) -> bool {
    matches!(row.access, Access::Instance | Access::Linked)
}

/// The account has no such instance.
fn no_instance() -> Failure {
    Failure::new(ErrorCode::InstanceNotFound, "instance not found")
}

/// The person, group or newsletter in the path, which has to be a whole WhatsApp id.
fn jid_in_path<G: Gateway>(ask: &Ask<'_, G>, name: &str) -> Result<Address, Failure> {
    jid(name, &ask.param(name)?)
}

/// The number in the path: digits, with or without a plus.
fn phone_in_path<G: Gateway>(ask: &Ask<'_, G>) -> Result<Address, Failure> {
    ask.param("phone")?.parse::<Address>().map_err(|error| wrong("phone", error.to_string()))
}

/// A WhatsApp id with its server part.
fn jid(field: &str, text: &str) -> Result<Address, Failure> {
    let read = if text.contains('@') { text.parse::<Address>().ok() } else { None };
    read.ok_or_else(|| wrong(field, "invalid JID; give a whole one, as in 1234567890@s.whatsapp.net"))
}

/// Anybody: a WhatsApp id or a phone number.
fn anybody(field: &str, text: &str) -> Result<Address, Failure> {
    text.parse::<Address>().map_err(|error| wrong(field, error.to_string()))
}

/// One field that is wrong.
fn wrong(field: &str, message: impl Into<String>) -> Failure {
    Failure::invalid(vec![FieldError::new(field, message)])
}

/// A text that was given and is not empty: clients write empty ones for what they leave out.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
