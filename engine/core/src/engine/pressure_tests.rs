//! Back-pressure as callers of the engine see it: what is refused, what is not, and when to come again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use trunkline_model::command::{Command, CreateInstance, SendRequest};
use trunkline_model::message::{
    Content, Lane, Media, MediaKind, MediaShow, MediaSource, SendMessage, SendOptions, Text,
};
use trunkline_model::{AccountId, Address, ErrorCode, Failure, InstanceId};

use super::Engine;
use crate::config::EngineConfig;
use crate::credits::CallLane;
use crate::directory::Credit;
use crate::limits::{INSTANCE_CREDITS, MEMORY_BUDGET_BYTES, QUIET_MS};
use crate::{SessionKitConfig, shard};

const ACCOUNT: AccountId = AccountId(1);

/// An engine with one instance that was never linked: whatever reaches it is refused for that.
struct World {
    engine: Engine,
    instance: InstanceId,
    runtime: tokio::runtime::Runtime,
    _dir: TempDir,
}

impl World {
    fn start() -> World {
        let dir = TempDir::new().expect("a directory");
        let engine = Engine::start(EngineConfig {
            data_dir: dir.path().join("data"),
            master_key_file: dir.path().join("master.key"),
            shards: 1,
            pin_threads: false,
            whatsapp: SessionKitConfig::default(),
            allow_private_fetch: false,
            memory_budget_bytes: MEMORY_BUDGET_BYTES,
            client_quiet_ms: QUIET_MS,
            media_spool: trunkline_spool::Backend::Std,
            media_quota_bytes: u64::MAX,
            bucket: None,
            reconnects_per_second: 1_000,
            instances_max: 8,
            write_events: Arc::new(crate::testing::shard::Numbers),
            on_fatal: Arc::new(|fatal| panic!("{fatal}")),
        })
        .expect("the engine starts");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let wanted = CreateInstance::default();
        let made = runtime.block_on(engine.create_instance(ACCOUNT, wanted)).expect("it is made");
        World { engine, instance: made.id, runtime, _dir: dir }
    }

    fn call(&self, command: Command) -> Result<(), Failure> {
        self.runtime.block_on(self.engine.call(self.instance, command)).map(drop)
    }

    /// The refusal of a message: its code, and whether it says when to come again.
    fn refusal(&self, lane: Lane, content: Content) -> (ErrorCode, bool) {
        let to = "+966501234567".parse::<Address>().expect("a phone");
        let message = SendMessage {
            to,
            content,
            quote: None,
            mentions: Vec::new(),
            options: SendOptions::default(),
            lane,
            metadata: None,
        };
        let request = SendRequest { message, idempotency_key: None };
        let failure = self.call(Command::Send(Box::new(request))).expect_err("nothing is accepted");
        (failure.code, failure.retry_after_ms.is_some())
    }

    /// Takes so many credits: an answer is out a moment before its own credit is back.
    fn take(&self, lane: CallLane, count: usize) -> Vec<Credit> {
        let directory = &self.engine.inner().directory;
        let route = self.engine.route(self.instance).expect("it is there");
        let begun = Instant::now();
        let mut taken = Vec::new();
        while taken.len() < count {
            assert!(begun.elapsed() < PATIENCE, "{} credits are left of {count}", taken.len());
            taken.extend(directory.credit(&route, lane).ok());
        }
        taken
    }

    fn stop(self) {
        self.runtime.block_on(self.engine.shutdown());
    }
}

fn text() -> Content {
    Content::Text(Text::plain("hi"))
}

fn media() -> Content {
    Content::Media(Media {
        kind: MediaKind::Image,
        source: MediaSource::Url("https://files.example/a.png".into()),
        mime_type: None,
        caption: None,
        file_name: None,
        duration_seconds: None,
        show: MediaShow::default(),
    })
}

const TOLD_TO_WAIT: (ErrorCode, bool) = (ErrorCode::Unavailable, true);
/// Longest that a credit takes to come back.
const PATIENCE: Duration = Duration::from_secs(5);
/// It reached the instance.
const LET_IN: (ErrorCode, bool) = (ErrorCode::InstanceNotLinked, false);

#[test]
fn a_flood_of_bulk_leaves_room_for_what_somebody_waits_for() {
    let world = World::start();
    let flood = world.take(CallLane::Bulk, INSTANCE_CREDITS.bulk);
    assert_eq!(world.refusal(Lane::Bulk, text()), TOLD_TO_WAIT);
    assert_eq!(world.refusal(Lane::Interactive, text()), LET_IN);
    assert_eq!(world.call(Command::GetInstance), Ok(()));
    let rest = world.take(CallLane::Front, INSTANCE_CREDITS.all - INSTANCE_CREDITS.bulk);
    assert_eq!(world.refusal(Lane::Otp, text()), TOLD_TO_WAIT);
    drop((flood, rest));
    assert_eq!(world.refusal(Lane::Bulk, text()), LET_IN, "the credits came back");
    world.stop();
}

#[test]
fn a_shard_short_of_memory_turns_away_what_can_wait() {
    let world = World::start();
    world.engine.inner().directory.set_memory_full(0, true);
    assert_eq!(world.refusal(Lane::Bulk, text()), TOLD_TO_WAIT);
    assert_eq!(world.refusal(Lane::Interactive, media()), TOLD_TO_WAIT);
    assert_eq!(world.refusal(Lane::Interactive, text()), LET_IN);
    assert_eq!(world.call(Command::GetInstance), Ok(()));
    world.engine.inner().directory.set_memory_full(0, false);
    assert_eq!(world.refusal(Lane::Bulk, media()), LET_IN);
    world.stop();
}

#[test]
fn a_disk_that_cannot_keep_up_tells_when_to_come_again() {
    let failure = shard::store_failure(&trunkline_store::StoreError::Busy { retry_after_ms: 40 });
    assert_eq!((failure.code, failure.retry_after_ms), (ErrorCode::Unavailable, Some(40)));
}
