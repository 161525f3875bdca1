//! WSAPI: both of its generations at one root.
//!
//! Successes are bare resources, errors `{type, title, status, detail}`. The two generations differ in paths, in methods and in
//! the names of members; where they share a place, every name is read and every name is written. The one true clash, two
//! answers of different types, goes to the current generation.

mod account;
mod admit;
mod body;
mod channels;
mod chats;
mod communities;
mod config;
mod error;
mod event;
mod groups;
mod instances;
mod messages;
mod people;
mod session;
mod shown;
mod table;

use hyper::StatusCode;
use serde::Serialize;
use trunkline_model::command::{Command, Reply};
use trunkline_model::{Address, Dialect, Failure, FieldError, LimitClass};

pub(super) use self::admit::admit;
pub(crate) use self::event::Stream;
pub(super) use self::event::webhook;
pub(crate) use self::table::WsapiOperation;
use super::{Mount, Row, Subject};
use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::Gateway;
use crate::limits::{WSAPI_OTHERS_PER_MINUTE, WSAPI_SENDS_PER_MINUTE};
use crate::reply::{self, Answer};

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wsapi,
    title: "WSAPI",
    description: "The API of WSAPI, for its customers: both generations, at the root of this server. Answers are bare \
        resources; errors have `type`, `title`, `status` and `detail`. Every answer to a known key says in \
        `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` what is left of the key's minute.",
    credentials: &[
        ("X-Api-Key", "An API key."),
        (
            "X-Instance-Id",
            "Id or name of the instance that is meant; not for `/account/instances` and `/admin`.",
        ),
    ],
    tables: table::TABLES,
    quotas,
    refuse: error::answer,
};

/// The service publishes no numbers; these are ours.
fn quotas(class: LimitClass) -> &'static [(Subject, u32)] {
    match class {
        LimitClass::Send => &[(Subject::Key, WSAPI_SENDS_PER_MINUTE)],
        LimitClass::Read | LimitClass::Write | LimitClass::Lookup => {
            &[(Subject::Key, WSAPI_OTHERS_PER_MINUTE)]
        }
    }
}

/// Answers what needs no key.
pub(super) fn open(operation: WsapiOperation) -> Result<Answer, Failure> {
    match operation {
        WsapiOperation::Session(operation) => session::open(operation),
        _ => Err(crate::call::unexpected()),
    }
}

/// Answers an operation of a known caller.
pub(super) async fn answer<G: Gateway>(
    operation: WsapiOperation,
    row: &'static Row,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let ask = Ask { call, row };
    match operation {
        WsapiOperation::Message(operation) => messages::answer(operation, &ask, body).await,
        // Boxed: what rare operations need would be paid for by every message.
        WsapiOperation::Session(operation) => Box::pin(session::answer(operation, &ask)).await,
        WsapiOperation::Group(operation) => Box::pin(groups::answer(operation, &ask, body)).await,
        WsapiOperation::Community(operation) => Box::pin(communities::answer(operation, &ask, body)).await,
        WsapiOperation::People(operation) => Box::pin(people::answer(operation, &ask, body)).await,
        WsapiOperation::Chat(operation) => Box::pin(chats::answer(operation, &ask, body)).await,
        WsapiOperation::Channel(operation) => Box::pin(channels::answer(operation, &ask, body)).await,
        WsapiOperation::Account(operation) => Box::pin(account::answer(operation, &ask, body)).await,
        WsapiOperation::Admin(operation) => Box::pin(instances::answer(operation, &ask, body)).await,
    }
}

/// A request on its way through a handler, and the row that it is answered by.
struct Ask<'a, 'c, G: Gateway> {
    call: &'a Call<'c, G>,
    row: &'static Row,
}

impl<G: Gateway> Ask<'_, G> {
    /// Gives the instance a command.
    async fn tell(&self, command: Command) -> Result<Reply, Failure> {
        self.call.ask(command).await
    }

    /// Gives the instance a command of which nothing is shown but that it worked.
    async fn done(&self, command: Command) -> Result<Answer, Failure> {
        self.tell(command).await?;
        Ok(self.nothing())
    }

    /// The row's success without a body.
    fn nothing(&self) -> Answer {
        let mut answer = reply::no_content();
        *answer.status_mut() = self.status();
        answer
    }

    /// The row's success with a body.
    fn show<T: Serialize>(&self, value: &T) -> Answer {
        reply::json(self.status(), value)
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.row.status).unwrap_or(StatusCode::OK)
    }

    /// A segment of the path.
    fn param(&self, name: &str) -> String {
        self.call.param(name).unwrap_or_default()
    }

    /// The person, group or newsletter in the path, which has to be a whole WhatsApp id.
    fn jid_in_path(&self, name: &str) -> Result<Address, Failure> {
        jid(name, &self.param(name))
    }

    /// The number in the path: digits, with or without a plus.
    fn phone_in_path(&self) -> Result<Address, Failure> {
        let phone = self.param("phone");
        phone.parse::<Address>().map_err(|error| wrong("phone", error.to_string()))
    }
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
