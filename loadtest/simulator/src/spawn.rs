//! The one place of this crate that starts tasks.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tracing::Instrument;

/// Starts tasks on the simulator's own threads, round robin.
#[derive(Clone)]
pub struct Spawner {
    handles: Arc<[Handle]>,
    next: Arc<AtomicUsize>,
}

impl Spawner {
    /// A spawner over the runtimes behind `handles`, which must not be empty.
    pub fn new(handles: Vec<Handle>) -> Self {
        assert!(!handles.is_empty(), "a simulator runs on at least one thread");
        Self { handles: handles.into(), next: Arc::new(AtomicUsize::new(0)) }
    }

    /// Starts `future` under a tracing span called after what it does.
    ///
    /// Tasks are disposable: one serves one connection or one listener and ends with it.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len();
        self.handles[turn].spawn(future.instrument(tracing::debug_span!(parent: None, "task", name)));
    }
}
