//! The table against the contract: paths, methods, statuses.

use super::*;

#[test]
fn every_row_of_the_contract_is_here() {
    let rows = include_str!("../../../../tests/dialect/rows.tsv").lines().filter_map(|line| {
        let mut cells = line.split('\t');
        (cells.next() == Some("wessaal"))
            .then(|| format!("{} {}", cells.next().unwrap_or_default(), cells.next().unwrap_or_default()))
    });
    let served: Vec<String> = MOUNT.rows().map(|row| format!("{} {}", row.method, row.path)).collect();
    let missing: Vec<String> = rows.filter(|row| !served.contains(row)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_the_service_closed_needs_any_key_and_no_right() {
    for row in MOUNT.rows().filter(|row| row.status == 410) {
        assert_eq!((row.needs.as_str(), row.access), (None, Access::Key), "{}", row.name);
    }
    assert_eq!(MOUNT.rows().filter(|row| row.status == 410).count(), 2);
}
