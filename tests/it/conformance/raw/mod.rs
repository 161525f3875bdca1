//! What no well-behaved client can show: the service's answers to mistakes, forgeries and plain HTTP.

mod handshake;
mod media;
mod records;
