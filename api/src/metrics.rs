//! Every metric of the front end: name, unit, help and labels in one place. Labels are operations and classes, never a
//! tenant. Handles are held, because looking one up costs more than counting.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit};

use crate::route::routes;

/// Requests answered, by `operation` (the route's name, or `unmatched`) and `class` (`1xx` to `5xx`).
pub const REQUESTS: &str = "trunkline_http_requests_total";
/// Time from the end of a request's header to the beginning of its answer, in seconds, by `operation`.
pub const REQUEST_SECONDS: &str = "trunkline_http_request_seconds";
/// Requests being worked on.
pub const IN_FLIGHT: &str = "trunkline_http_requests_in_flight";
/// Open connections.
pub const CONNECTIONS: &str = "trunkline_http_connections";
/// Connections closed at once because there were too many.
pub const CONNECTIONS_REFUSED: &str = "trunkline_http_connections_refused_total";
/// Times that the operating system refused to accept a connection.
pub const ACCEPT_ERRORS: &str = "trunkline_http_accept_errors_total";
/// Requests whose handler panicked: bugs.
pub const PANICS: &str = "trunkline_http_panics_total";
/// Requests refused because a rate limit was used up.
pub const RATE_LIMITED: &str = "trunkline_http_rate_limited_total";
/// Requests that no rate limit counted, because too many other callers were busy.
pub const RATE_LIMIT_CROWDED: &str = "trunkline_http_rate_limit_crowded_total";

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Held handles of one server. They report to the recorder that is installed when the server starts.
pub(crate) struct Metrics {
    /// By position in the route table, then in those of the dialects; the last one is for requests without a route.
    operations: Vec<OperationMetrics>,
    pub(crate) in_flight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) connections_refused: Counter,
    pub(crate) accept_errors: Counter,
    pub(crate) panics: Counter,
    pub(crate) rate_limited: Counter,
}

struct OperationMetrics {
    classes: [Counter; 5],
    seconds: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        describe();
        let dialects = crate::dialects::rows().map(|row| row.name);
        let names = routes().map(|route| route.name).chain(dialects).chain(["unmatched"]);
        Metrics {
            operations: names.map(OperationMetrics::new).collect(),
            in_flight: metrics::gauge!(IN_FLIGHT),
            connections: metrics::gauge!(CONNECTIONS),
            connections_refused: metrics::counter!(CONNECTIONS_REFUSED),
            accept_errors: metrics::counter!(ACCEPT_ERRORS),
            panics: metrics::counter!(PANICS),
            rate_limited: metrics::counter!(RATE_LIMITED),
        }
    }

    /// Counts one answer. `route` is the position in the table; anything else is a request without a route.
    pub(crate) fn answered(&self, route: Option<usize>, status: u16, took: Duration) {
        let unmatched = self.operations.len() - 1;
        let index = route.unwrap_or(unmatched).min(unmatched);
        let Some(operation) = self.operations.get(index) else {
            return;
        };
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        if let Some(counter) = operation.classes.get(class) {
            counter.increment(1);
        }
        operation.seconds.record(took.as_secs_f64());
    }
}

impl OperationMetrics {
    fn new(operation: &'static str) -> OperationMetrics {
        OperationMetrics {
            classes: CLASSES
                .map(|class| metrics::counter!(REQUESTS, "operation" => operation, "class" => class)),
            seconds: metrics::histogram!(REQUEST_SECONDS, "operation" => operation),
        }
    }
}

fn describe() {
    metrics::describe_counter!(REQUESTS, Unit::Count, "Requests answered.");
    metrics::describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Time until the answer began.");
    metrics::describe_gauge!(IN_FLIGHT, Unit::Count, "Requests being worked on.");
    metrics::describe_gauge!(CONNECTIONS, Unit::Count, "Open connections.");
    metrics::describe_counter!(
        CONNECTIONS_REFUSED,
        Unit::Count,
        "Connections closed at once because there were too many."
    );
    metrics::describe_counter!(
        ACCEPT_ERRORS,
        Unit::Count,
        "Times that the operating system refused to accept a connection."
    );
    metrics::describe_counter!(PANICS, Unit::Count, "Requests whose handler panicked.");
    metrics::describe_counter!(
        RATE_LIMITED,
        Unit::Count,
        "Requests refused because a rate limit was used up."
    );
    metrics::describe_counter!(
        RATE_LIMIT_CROWDED,
        Unit::Count,
        "Requests that no rate limit counted, because too many other callers were busy."
    );
}
