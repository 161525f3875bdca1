//! What every dialect's table has to hold.

use std::collections::HashSet;

use trunkline_model::FieldError;

use super::*;

#[test]
fn every_row_is_reached_by_its_own_path_and_documented() {
    let routers = Routers::new().expect("no ambiguous paths");
    for mount in MOUNTS {
        let mut seen = HashSet::new();
        for row in mount.rows() {
            assert!(seen.insert((row.method.clone(), row.path)), "{} is there twice", row.name);
            assert!(row.summary.ends_with('.') && row.summary.len() > 10, "{}", row.name);
            // What a service closed for good always fails.
            assert!((200..300).contains(&row.status) || row.status == 410, "{}", row.name);
            match routers.at(mount.dialect, &row.method, row.path) {
                Found::Row { row: found, .. } => assert_eq!(found.name, row.name),
                _ => panic!("{} is not found", row.name),
            }
        }
    }
}

#[test]
fn names_are_labels_and_each_is_there_once() {
    let mut names = HashSet::new();
    for row in rows() {
        assert!(names.insert(row.name), "{}", row.name);
    }
    assert!(names.contains("wsapi POST /messages/text"));
}

#[test]
fn every_document_is_whole() {
    for mount in MOUNTS {
        let document: serde_json::Value = serde_json::from_slice(&document(mount)).expect("it is JSON");
        let paths = document["paths"].as_object().expect("paths");
        let operations: usize =
            paths.values().map(|methods| methods.as_object().map_or(0, serde_json::Map::len)).sum();
        assert_eq!(operations, mount.rows().count());
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
        let page = String::from_utf8(page(mount).to_vec()).expect("a text");
        for row in mount.rows() {
            assert!(page.contains(&format!("`{} {}`", row.method, row.path)), "{}", row.name);
        }
    }
}

#[test]
fn all_wrong_fields_are_in_the_sentence() {
    let wrong = vec![FieldError::new("to", "is missing"), FieldError::new("text", "is empty")];
    assert_eq!(in_full(&Failure::invalid(wrong)), "`to` is missing; `text` is empty");
    assert_eq!(in_full(&Failure::new(ErrorCode::Internal, "odd")), "odd");
}
