//! Rows of an uploaded list, piece by piece as they come: CSV with a header, JSON lines, or a JSON array. What is held is one
//! row and the piece that it lies in.

use std::collections::BTreeMap;

use csv_core::ReadRecordResult;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::limits::{IMPORT_COLUMNS_MAX, IMPORT_PROBLEMS_SHOWN_MAX, IMPORT_ROW_BYTES_MAX};

/// A row, by the names of its columns, or why it cannot be read.
pub(crate) type Row = Result<BTreeMap<String, String>, &'static str>;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// With the names of the columns in the first row.
    Csv,
    /// Objects, one after the other or in an array.
    Json,
}

impl Written {
    /// By its `Content-Type`.
    pub(crate) fn of(content_type: &str) -> Option<Written> {
        match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/csv" | "application/csv" => Some(Written::Csv),
            "application/json" | "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Some(Written::Json)
            }
            _ => None,
        }
    }
}

/// Takes pieces, gives rows.
pub(crate) enum RowReader {
    Csv(Box<CsvRows>),
    Json(JsonRows),
}

impl RowReader {
    pub(crate) fn new(written: Written) -> RowReader {
        match written {
            Written::Csv => RowReader::Csv(Box::default()),
            Written::Json => RowReader::Json(JsonRows::default()),
        }
    }

    /// The rows that end in this piece; an empty piece is the end.
    pub(crate) fn read(&mut self, piece: &[u8]) -> Vec<Row> {
        match self {
            RowReader::Csv(rows) => rows.read(piece),
            RowReader::Json(rows) => rows.read(piece),
        }
    }

    /// Whether what comes cannot be read any more.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, RowReader::Json(rows) if rows.lost)
    }
}

/// Rows of CSV (RFC 4180).
pub(crate) struct CsvRows {
    reader: csv_core::Reader,
    header: Option<Vec<String>>,
    text: Vec<u8>,
    used: usize,
    ends: Vec<usize>,
    fields: usize,
    too_long: bool,
}

impl Default for CsvRows {
    fn default() -> CsvRows {
        CsvRows {
            reader: csv_core::Reader::new(),
            header: None,
            text: vec![0; IMPORT_ROW_BYTES_MAX],
            used: 0,
            ends: vec![0; IMPORT_COLUMNS_MAX],
            fields: 0,
            too_long: false,
        }
    }
}

impl CsvRows {
    fn read(&mut self, piece: &[u8]) -> Vec<Row> {
        let (mut rest, mut rows) = (piece, Vec::new());
        loop {
            let (result, read, written, ended) =
                self.reader.read_record(rest, &mut self.text[self.used..], &mut self.ends[self.fields..]);
            rest = &rest[read..];
            self.used += written;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty if piece.is_empty() => return rows,
                ReadRecordResult::InputEmpty => return rows,
                // A row too long is read over, and said.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (self.too_long, self.used, self.fields) = (true, 0, 0);
                }
                ReadRecordResult::Record => rows.extend(self.row()),
                ReadRecordResult::End => return rows,
            }
        }
    }

    fn row(&mut self) -> Option<Row> {
        let (fields, too_long) = (self.fields, std::mem::take(&mut self.too_long));
        let text = &self.text[..self.used];
        let mut from = 0;
        let texts: Result<Vec<String>, _> = self.ends[..fields]
            .iter()
            .map(|end| {
                let field = text.get(from..*end).unwrap_or_default();
                from = *end;
                std::str::from_utf8(field).map(|text| text.trim().to_owned())
            })
            .collect();
        (self.used, self.fields) = (0, 0);
        if too_long {
            return Some(Err("is too long, or has too many columns"));
        }
        let Ok(texts) = texts else { return Some(Err("is not UTF-8")) };
        match &self.header {
            None => {
                let clean = |name: &String| name.trim_start_matches('\u{feff}').trim().to_owned();
                self.header = Some(texts.iter().map(clean).collect());
                None
            }
            Some(header) if texts.len() != header.len() => {
                Some(Err("has not as many columns as the first row"))
            }
            Some(header) => {
                let pairs = header.iter().cloned().zip(texts).filter(|(_, text)| !text.is_empty());
                Some(Ok(pairs.collect()))
            }
        }
    }
}

/// Objects of JSON.
#[derive(Default)]
pub(crate) struct JsonRows {
    held: Vec<u8>,
    /// How far the held bytes were looked at, and within what.
    looked_at: usize,
    depth: usize,
    in_text: bool,
    escaped: bool,
    lost: bool,
}

impl JsonRows {
    fn read(&mut self, piece: &[u8]) -> Vec<Row> {
        if self.lost {
            return Vec::new();
        }
        self.held.extend_from_slice(piece);
        let mut rows = Vec::new();
        let mut from = 0;
        while self.looked_at < self.held.len() {
            let byte = self.held[self.looked_at];
            self.looked_at += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' if self.depth > 0 => self.in_text = !self.in_text,
                _ if self.in_text => {}
                b'{' => {
                    if self.depth == 0 {
                        from = self.looked_at - 1;
                    }
                    self.depth += 1;
                }
                b'}' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        rows.push(object(&self.held[from..self.looked_at]));
                        from = self.looked_at;
                    }
                }
                // Between objects: an array's brackets, commas, line ends.
                b'[' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => from = self.looked_at,
                _ if self.depth == 0 => {
                    rows.push(Err("is no object; what follows was not read"));
                    self.lost = true;
                    return rows;
                }
                _ => {}
            }
        }
        self.held.drain(..from);
        self.looked_at = self.held.len();
        if self.held.len() > IMPORT_ROW_BYTES_MAX || (piece.is_empty() && self.depth > 0) {
            let why =
                if piece.is_empty() { "ends too early" } else { "is too long; what follows was not read" };
            rows.push(Err(why));
            self.lost = true;
            self.held = Vec::new();
        }
        rows
    }
}

fn object(bytes: &[u8]) -> Row {
    if bytes.len() > IMPORT_ROW_BYTES_MAX {
        return Err("is too long");
    }
    let object: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| "is not JSON")?;
    let mut row = BTreeMap::new();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::Object(members) => {
                for (member, value) in members {
                    row.insert(
                        format!("{name}.{member}"),
                        plain(&value).ok_or("has a member within a member")?,
                    );
                }
            }
            Value::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(plain).collect();
                row.insert(name, items.ok_or("has a list of something else than texts")?.join(","));
            }
            value => {
                row.insert(name, plain(&value).unwrap_or_default());
            }
        }
    }
    Ok(row)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// What became of a list.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub(crate) struct ReportJson {
    /// Rows that were read; every good one of them is on disk.
    pub(crate) rows: u64,
    /// Those that brought somebody new.
    pub(crate) created: u64,
    /// Those whose number was there already.
    pub(crate) updated: u64,
    /// Those that are wrong.
    pub(crate) bad: u64,
    /// Why, for the first of them.
    pub(crate) errors: Vec<BadRow>,
}

/// A row that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BadRow {
    /// Its number, from 1; the header of a CSV is none.
    row: u64,
    field: Option<String>,
    message: String,
}

impl ReportJson {
    pub(crate) fn refuse(&mut self, row: u64, field: Option<String>, message: String) {
        self.bad += 1;
        if self.errors.len() < IMPORT_PROBLEMS_SHOWN_MAX {
            self.errors.push(BadRow { row, field, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a text in pieces of this many bytes.
    fn rows(written: Written, text: &str, piece: usize) -> Vec<Row> {
        let mut reader = RowReader::new(written);
        let mut rows: Vec<Row> = text.as_bytes().chunks(piece).flat_map(|piece| reader.read(piece)).collect();
        rows.extend(reader.read(b""));
        rows
    }

    fn row(pairs: &[(&str, &str)]) -> Row {
        Ok(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn check(written: Written, text: &str, expected: &[Row]) {
        for piece in [1, 3, 7, 1_000] {
            assert_eq!(rows(written, text, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn csv_is_read_however_it_comes() {
        check(
            Written::Csv,
            "\u{feff}phone,name\r\n+1,\"A, \"\"B\"\"\"\r\n\n+2,\n+3\n+4,D",
            &[
                row(&[("phone", "+1"), ("name", "A, \"B\"")]),
                row(&[("phone", "+2")]),
                Err("has not as many columns as the first row"),
                row(&[("phone", "+4"), ("name", "D")]),
            ],
        );
        check(Written::Csv, "", &[]);
        check(Written::Csv, "phone\n", &[]);
    }

    #[test]
    fn json_is_read_in_lines_and_in_an_array() {
        let expected = [
            row(&[("phone", "+1"), ("tags", "a,b"), ("custom.city", "X}")]),
            row(&[("phone", "5")]),
            Err("is not JSON"),
        ];
        let lines = "{\"phone\":\"+1\",\"tags\":[\"a\",\"b\"],\"custom\":{\"city\":\"X}\"}}\n{\"phone\":5,\"x\":null}\n{nonsense}";
        check(Written::Json, lines, &expected);
        check(Written::Json, &format!("[{}]", lines.replace('\n', ",")), &expected);
        check(Written::Json, "{\"a\":\"b\"", &[Err("ends too early")]);
        check(Written::Json, "{} nonsense {}", &[row(&[]), Err("is no object; what follows was not read")]);
    }

    #[test]
    fn a_row_has_its_bound() {
        let long = "x".repeat(IMPORT_ROW_BYTES_MAX + 1);
        let read = rows(Written::Csv, &format!("phone\n{long}\n+1\n"), 1_000);
        assert_eq!(read, [Err("is too long, or has too many columns"), row(&[("phone", "+1")])]);
        let read = rows(Written::Json, &format!("{{\"a\":\"{long}\"}}{{\"a\":\"b\"}}"), 1_000);
        assert_eq!(read, [Err("is too long"), row(&[("a", "b")])], "its end was in sight");
        let read = rows(Written::Json, &format!("{{\"a\":\"{long}{long}\"}}"), 1_000);
        assert_eq!(read, [Err("is too long; what follows was not read")]);
    }

    proptest! {
        #[test]
        fn no_soup_makes_a_reader_fail(soup in prop::collection::vec(prop::sample::select(br#"{}[]",\n:\a1"#.to_vec()), 0..80), piece in 1usize..9) {
            for written in [Written::Csv, Written::Json] {
                let mut reader = RowReader::new(written);
                soup.chunks(piece).for_each(|piece| drop(reader.read(piece)));
                drop(reader.read(b""));
            }
        }
    }
}
