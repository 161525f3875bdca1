//! Transfers of media files that are under way on a shard.

use tokio::sync::Semaphore;
use trunkline_model::InstanceId;
use trunkline_model::message::BlobRef;
use trunkline_model::record::UploadedMedia;

use super::joined::Joined;
use crate::limits::{DOWNLOADS_PER_SHARD_MAX, UPLOADS_PER_SHARD_MAX};

/// Bounds transfers, and joins those of the same file.
pub(crate) struct Transfers {
    pub(crate) upload_turns: Semaphore,
    pub(crate) download_turns: Semaphore,
    /// By instance and what the file is stored under.
    pub(super) uploads: Joined<(InstanceId, Vec<u8>), UploadedMedia>,
    /// By instance and event.
    pub(super) downloads: Joined<(InstanceId, u64), BlobRef>,
}

impl Default for Transfers {
    fn default() -> Transfers {
        Transfers {
            upload_turns: Semaphore::new(UPLOADS_PER_SHARD_MAX),
            download_turns: Semaphore::new(DOWNLOADS_PER_SHARD_MAX),
            uploads: Joined::default(),
            downloads: Joined::default(),
        }
    }
}
