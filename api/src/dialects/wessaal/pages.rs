//! Lists that are asked for by the number of a page, as Laravel's paginator has them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::limits::{DIALECT_LIST_MAX, WESSAAL_PAGE_SIZE_DEFAULT, WESSAAL_PAGE_SIZE_MAX};
use crate::query::Query;

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// From 1.
    pub(crate) page: usize,
    pub(crate) size: usize,
}

impl Window {
    /// Everything that a list gives.
    pub(crate) const WHOLE: Window = Window { page: 1, size: DIALECT_LIST_MAX };

    /// `?page=` and `?per_page=`; what is no such number is as good as nothing, as the service has it.
    pub(super) fn of(query: &Query) -> Window {
        let number = |name: &str| query.get(name).and_then(|text| text.trim().parse().ok());
        Window {
            page: number("page").unwrap_or(1).max(1),
            size: number("per_page").unwrap_or(WESSAAL_PAGE_SIZE_DEFAULT).clamp(1, WESSAAL_PAGE_SIZE_MAX),
        }
    }

    fn first(self) -> usize {
        (self.page - 1).saturating_mul(self.size)
    }
}

/// A walk through a list: what is on the page is kept, the rest is counted, up to a bound.
pub(crate) struct Walk<T> {
    window: Window,
    /// So many there are, as far as was looked.
    pub(crate) total: usize,
    pub(crate) kept: Vec<T>,
}

impl<T> Walk<T> {
    pub(crate) fn new(window: Window) -> Walk<T> {
        Walk { window, total: 0, kept: Vec::new() }
    }

    /// The next entry.
    pub(crate) fn push(&mut self, entry: T) {
        let first = self.window.first();
        if (first..first.saturating_add(self.window.size)).contains(&self.total) {
            self.kept.push(entry);
        }
        self.total += 1;
    }

    /// Whether it has gone as far as it goes.
    pub(crate) fn is_over(&self) -> bool {
        self.total >= DIALECT_LIST_MAX
    }
}

/// A page.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaginatorOf{T}")]
pub(super) struct PaginatorJson<T> {
    current_page: usize,
    data: Vec<T>,
    per_page: usize,
    /// Of all pages; of long lists as many as are counted.
    total: usize,
    last_page: usize,
    from: Option<usize>,
    to: Option<usize>,
    next_page_url: Option<String>,
    prev_page_url: Option<String>,
}

impl<T> PaginatorJson<T> {
    /// The page of a walk through the list at `path`.
    pub(super) fn of(path: &str, (window, total): (Window, usize), data: Vec<T>) -> PaginatorJson<T> {
        let Window { page, size } = window;
        let last_page = total.div_ceil(size).max(1);
        let url = |page: usize| format!("{path}?page={page}&per_page={size}");
        let from = (!data.is_empty()).then(|| window.first() + 1);
        PaginatorJson {
            current_page: page,
            per_page: size,
            total,
            last_page,
            from,
            to: from.map(|from| from + data.len() - 1),
            next_page_url: (page < last_page).then(|| url(page + 1)),
            prev_page_url: (page > 1).then(|| url((page - 1).min(last_page))),
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_out_and_everything_is_counted() {
        let check = |window: Window, kept: &[usize], (from, next): (Option<usize>, Option<&str>)| {
            let mut walk = Walk::new(window);
            (0..5).for_each(|entry| walk.push(entry));
            assert_eq!((walk.kept.as_slice(), walk.total, walk.is_over()), (kept, 5, false), "{window:?}");
            let page = PaginatorJson::of("/x", (window, walk.total), walk.kept);
            assert_eq!((page.from, page.next_page_url.as_deref()), (from, next), "{window:?}");
        };
        let window = |page, size| Window { page, size };
        check(window(1, 2), &[0, 1], (Some(1), Some("/x?page=2&per_page=2")));
        check(window(3, 2), &[4], (Some(5), None));
        check(window(4, 2), &[], (None, None));
        check(window(usize::MAX, usize::MAX), &[], (None, None));
        check(Window::WHOLE, &[0, 1, 2, 3, 4], (Some(1), None));
    }
}
