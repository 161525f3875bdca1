//! The harness of Trunkline's tests: a simulated service per test, real clients as processes, and a vocabulary
//! that reads like what people do with phones.
//!
//! What it does: starts a [`World`] on ports of its own, gives it [`Account`]s with virtual phones, links
//! [`Baileys`] devices (independent implementation, strict signature checks), runs Trunkline itself as a [`Gateway`]
//! process, and waits for what they report. What arrived is judged by [`judge`], apart from every workload.
//! [`raw`] holds a client small enough to misbehave.
//!
//! What it never does: sleep in place of waiting, reach beyond loopback, or let a test end without asking the
//! service's judge (see [`World::finish`]).

pub mod account;
pub mod baileys;
pub mod broker;
pub mod bucket;
pub mod control;
pub mod events;
pub mod gateway;
pub mod judge;
pub mod library;
pub mod limits;
pub mod process;
pub mod raw;
pub mod smtp;
pub mod trial;
pub mod world;

pub use account::{Account, Phone, Recipient};
pub use baileys::{Baileys, DeviceState, Group, Media};
pub use bucket::BucketServer;
pub use control::Control;
pub use events::{Event, Key, Message, Stanza};
pub use gateway::{Accepted, Gateway, GatewayEvent, Instance, Webhook};
pub use library::{Library, LibraryKind};
pub use smtp::MailServer;
pub use trunkline_simulator::{OfflineMode, SimulatorConfig};
pub use world::World;
