//! What every actor of a shard shares.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use trunkline_store::{Ledger, Sealer};
use trunkline_whatsapp::SessionKit;

use super::bulk::BulkTurns;
use super::dormitory::Dormitory;
use super::governor::Governor;
use super::polls::Polls;
use super::resume::Turns;
use super::sequences::Sequences;
use super::timers::Timers;
use crate::delivery::{Couriers, EventWriter, Inbox, Registry};
use crate::directory::Directory;
use crate::media::{BlobStore, MediaFetcher, Transfers};
use crate::planner::Planner;
use crate::spawn::Spawner;

pub(crate) struct ShardContext {
    pub(crate) shard: u16,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) kit: SessionKit,
    pub(crate) spawner: Spawner,
    pub(crate) polls: Arc<Polls>,
    pub(crate) timers: Timers,
    pub(crate) bulk_turns: Arc<BulkTurns>,
    pub(crate) dormitory: Arc<Dormitory>,
    pub(crate) governor: Arc<Governor>,
    pub(crate) sequences: Sequences,
    pub(crate) turns: Turns,
    pub(crate) directory: Arc<Directory>,
    pub(crate) blobs: Arc<BlobStore>,
    pub(crate) transfers: Transfers,
    pub(crate) fetcher: MediaFetcher,
    pub(crate) couriers: Couriers,
    pub(crate) write_events: Arc<dyn EventWriter>,
    /// Where logs say that they have news.
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) registry: Arc<Registry>,
    /// Who knows whom bulk messages must not reach.
    pub(crate) planner: Arc<Planner>,
    /// The supervisor stopped because it was told to. Without this its end is a failure.
    pub(crate) ended_in_order: AtomicBool,
}
