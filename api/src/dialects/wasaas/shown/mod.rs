//! Answers: `{success, data}`, lists with what is beside the page.

pub(super) mod campaign;
pub(super) mod contact;
pub(super) mod message;
pub(super) mod session;
pub(super) mod webhook;

use schemars::JsonSchema;
use serde::Serialize;

use super::pages::PaginationJson;

/// A success.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SuccessOf{T}")]
pub(super) struct SuccessJson<T> {
    success: bool,
    data: T,
}

impl<T> SuccessJson<T> {
    pub(super) fn of(data: T) -> SuccessJson<T> {
        SuccessJson { success: true, data }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(super) struct ListJson<T> {
    success: bool,
    data: Vec<T>,
    pagination: PaginationJson,
}

impl<T> ListJson<T> {
    pub(super) fn of(data: Vec<T>, pagination: PaginationJson) -> ListJson<T> {
        ListJson { success: true, data, pagination }
    }
}
