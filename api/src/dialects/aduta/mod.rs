//! 7aduta, and WasenderAPI whose form it has, below `/api/v1`. The key of a session is the session; a token opens the account.
//!
//! Answers are `{success, data}`, errors `{success, code, message}`, the two once more in `error`, and the fields that are wrong.
//! Where the two services name a thing differently, both names are read; what is answered has the names of 7aduta, and those of
//! WasenderAPI beside them. A session's id is the instance's.

mod auth;
mod body;
mod config;
mod contacts;
mod error;
mod event;
mod files;
mod groups;
mod keys;
mod logs;
mod messages;
mod pages;
mod pairing;
mod sessions;
mod shown;
mod table;

use std::sync::LazyLock;

use trunkline_model::delivery::{DialectFormat, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::{Address, Dialect, ErrorCode, Failure, FieldError, InstanceId};

pub(crate) use self::table::Operation;
use super::admit::{Addressed, key_of};
use super::quota::{Allowance, Subject};
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Ask, Caller, Row, bearer, document, header, page};
use crate::auth::SESSION_PREFIX;
use crate::body::RequestBody;
use crate::call;
use crate::gateway::{Gateway, Principal};
use crate::limits::{ADUTA_REQUESTS_PER_MINUTE, ADUTA_SENDS_PER_MINUTE};
use crate::reply::Answer;
use crate::sign::Visit;

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Aduta,
    title: "7aduta",
    description: "The API of 7aduta, for its customers, and those of WasenderAPI, whose names are read and written as well. Answers \
        are `{success, data}`; that to a message has `messageId`, too. Errors have `code` and `message`, and `errors` where fields \
        are wrong. A session sends 10 messages a minute, and a customer makes 100 requests. Webhooks hear of the events by 7aduta's \
        names, signed with `X-Webhook-Signature: sha256=…` (HMAC-SHA256 of the body); a session that asks for an event by a name \
        that only WasenderAPI has is told in its form, with the secret itself in that header.",
    credentials: &[
        Credential {
            header: "Authorization",
            what: "`Bearer` and the key of a session, which is the session that is meant.",
            needed_for: &[Access::Instance, Access::Linked],
        },
        Credential {
            header: "X-API-Token",
            what: "A personal token, or the token of whoever logged in; it may also stand where the key of a session does.",
            needed_for: &[Access::Key, Access::Account],
        },
    ],
    tables: table::TABLES,
    quotas,
    refuse: error::answer,
    error: |schemas| schemas.subschema_for::<error::ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// As the reference states them.
fn quotas(row: &Row) -> &'static [Allowance] {
    const ALL: Allowance = Allowance {
        subject: Subject::Account,
        counted: "all",
        requests: ADUTA_REQUESTS_PER_MINUTE,
        period_s: 60,
    };
    const SENT: Allowance = Allowance {
        subject: Subject::Instance,
        counted: "sent",
        requests: ADUTA_SENDS_PER_MINUTE,
        period_s: 60,
    };
    match row.path {
        table::messages::SEND | table::messages::RESEND => &[SENT, ALL],
        _ => &[ALL],
    }
}

/// See the module.
pub(crate) struct Speaker;

impl Speaks for Speaker {
    type Operation = Operation;

    fn open(_operation: Operation) -> Result<Answer, Failure> {
        Err(call::unexpected())
    }

    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure> {
        let (token, key) = (header(caller.headers, "x-api-token"), bearer(caller.headers));
        // Where a session is meant its key counts, whatever else is shown.
        let of_session =
            caller.row.is_some_and(|row| matches!(row.access, Access::Instance | Access::Linked));
        let key = if of_session { key.or(token) } else { token.or(key) };
        // Whoever logged in presents their session as a token: in a header, which no other site can have a browser send.
        if let Some(session) = key.filter(|key| key.starts_with(SESSION_PREFIX)) {
            return gateway.authenticate_session(session);
        }
        key_of(gateway, Dialect::Aduta, (key, caller.from))
    }

    /// The one instance of a session's key.
    fn address<G: Gateway>(
        _gateway: &G,
        _caller: &Caller<'_>,
        (principal, row): (&Principal, &Row),
    ) -> Result<Addressed, Failure> {
        if !matches!(row.access, Access::Instance | Access::Linked) {
            return Ok(Addressed::Nobody);
        }
        match own_session(principal) {
            Some(session) => Ok(Addressed::Here(session)),
            None => Err(Failure::new(ErrorCode::Unauthorized, "The key of a session is needed.")),
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
            Operation::Session(operation) => Box::pin(sessions::answer(operation, ask, body)).await,
            Operation::Contact(operation) => Box::pin(contacts::answer(operation, ask, body)).await,
            Operation::Group(operation) => Box::pin(groups::answer(operation, ask, body)).await,
            Operation::Token(operation) => Box::pin(keys::answer(operation, ask, body)).await,
            Operation::Auth(operation) => Box::pin(auth::answer(operation, ask)).await,
        }
    }

    async fn welcome<G: Gateway>(
        (operation, row): (Operation, &'static Row),
        visit: Visit<'_, G>,
        body: RequestBody,
    ) -> Result<Answer, Failure> {
        match operation {
            Operation::Auth(operation) => Box::pin(auth::welcome((operation, row), &visit, body)).await,
            _ => Err(call::unexpected()),
        }
    }

    fn tells(format: &DialectFormat, event: &Event) -> bool {
        event::is_told(&format.events, event)
    }

    fn webhook(telling: &Telling<'_>) -> Option<Told> {
        event::webhook(telling)
    }
}

/// The session that a key is; `None` for a token.
fn own_session(principal: &Principal) -> Option<InstanceId> {
    match principal.instances.as_deref() {
        Some([session]) => Some(*session),
        _ => None,
    }
}

/// The account has no such session.
fn no_session() -> Failure {
    Failure::new(ErrorCode::InstanceNotFound, "There is no session with this id.")
}

/// Anybody: digits, with or without a plus, or a WhatsApp id.
fn anybody(field: &str, text: &str) -> Result<Address, Failure> {
    text.parse::<Address>().map_err(|error| wrong(field, error.to_string()))
}

/// A person.
fn person(field: &str, text: &str) -> Result<Address, Failure> {
    let address = anybody(field, text)?;
    if address.is_person() { Ok(address) } else { Err(wrong(field, "is not a person")) }
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
