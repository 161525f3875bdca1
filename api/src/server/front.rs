//! What the front threads of one server share.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::dialects::{Hosts, Routers};
use crate::gateway::Gateway;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::route::Router;
use crate::server::Bounds;

/// Shared by all threads of a server; each keeps its own clone of the gateway.
pub(crate) struct Front<G: Gateway> {
    pub(crate) gateway: G,
    pub(crate) router: Arc<Router>,
    pub(crate) dialects: Arc<Routers>,
    /// Hosts that serve one dialect alone.
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) limiter: Arc<Limiter>,
    /// The same of addresses, which are many: they do not crowd out keys.
    pub(crate) addresses: Arc<Limiter>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    /// Bytes of request bodies that may be held in memory.
    pub(crate) memory: Arc<Semaphore>,
    /// Turns true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl<G: Gateway> Clone for Front<G> {
    fn clone(&self) -> Front<G> {
        Front {
            gateway: self.gateway.clone(),
            router: Arc::clone(&self.router),
            dialects: Arc::clone(&self.dialects),
            hosts: Arc::clone(&self.hosts),
            limiter: Arc::clone(&self.limiter),
            addresses: Arc::clone(&self.addresses),
            metrics: Arc::clone(&self.metrics),
            bounds: Arc::clone(&self.bounds),
            connections: Arc::clone(&self.connections),
            requests: Arc::clone(&self.requests),
            streams: Arc::clone(&self.streams),
            memory: Arc::clone(&self.memory),
            stopping: self.stopping.clone(),
        }
    }
}

impl<G: Gateway> Front<G> {
    pub(crate) fn new(
        gateway: G,
        (router, dialects): (Router, Routers),
        (hosts, bounds): (Hosts, Bounds),
        stopping: watch::Receiver<bool>,
    ) -> Front<G> {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Front {
            gateway,
            router: Arc::new(router),
            dialects: Arc::new(dialects),
            hosts: Arc::new(hosts),
            limiter: Arc::new(Limiter::default()),
            addresses: Arc::new(Limiter::default()),
            metrics: Arc::new(Metrics::new()),
            connections: semaphore(bounds.connections_max),
            requests: semaphore(bounds.requests_max),
            streams: semaphore(bounds.streams_max),
            memory: semaphore(bounds.buffered_bytes_max),
            bounds: Arc::new(bounds),
            stopping,
        }
    }
}
