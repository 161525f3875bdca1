//! Path → route, built from the table.

use hyper::Method;

use super::{Route, routes};

/// The matchit router over the table's paths: each path with the routes of its methods, and their positions in the table.
pub(crate) struct Router {
    paths: matchit::Router<Vec<(usize, &'static Route)>>,
}

/// What a method and a path lead to.
#[derive(Debug)]
pub(crate) enum Match<'a> {
    /// A route: its position in the table, itself, and the path's parameters as they were written (percent-encoded).
    Found { index: usize, route: &'static Route, params: matchit::Params<'a, 'a> },
    /// The path has these methods, and not this one.
    OtherMethods(String),
    /// `OPTIONS`: the methods of the path.
    Options(String),
    /// No such path.
    Nothing,
}

impl Router {
    /// Builds the router.
    ///
    /// # Errors
    /// When the table holds a path that matchit cannot tell from another; a test keeps that from happening.
    pub(crate) fn new() -> Result<Router, matchit::InsertError> {
        let mut paths = matchit::Router::new();
        let mut seen: Vec<&str> = Vec::new();
        for route in routes() {
            if seen.contains(&route.path) {
                continue;
            }
            seen.push(route.path);
            let same: Vec<_> = routes().enumerate().filter(|(_, other)| other.path == route.path).collect();
            paths.insert(route.path, same)?;
        }
        Ok(Router { paths })
    }

    /// Finds the route of a request.
    pub(crate) fn at<'a>(&'a self, method: &Method, path: &'a str) -> Match<'a> {
        let Ok(found) = self.paths.at(path) else {
            return Match::Nothing;
        };
        // A HEAD request is a GET whose body hyper leaves out.
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        let route = found.value.iter().copied().find(|(_, route)| route.method == *wanted);
        match route {
            Some((index, route)) => Match::Found { index, route, params: found.params },
            None if *method == Method::OPTIONS => Match::Options(allow(found.value)),
            None => Match::OtherMethods(allow(found.value)),
        }
    }
}

/// Value of the `Allow` header for a path with these routes.
fn allow(routes: &[(usize, &Route)]) -> String {
    let mut methods = vec!["OPTIONS"];
    for (_, route) in routes {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.sort_unstable();
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, path: &str, expected: &str) {
        let router = Router::new().expect("the table has no ambiguous paths");
        let found = match router.at(&method, path) {
            Match::Found { route, .. } => route.name.to_owned(),
            Match::OtherMethods(allow) => format!("405 {allow}"),
            Match::Options(allow) => format!("204 {allow}"),
            Match::Nothing => "404".to_owned(),
        };
        assert_eq!(found, expected, "{method} {path}");
    }

    #[test]
    fn every_route_of_the_table_is_reached_by_its_own_path() {
        for route in routes() {
            check(route.method.clone(), route.path, route.name);
        }
    }

    #[test]
    fn methods_and_paths_that_are_not_there() {
        check(Method::HEAD, "/v1/instances", "instances.list");
        check(Method::PUT, "/v1/instances", "405 GET, HEAD, OPTIONS, POST");
        check(Method::OPTIONS, "/healthz", "204 GET, HEAD, OPTIONS");
        check(Method::GET, "/v1/instances/a/messages/read", "405 OPTIONS, POST");
        for path in ["/", "/v1", "/v1/instances/", "/v1/instances//messages", "//healthz", "/healthz/"] {
            check(Method::GET, path, "404");
        }
    }
}
