//! The service's state and rules, without I/O, clock or task: stanzas in, stanzas out.
//!
//! [`World::step`] takes one input and returns what is to be sent or closed because of it. Virtual
//! phones work in turns of their own ([`Input::Phones`]), so that a client's answer never waits for
//! somebody else's Signal session.

pub mod account;
pub mod app_state;
pub mod blobs;
pub mod client;
mod delivery;
mod directory;
pub mod groups;
mod login;
pub mod names;
pub mod newsletters;
mod notify;
pub mod offline;
mod pairing;
mod pairing_code;
mod passkey;
mod phones;
pub mod quotas;
mod report;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use wacore_binary::{Jid, Node};

pub use self::client::ClientIntro;
pub use self::names::{AccountError, NewAccount};
pub use self::pairing::ScanError;
pub use self::phones::PhoneCommandError;
pub use self::report::{AccountReport, ConnectionReport, StatsReport};

use self::blobs::Blobs;
use self::groups::Groups;
use self::names::Accounts;
use self::newsletters::Newsletters;
use self::pairing::Pairing;
use self::phones::PhoneWork;
use crate::counters::Counters;
use crate::crypto::derive::hkdf;
use crate::faults::{FaultKind, Faults, Target};
use crate::judge::Judge;
use crate::phone::{Addressing, Behaviour};
use crate::stanza::{attr, service};
use crate::{iq, message};

/// Names a connection for its lifetime; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// Names an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u32);

/// Names a device: 0 is the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId {
    /// Its account.
    pub account: AccountId,
    /// Its number.
    pub device: u16,
}

/// How a device that comes back gets its backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OfflineMode {
    /// All at once.
    #[default]
    Push,
    /// A primer, then batches as the client asks for them.
    Pull,
}

/// Rules that hold for a simulator's lifetime.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// Root of every key and name that is not random for security.
    pub seed: u64,
    /// How backlog is delivered.
    pub offline: OfflineMode,
    /// `host:port` that media addresses name.
    pub media_host: String,
    /// Tell new companions that chats are addressed by LID.
    pub lid_migrated: bool,
}

/// What happens to the world.
#[derive(Debug)]
pub enum Input {
    /// A handshake finished on a connection.
    Connected {
        /// The connection.
        conn: ConnId,
        /// The client's Noise static key.
        noise: [u8; 32],
        /// Who the client says it is.
        intro: ClientIntro,
    },
    /// A stanza arrived.
    Stanza {
        /// On this connection.
        conn: ConnId,
        /// The stanza.
        node: Node,
    },
    /// A connection is gone.
    Closed(ConnId),
    /// Time passed.
    Tick,
    /// Virtual phones may work for a turn.
    Phones,
}

/// What is to happen because of it, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send a stanza.
    Send(ConnId, Arc<Node>),
    /// Close a connection after what was sent before.
    Close(ConnId),
    /// Drop a connection at once, without what is still to be sent.
    Drop(ConnId),
    /// Change how a connection's bytes travel.
    Shape(ConnId, Shape),
}

/// How the bytes of one connection travel; all off unless a fault says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Deflate stanzas.
    pub compress: bool,
    /// Spread frames over several WebSocket messages.
    pub split: bool,
    /// Put several frames into one WebSocket message.
    pub coalesce: bool,
    /// Wait before each stanza, milliseconds.
    pub delay_ms: u64,
}

/// Who is behind a connection.
pub(crate) enum Session {
    Pairing(Box<Pairing>),
    Device(DeviceId),
}

/// The simulated service.
pub struct World {
    pub(crate) config: WorldConfig,
    pub(crate) now_ms: u64,
    pub(crate) rng: StdRng,
    pub(crate) accounts: Accounts,
    pub(crate) sessions: HashMap<ConnId, Session>,
    pub(crate) pairing_refs: HashMap<String, ConnId>,
    pub(crate) groups: Groups,
    pub(crate) newsletters: Newsletters,
    pub(crate) blobs: Blobs,
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    pub(crate) judge: Judge,
    /// What uploads must show; `media_conn` hands it out.
    pub(crate) media_auth: String,
    pub(crate) watchers: HashMap<AccountId, BTreeSet<DeviceId>>,
    to_welcome: BTreeSet<DeviceId>,
    phone_work: VecDeque<PhoneWork>,
    out: Vec<Output>,
    next_stanza: u64,
}

impl World {
    /// An empty world.
    pub fn new(config: WorldConfig) -> Self {
        Self {
            rng: StdRng::seed_from_u64(config.seed),
            blobs: Blobs::new(config.media_host.clone()),
            now_ms: 0,
            accounts: Accounts::default(),
            sessions: HashMap::new(),
            pairing_refs: HashMap::new(),
            groups: Groups::default(),
            newsletters: Newsletters::default(),
            faults: Faults::default(),
            counters: Counters::default(),
            judge: Judge::default(),
            media_auth: hex::encode(hkdf::<16>(&config.seed.to_be_bytes(), None, b"media auth")),
            watchers: HashMap::new(),
            to_welcome: BTreeSet::new(),
            phone_work: VecDeque::new(),
            out: Vec::new(),
            next_stanza: 1_000,
            config,
        }
    }

    /// Takes one input at `now_ms` (Unix milliseconds) and returns what follows from it.
    pub fn step(&mut self, now_ms: u64, input: Input) -> Vec<Output> {
        self.act(now_ms, |world| match input {
            Input::Connected { conn, noise, intro } => world.on_connected(conn, noise, intro),
            Input::Stanza { conn, node } => world.on_stanza(conn, &node),
            Input::Closed(conn) => world.on_closed(conn),
            Input::Tick => world.on_tick(),
            Input::Phones => world.run_phones(),
        })
        .1
    }

    /// Lets `action` change the world at `now_ms`; its result, and what follows from it.
    pub fn act<T>(&mut self, now_ms: u64, action: impl FnOnce(&mut Self) -> T) -> (T, Vec<Output>) {
        self.now_ms = self.now_ms.max(now_ms);
        let result = action(self);
        (result, std::mem::take(&mut self.out))
    }

    /// Whether virtual phones have work: the caller then steps with [`Input::Phones`].
    pub fn phones_have_work(&self) -> bool {
        !self.phone_work.is_empty()
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`AccountError`] if the number is malformed or taken, or the simulator full.
    pub fn create_account(&mut self, new: NewAccount) -> Result<AccountId, AccountError> {
        self.accounts.create(new, self.config.seed, self.now_s())
    }

    /// Makes an account with default behaviour, for tests.
    ///
    /// # Errors
    /// [`AccountError`] as above.
    pub fn create_plain_account(&mut self, pn: &str) -> Result<AccountId, AccountError> {
        let behaviour = Behaviour::default();
        self.create_account(NewAccount { pn: pn.to_owned(), push_name: None, behaviour })
    }

    fn on_stanza(&mut self, conn: ConnId, node: &Node) {
        self.counters.stanzas_in += 1;
        match self.sessions.get(&conn) {
            Some(Session::Pairing(_)) => self.on_pairing_stanza(conn, node),
            Some(Session::Device(device)) => {
                let device = *device;
                self.on_device_stanza(device, node);
            }
            // The connection was closed while the stanza was under way.
            None => {}
        }
    }

    /// A stanza from a device, the phone (device 0) included.
    pub(crate) fn on_device_stanza(&mut self, from: DeviceId, node: &Node) {
        match &*node.tag {
            "iq" => iq::on_iq(self, from, node),
            "message" => message::on_message(self, from, node),
            "receipt" => message::receipt::on_receipt(self, from, node),
            "ack" => message::receipt::on_ack(self, from, node),
            "presence" => message::presence::on_presence(self, from, node),
            "chatstate" => message::presence::on_chatstate(self, from, node),
            "call" => message::call::on_call(self, from, node),
            "ib" => self.on_ib(from, node),
            _ => self.counters.unknown_stanzas += 1,
        }
    }

    fn on_tick(&mut self) {
        self.welcome_the_waiting();
        self.expire_pairings();
        self.finish_passkeys();
    }

    /// Unix seconds.
    pub(crate) fn now_s(&self) -> u64 {
        self.now_ms / 1_000
    }

    /// A fresh id for a stanza the service starts.
    pub(crate) fn stanza_id(&mut self) -> String {
        self.next_stanza += 1;
        format!("{}-{}", self.next_stanza, self.rng.next_u32() & 0xffff)
    }

    /// Whom a fault on `device` is armed for.
    pub(crate) fn target(&self, device: DeviceId) -> Target<'_> {
        Target { pn: &self.accounts[device.account].pn, device: device.device }
    }

    /// Lets a fault strike `device` if armed; its value.
    pub(crate) fn strike(&mut self, kind: FaultKind, device: DeviceId) -> Option<String> {
        self.strike_if(kind, device, |_| true)
    }

    /// Lets a fault strike `device` if armed and its value is accepted; its value.
    pub(crate) fn strike_if(
        &mut self,
        kind: FaultKind,
        device: DeviceId,
        accept: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let target = Target { pn: &self.accounts[device.account].pn, device: device.device };
        let value = self.faults.strike_if(kind, target, accept);
        self.counters.faults_struck += u64::from(value.is_some());
        value
    }

    /// The device's JID in one family of names.
    pub(crate) fn jid(&self, device: DeviceId, family: Addressing) -> Jid {
        self.accounts[device.account].jid(family, device.device)
    }

    /// All devices of an account, the phone first.
    pub(crate) fn devices_of(&self, account: AccountId) -> Vec<DeviceId> {
        self.accounts[account].device_numbers().map(|device| DeviceId { account, device }).collect()
    }

    /// Sends on a connection.
    pub(crate) fn send(&mut self, conn: ConnId, node: impl Into<Arc<Node>>) {
        self.counters.stanzas_out += 1;
        self.out.push(Output::Send(conn, node.into()));
    }

    /// Answers a device: over its connection, or not at all if it is a phone or gone.
    pub(crate) fn reply(&mut self, to: DeviceId, node: Node) {
        if let Some(conn) = self.conn_of(to) {
            self.send(conn, node);
        }
    }

    /// Closes a connection after what was sent on it. Its session ends now.
    pub(crate) fn close(&mut self, conn: ConnId) {
        self.on_closed(conn);
        self.out.push(Output::Close(conn));
    }

    /// The live connection of a device.
    pub(crate) fn conn_of(&self, device: DeviceId) -> Option<ConnId> {
        self.accounts[device.account].devices.get(&device.device)?.conn
    }

    /// Drops a connection as a broken network would. Its session ends now.
    pub(crate) fn drop_connection(&mut self, conn: ConnId) {
        self.on_closed(conn);
        self.out.push(Output::Drop(conn));
    }

    /// Tells the shell how a connection's bytes are to travel.
    pub(crate) fn shape(&mut self, conn: ConnId, shape: Shape) {
        self.out.push(Output::Shape(conn, shape));
    }
}

/// The address an answer to `request` comes from.
pub(crate) fn answering(request: &Node) -> wacore_binary::NodeValue {
    match request.attrs.get("to") {
        Some(to) if attr(request, "to").as_deref() != Some("") => to.clone(),
        _ => service().into(),
    }
}

#[cfg(test)]
mod tests;
