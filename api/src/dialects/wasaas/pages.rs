//! Pages by number, and what is said beside them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::dialects::pages::Numbered;
use crate::limits::{WASAAS_PAGE_SIZE_DEFAULT, WASAAS_PAGE_SIZE_MAX};
use crate::query::Query;

/// `?page=` and `?limit=`; what is no such number is as good as nothing.
pub(super) fn window(query: &Query) -> Numbered {
    Numbered::guess(query, "limit", (WASAAS_PAGE_SIZE_DEFAULT, WASAAS_PAGE_SIZE_MAX))
}

/// The same; everything where no page is asked for.
pub(super) fn window_or_all(query: &Query) -> Numbered {
    let is_paged = query.get("page").is_some() || query.get("limit").is_some();
    if is_paged { window(query) } else { Numbered::WHOLE }
}

/// What there is beside a page.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Pagination")]
pub(super) struct PaginationJson {
    page: usize,
    limit: usize,
    /// Of all pages; of long lists as many as are counted.
    total: usize,
    pages: usize,
}

impl PaginationJson {
    pub(super) fn of(asked: Numbered, total: usize) -> PaginationJson {
        PaginationJson { page: asked.page, limit: asked.limit, total, pages: asked.pages(total) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_is_beside_it() {
        let beside = PaginationJson::of(Numbered { page: 2, limit: 50 }, 101);
        assert_eq!(beside, PaginationJson { page: 2, limit: 50, total: 101, pages: 3 });
    }
}
