//! The bucket over a store in memory; tests/it/engine/bucket.rs has a service of S3.

use bytes::Bytes;
use futures_util::stream;
use object_store::memory::InMemory;
use tempfile::TempDir;
use trunkline_spool::Backend;

use super::*;
use crate::limits::BUCKET_PART_BYTES;

struct Stage {
    store: Arc<InMemory>,
    bucket: Bucket,
    spool: Arc<Spool>,
    _dir: TempDir,
}

impl Stage {
    fn new() -> Stage {
        let dir = TempDir::new().expect("a directory");
        let store = Arc::new(InMemory::new());
        let bucket = Bucket::over(Arc::clone(&store) as Arc<dyn ObjectStore>, "a/b").expect("a thread");
        let spool = Spool::open_cache(dir.path().to_owned(), Backend::Std, u64::MAX).expect("a spool");
        Stage { store, bucket, spool: Arc::new(spool), _dir: dir }
    }

    async fn file(&self, bytes: Bytes) -> Stored {
        let body = stream::iter([Ok::<_, io::Error>(bytes)]);
        self.spool.write(body, u64::MAX).await.expect("written")
    }

    async fn kept(&self, file: &Stored) -> Option<Bytes> {
        let object = self.store.get(&Path::from(format!("a/b/{}", hex::encode(file.sha256)))).await.ok()?;
        Some(object.bytes().await.expect("bytes"))
    }
}

fn sample(bytes: usize) -> Bytes {
    (0..bytes).map(|index| (index % 251) as u8).collect()
}

#[tokio::test]
async fn files_of_every_size_go_in_and_come_back() {
    for bytes in [0, 1, BUCKET_PART_BYTES, BUCKET_PART_BYTES + 1, 2 * BUCKET_PART_BYTES + 77] {
        let stage = Stage::new();
        let content = sample(bytes);
        let file = stage.file(content.clone()).await;
        stage.bucket.put(&stage.spool, file).await.expect("put");
        assert!(stage.kept(&file).await.as_ref() == Some(&content), "{bytes}");
        stage.spool.remove_if_older(&file.sha256, Duration::ZERO).expect("removed");
        stage.bucket.fetch(&stage.spool, file).await.expect("fetched");
        assert!(stage.spool.read(&file).await.expect("read") == content, "{bytes}");
    }
}

#[tokio::test]
async fn another_object_under_the_name_of_a_file_is_not_taken_for_it() {
    let stage = Stage::new();
    let file = stage.file(sample(100)).await;
    assert!(stage.bucket.fetch(&stage.spool, file).await.expect_err("it is not there").is_absent());
    let path = Path::from(format!("a/b/{}", hex::encode(file.sha256)));
    for other in [vec![1; 100], vec![1; 101], Vec::new()] {
        stage.store.put(&path, other.into()).await.expect("put");
        let fetched = stage.bucket.fetch(&stage.spool, file).await;
        assert!(matches!(fetched, Err(BucketError::Changed)), "{fetched:?}");
    }
}

#[tokio::test]
async fn what_is_old_is_found_and_removed_and_nothing_of_others() {
    let stage = Stage::new();
    let file = stage.file(sample(10)).await;
    stage.bucket.put(&stage.spool, file).await.expect("put");
    for other in
        ["a/b/readme.txt", "a/b/c/00", &format!("a/{}", "0".repeat(64)), &format!("a/b/c/{}", "0".repeat(64))]
    {
        stage.store.put(&Path::from(other), "theirs".into()).await.expect("put");
    }
    let (old, young) = (Duration::ZERO, Duration::from_secs(3_600));

    // The bucket has a thread of its own, so this one may block.
    assert_eq!(stage.bucket.older_than(young, 10).expect("listed").len(), 0);
    let found = stage.bucket.older_than(old, 10).expect("listed");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [file.sha256]);
    assert!(!stage.bucket.remove_if_older(file.sha256, young).expect("looked at"));
    assert!(stage.bucket.remove_if_older(file.sha256, old).expect("removed"));
    assert!(!stage.bucket.remove_if_older(file.sha256, old).expect("it is gone"));
    assert_eq!(stage.kept(&file).await, None);
}

#[tokio::test]
async fn a_closed_bucket_holds_up_nobody() {
    let stage = Stage::new();
    stage.bucket.close();
    let broken_off = stage.bucket.worker.wait(std::future::pending::<Result<(), BucketError>>());
    assert!(matches!(broken_off, Err(BucketError::Closing)), "{broken_off:?}");
}
