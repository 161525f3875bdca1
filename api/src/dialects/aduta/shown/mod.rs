//! Answers: `{success, data}`, with the names of 7aduta and those of WasenderAPI.

pub(crate) mod auth;
pub(crate) mod contact;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod session;
pub(crate) mod token;

use schemars::JsonSchema;
use serde::Serialize;

pub(super) use crate::dialects::envelope::Success;
pub(super) use crate::json::party::{id_of, lid_of, number_of};

/// What was done, in a sentence.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Said {
    pub(super) message: &'static str,
}
