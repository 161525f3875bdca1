//! Answers: `{success, data}`, lists with what is beside the page.

pub(super) mod campaign;
pub(super) mod contact;
pub(super) mod message;
pub(super) mod session;
pub(super) mod webhook;

use super::pages::PaginationJson;
use crate::dialects::envelope::Paged;
pub(super) use crate::dialects::envelope::Success as SuccessJson;

/// A page of a list.
pub(super) type ListJson<T> = Paged<T, PaginationJson>;
