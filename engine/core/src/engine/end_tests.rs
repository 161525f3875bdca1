//! A shard that loses its supervisor ends the process; one that was told to end does not.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use tempfile::TempDir;

use super::Engine;
use super::restart_tests::config;
use crate::config::EngineConfig;
use crate::fatal::Fatal;

/// An engine, and what it says of its end.
fn start(dir: &TempDir) -> (Engine, Receiver<Fatal>) {
    let (told, ends) = channel();
    // Nobody listens any more once a test has heard what it waited for.
    let on_fatal = Arc::new(move |fatal| {
        let _ = told.send(fatal);
    });
    let engine = Engine::start(EngineConfig { on_fatal, ..config(dir.path()) }).expect("it starts");
    (engine, ends)
}

/// The actor library catches the supervisor's panic, and the shard's thread ended as if all were well.
#[test]
fn a_shard_without_its_supervisor_ends_the_process() {
    let dir = TempDir::new().expect("a directory");
    let (engine, ends) = start(&dir);
    engine.inner().shards[0].supervisor.kill();
    let end = ends.recv_timeout(Duration::from_secs(20)).expect("the process hears of it");
    assert_eq!(end, Fatal::ShardPanicked { shard: 0 });
}

#[test]
fn an_orderly_end_is_no_failure() {
    let dir = TempDir::new().expect("a directory");
    let (engine, ends) = start(&dir);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(engine.shutdown());
    assert_eq!(ends.try_recv(), Err(TryRecvError::Empty));
}
