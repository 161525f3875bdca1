//! Query strings: only the parameters that the route table names, each once.

use trunkline_model::limits::{PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX};
use trunkline_model::{ErrorCode, Failure, FieldError};

use crate::limits::QUERY_PARAMETERS_MAX;
use crate::route::Route;

/// The parameters of a request, checked against its route.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(&'static str, String)>,
}

impl Query {
    /// Reads a raw query string.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` naming the parameter that is unknown or given twice.
    pub(crate) fn parse(raw: Option<&str>, route: &Route) -> Result<Query, Failure> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            if pairs.len() >= QUERY_PARAMETERS_MAX {
                return Err(malformed(&name, "comes after too many other parameters"));
            }
            let Some(known) = route.query.iter().find(|known| **known == name) else {
                return Err(malformed(&name, &unknown(route)));
            };
            if pairs.iter().any(|(seen, _)| seen == known) {
                return Err(malformed(known, "is given twice"));
            }
            pairs.push((known, value.into_owned()));
        }
        Ok(Query { pairs })
    }

    /// Reads what is known of a raw query string and passes over the rest, as the services do whose customers come here.
    pub(crate) fn lenient(raw: Option<&str>, known: &'static [&'static str]) -> Query {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        let given = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
        for (name, value) in given.take(QUERY_PARAMETERS_MAX) {
            if let Some(known) = known.iter().find(|known| **known == name)
                && !pairs.iter().any(|(seen, _)| seen == known)
            {
                pairs.push((known, value.into_owned()));
            }
        }
        Query { pairs }
    }

    /// A parameter's value, decoded.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter read by `read`.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` with `expected` when it is there and `read` gives nothing.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        self.get(name).map(|value| read(value).ok_or_else(|| malformed(name, expected))).transpose()
    }

    /// A parameter that is `true` or `false`.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` when it is anything else.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        self.read(name, "is neither `true` nor `false`", |value| value.parse().ok())
    }

    /// `?limit=`: entries of a page.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        let expected = format!("is not a whole number from 1 to {PAGE_LIMIT_MAX}");
        let limit = self.read("limit", &expected, |value| {
            value.parse().ok().filter(|limit| (1..=PAGE_LIMIT_MAX).contains(limit))
        })?;
        Ok(limit.unwrap_or(PAGE_LIMIT_DEFAULT))
    }
}

/// A header or query parameter that cannot be read. `message` reads on from its name.
pub(crate) fn malformed(field: &str, message: &str) -> Failure {
    // What a caller made up may be long or strange; its beginning is enough to find it.
    let name: String = field.chars().filter(|c| !c.is_control()).take(64).collect();
    Failure {
        fields: vec![FieldError::new(name.clone(), message)],
        ..Failure::new(ErrorCode::MalformedRequest, format!("`{name}` {message}."))
    }
}

fn unknown(route: &Route) -> String {
    match route.query {
        [] => "is not a parameter of this operation, which takes none".to_owned(),
        known => format!("is not a parameter of this operation; it takes {}", known.join(", ")),
    }
}
