//! Lists, whole or page by page. A page has a number, so what comes before it is walked over: lists are bounded, and so is that.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Failure;
use trunkline_model::limits::PAGE_LIMIT_MAX;

use crate::query::{Query, malformed};

/// Which page, and how many entries each has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    number: usize,
    size: usize,
}

impl Place {
    /// The page that a query asks for; `size` names the parameter.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for what is no number, or too large a one.
    pub(super) fn of(query: &Query, size: &str, size_default: usize) -> Result<Place, Failure> {
        let read = |name: &str, default: usize, most: usize| match query.get(name) {
            None | Some("") => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (1..=most).contains(number))
                .ok_or_else(|| malformed(name, &format!("is not a whole number from 1 to {most}"))),
        };
        let number = read("page", 1, usize::from(u16::MAX))?;
        Ok(Place { number, size: read(size, size_default, PAGE_LIMIT_MAX)? })
    }

    fn pages(self, total: usize) -> usize {
        total.div_ceil(self.size).max(1)
    }

    /// The entries of the page.
    fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip((self.number - 1) * self.size).take(self.size).collect()
    }
}

/// A list, or a page of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "List{T}")]
pub(crate) enum ListJson<T> {
    /// All of it.
    Whole(Vec<T>),
    /// A page.
    Page {
        /// The entries.
        items: Vec<T>,
        /// Where it is.
        pagination: PaginationJson,
    },
}

/// Where a page is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaginationJson {
    page: usize,
    limit: usize,
    total: usize,
    total_pages: usize,
}

impl<T> ListJson<T> {
    /// A list, or the page of it that a query asks for.
    ///
    /// # Errors
    /// As [`Place::of`].
    pub(super) fn of(query: &Query, all: Vec<T>) -> Result<ListJson<T>, Failure> {
        if !matches!(query.get("paginated"), Some("true" | "1")) {
            return Ok(ListJson::Whole(all));
        }
        let place = Place::of(query, "limit", trunkline_model::limits::PAGE_LIMIT_DEFAULT)?;
        let total = all.len();
        let pagination =
            PaginationJson { page: place.number, limit: place.size, total, total_pages: place.pages(total) };
        Ok(ListJson::Page { items: place.cut(all), pagination })
    }
}

/// A page of a log.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Log{T}")]
pub(crate) struct LogJson<T> {
    current_page: usize,
    data: Vec<T>,
    first_page_url: String,
    /// Number of the first entry, from 1; null for an empty page.
    from: Option<usize>,
    last_page: usize,
    last_page_url: String,
    next_page_url: Option<String>,
    path: String,
    per_page: usize,
    prev_page_url: Option<String>,
    /// Number of the last entry.
    to: Option<usize>,
    /// How many entries there are, up to a bound.
    total: usize,
}

impl<T> LogJson<T> {
    /// The page at a place; `path` is where the log is.
    pub(super) fn of(place: Place, path: String, all: Vec<T>) -> LogJson<T> {
        let (total, number) = (all.len(), place.number);
        let last_page = place.pages(total);
        let data = place.cut(all);
        let first = (number - 1) * place.size + 1;
        let url = |number: usize| format!("{path}?page={number}&per_page={}", place.size);
        LogJson {
            current_page: number,
            from: (!data.is_empty()).then_some(first),
            to: (!data.is_empty()).then(|| first + data.len() - 1),
            data,
            first_page_url: url(1),
            last_page,
            last_page_url: url(last_page),
            next_page_url: (number < last_page).then(|| url(number + 1)),
            prev_page_url: (number > 1).then(|| url(number - 1)),
            path,
            per_page: place.size,
            total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(raw: &str) -> Query {
        Query::lenient(Some(raw), &["page", "limit", "per_page", "paginated"])
    }

    #[test]
    fn a_page_says_where_it_is() {
        let place = Place::of(&query("page=2&per_page=2"), "per_page", 10).expect("a place");
        let page = LogJson::of(place, "/logs".to_owned(), vec![1, 2, 3, 4, 5]);
        let page = serde_json::to_value(&page).expect("it is JSON");
        let expected = serde_json::json!({
            "current_page": 2, "data": [3, 4], "first_page_url": "/logs?page=1&per_page=2", "from": 3, "last_page": 3,
            "last_page_url": "/logs?page=3&per_page=2", "next_page_url": "/logs?page=3&per_page=2", "path": "/logs",
            "per_page": 2, "prev_page_url": "/logs?page=1&per_page=2", "to": 4, "total": 5,
        });
        assert_eq!(page, expected);
        let beyond = Place::of(&query("page=9"), "per_page", 10).expect("a place");
        let beyond = LogJson::of(beyond, "/logs".to_owned(), Vec::<u8>::new());
        assert_eq!((beyond.from, beyond.to, beyond.last_page), (None, None, 1));
    }

    #[test]
    fn a_list_is_whole_unless_pages_are_asked_for() {
        let all = || vec!["a", "b", "c"];
        let shown = |raw: &str| -> Result<serde_json::Value, String> {
            let list = ListJson::of(&query(raw), all()).map_err(|failure| failure.detail)?;
            Ok(serde_json::to_value(&list).expect("it is JSON"))
        };
        assert_eq!(shown(""), Ok(serde_json::json!(["a", "b", "c"])));
        let pagination = serde_json::json!({ "page": 2, "limit": 2, "total": 3, "totalPages": 2 });
        let page = serde_json::json!({ "items": ["c"], "pagination": pagination });
        assert_eq!(shown("paginated=true&page=2&limit=2"), Ok(page));
        let refused = shown("paginated=true&limit=0");
        assert!(refused.expect_err("no page has none").contains("limit"));
    }
}
