//! What the engine is told at its start.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use trunkline_spool::Backend;
use trunkline_whatsapp::SessionKitConfig;

use crate::delivery::EventWriter;
use crate::fatal::OnFatal;
use crate::media::BucketConfig;

/// Configuration of an [`crate::Engine`].
#[derive(Clone)]
pub struct EngineConfig {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// File with the master key; created, readable by its owner only, when it does not exist.
    pub master_key_file: PathBuf,
    /// Number of shards, each with its own pinned thread and store. Fixed for a data directory.
    pub shards: u16,
    /// Whether shard threads are pinned to cores.
    pub pin_threads: bool,
    /// Endpoints and identity towards WhatsApp.
    pub whatsapp: SessionKitConfig,
    /// Whether webhooks and media may be fetched from private, loopback and link-local addresses.
    pub allow_private_fetch: bool,
    /// Memory that the WhatsApp clients of one shard may hold, estimated, in bytes; see [`crate::limits::MEMORY_BUDGET_BYTES`].
    pub memory_budget_bytes: u64,
    /// Silence after which a number that holds much memory may be reconnected to get it back, in milliseconds; see
    /// [`crate::limits::QUIET_MS`].
    pub client_quiet_ms: u64,
    /// What moves the bytes of uploaded files; std where that one cannot.
    pub media_spool: Backend,
    /// Disk that media files may take, in bytes; see [`crate::limits::MEDIA_QUOTA_BYTES`].
    pub media_quota_bytes: u64,
    /// Bucket that uploaded files are kept in; the disk is a cache of it then, of `media_quota_bytes`.
    pub bucket: Option<BucketConfig>,
    /// Numbers that the node connects in a second, after a restart and after a mass disconnect; see [`crate::limits`].
    pub reconnects_per_second: u32,
    /// Instances that the node may hold; what is on disk beyond that keeps it from starting.
    pub instances_max: usize,
    /// How events are written for webhooks and brokers.
    pub write_events: Arc<dyn EventWriter>,
    /// What to do when the process has to end.
    pub on_fatal: OnFatal,
}

impl fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineConfig")
            .field("data_dir", &self.data_dir)
            .field("shards", &self.shards)
            .field("pin_threads", &self.pin_threads)
            .field("allow_private_fetch", &self.allow_private_fetch)
            .finish_non_exhaustive()
    }
}
