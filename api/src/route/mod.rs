//! The route table and what is read from it: router, scopes, body rules, query parameters, metric labels, OpenAPI, reference.

mod form;
mod parameter;
mod router;
mod table;

pub(crate) use form::forms_of;
pub(crate) use parameter::{Parameter, path_parameters, query_parameter};
pub(crate) use router::{Match, Router};
pub use table::*;
pub use trunkline_model::{LimitClass, Scope};

use hyper::Method;
use schemars::{Schema, SchemaGenerator};

use crate::limits;

/// One operation of the HTTP API.
#[derive(Debug, Clone)]
pub struct Route {
    /// HTTP method. `HEAD` is answered wherever `GET` is.
    pub method: Method,
    /// Path pattern, with `{name}` for a segment.
    pub path: &'static str,
    /// Stable name, `noun.verb`; also the metric label and the `operationId`.
    pub name: &'static str,
    /// Who answers, and what a caller needs for it.
    pub target: Target,
    /// Which of a key's budgets a request is charged to.
    pub class: LimitClass,
    /// What the request body may be.
    pub body: BodyRule,
    /// A body that works, for documentation and tests: JSON.
    pub example: Option<&'static str>,
    /// What a request that worked is answered with.
    pub reply: ReplyRule,
    /// Query parameters that it takes; any other is an error.
    pub query: &'static [&'static str],
    /// One sentence for the documentation.
    pub summary: &'static str,
}

/// Adds a type to a document's schemas and gives the reference to it.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Who answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Without a key: health, metrics, documentation. Tells nothing about any tenant.
    Open(OpenOperation),
    /// The native API: needs a key with the scope.
    Native(NativeOperation, Scope),
}

/// What the body of a request may be.
#[derive(Debug, Clone, Copy)]
pub enum BodyRule {
    /// Not read.
    None,
    /// Nothing, or an empty JSON object.
    Empty,
    /// JSON of this form.
    Json(SchemaOf),
    /// As [`BodyRule::Json`], with room for many messages.
    LongJson(SchemaOf),
    /// As [`BodyRule::Json`], with room for the credentials of an instance.
    Large(SchemaOf),
    /// JSON of this form, or `multipart/form-data` with it in a `message` part and a `file` part after that.
    Message(SchemaOf),
    /// A file as it is, of the type that its `Content-Type` says.
    File,
    /// A list: CSV with a header, JSON lines, or a JSON array.
    Rows,
}

/// What a request that worked is answered with.
#[derive(Debug, Clone, Copy)]
pub enum ReplyRule {
    /// 204.
    Nothing,
    /// JSON of this form, with one of these statuses.
    Json(&'static [u16], SchemaOf),
    /// 200 with bytes of one of these types.
    Bytes(&'static [&'static str]),
    /// A file of any type: 200 with all of it, or 206 with the part that a `Range` header asks for.
    File,
    /// 200 with JSON of this form, or with a stream of events for a client that asks for one.
    JsonOrEvents(SchemaOf),
    /// 200 with a stream of events.
    Events,
}

impl ReplyRule {
    /// The statuses of a request that worked.
    pub fn statuses(self) -> &'static [u16] {
        match self {
            ReplyRule::Nothing => &[204],
            ReplyRule::Json(statuses, _) => statuses,
            ReplyRule::File => &[200, 206],
            ReplyRule::Bytes(_) | ReplyRule::JsonOrEvents(_) | ReplyRule::Events => &[200],
        }
    }
}

impl BodyRule {
    /// Largest body in bytes, of the larger kind where there are two.
    pub fn bytes_max(self) -> u64 {
        match self {
            BodyRule::None => 0,
            BodyRule::Empty | BodyRule::Json(_) => limits::JSON_BYTES_MAX,
            BodyRule::LongJson(_) => limits::BATCH_JSON_BYTES_MAX,
            BodyRule::Large(_) => limits::IMPORT_JSON_BYTES_MAX,
            BodyRule::File => trunkline_model::limits::MEDIA_BYTES_MAX,
            BodyRule::Rows => limits::IMPORT_BYTES_MAX,
            BodyRule::Message(_) => {
                trunkline_model::limits::MEDIA_BYTES_MAX + limits::MULTIPART_OVERHEAD_BYTES_MAX
            }
        }
    }

    /// Whether the method has to be one that carries a body.
    pub fn is_read(self) -> bool {
        !matches!(self, BodyRule::None)
    }
}

impl Route {
    /// Its path with a value that works in the place of each parameter.
    pub fn example_path(&self) -> String {
        path_parameters(self.path).fold(self.path.to_owned(), |path, parameter| {
            path.replace(&format!("{{{}}}", parameter.name), parameter.example)
        })
    }

    /// Whether it concerns single instances, so that a key which is limited to some may use it within its limit. Everything else
    /// is the account's.
    pub(crate) fn is_of_instances(&self) -> bool {
        self.path.contains("{instance}")
            || self.path.contains("{message}")
            || matches!(self.name, "instances.list" | "events.stream")
    }

    /// The noun that its name begins with: operations of one noun stand together in the documentation.
    pub fn noun(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(noun, _)| noun)
    }
}

/// Every operation of the HTTP API, in the order of the documentation. Nothing is answered outside it.
pub fn routes() -> impl Iterator<Item = &'static Route> + Clone {
    TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_route_is_documented_and_unique() {
        let mut places = HashSet::new();
        let mut names = HashSet::new();
        for route in routes() {
            assert!(places.insert((route.method.clone(), route.path)), "{} {}", route.method, route.path);
            assert!(names.insert(route.name), "{}", route.name);
            assert!(
                route.summary.ends_with('.') && route.summary.len() > 10,
                "{} has no summary",
                route.name
            );
        }
    }

    #[test]
    fn only_routes_that_take_a_body_have_a_method_for_one() {
        for route in routes() {
            let method_has_body = matches!(route.method, Method::POST | Method::PUT | Method::PATCH);
            assert_eq!(route.body.is_read(), method_has_body, "{}", route.name);
        }
    }

    #[test]
    fn everything_under_v1_needs_a_key() {
        for route in routes() {
            let native = matches!(route.target, Target::Native(..));
            assert_eq!(native, route.path.starts_with("/v1/"), "{}", route.name);
        }
    }

    #[test]
    fn every_body_of_json_has_an_example_and_nothing_else_has() {
        for route in routes() {
            let wanted = matches!(
                route.body,
                BodyRule::Json(_) | BodyRule::LongJson(_) | BodyRule::Large(_) | BodyRule::Message(_)
            );
            assert_eq!(route.example.is_some(), wanted, "{}", route.name);
            if let Some(example) = route.example {
                let read = serde_json::from_str::<serde_json::Value>(example);
                assert!(read.is_ok_and(|value| value.is_object()), "the example of {}", route.name);
            }
        }
    }

    #[test]
    fn every_parameter_is_described() {
        for route in routes() {
            for name in route.query {
                assert!(query_parameter(name).is_some(), "{name} of {}", route.name);
            }
            let described = path_parameters(route.path).count();
            assert_eq!(described, route.path.matches('{').count(), "{}", route.path);
        }
    }
}
