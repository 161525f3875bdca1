//! A bucket with an S3 interface, in which uploaded files are kept instead of on this node's disk alone.
//!
//! A file has its digest for a name there too, so that it is written once, and written again only when it is old: that keeps it
//! from being collected. All work is done on a thread of its own, since a part of a file is hashed and signed before it is
//! sent, which is too long for a shard. Whatever fails is tried again a few times, within a bound, and then told.
//!
//! A prefix of a bucket belongs to one node: what no message of this node names is collected.

mod connect;
mod transfer;
mod worker;

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::sync::{Mutex, Semaphore};
use trunkline_spool::{Digest, Spool, Stored, digest_of};
use url::Url;

use self::worker::Worker;
use crate::engine::EngineError;
use crate::limits::{BUCKET_TRANSFERS_MAX, BUCKET_WAITING_MAX};
use crate::metrics::BUCKET_REQUESTS;

/// Locks for names, so that a file is not removed while it is written again.
const NAME_LOCKS: usize = 256;

/// Where uploaded files are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketConfig {
    /// Its name.
    pub bucket: String,
    /// The service; AWS's own of the region without one. Plain HTTP only on loopback.
    pub endpoint: Option<Url>,
    /// The region that requests are signed for.
    pub region: String,
    /// Public half of the credentials.
    pub access_key: String,
    /// Secret half of them.
    pub secret_key: String,
    /// What every name in the bucket begins with; empty for nothing.
    pub prefix: String,
    /// Whether the bucket is named in the path instead of the host.
    pub path_style: bool,
}

impl fmt::Debug for BucketConfig {
    /// Without the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketConfig")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint.as_ref().map(Url::as_str))
            .field("region", &self.region)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Why a file did not get into the bucket, or out of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BucketError {
    /// The service refused, or did not answer.
    #[error(transparent)]
    Service(#[from] object_store::Error),
    /// It took longer than [`crate::limits::BUCKET_TRANSFER_TIMEOUT`].
    #[error("the transfer took too long")]
    Timeout,
    /// [`BUCKET_WAITING_MAX`] transfers wait already.
    #[error("too many transfers wait")]
    Busy,
    /// The object holds other bytes than its name says.
    #[error("the object is not the file that it is named after")]
    Changed,
    /// The disk under the cache, or the thread.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The node stops.
    #[error("the node stops")]
    Closing,
    /// The cache is too small for the files under way.
    #[error("the files under way take as much disk as they may")]
    CacheFull,
}

impl BucketError {
    /// Whether there is no such object.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, BucketError::Service(object_store::Error::NotFound { .. }))
    }
}

/// The bucket.
pub(crate) struct Bucket {
    inner: Arc<Inner>,
    worker: Worker,
}

/// What transfers share.
struct Inner {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Transfers that move bytes.
    moving: Semaphore,
    /// Transfers that move bytes or wait until they may.
    waiting: Arc<Semaphore>,
    names: Vec<Mutex<()>>,
}

impl Bucket {
    /// Starts its thread. Nothing is asked of the service so far: one that is down at the moment keeps no node from starting.
    pub(crate) fn open(config: &BucketConfig) -> Result<Bucket, EngineError> {
        Bucket::over(connect::connect(config)?, &config.prefix)
    }

    fn over(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Bucket, EngineError> {
        let inner = Inner {
            store,
            prefix: Path::from(prefix),
            moving: Semaphore::new(BUCKET_TRANSFERS_MAX),
            waiting: Arc::new(Semaphore::new(BUCKET_WAITING_MAX)),
            names: (0..NAME_LOCKS).map(|_| Mutex::default()).collect(),
        };
        Ok(Bucket { inner: Arc::new(inner), worker: Worker::start()? })
    }

    /// Copies a file of the spool into the bucket; durable there on return. It counts as written just now.
    pub(crate) async fn put(&self, spool: &Arc<Spool>, file: Stored) -> Result<(), BucketError> {
        let place = Arc::clone(&self.inner.waiting).try_acquire_owned().map_err(|_| BucketError::Busy)?;
        let (inner, spool) = (Arc::clone(&self.inner), Arc::clone(spool));
        let work = async move {
            let _place = place;
            inner.put(&spool, &file).await
        };
        counted("put", self.worker.run(work).await)
    }

    /// Copies a file out of the bucket into the spool.
    pub(crate) async fn fetch(&self, spool: &Arc<Spool>, file: Stored) -> Result<(), BucketError> {
        let place = Arc::clone(&self.inner.waiting).try_acquire_owned().map_err(|_| BucketError::Busy)?;
        let (inner, spool) = (Arc::clone(&self.inner), Arc::clone(spool));
        let work = async move {
            let _place = place;
            inner.fetch(&spool, &file).await
        };
        counted("fetch", self.worker.run(work).await)
    }

    /// Breaks off what a plain thread waits for: a silent bucket must not hold up the end of the node.
    pub(crate) fn close(&self) {
        self.worker.close();
    }

    /// Files that were last written at least `age` ago, `count_max` of them at most. Blocks.
    pub(crate) fn older_than(&self, age: Duration, count_max: usize) -> Result<HashSet<Digest>, BucketError> {
        let inner = Arc::clone(&self.inner);
        counted("list", self.worker.wait(async move { inner.older_than(age, count_max).await }))
    }

    /// Removes a file, unless it was written again meanwhile or is being written; tells whether it did. Blocks.
    pub(crate) fn remove_if_older(&self, digest: Digest, age: Duration) -> Result<bool, BucketError> {
        let inner = Arc::clone(&self.inner);
        counted("remove", self.worker.wait(async move { inner.remove_if_older(&digest, age).await }))
    }
}

impl Inner {
    fn path(&self, digest: &Digest) -> Path {
        self.prefix.clone().join(hex::encode(digest))
    }

    fn name(&self, digest: &Digest) -> &Mutex<()> {
        &self.names[usize::from(digest[0]) % NAME_LOCKS]
    }

    async fn older_than(&self, age: Duration, count_max: usize) -> Result<HashSet<Digest>, BucketError> {
        let prefix = Some(&self.prefix).filter(|prefix| !prefix.as_ref().is_empty());
        let mut listed = self.store.list(prefix);
        let mut found = HashSet::new();
        while found.len() < count_max
            && let Some(object) = listed.next().await
        {
            let object = object?;
            let digest = object.location.filename().and_then(|name| digest_of(name.as_bytes()));
            // Somebody else's objects are left alone, also those below our prefix.
            if let Some(digest) = digest
                && object.location == self.path(&digest)
                && is_older(&object, age)
            {
                found.insert(digest);
            }
        }
        Ok(found)
    }

    async fn remove_if_older(&self, digest: &Digest, age: Duration) -> Result<bool, BucketError> {
        let Ok(_name) = self.name(digest).try_lock() else { return Ok(false) };
        let path = self.path(digest);
        let object = match self.store.head(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            found => found?,
        };
        let removes = is_older(&object, age);
        if removes {
            self.store.delete(&path).await?;
        }
        Ok(removes)
    }
}

/// Whether an object was last written at least `age` ago by this node's clock. One that it calls younger than now is not.
fn is_older(object: &ObjectMeta, age: Duration) -> bool {
    SystemTime::from(object.last_modified).elapsed().is_ok_and(|elapsed| elapsed >= age)
}

fn counted<T>(operation: &'static str, done: Result<T, BucketError>) -> Result<T, BucketError> {
    let outcome = if done.is_ok() { "ok" } else { "failed" };
    metrics::counter!(BUCKET_REQUESTS, "operation" => operation, "outcome" => outcome).increment(1);
    done
}

#[cfg(test)]
mod tests;
