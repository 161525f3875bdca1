//! Lists, whole or page by page.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Failure;
use trunkline_model::limits::{PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX};

use crate::dialects::pages::Numbered;
use crate::query::Query;

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
    /// As [`Numbered::read`].
    pub(super) fn of(query: &Query, all: Vec<T>) -> Result<ListJson<T>, Failure> {
        if !matches!(query.get("paginated"), Some("true" | "1")) {
            return Ok(ListJson::Whole(all));
        }
        let asked = Numbered::read(query, "limit", (PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX))?;
        let Numbered { page, limit } = asked;
        let total = all.len();
        let pagination = PaginationJson { page, limit, total, total_pages: asked.pages(total).max(1) };
        Ok(ListJson::Page { items: asked.of(all), pagination })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_whole_unless_pages_are_asked_for() {
        let all = || vec!["a", "b", "c"];
        let shown = |raw: &str| -> Result<serde_json::Value, String> {
            let query = Query::lenient(Some(raw), &["page", "limit", "paginated"]);
            let list = ListJson::of(&query, all()).map_err(|failure| failure.detail)?;
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
