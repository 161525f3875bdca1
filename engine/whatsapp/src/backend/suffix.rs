//! Key suffixes of several parts, such that no two lists of parts ever meet and a list's head selects a range.

use ring::digest::{SHA256, digest};

use crate::limits::SUFFIX_BYTES_MAX;

/// Marks a suffix that was replaced by a hash. No JID, id or number starts with it.
const HASHED: u8 = 0xff;

/// A single part: the suffix is the part itself.
pub(super) fn single(part: &[u8]) -> Vec<u8> {
    bounded(part.to_vec())
}

/// Several parts: all but the last are preceded by their length.
pub(super) fn joined(head: &[&[u8]], last: &[u8]) -> Vec<u8> {
    let mut suffix = prefix(head);
    suffix.extend_from_slice(last);
    bounded(suffix)
}

/// What every suffix with these first parts starts with.
pub(super) fn prefix(head: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.iter().map(|part| part.len() + 2).sum::<usize>() + 40);
    for part in head {
        // A part that does not fit is hashed, so that the rows below it still form one range.
        let shown = bounded(part.to_vec());
        out.extend_from_slice(&(shown.len() as u16).to_be_bytes());
        out.extend_from_slice(&shown);
    }
    out
}

/// A point in time before other parts: sorts as the number does.
pub(super) fn timed(time: i64, rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + rest.len());
    out.extend_from_slice(&sortable(time));
    out.extend_from_slice(rest);
    out
}

/// Reads [`timed`] back.
pub(super) fn split_time(suffix: &[u8]) -> Option<(i64, &[u8])> {
    let (time, rest) = suffix.split_first_chunk::<8>()?;
    Some(((u64::from_be_bytes(*time) ^ (1 << 63)) as i64, rest))
}

/// Eight bytes that sort as the number does.
pub(super) fn sortable(number: i64) -> [u8; 8] {
    ((number as u64) ^ (1 << 63)).to_be_bytes()
}

/// Peers choose message ids, so a suffix may come out too long for a key: it then becomes its hash.
fn bounded(suffix: Vec<u8>) -> Vec<u8> {
    if suffix.len() <= SUFFIX_BYTES_MAX && suffix.first() != Some(&HASHED) {
        return suffix;
    }
    let mut short = vec![HASHED];
    short.extend_from_slice(digest(&SHA256, &suffix).as_ref());
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(vec![0u8, 1, b'a', 0xff]), 0..4)
    }

    proptest! {
        #[test]
        fn parts_never_run_into_each_other(a in (part(), part(), part()), b in (part(), part(), part())) {
            let join = |(x, y, z): &(Vec<u8>, Vec<u8>, Vec<u8>)| joined(&[x, y], z);
            prop_assert_eq!(join(&a) == join(&b), a == b);
        }

        #[test]
        fn a_head_selects_its_rows(group in part(), other in part(), device in part()) {
            let row = joined(&[&group], &device);
            prop_assert_eq!(row.starts_with(&prefix(&[&other])), group == other);
        }

        #[test]
        fn times_sort_as_numbers(a: i64, b: i64, rest in part()) {
            prop_assert_eq!(timed(a, &rest).cmp(&timed(b, &rest)), a.cmp(&b));
            let suffix = timed(a, &rest);
            prop_assert_eq!(split_time(&suffix), Some((a, &rest[..])));
        }
    }

    #[test]
    fn long_suffixes_stay_within_the_bound_and_apart() {
        let long = |byte: u8| vec![byte; 10_000];
        let rows = [single(&long(1)), single(&long(2)), joined(&[b"g"], &long(1)), joined(&[&long(1)], b"g")];
        for (index, row) in rows.iter().enumerate() {
            assert!(row.len() <= SUFFIX_BYTES_MAX);
            assert!(!rows[..index].contains(row));
        }
        assert!(joined(&[&long(1)], b"g").starts_with(&prefix(&[&long(1)])));
    }
}
