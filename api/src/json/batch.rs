//! What became of the messages of a batch.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Failure;
use trunkline_model::command::MessageView;

use super::message::MessageJson;
use crate::problem::Problem;

/// The result of one message: the message, or why it was refused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BatchResult")]
pub(crate) struct BatchResult<'a> {
    /// Its place in the batch, from 0.
    index: usize,
    /// The status that it would have been answered with alone.
    status: u16,
    /// The message, when it was accepted.
    message: Option<MessageJson<'a>>,
    /// Whether an earlier message with the same idempotency key was accepted instead.
    replayed: bool,
    /// Why it was refused.
    error: Option<Problem<'a>>,
}

impl<'a> BatchResult<'a> {
    pub(crate) fn of(index: usize, result: &'a Result<MessageView, Failure>) -> BatchResult<'a> {
        match result {
            Ok(view) => BatchResult {
                index,
                status: 202,
                message: Some(MessageJson::of(view)),
                replayed: view.replayed,
                error: None,
            },
            Err(failure) => BatchResult {
                index,
                status: failure.code.http_status(),
                message: None,
                replayed: false,
                error: Some(Problem::of(failure, None)),
            },
        }
    }
}
