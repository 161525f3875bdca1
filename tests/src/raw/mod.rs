//! A client of the protocol small enough to misbehave: it can leave out the prologue, resume with a wrong key,
//! or forge its signature. The Noise initiator is written here, apart from the simulator's responder.

pub mod device;
pub mod noise;
pub mod socket;

pub use device::{Login, RawDevice, Signing};
pub use socket::{Opening, RawSession, RawSocket};
