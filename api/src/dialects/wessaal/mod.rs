//! Wessaal's integration API, below `/integration/v1`. One key opens it; the instance stands in the body or in the path, by its number or
//! its name.
//!
//! Successes are `{success, message, data}`, errors `{success, message, error_code}`, those of validation with the fields instead of a
//! code. Things are named by whole numbers, which follow from Trunkline's own ids ([`ids`]). Lists of which the reference says that they
//! are whole are whole, unless a page is asked for.

mod account;
mod body;
mod book;
mod error;
mod history;
mod ids;
mod lookup;
mod sending;
mod shown;
mod table;

use std::sync::LazyLock;

use trunkline_model::{Dialect, Failure, FieldError};

pub(crate) use self::table::Operation;
use super::admit::key_of;
use super::pages::Numbered;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Allowance, Ask, Caller, Row, Subject, document, header, page};
use crate::body::RequestBody;
use crate::call;
use crate::gateway::{Gateway, Principal};
use crate::limits::{WESSAAL_PAGE_SIZE_DEFAULT, WESSAAL_PAGE_SIZE_MAX, WESSAAL_REQUESTS_PER_HOUR};
use crate::query::Query;
use crate::reply::Answer;

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wessaal,
    title: "Wessaal",
    description: "The integration API of Wessaal, for its customers. Answers are `{success, message, data}`, errors \
        `{success, message, error_code}`, or `errors` with the fields that are wrong. Instances are named by number or name. A message \
        is queued when it is answered; `GET /integration/v1/messages/{messageId}/status` says what became of it.",
    credentials: &[Credential {
        header: "X-API-Key",
        what: "An API key.",
        needed_for: &[Access::Key, Access::Instance, Access::Linked, Access::Account],
    }],
    tables: table::TABLES,
    quotas,
    refuse: error::answer,
    error: |schemas| schemas.subschema_for::<error::ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// The service boasts of more than 5000 an hour and says no more.
fn quotas(_: &Row) -> &'static [Allowance] {
    const ALL: &[Allowance] = &[Allowance {
        subject: Subject::Key,
        counted: "all",
        requests: WESSAAL_REQUESTS_PER_HOUR,
        period_s: 3_600,
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
        key_of(gateway, Dialect::Wessaal, (header(caller.headers, "x-api-key"), caller.from))
    }

    async fn respond<G: Gateway>(
        operation: Operation,
        mut ask: Ask<'_, G>,
        body: RequestBody,
    ) -> Result<Answer, Failure> {
        match operation {
            Operation::Message(operation) => sending::answer(operation, &mut ask, body).await,
            Operation::Account(operation) => Box::pin(account::answer(operation, &mut ask)).await,
            Operation::Book(operation) => Box::pin(book::answer(operation, &ask, body)).await,
        }
    }
}

/// One field that is wrong.
fn wrong(field: &str, message: impl Into<String>) -> Failure {
    Failure::invalid(vec![FieldError::new(field, message)])
}

/// What fields of the native API are called here.
type Names = &'static [(&'static str, &'static str)];

const CONTACT_NAMES: Names = &[("name", "label")];
const TEMPLATE_NAMES: Names = &[("body", "content")];

/// Problems with the names that fields have here.
fn renamed(problems: Vec<FieldError>, names: Names) -> Vec<FieldError> {
    let rename = |mut problem: FieldError| {
        if let Some((_, here)) = names.iter().find(|(native, _)| *native == problem.field) {
            (*here).clone_into(&mut problem.field);
        }
        problem
    };
    problems.into_iter().map(rename).collect()
}

/// Which page is asked for.
fn asked(query: &Query) -> Numbered {
    Numbered::guess(query, "per_page", (WESSAAL_PAGE_SIZE_DEFAULT, WESSAAL_PAGE_SIZE_MAX))
}

#[cfg(test)]
mod tests;
