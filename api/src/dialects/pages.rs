//! Pages that have numbers, made of lists that have places.

use trunkline_model::Failure;

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
    /// Reads `page` and `limit`; more than `most` entries are not given, however many are asked for.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for what is no number from 1 on.
    pub(crate) fn read(query: &Query, usual: usize, most: usize) -> Result<Numbered, Failure> {
        let number = |name| {
            let read = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
            query.read(name, "is not a whole number from 1 on", read)
        };
        let limit = number("limit")?.unwrap_or(usual).min(most);
        Ok(Numbered { page: number("page")?.unwrap_or(1), limit })
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
        let read = |raw| Numbered::read(&Query::lenient(Some(raw), &["page", "limit"]), 20, 100);
        assert_eq!(read("").ok(), Some(Numbered { page: 1, limit: 20 }));
        assert_eq!(read("page=3&limit=1000").ok(), Some(Numbered { page: 3, limit: 100 }));
        for wrong in ["page=0", "limit=0", "limit=ten", "page=-1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
