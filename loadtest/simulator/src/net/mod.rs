//! The shell: sockets, TLS, HTTP, WebSocket, and the lock around the world.
//!
//! One task serves one connection; an account without a connection has none. The world's lock is never
//! held across an await; Noise and the codec run outside it.

mod http;
pub mod hub;
mod listen;
mod socket;
mod tls;

pub use self::http::{Body, Surface, json, text};
pub use self::hub::Hub;
pub use self::listen::{Listener, serve};
pub use self::tls::{Certificates, TlsError};

#[cfg(test)]
mod tests;
