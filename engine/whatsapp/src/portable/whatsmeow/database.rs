//! A SQLite database that somebody sent, read without trust and without a file.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::limits::{IMPORT_ROWS_MAX, IMPORT_SQLITE_STEPS, IMPORT_SQLITE_STEPS_MAX};
use crate::portable::PortableError;

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of a file's header.
const HEADER_BYTES: usize = 100;
/// Where the header says by which journal the file is written and read: 1 for a rollback journal, 2 for a log beside it.
const JOURNALS: std::ops::Range<usize> = 18..20;
/// What errors call the file as a whole.
const FILE: &str = "database";

/// The database, in memory and read only.
pub(super) struct Database(Connection);

/// One row, its columns by name.
pub(super) struct Fields<'a> {
    table: &'static str,
    row: &'a Row<'a>,
}

impl Database {
    /// # Errors
    /// [`PortableError::Unreadable`] when the bytes are no SQLite database.
    pub(super) fn open(mut file: Vec<u8>) -> Result<Database, PortableError> {
        if file.len() < HEADER_BYTES || !file.starts_with(MAGIC) {
            return Err(PortableError::unreadable(FILE, "is no SQLite database"));
        }
        // A log beside the file did not come with it, and SQLite would look for one.
        file[JOURNALS].fill(1);
        let unusable = |error| unreadable(FILE, &error);
        let mut connection = Connection::open_in_memory().map_err(unusable)?;
        connection.deserialize_read_exact("main", file.as_slice(), file.len(), true).map_err(unusable)?;
        drop(file);
        // A schema may hold views and expressions; reading plain columns is all that is done for anybody (see `computes`).
        connection.authorizer(Some(authorize)).map_err(unusable)?;
        let mut left = IMPORT_SQLITE_STEPS_MAX / IMPORT_SQLITE_STEPS;
        let bounded = move || {
            left = left.saturating_sub(1);
            left == 0
        };
        connection.progress_handler(IMPORT_SQLITE_STEPS, Some(bounded)).map_err(unusable)?;
        Ok(Database(connection))
    }

    /// Whether there is a table of this name.
    pub(super) fn has(&self, table: &'static str) -> Result<bool, PortableError> {
        let question = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let asked = self.0.prepare(question).and_then(|mut asked| asked.exists([table]));
        asked.map_err(|error| unreadable(FILE, &error))
    }

    /// Whether a table has columns that are expressions: whoever made the file would have them evaluated here.
    fn computes(&self, table: &'static str) -> rusqlite::Result<bool> {
        let mut asked = self.0.prepare(&format!("PRAGMA table_xinfo({table})"))?;
        let mut columns = asked.query([])?;
        while let Some(column) = columns.next()? {
            if column.get::<_, i64>("hidden")? != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What `read` makes of the rows of a table; with `whose`, of those where that column holds that text. What `read` gives
    /// `None` for is left out.
    ///
    /// # Errors
    /// When the table is missing or damaged, has more than [`IMPORT_ROWS_MAX`] rows, or `read` refuses one.
    pub(super) fn rows<T>(
        &self,
        table: &'static str,
        whose: Option<(&'static str, &str)>,
        mut read: impl FnMut(&Fields<'_>) -> Result<Option<T>, PortableError>,
    ) -> Result<Vec<T>, PortableError> {
        if !self.has(table)? {
            return Err(PortableError::Missing(table));
        }
        let unusable = |error| unreadable(table, &error);
        if self.computes(table).map_err(unusable)? {
            return Err(PortableError::unreadable(table, "has columns that are computed"));
        }
        let (filter, values) = match whose {
            Some((column, text)) => (format!(" WHERE {column} = ?1"), vec![text]),
            None => (String::new(), Vec::new()),
        };
        // Names are constants of this crate; what came from elsewhere is bound.
        let mut select = self.0.prepare(&format!("SELECT * FROM {table}{filter}")).map_err(unusable)?;
        let mut rows = select.query(rusqlite::params_from_iter(values)).map_err(unusable)?;
        let (mut found, mut count) = (Vec::new(), 0);
        while let Some(row) = rows.next().map_err(unusable)? {
            count += 1;
            if count > IMPORT_ROWS_MAX {
                return Err(PortableError::unreadable(
                    table,
                    format!("has more than {IMPORT_ROWS_MAX} rows"),
                ));
            }
            found.extend(read(&Fields { table, row })?);
        }
        Ok(found)
    }
}

impl Fields<'_> {
    pub(super) fn wrong(&self, column: &str, problem: impl Into<String>) -> PortableError {
        PortableError::unreadable(format!("{}.{column}", self.table), problem)
    }

    fn value(&self, column: &str) -> Result<ValueRef<'_>, PortableError> {
        self.row.get_ref(column).map_err(|_| self.wrong(column, "is missing"))
    }

    pub(super) fn bytes(&self, column: &str) -> Result<Vec<u8>, PortableError> {
        match self.value(column)? {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            _ => Err(self.wrong(column, "has no bytes")),
        }
    }

    pub(super) fn array<const N: usize>(&self, column: &str) -> Result<[u8; N], PortableError> {
        let bytes = self.bytes(column)?;
        bytes.try_into().map_err(|_| self.wrong(column, format!("has not {N} bytes")))
    }

    pub(super) fn text(&self, column: &str) -> Result<String, PortableError> {
        match self.value(column)? {
            ValueRef::Text(text) => {
                String::from_utf8(text.to_vec()).map_err(|_| self.wrong(column, "is not UTF-8"))
            }
            _ => Err(self.wrong(column, "is not a text")),
        }
    }

    /// A text that older versions have no column for, that may be null, and that may be empty: `None` then.
    pub(super) fn optional_text(&self, column: &str) -> Result<Option<String>, PortableError> {
        match self.row.get_ref(column) {
            Err(_) | Ok(ValueRef::Null) => Ok(None),
            Ok(_) => self.text(column).map(|text| Some(text).filter(|text| !text.is_empty())),
        }
    }

    pub(super) fn integer(&self, column: &str) -> Result<i64, PortableError> {
        match self.value(column)? {
            ValueRef::Integer(number) => Ok(number),
            _ => Err(self.wrong(column, "is not a whole number")),
        }
    }

    /// A number that older versions have no column for, and that may be null.
    pub(super) fn optional_integer(&self, column: &str) -> Result<Option<i64>, PortableError> {
        match self.row.get_ref(column) {
            Err(_) | Ok(ValueRef::Null) => Ok(None),
            Ok(_) => self.integer(column).map(Some),
        }
    }

    pub(super) fn unsigned(&self, column: &str) -> Result<u32, PortableError> {
        u32::try_from(self.integer(column)?).map_err(|_| self.wrong(column, "is not a number from 0 to 2^32"))
    }
}

/// Columns of tables, asked for by this crate and not by a view.
fn authorize(asked: AuthContext<'_>) -> Authorization {
    match asked.action {
        AuthAction::Select | AuthAction::Read { .. } if asked.accessor.is_none() => Authorization::Allow,
        AuthAction::Pragma { pragma_name: "table_xinfo", .. } => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

/// SQLite's own words: they name tables and columns, never what is in them.
fn unreadable(place: &'static str, error: &rusqlite::Error) -> PortableError {
    PortableError::unreadable(place, format!("cannot be read: {error}"))
}
