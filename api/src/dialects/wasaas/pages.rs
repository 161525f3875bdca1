//! Pages by number, and what is said beside them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::dialects::wessaal::pages::Window;
use crate::limits::{WASAAS_PAGE_SIZE_DEFAULT, WASAAS_PAGE_SIZE_MAX};
use crate::query::Query;

/// `?page=` and `?limit=`; what is no such number is as good as nothing.
pub(super) fn window(query: &Query) -> Window {
    let number = |name: &str| query.get(name).and_then(|text| text.trim().parse::<usize>().ok());
    Window {
        page: number("page").unwrap_or(1).max(1),
        size: number("limit").unwrap_or(WASAAS_PAGE_SIZE_DEFAULT).clamp(1, WASAAS_PAGE_SIZE_MAX),
    }
}

/// The same; everything where no page is asked for.
pub(super) fn window_or_all(query: &Query) -> Window {
    let is_paged = query.get("page").is_some() || query.get("limit").is_some();
    if is_paged { window(query) } else { Window::WHOLE }
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
    pub(super) fn of(window: Window, total: usize) -> PaginationJson {
        PaginationJson { page: window.page, limit: window.size, total, pages: total.div_ceil(window.size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_is_beside_it() {
        let beside = PaginationJson::of(Window { page: 2, size: 50 }, 101);
        assert_eq!(beside, PaginationJson { page: 2, limit: 50, total: 101, pages: 3 });
    }
}
