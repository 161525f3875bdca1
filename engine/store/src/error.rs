//! What can go wrong, each with the sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the store. Its text is written for the operator and names the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The queue to the disk thread is full; nothing was queued.
    #[error("the store is busy; try again in {retry_after_ms} ms")]
    Busy {
        /// Suggested pause before the next attempt, in milliseconds.
        retry_after_ms: u64,
    },
    /// A write failed or hung earlier; nothing is written any more.
    #[error("the store stopped after a failed or hanging write; check the disk, then restart the process")]
    Poisoned,
    /// The store was closed before the batch was written.
    #[error("the store is closed; the write was not made")]
    Closed,
    /// A batch exceeds a limit; see [`crate::limits`].
    #[error("{got} {what}, where at most {limit} are allowed; split the write")]
    TooLarge {
        /// What was counted, with its unit.
        what: &'static str,
        /// The count.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// Stored bytes fail their checks.
    #[error("{what} is damaged ({detail}); restore the data directory from a backup")]
    Corrupt {
        /// What was read.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The storage engine refused to open or to read.
    #[error(
        "the storage engine failed to {action} ({detail}); check the disk and its free space, then restart"
    )]
    Engine {
        /// What was attempted.
        action: &'static str,
        /// The engine's own words.
        detail: String,
    },

    /// Another process uses the data directory.
    #[error(
        "data directory {path} is in use by process {holder}; stop that process or choose another directory"
    )]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Process id from the lock file, or `unknown`.
        holder: String,
    },
    /// The directory belongs to something else.
    #[error(
        "directory {path} is not a Trunkline data directory ({detail}); choose an empty directory or the right one"
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A newer release wrote the directory.
    #[error(
        "data directory {path} needs storage format {needed}, this release reads up to {supported}; \
         start the newer release or restore a backup made before the upgrade"
    )]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// Format a reader must know.
        needed: u32,
        /// Highest format this release knows.
        supported: u32,
    },
    /// The directory was made with another number of shards.
    #[error(
        "data directory {path} was created with {created} shards, {asked} are configured; \
         set the shard count back to {created}"
    )]
    ShardCountChanged {
        /// The directory.
        path: PathBuf,
        /// Count at creation.
        created: u16,
        /// Count asked for now.
        asked: u16,
    },
    /// No directory can have so many shards, or none.
    #[error("{asked} shards are not possible; configure 1 to {max}")]
    ShardCountImpossible {
        /// Count asked for.
        asked: u16,
        /// Greatest count.
        max: u16,
    },
    /// No such shard.
    #[error("shard {shard} does not exist, the data directory has {shards}; correct the shard count")]
    NoSuchShard {
        /// The shard asked for.
        shard: u16,
        /// How many there are.
        shards: u16,
    },
    /// The path is not a directory.
    #[error("{path} is not a directory; remove the file or choose another path")]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The directory cannot be written.
    #[error(
        "{path} is not writable ({source}); give the process's user write permission or choose another path"
    )]
    NotWritable {
        /// The directory or file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// There are sealed data but the master key file is gone.
    #[error(
        "master key file {path} is missing, and {data_dir} holds data sealed with it; \
         restore the file from your backup (without it sessions and secrets cannot be read)"
    )]
    MasterKeyMissing {
        /// Where it was expected.
        path: PathBuf,
        /// The data directory.
        data_dir: PathBuf,
    },
    /// The master key file does not hold a key.
    #[error("{path} is not a master key file ({detail}); point the master key setting at the right file")]
    MasterKeyInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The master key does not open the data key.
    #[error(
        "master key file {path} does not belong to data directory {data_dir}; use the key made with this directory"
    )]
    MasterKeyWrong {
        /// The key file.
        path: PathBuf,
        /// The data directory.
        data_dir: PathBuf,
    },
    /// The data key file is gone although there are data.
    #[error("{path} is missing although the directory holds data; restore it from a backup")]
    DataKeyMissing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// A sealed value was changed, moved to another key, or sealed with another data key.
    #[error("a sealed record cannot be opened ({detail}); restore the data directory from a backup")]
    SealBroken {
        /// What was noticed.
        detail: &'static str,
    },

    /// A file operation outside the storage engine failed.
    #[error("cannot {action} {path} ({source}); check permissions and free space")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl StoreError {
    /// Wraps a file error; for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::NotWritable { path, source }
            }
            _ => StoreError::Io { action, path, source },
        }
    }
}
