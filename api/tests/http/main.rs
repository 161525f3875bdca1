//! The front end over real TCP on loopback, with a fake engine behind it that remembers what reached it.
#![allow(clippy::expect_used, reason = "clippy knows test functions, not the helpers around them")]

mod accounts;
mod aduta;
mod answers;
mod bad_input;
mod client;
mod contents;
mod dialects;
mod enveloped;
mod events;
mod fake;
mod limits;
mod observed;
mod routes;
mod send;
mod server;
mod soup;
mod wastack;
mod webhooks;
