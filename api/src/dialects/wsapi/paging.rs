//! Pages by number, times in queries: the account's lists have them, and nothing else here.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::{ErrorCode, Failure};

use crate::json::time::parse_time;
use crate::limits::WSAPI_PAGE_SIZE_DEFAULT;
use crate::query::Query;

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageJson<T> {
    items: Vec<T>,
    total_count: usize,
    page_number: usize,
    page_size: usize,
}

/// Which page is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    number: usize,
    size: usize,
}

impl Paging {
    /// `?pageNumber=` and `?pageSize=`.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST`.
    pub(super) fn of(query: &Query) -> Result<Paging, Failure> {
        let number = |name: &str, default: usize, most: usize| match query.get(name) {
            None | Some("") => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (1..=most).contains(number))
                .ok_or_else(|| malformed(name, &format!("is not a whole number from 1 to {most}"))),
        };
        let number_of_page = number("pageNumber", 1, usize::from(u16::MAX))?;
        let size = number("pageSize", WSAPI_PAGE_SIZE_DEFAULT, PAGE_LIMIT_MAX)?;
        Ok(Paging { number: number_of_page, size })
    }

    /// How many stand before it, and how many are on it at the most.
    pub(super) fn place(self) -> (usize, usize) {
        ((self.number - 1) * self.size, self.size)
    }

    /// The page with these items.
    pub(super) fn page<T>(self, items: Vec<T>, total_count: usize) -> PageJson<T> {
        PageJson { items, total_count, page_number: self.number, page_size: self.size }
    }

    /// The page of a list that is all there.
    pub(super) fn page_of<T>(self, all: Vec<T>) -> PageJson<T> {
        let (total_count, (skipped, most)) = (all.len(), self.place());
        self.page(all.into_iter().skip(skipped).take(most).collect(), total_count)
    }
}

/// A parameter that is a time.
///
/// # Errors
/// `MALFORMED_REQUEST`.
pub(super) fn time(query: &Query, name: &str) -> Result<Option<i64>, Failure> {
    match query.get(name) {
        None | Some("") => Ok(None),
        Some(text) => parse_time(text).map(Some).ok_or_else(|| malformed(name, "is not a time in RFC 3339")),
    }
}

/// A parameter that is a word.
pub(super) fn word(query: &Query, name: &str) -> Option<String> {
    query.get(name).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// What is wrong with a parameter.
pub(super) fn malformed(name: &str, message: &str) -> Failure {
    Failure::new(ErrorCode::MalformedRequest, format!("`{name}` {message}"))
}
