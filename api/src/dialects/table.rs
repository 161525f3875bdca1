//! The form of a dialect's table.
//!
//! A part of a table is written with [`operations`]: operation, scope and class, who may call, body and reply, query parameters,
//! a sentence, and the places where it is: method, path, status of success, mark. The scope `Any` is that of every key, and one in
//! quotes is a right in the dialect's own words. Bodies are `-` (not read), `{Type}` or `{media Type}` (with room for a file); replies
//! `-` (nothing), `(Type)`, `(bytes "type/subtype")`, `(file)` or `(events)`. What a part calls its family is a variant of the
//! `Operation` beside the parts.

use hyper::Method;
use trunkline_model::{LimitClass, Scope};

use super::speaks::Operation;
use crate::route::SchemaOf;

/// One operation of a dialect at one place.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    /// Path pattern below the dialect's mount, with `{name}` for a segment.
    pub(crate) path: &'static str,
    /// Metric label: dialect, method, path.
    pub(crate) name: &'static str,
    pub(crate) operation: Operation,
    pub(crate) access: Access,
    /// What the caller's key must be good for.
    pub(crate) needs: Needs,
    pub(crate) class: LimitClass,
    pub(crate) body: Wanted,
    /// Status of a request that worked.
    pub(crate) status: u16,
    pub(crate) reply: Shape,
    /// Query parameters that mean something.
    pub(crate) query: &'static [&'static str],
    pub(crate) mark: Mark,
    pub(crate) summary: &'static str,
}

/// What a caller has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    Open,
    /// Nothing yet: the body says who somebody is, or will be.
    Stranger,
    /// A key; what it is about, the path or the body says.
    Key,
    /// A key and the instance that is meant.
    Instance,
    /// The same, and the instance has to have a number: asked before an operation that the engine would answer from disk.
    Linked,
    /// A key that is good for the whole account.
    Account,
}

/// What a key must be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: any key will do.
    Nothing,
    /// One of Trunkline's scopes, which the dialect's words for rights mean.
    Scope(Scope),
}

impl Needs {
    /// Its word; `None` for any key.
    pub(crate) fn as_str(self) -> Option<&'static str> {
        match self {
            Needs::Nothing => None,
            Needs::Scope(scope) => Some(scope.as_str()),
        }
    }
}

/// What is read of a request's body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    Nothing,
    Json(SchemaOf),
    /// JSON with room for a file.
    Media(SchemaOf),
}

/// What a request that worked is answered with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Nothing,
    Json(SchemaOf),
    Bytes(&'static [&'static str]),
    /// A file of any type.
    File,
    Events,
}

/// Where a row is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The service's own reference.
    Reference,
    /// Other public material of the service.
    Public,
    /// Nowhere: as the rest of the API would have it.
    Inferred,
}

impl Mark {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Mark::Reference => "reference",
            Mark::Public => "public",
            Mark::Inferred => "inferred",
        }
    }
}

macro_rules! operations {
    (
        $(#[$doc:meta])* $dialect:ident ($word:literal) $family:ident: $operations:ident;
        $($op:ident: $needs:tt / $class:ident, $access:ident, $body:tt => $reply:tt, $query:tt, $summary:literal
          { $($method:ident $path:literal $status:literal $mark:ident),+ })*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $operations { $($op,)* }

        pub(crate) static TABLE: &[$crate::dialects::table::Row] = &[
            $($($crate::dialects::table::Row {
                method: hyper::Method::$method,
                path: $path,
                name: concat!($word, " ", stringify!($method), " ", $path),
                operation: $crate::dialects::Operation::$dialect(super::Operation::$family($operations::$op)),
                access: $crate::dialects::table::Access::$access,
                needs: $crate::dialects::table::needs!($needs),
                class: trunkline_model::LimitClass::$class,
                body: $crate::dialects::table::wanted!($body),
                status: $status,
                reply: $crate::dialects::table::shape!($reply),
                query: &$query,
                mark: $crate::dialects::table::Mark::$mark,
                summary: $summary,
            },)+)*
        ];
    };
}

macro_rules! needs {
    (Any) => {
        $crate::dialects::table::Needs::Nothing
    };
    ($scope:ident) => {
        $crate::dialects::table::Needs::Scope(trunkline_model::Scope::$scope)
    };
}

macro_rules! wanted {
    (-) => {
        $crate::dialects::table::Wanted::Nothing
    };
    ({media $body:ty}) => {
        $crate::dialects::table::Wanted::Media(|schemas| schemas.subschema_for::<$body>())
    };
    ({$body:ty}) => {
        $crate::dialects::table::Wanted::Json(|schemas| schemas.subschema_for::<$body>())
    };
}

macro_rules! shape {
    (-) => {
        $crate::dialects::table::Shape::Nothing
    };
    ((file)) => {
        $crate::dialects::table::Shape::File
    };
    ((events)) => {
        $crate::dialects::table::Shape::Events
    };
    ((bytes $($kind:literal),+)) => {
        $crate::dialects::table::Shape::Bytes(&[$($kind),+])
    };
    (($reply:ty)) => {
        $crate::dialects::table::Shape::Json(|schemas| schemas.subschema_for::<$reply>())
    };
}

pub(crate) use {needs, operations, shape, wanted};
