//! The route table and what is read from it: router, scopes, body rules, query parameters, metric labels.

mod router;
mod table;

pub(crate) use router::{Match, Router};
pub use table::{NativeOperation, OpenOperation, ROUTES};
pub use trunkline_model::Scope;

use hyper::Method;

use crate::limits;

/// One operation of the HTTP API.
#[derive(Debug, Clone)]
pub struct Route {
    /// HTTP method. `HEAD` is answered wherever `GET` is.
    pub method: Method,
    /// Path pattern, with `{name}` for a segment.
    pub path: &'static str,
    /// Stable name, `noun.verb`; also the metric label.
    pub name: &'static str,
    /// Who answers, and what a caller needs for it.
    pub target: Target,
    /// What the request body may be.
    pub body: BodyRule,
    /// Query parameters that it takes; any other is an error.
    pub query: &'static [&'static str],
    /// One sentence for the documentation.
    pub summary: &'static str,
}

/// Who answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Without a key: health, metrics, documentation. Tells nothing about any tenant.
    Open(OpenOperation),
    /// The native API: needs a key with the scope.
    Native(NativeOperation, Scope),
}

/// What the body of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRule {
    /// Not read.
    None,
    /// Nothing, or an empty JSON object.
    Empty,
    /// JSON.
    Json,
    /// JSON, or `multipart/form-data` with a `message` part and a `file` part.
    Message,
}

impl BodyRule {
    /// Largest body in bytes, of the larger kind where there are two.
    pub fn bytes_max(self) -> u64 {
        match self {
            BodyRule::None => 0,
            BodyRule::Empty | BodyRule::Json => limits::JSON_BYTES_MAX,
            BodyRule::Message => {
                trunkline_model::limits::MEDIA_BYTES_MAX + limits::MULTIPART_OVERHEAD_BYTES_MAX
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_route_is_documented_and_unique() {
        let mut places = HashSet::new();
        let mut names = HashSet::new();
        for route in ROUTES {
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
        for route in ROUTES {
            let takes_body = route.body != BodyRule::None;
            let method_has_body = matches!(route.method, Method::POST | Method::PUT | Method::PATCH);
            assert_eq!(takes_body, method_has_body, "{}", route.name);
        }
    }

    #[test]
    fn everything_under_v1_needs_a_key() {
        for route in ROUTES {
            let native = matches!(route.target, Target::Native(..));
            assert_eq!(native, route.path.starts_with("/v1/"), "{}", route.name);
        }
    }
}
