//! The table against the contract.

use super::*;

#[test]
fn every_row_of_the_contract_is_here() {
    let rows = include_str!("../../../../tests/dialect/rows.tsv").lines().filter_map(|line| {
        let mut cells = line.split('\t');
        let (of, method, path) = (cells.next()?, cells.next()?, cells.next()?);
        (of == "wasaas").then(|| format!("{method} {path}"))
    });
    let served: Vec<String> = MOUNT.rows().map(|row| format!("{} {}", row.method, row.path)).collect();
    let missing: Vec<String> = rows.filter(|row| !served.contains(row)).collect();
    assert_eq!(missing, Vec::<String>::new());
}
