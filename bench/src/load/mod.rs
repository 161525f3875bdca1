//! Callers: a polite one for set-up, and generators that measure.

mod generator;
mod http;

pub use generator::{Load, Measured, Request, closed, open, open_until};
pub use http::Http;
