//! The data directory: one process at a time, of one product, in a format this release can read.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::StoreError;
use crate::limits::SHARDS_MAX;
use crate::marker::Marker;

const MARKER_FILE: &str = "trunkline.json";
const LOCK_FILE: &str = "lock";
const SHARD_PREFIX: &str = "shard-";
/// What an otherwise empty directory may hold: our own first files, and what file systems put there.
const HARMLESS: [&str; 4] = [LOCK_FILE, "trunkline.json.new", "lost+found", ".snapshot"];

/// A locked data directory. Clones share the lock; it is released with the last of them, or by the kernel when
/// the process ends.
#[derive(Clone, Debug)]
pub struct DataDir {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    cluster_id: String,
    node_id: String,
    marker: Mutex<Marker>,
    /// Holds the advisory lock while it is open.
    _lock: File,
}

impl DataDir {
    /// Opens the directory, or makes it (mode 0700) with a fresh identity when it is absent or empty.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Foreign`], [`StoreError::NewerFormat`], [`StoreError::NotADirectory`],
    /// [`StoreError::NotWritable`], [`StoreError::Corrupt`], [`StoreError::Io`].
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<DataDir, StoreError> {
        let path = path.as_ref();
        make_directory(path)?;
        let marker_path = path.join(MARKER_FILE);
        // Looked at before anything is created: a foreign directory stays as it was.
        if Marker::read(&marker_path, path)?.is_none() {
            check_empty(path)?;
        }
        let lock = lock(path)?;
        make_private(path);
        let marker = match Marker::read(&marker_path, path)? {
            Some(marker) => marker,
            None => {
                let marker = Marker::create().map_err(StoreError::io("draw an id for", path))?;
                marker.write(&marker_path)?;
                marker
            }
        };
        let inner = Inner {
            path: path.to_path_buf(),
            cluster_id: marker.cluster_id.clone(),
            node_id: marker.node_id.clone(),
            marker: Mutex::new(marker),
            _lock: lock,
        };
        Ok(DataDir { inner: Arc::new(inner) })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Identity of the cluster, 32 hex digits, drawn when the directory was made.
    pub fn cluster_id(&self) -> &str {
        &self.inner.cluster_id
    }

    /// Identity of this node, 32 hex digits, drawn when the directory was made.
    pub fn node_id(&self) -> &str {
        &self.inner.node_id
    }

    /// The number of shards, once fixed.
    pub fn shards(&self) -> Option<u16> {
        self.inner.marker.lock().unwrap_or_else(PoisonError::into_inner).shards
    }

    /// Fixes the number of shards at the first call; later ones must ask for the same, since a record's shard
    /// follows from the count.
    ///
    /// # Errors
    /// [`StoreError::ShardCountChanged`], [`StoreError::ShardCountImpossible`], and errors of writing the marker.
    pub fn claim_shards(&self, asked: u16) -> Result<(), StoreError> {
        if !(1..=SHARDS_MAX).contains(&asked) {
            return Err(StoreError::ShardCountImpossible { asked, max: SHARDS_MAX });
        }
        let mut marker = self.inner.marker.lock().unwrap_or_else(PoisonError::into_inner);
        match marker.shards {
            Some(created) if created == asked => Ok(()),
            Some(created) => {
                Err(StoreError::ShardCountChanged { path: self.inner.path.clone(), created, asked })
            }
            None => {
                let mut claimed = marker.clone();
                claimed.shards = Some(asked);
                claimed.write(&self.inner.path.join(MARKER_FILE))?;
                *marker = claimed;
                Ok(())
            }
        }
    }

    /// Where the shard's database lives.
    ///
    /// # Errors
    /// [`StoreError::NoSuchShard`] when the number of shards is fixed and `shard` is not below it.
    pub fn shard_path(&self, shard: u16) -> Result<PathBuf, StoreError> {
        if let Some(shards) = self.shards().filter(|shards| shard >= *shards) {
            return Err(StoreError::NoSuchShard { shard, shards });
        }
        Ok(self.inner.path.join(format!("{SHARD_PREFIX}{shard}")))
    }

    /// Whether any shard was ever opened here.
    pub(crate) fn has_shards(&self) -> Result<bool, StoreError> {
        let path = self.path();
        for entry in std::fs::read_dir(path).map_err(StoreError::io("list", path))? {
            let entry = entry.map_err(StoreError::io("list", path))?;
            if entry.file_name().to_string_lossy().starts_with(SHARD_PREFIX) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn make_directory(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(StoreError::NotADirectory { path: path.to_path_buf() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StoreError::io("create", path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(StoreError::NotADirectory { path: path.to_path_buf() })
        }
        Err(error) => Err(StoreError::io("open", path)(error)),
    }
}

fn check_empty(path: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(path).map_err(StoreError::io("list", path))? {
        let name = entry.map_err(StoreError::io("list", path))?.file_name();
        let name = name.to_string_lossy();
        if !HARMLESS.contains(&name.as_ref()) {
            let detail = format!("it holds {name:?} but no {MARKER_FILE}");
            return Err(StoreError::Foreign { path: path.to_path_buf(), detail });
        }
    }
    Ok(())
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let lock_path = path.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&lock_path).map_err(StoreError::io("open", &lock_path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StoreError::Locked { path: path.to_path_buf(), holder: holder(&mut file) });
        }
        Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &lock_path)(error)),
    }
    // Who holds it, for the sentence the second process prints. The lock itself is the kernel's.
    let noted = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    noted.map_err(StoreError::io("write", &lock_path))?;
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let number = file.take(20).read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u32>().ok());
    number.map_or_else(|| "unknown".into(), |number| number.to_string())
}

/// Takes other users' access away. A directory that belongs to another user (a mounted volume) keeps its mode.
fn make_private(path: &Path) {
    let mode = std::fs::metadata(path).map(|found| found.permissions().mode() & 0o077).unwrap_or(0);
    if mode != 0 && std::fs::set_permissions(path, Permissions::from_mode(0o700)).is_err() {
        tracing::warn!(path = %path.display(), "other users may enter the data directory and its mode cannot be changed");
    }
}
