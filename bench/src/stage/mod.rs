//! What a case is played on: processes on loopback, and a look at what they use.

mod child;
mod fleet;
mod gateway;
mod peer;
mod process;
mod service;

pub use child::{Child, ROLE};
pub use fleet::{Fleet, Number};
pub use gateway::{Gateway, GatewayOptions};
pub use peer::{Peer, PeerKind};
pub use process::Usage;
pub use service::{Person, Service};
