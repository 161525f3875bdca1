//! A client of a node's own HTTP API, as far as the commands need it.

mod api;
mod error;
mod http;
#[cfg(feature = "simulated")]
mod messages;
mod sse;
mod types;

pub use api::Api;
pub use error::ApiError;
pub use http::install_tls;
pub use sse::Block;
pub use types::{Instance, Pairing, Webhook};
#[cfg(feature = "simulated")]
pub use {http::Http, messages::Event};
