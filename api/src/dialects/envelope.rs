//! Successes in an envelope.

use schemars::JsonSchema;
use serde::Serialize;

/// `{success, data}`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Success{T}")]
pub(crate) struct Success<T> {
    /// True.
    success: bool,
    data: T,
}

impl<T> Success<T> {
    pub(crate) fn of(data: T) -> Success<T> {
        Success { success: true, data }
    }
}

/// `{success, data, pagination}`: a page of a list, and the dialect's own words about it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub(crate) struct Paged<T, P> {
    /// True.
    success: bool,
    data: Vec<T>,
    pagination: P,
}

impl<T, P> Paged<T, P> {
    pub(crate) fn of(data: Vec<T>, pagination: P) -> Paged<T, P> {
        Paged { success: true, data, pagination }
    }
}
