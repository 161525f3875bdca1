//! A request on its way through a handler of a dialect.

use std::cell::Cell;

use hyper::StatusCode;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};
use trunkline_model::command::{Command, InstanceView, Reply};
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::quota::Counted;
use super::table::Row;
use crate::call::{Call, instance_in};
use crate::gateway::Gateway;
use crate::reply::{self, Answer};

/// A request, and the row that it is answered by.
pub(crate) struct Ask<'a, G: Gateway> {
    pub(crate) call: Call<'a, G>,
    pub(crate) row: &'static Row,
    counted: Counted<'a, G>,
    /// Its place among the requests that are under way.
    place: Cell<Option<SemaphorePermit<'a>>>,
}

impl<'a, G: Gateway> Ask<'a, G> {
    pub(super) fn new(call: Call<'a, G>, counted: Counted<'a, G>, place: SemaphorePermit<'a>) -> Ask<'a, G> {
        Ask { row: counted.row, call, counted, place: Cell::new(Some(place)) }
    }

    /// Gives the instance a command.
    pub(crate) async fn tell(&self, command: Command) -> Result<Reply, Failure> {
        self.call.ask(command).await
    }

    /// Gives the instance a command of which nothing is shown but that it worked.
    pub(crate) async fn done(&self, command: Command) -> Result<Answer, Failure> {
        self.tell(command).await?;
        Ok(self.nothing())
    }

    /// The instance of the request as it stands.
    pub(crate) async fn instance(&self) -> Result<Box<InstanceView>, Failure> {
        instance_in(self.tell(Command::GetInstance).await?)
    }

    /// Refuses for an instance without a number what the engine would answer from disk.
    ///
    /// # Errors
    /// `INSTANCE_NOT_LINKED`.
    pub(super) async fn must_be_linked(&self) -> Result<(), Failure> {
        let view = self.instance().await?;
        match view.linked {
            Some(_) => Ok(()),
            None => {
                let detail = "The instance has to be linked to a number first.";
                Err(Failure::in_state(ErrorCode::InstanceNotLinked, view.state, detail))
            }
        }
    }

    /// Takes the instance that the body of the request names, by id or name. `None` where it does not exist for the key.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` when that instance has had as many as it may.
    pub(crate) fn address(&mut self, name: &str) -> Result<Option<InstanceId>, Failure> {
        let Some(instance) = self.call.resolve(name) else { return Ok(None) };
        self.counted.take_of_instance(&self.call.principal, instance)?;
        self.call.addressed = Some(instance);
        Ok(Some(instance))
    }

    /// A place among those who wait, for which the request gives up its own: waiting is no work.
    ///
    /// # Errors
    /// `UNAVAILABLE` when all are taken.
    pub(crate) fn place_to_wait(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let place = self.call.place()?;
        drop(self.place.take());
        Ok(place)
    }

    /// A segment of the path.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for one that is not text.
    pub(crate) fn param(&self, name: &str) -> Result<String, Failure> {
        self.call.param(name).ok_or_else(|| {
            Failure::new(ErrorCode::MalformedRequest, format!("`{name}` in the path is not text in UTF-8"))
        })
    }

    /// The row's success without a body.
    pub(crate) fn nothing(&self) -> Answer {
        let mut answer = reply::no_content();
        *answer.status_mut() = self.status();
        answer
    }

    /// The row's success with a bare body.
    pub(crate) fn show<T: Serialize>(&self, value: &T) -> Answer {
        reply::json(self.status(), value)
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.row.status).unwrap_or(StatusCode::OK)
    }
}
