//! What holds for the whole table.

use super::*;
use crate::dialects::rows;

#[test]
fn a_request_may_touch_what_both_of_its_keys_may() {
    let some = |ids: &[u64]| Some(ids.iter().copied().map(InstanceId).collect::<Arc<[_]>>());
    assert_eq!(both(some(&[1, 2]), some(&[2, 3])), some(&[2]));
    assert_eq!(both(some(&[1]), some(&[3])), some(&[]));
    assert_eq!((both(None, some(&[3])), both(some(&[1]), None)), (some(&[3]), some(&[1])));
    assert_eq!(both(None, None), None);
}

/// Thirty sends, sixty of everything else, a hundred for health: as the reference says.
#[test]
fn every_row_counts_as_the_reference_says() {
    for row in rows().filter(|row| row.name.starts_with("wastack ")) {
        let [Allowance { subject, requests, period_s, .. }] = quotas(row) else { panic!("{}", row.name) };
        let expected = match (row.access, row.class) {
            (Access::Open, _) => (Subject::Address, 100),
            (_, LimitClass::Send) => (Subject::Key, 30),
            _ => (Subject::Key, 60),
        };
        assert_eq!((*subject, *requests, *period_s), (expected.0, expected.1, 60), "{}", row.name);
        assert!(row.path.starts_with("/api/v1/"), "{}", row.name);
    }
}
