//! Pages that have numbers, made of lists that have places. What comes before a page is walked over: lists are bounded, and so is that.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Failure;

use crate::limits::DIALECT_LIST_MAX;
use crate::query::Query;

/// Which page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// From 1.
    pub(crate) page: usize,
    /// Entries of a page.
    pub(crate) limit: usize,
}

impl Numbered {
    /// Everything that a list gives.
    pub(crate) const WHOLE: Numbered = Numbered { page: 1, limit: DIALECT_LIST_MAX };

    /// Reads `page`, and the entries of one in the parameter `size`; more than `most` are not given, however many are asked for.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for what is no number from 1 on.
    pub(crate) fn read(
        query: &Query,
        size: &str,
        (usual, most): (usize, usize),
    ) -> Result<Numbered, Failure> {
        let number = |name| {
            let read = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
            query.read(name, "is not a whole number from 1 on", read)
        };
        let limit = number(size)?.unwrap_or(usual).min(most);
        Ok(Numbered { page: number("page")?.unwrap_or(1), limit })
    }

    /// The same where what is no such number is as good as nothing.
    pub(crate) fn guess(query: &Query, size: &str, (usual, most): (usize, usize)) -> Numbered {
        let number = |name: &str| query.get(name).and_then(|text| text.trim().parse::<usize>().ok());
        Numbered {
            page: number("page").unwrap_or(1).max(1),
            limit: number(size).unwrap_or(usual).clamp(1, most),
        }
    }

    /// Entries before the page.
    pub(crate) fn skipped(self) -> usize {
        (self.page - 1).saturating_mul(self.limit)
    }

    /// The page of a list.
    pub(crate) fn of<T>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.skipped()).take(self.limit).collect()
    }

    /// Pages of a list of so many entries.
    pub(crate) fn pages(self, total: usize) -> usize {
        total.div_ceil(self.limit.max(1))
    }
}

/// A list from its beginning, of so many parts at the most, that `next` gives: each with the place of the one after it.
///
/// # Errors
/// What `next` fails with.
pub(crate) async fn walk<T, P>(
    parts_max: usize,
    mut next: impl AsyncFnMut(Option<P>) -> Result<(Vec<T>, Option<P>), Failure>,
) -> Result<Vec<T>, Failure> {
    let (mut all, mut place) = (Vec::new(), None);
    for _ in 0..parts_max {
        let (part, more) = next(place.take()).await?;
        all.extend(part);
        match more {
            Some(more) => place = Some(more),
            None => break,
        }
    }
    Ok(all)
}

/// A walk through a list: what is on the page is kept, the rest is counted, up to a bound.
pub(crate) struct Walk<T> {
    page: Numbered,
    /// So many there are, as far as was looked.
    pub(crate) total: usize,
    pub(crate) kept: Vec<T>,
}

impl<T> Walk<T> {
    pub(crate) fn new(page: Numbered) -> Walk<T> {
        Walk { page, total: 0, kept: Vec::new() }
    }

    /// The next entry.
    pub(crate) fn push(&mut self, entry: T) {
        let first = self.page.skipped();
        if (first..first.saturating_add(self.page.limit)).contains(&self.total) {
            self.kept.push(entry);
        }
        self.total += 1;
    }

    /// Whether it has gone as far as it goes.
    pub(crate) fn is_over(&self) -> bool {
        self.total >= DIALECT_LIST_MAX
    }
}

/// A page as Laravel's paginator has it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaginatorOf{T}")]
pub(crate) struct Paginator<T> {
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
    /// Of all pages; of long lists as many as are counted.
    total: usize,
}

impl<T> Paginator<T> {
    /// The page of a list of so many entries at `path`.
    pub(crate) fn of(path: &str, (asked, total): (Numbered, usize), data: Vec<T>) -> Paginator<T> {
        let Numbered { page, limit } = asked;
        let last_page = asked.pages(total).max(1);
        let url = |page: usize| format!("{path}?page={page}&per_page={limit}");
        let from = (!data.is_empty()).then(|| asked.skipped() + 1);
        Paginator {
            current_page: page,
            first_page_url: url(1),
            from,
            last_page,
            last_page_url: url(last_page),
            next_page_url: (page < last_page).then(|| url(page + 1)),
            path: path.to_owned(),
            per_page: limit,
            prev_page_url: (page > 1).then(|| url((page - 1).min(last_page))),
            to: from.map(|from| from + data.len() - 1),
            total,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_where_they_begin_and_end() {
        let check = |page, limit, expected: &[u32], pages| {
            let asked = Numbered { page, limit };
            assert_eq!(asked.of(0..5), expected, "{asked:?}");
            assert_eq!(asked.pages(5), pages);
        };
        check(1, 2, &[0, 1], 3);
        check(3, 2, &[4], 3);
        check(4, 2, &[], 3);
        check(usize::MAX, usize::MAX, &[], 1);
    }

    #[test]
    fn what_is_asked_for_is_read_with_its_bound() {
        let query = |raw| Query::lenient(Some(raw), &["page", "limit"]);
        let read = |raw| Numbered::read(&query(raw), "limit", (20, 100));
        assert_eq!(read("").ok(), Some(Numbered { page: 1, limit: 20 }));
        assert_eq!(read("page=3&limit=1000").ok(), Some(Numbered { page: 3, limit: 100 }));
        for wrong in ["page=0", "limit=0", "limit=ten", "page=-1"] {
            assert!(read(wrong).is_err(), "{wrong}");
            assert!(Numbered::guess(&query(wrong), "limit", (20, 100)).page == 1, "{wrong}");
        }
    }

    #[test]
    fn a_page_is_cut_out_and_everything_is_counted() {
        let check = |asked: Numbered, kept: &[usize], (from, next): (Option<usize>, Option<&str>)| {
            let mut walk = Walk::new(asked);
            (0..5).for_each(|entry| walk.push(entry));
            assert_eq!((walk.kept.as_slice(), walk.total, walk.is_over()), (kept, 5, false), "{asked:?}");
            let page = Paginator::of("/x", (asked, walk.total), walk.kept);
            assert_eq!((page.from, page.next_page_url.as_deref()), (from, next), "{asked:?}");
        };
        let asked = |page, limit| Numbered { page, limit };
        check(asked(1, 2), &[0, 1], (Some(1), Some("/x?page=2&per_page=2")));
        check(asked(3, 2), &[4], (Some(5), None));
        check(asked(4, 2), &[], (None, None));
        check(asked(usize::MAX, usize::MAX), &[], (None, None));
        check(Numbered::WHOLE, &[0, 1, 2, 3, 4], (Some(1), None));
    }

    #[test]
    fn a_page_says_where_it_is() {
        let page = Paginator::of("/logs", (Numbered { page: 2, limit: 2 }, 5), vec![3, 4]);
        let expected = serde_json::json!({
            "current_page": 2, "data": [3, 4], "first_page_url": "/logs?page=1&per_page=2", "from": 3, "last_page": 3,
            "last_page_url": "/logs?page=3&per_page=2", "next_page_url": "/logs?page=3&per_page=2", "path": "/logs",
            "per_page": 2, "prev_page_url": "/logs?page=1&per_page=2", "to": 4, "total": 5,
        });
        assert_eq!(serde_json::to_value(&page).expect("it is JSON"), expected);
    }
}
