//! Path → row, built from a dialect's table.

use hyper::Method;
use trunkline_model::Dialect;

use super::{MOUNTS, Mount, Row};
use crate::route::routes;

/// A row and its position among all metric labels.
type Labelled = (usize, &'static Row);

/// The routers of all dialects.
pub(crate) struct Routers(Vec<(&'static Mount, matchit::Router<Vec<Labelled>>)>);

/// What a method and a path of a dialect lead to.
pub(crate) enum Found<'a> {
    /// A row, its label, and the path's parameters as they were written.
    Row { index: usize, mount: &'static Mount, row: &'static Row, params: matchit::Params<'a, 'a> },
    /// The path has these methods, and not this one.
    OtherMethods(&'static Mount, String),
    /// `OPTIONS`: the methods of the path.
    Options(String),
    /// No such path; the mount, where the dialect is served.
    Nothing(Option<&'static Mount>),
}

impl Routers {
    /// Builds the routers.
    ///
    /// # Errors
    /// When a table holds a path that cannot be told from another; a test keeps that from happening.
    pub(crate) fn new() -> Result<Routers, matchit::InsertError> {
        let mut label = routes().count();
        let mut routers = Vec::new();
        for mount in MOUNTS.iter().copied() {
            let labelled: Vec<Labelled> =
                mount.rows().enumerate().map(|(at, row)| (label + at, row)).collect();
            label += labelled.len();
            let mut paths = matchit::Router::new();
            let mut seen: Vec<&str> = Vec::new();
            for (_, row) in &labelled {
                if !seen.contains(&row.path) {
                    seen.push(row.path);
                    let same: Vec<Labelled> =
                        labelled.iter().copied().filter(|(_, other)| other.path == row.path).collect();
                    if let Some(other) = also_at(mount.dialect, row.path) {
                        paths.insert(other, same.clone())?;
                    }
                    paths.insert(row.path, same)?;
                }
            }
            routers.push((mount, paths));
        }
        Ok(Routers(routers))
    }

    /// Finds the row of a request to a dialect.
    pub(crate) fn at<'a>(&'a self, dialect: Dialect, method: &Method, path: &'a str) -> Found<'a> {
        let Some((mount, paths)) = self.0.iter().find(|(mount, _)| mount.dialect == dialect) else {
            return Found::Nothing(None);
        };
        let mount: &'static Mount = mount;
        let Ok(found) = paths.at(path) else {
            return Found::Nothing(Some(mount));
        };
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        match found.value.iter().copied().find(|(_, row)| row.method == *wanted) {
            Some((index, row)) => Found::Row { index, mount, row, params: found.params },
            None if *method == Method::OPTIONS => Found::Options(allow(found.value)),
            None => Found::OtherMethods(mount, allow(found.value)),
        }
    }
}

/// Where a path is as well: the paths of WasenderAPI, whose clients 7aduta's rows serve, have no version.
fn also_at(dialect: Dialect, path: &str) -> Option<String> {
    let rest = path.strip_prefix("/api/v1/").filter(|_| dialect == Dialect::Aduta)?;
    Some(format!("/api/{rest}"))
}

/// Value of the `Allow` header for a path with these rows.
fn allow(rows: &[Labelled]) -> String {
    let mut methods = vec!["OPTIONS"];
    for (_, row) in rows {
        methods.push(row.method.as_str());
        if row.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.sort_unstable();
    methods.join(", ")
}
