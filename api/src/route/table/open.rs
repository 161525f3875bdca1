//! What answers without a key.

use hyper::Method;
use trunkline_model::LimitClass;

use crate::open::{Live, Ready};
use crate::route::{BodyRule, Route, Target};

macro_rules! open {
    ($($op:ident: $path:literal, $name:literal, $reply:tt, $summary:literal;)*) => {
        /// Operations that need no key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum OpenOperation { $(#[doc = $summary] $op,)* }

        pub(super) static TABLE: &[Route] = &[
            $(Route {
                method: Method::GET,
                path: $path,
                name: $name,
                target: Target::Open(OpenOperation::$op),
                class: LimitClass::Read,
                body: BodyRule::None,
                example: None,
                reply: super::reply!($reply),
                query: &[],
                summary: $summary,
            },)*
        ];
    };
}

open! {
    Live: "/healthz", "node.live", (200 Live), "Answers 200 while the process serves requests.";
    Ready: "/readyz", "node.ready", (200 Ready),
        "Answers 200 when this node can do its work, 503 with the reasons when not.";
    Metrics: "/metrics", "node.metrics", (bytes "text/plain"),
        "Every metric of the process in Prometheus' text format.";
    OpenApi: "/openapi.json", "docs.openapi", (bytes "application/json"),
        "Describes the whole API in OpenAPI 3.1.";
    Playground: "/docs", "docs.playground", (bytes "text/html"),
        "Shows the API, and tries requests with a key.";
    PlaygroundFile: "/docs/playground/{file}", "docs.playground_file",
        (bytes "text/css", "text/javascript", "image/png"),
        "Gives the playground's own files.";
    Reference: "/docs/reference", "docs.reference", (bytes "text/markdown"),
        "Lists every operation with its scope.";
    ReferencePage: "/docs/reference/{operation}", "docs.reference_page", (bytes "text/markdown"),
        "Explains one operation: parameters, body with an example, answers.";
    Dialect: "/docs/{dialect}", "docs.dialect", (bytes "text/markdown"),
        "Lists the operations of an API that customers of another service call.";
    DialectOpenApi: "/docs/{dialect}/openapi.json", "docs.dialect_openapi", (bytes "application/json"),
        "Describes such an API in OpenAPI 3.1.";
    PublicFile: "/files/{word}", "files.download", (file),
        "Downloads a file from its public address, or a part of it.";
    ErrorIndex: "/docs/errors", "docs.errors", (bytes "text/markdown"), "Lists the error codes.";
    ErrorPage: "/docs/errors/{code}", "docs.error", (bytes "text/markdown"),
        "Explains one error code: its causes and remedies.";
}
