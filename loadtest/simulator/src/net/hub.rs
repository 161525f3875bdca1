//! The world behind its lock, and the queues of the connections it speaks to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};
use wacore_binary::Node;

use crate::limits::{OUTBOUND_STANZAS_MAX, TICK_MS};
use crate::noise::ServiceIdentity;
use crate::spawn::Spawner;
use crate::world::{ConnId, Input, Output, Shape, World};

/// What a connection's task takes from its queue.
#[derive(Debug)]
pub enum Outbound {
    /// Send this.
    Stanza(Arc<Node>),
    /// Close now.
    Close,
}

/// State of a connection that its task follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// How bytes travel.
    pub shape: Shape,
    /// Nothing is read or written; the socket stays open.
    pub frozen: bool,
    /// The socket is to be dropped without a word.
    pub dropped: bool,
}

/// A connection's ends of the hub.
pub struct Attached {
    /// Its name.
    pub conn: ConnId,
    /// What it is to send.
    pub queue: mpsc::Receiver<Outbound>,
    /// How it is to behave.
    pub link: watch::Receiver<Link>,
}

struct Shared {
    world: World,
    links: HashMap<ConnId, LinkEnds>,
}

struct LinkEnds {
    queue: mpsc::Sender<Outbound>,
    link: watch::Sender<Link>,
}

/// The world and everything its outputs need to get out.
pub struct Hub {
    /// Keys of the Noise handshake.
    pub identity: ServiceIdentity,
    shared: Mutex<Shared>,
    phones: Notify,
    changed: watch::Sender<()>,
    next_conn: AtomicU64,
}

/// Unix milliseconds.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Hub {
    /// A hub around `world`.
    pub fn new(identity: ServiceIdentity, world: World) -> Arc<Self> {
        let shared = Mutex::new(Shared { world, links: HashMap::new() });
        Arc::new(Self {
            identity,
            shared,
            phones: Notify::new(),
            changed: watch::Sender::new(()),
            next_conn: AtomicU64::new(1),
        })
    }

    /// Gives one input to the world and carries out what follows.
    pub fn submit(&self, input: Input) {
        let mut shared = self.shared.lock();
        let outputs = shared.world.step(now_ms(), input);
        self.dispatch(&mut shared, outputs);
    }

    /// Lets `action` change the world and carries out what follows.
    pub fn act<T>(&self, action: impl FnOnce(&mut World) -> T) -> T {
        let mut shared = self.shared.lock();
        let (result, outputs) = shared.world.act(now_ms(), action);
        self.dispatch(&mut shared, outputs);
        result
    }

    /// Waits until `look` finds something in the world, at most `wait`; its last answer if it does not.
    pub async fn wait_for<T>(&self, wait: Duration, look: impl Fn(&mut World) -> (bool, T)) -> T {
        let mut changed = self.changed.subscribe();
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let (found, answer) = self.act_quietly(&look);
            let more = tokio::time::timeout_at(deadline, changed.changed());
            if found || !matches!(more.await, Ok(Ok(()))) {
                return answer;
            }
        }
    }

    fn act_quietly<T>(&self, look: impl Fn(&mut World) -> T) -> T {
        look(&mut self.shared.lock().world)
    }

    /// Registers a connection.
    pub fn attach(&self) -> Attached {
        let conn = ConnId(self.next_conn.fetch_add(1, Ordering::Relaxed));
        let (queue, outbound) = mpsc::channel(OUTBOUND_STANZAS_MAX);
        let (link, followed) = watch::channel(Link::default());
        self.shared.lock().links.insert(conn, LinkEnds { queue, link });
        Attached { conn, queue: outbound, link: followed }
    }

    /// Forgets a connection and tells the world.
    pub fn detach(&self, conn: ConnId) {
        let mut shared = self.shared.lock();
        shared.links.remove(&conn);
        let outputs = shared.world.step(now_ms(), Input::Closed(conn));
        self.dispatch(&mut shared, outputs);
    }

    /// Changes a connection's state. `false` if there is no such connection.
    pub fn set_link(&self, conn: ConnId, change: impl FnOnce(&mut Link)) -> bool {
        let shared = self.shared.lock();
        let found = shared.links.get(&conn);
        found.is_some_and(|ends| {
            ends.link.send_modify(change);
            true
        })
    }

    /// Starts the tasks that give phones their turns and the world its clock.
    pub fn start(self: &Arc<Self>, spawner: &Spawner) {
        let hub = Arc::clone(self);
        spawner.spawn("phones", async move {
            loop {
                hub.phones.notified().await;
                while hub.phones_turn() {
                    // Clients come first: somebody else may have waited for the lock.
                    tokio::task::yield_now().await;
                }
            }
        });
        let hub = Arc::clone(self);
        spawner.spawn("clock", async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
            loop {
                ticks.tick().await;
                hub.submit(Input::Tick);
            }
        });
    }

    fn phones_turn(&self) -> bool {
        let mut shared = self.shared.lock();
        let outputs = shared.world.step(now_ms(), Input::Phones);
        self.dispatch(&mut shared, outputs);
        shared.world.phones_have_work()
    }

    /// Puts outputs on the queues, under the lock, so that each connection sees them in order.
    fn dispatch(&self, shared: &mut Shared, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send(conn, node) => Self::put(shared, conn, Outbound::Stanza(node)),
                Output::Close(conn) => Self::put(shared, conn, Outbound::Close),
                Output::Drop(conn) => {
                    if let Some(ends) = shared.links.get(&conn) {
                        ends.link.send_modify(|link| link.dropped = true);
                    }
                }
                Output::Shape(conn, shape) => {
                    if let Some(ends) = shared.links.get(&conn) {
                        ends.link.send_modify(|link| link.shape = shape);
                    }
                }
            }
        }
        self.changed.send_replace(());
        if shared.world.phones_have_work() {
            self.phones.notify_one();
        }
    }

    fn put(shared: &mut Shared, conn: ConnId, outbound: Outbound) {
        let Some(ends) = shared.links.get(&conn) else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = ends.queue.try_send(outbound)
            && !ends.link.borrow().dropped
        {
            ends.link.send_modify(|link| link.dropped = true);
            shared.world.count_slow_reader();
        }
    }
}
