//! Collecting the files that no message needs any more.
//!
//! A file is on disk before the message that names it is accepted, and it is named by its content, so that many messages may
//! share it: whoever refuses, settles or erases a message cannot know whether the file may go. A thread of its own finds out.
//! It marks what the messages of all outboxes name and what files at public addresses are made of, and removes what has no mark and is older than [`BLOB_GRACE`], which is
//! longer than any request takes from its file to its message. What an outbox cannot tell (a record that does not read, a
//! store that fails) leaves every file where it is.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use trunkline_model::InstanceId;
use trunkline_model::message::{Content, MediaSource, SendMessage};
use trunkline_model::record::{self, table};
use trunkline_model::slot::{PARTITIONS_DEFAULT, SLOTS, Slot};
use trunkline_spool::Digest;
use trunkline_store::{Direction, Key, KeyRange, Ledger};

use super::blobs::BlobStore;
use crate::account::spare_files;
use crate::engine::EngineError;
use crate::limits::{BLOB_GRACE, BLOB_SWEEP_EVERY, BLOBS_SWEPT_MAX};
use crate::place::instance_key;

/// Rows read at a time.
const PAGE: usize = 512;

/// The running thread. It ends with this, or when it is stopped.
pub(crate) struct BlobSweeper(Mutex<Option<Running>>);

/// Nothing is ever sent: the channel says that somebody still wants the thread.
struct Running {
    wanted: Sender<Infallible>,
    blobs: Arc<BlobStore>,
    thread: JoinHandle<()>,
}

impl BlobSweeper {
    /// Starts the thread. It sweeps at once, and then every [`BLOB_SWEEP_EVERY`]; `ledgers` are those of all shards, in order.
    pub(crate) fn start(
        blobs: Arc<BlobStore>,
        ledgers: Vec<Arc<dyn Ledger>>,
    ) -> Result<BlobSweeper, EngineError> {
        let (wanted, stopping) = mpsc::channel();
        let swept = Arc::clone(&blobs);
        let thread = std::thread::Builder::new()
            .name("blobs".to_owned())
            .spawn(move || run(&swept, &ledgers, &stopping))
            .map_err(|error| EngineError::Thread(error.to_string()))?;
        Ok(BlobSweeper(Mutex::new(Some(Running { wanted, blobs, thread }))))
    }

    /// Ends the thread and waits until it let go of the ledgers. Blocks for as long as reading one slot takes.
    pub(crate) fn stop(&self) {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { wanted, blobs, thread }) = running else { return };
        drop(wanted);
        blobs.close();
        if thread.join().is_err() {
            tracing::error!("the collector of media files panicked");
        }
    }
}

fn run(blobs: &BlobStore, ledgers: &[Arc<dyn Ledger>], stopping: &Receiver<Infallible>) {
    loop {
        let stopped = || stopping.try_recv() == Err(TryRecvError::Disconnected);
        match sweep(blobs, ledgers, stopped) {
            Ok(0) => {}
            // It was broken off.
            Err(_) if stopped() => {}
            Ok(files) => {
                metrics::counter!(crate::metrics::BLOBS_COLLECTED).increment(files as u64);
                tracing::info!(files, "media files that no message needs were removed");
            }
            Err(error) => tracing::error!(%error, "media files cannot be collected; they stay"),
        }
        match stopping.recv_timeout(BLOB_SWEEP_EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Removes the files that are old and named by nobody; tells how many.
fn sweep(
    blobs: &BlobStore,
    ledgers: &[Arc<dyn Ledger>],
    stopped: impl Fn() -> bool,
) -> Result<usize, EngineError> {
    let mut unused = blobs.older_than(BLOB_GRACE, BLOBS_SWEPT_MAX)?;
    let shards = u16::try_from(ledgers.len()).unwrap_or(u16::MAX);
    for slot in (0..SLOTS).map(Slot) {
        if unused.is_empty() || stopped() {
            return Ok(0);
        }
        let ledger = &ledgers[usize::from(slot.shard(PARTITIONS_DEFAULT, shards))];
        spare_slot(&**ledger, slot, &mut unused)?;
        spare_files(&**ledger, slot, &mut unused)?;
    }
    let mut removed = 0;
    for digest in &unused {
        removed += usize::from(blobs.remove_if_older(digest, BLOB_GRACE)?);
    }
    Ok(removed)
}

/// Takes out of `unused` what the outboxes of a slot's instances name.
fn spare_slot(ledger: &dyn Ledger, slot: Slot, unused: &mut HashSet<Digest>) -> Result<(), EngineError> {
    for_each(ledger, KeyRange::table(slot.0, 0, table::INSTANCE_DIRECTORY), |pointer, _| {
        let Ok(owner) = pointer.suffix().try_into().map(u64::from_be_bytes) else { return Ok(()) };
        for_each(ledger, KeyRange::table(slot.0, owner, table::OUTBOX), |row, _| {
            // The lane goes before the message's id.
            let Some((_, message)) = row.suffix().split_first() else { return Ok(()) };
            let body = ledger.get(&instance_key(InstanceId(owner), table::MESSAGE_BODY, message))?;
            if let Some(blob) = body.map(|body| blob_of(&body)).transpose()?.flatten() {
                unused.remove(&blob);
            }
            Ok(())
        })
    })
}

/// The file that a stored message names.
fn blob_of(body: &[u8]) -> Result<Option<Digest>, EngineError> {
    let message: SendMessage = record::decode(body)?;
    Ok(match message.content {
        Content::Media(media) => match media.source {
            MediaSource::Blob(blob) => Some(blob.sha256),
            MediaSource::Url(_) => None,
        },
        _ => None,
    })
}

fn for_each(
    ledger: &dyn Ledger,
    mut range: KeyRange,
    mut row: impl FnMut(&Key, &Bytes) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    loop {
        let page = ledger.scan(range.clone(), Direction::Forward, PAGE)?;
        for (key, value) in &page {
            row(key, value)?;
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => range = range.after(last),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::place::slot_key;
    use crate::testing;
    use futures_util::stream;
    use tempfile::TempDir;
    use trunkline_model::account::FileRecord;
    use trunkline_model::id::ROOT_ACCOUNT;
    use trunkline_model::message::{BlobRef, Lane, Media, MediaKind, MediaShow, SendOptions};
    use trunkline_model::{Address, Failure, FileId};
    use trunkline_spool::Backend;
    use trunkline_store::{Batch, CommitClass};

    const SHOP: InstanceId = InstanceId(0x11);
    const MESSAGE: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 7];

    struct Stage {
        dir: TempDir,
        blobs: BlobStore,
        ledgers: Vec<Arc<dyn Ledger>>,
    }

    impl Stage {
        fn new() -> Stage {
            let dir = TempDir::new().expect("a directory");
            let ledgers: Vec<Arc<dyn Ledger>> = vec![testing::ledger(&dir)];
            let blobs =
                BlobStore::open(dir.path().join("blobs"), Backend::Std, u64::MAX).expect("the store opens");
            Stage { dir, blobs, ledgers }
        }

        /// Stores a file whose upload ended `age` ago.
        async fn file(&self, content: &'static str, age: Duration) -> BlobRef {
            let body = stream::iter([Ok::<_, Failure>(Bytes::from_static(content.as_bytes()))]);
            let blob = self.blobs.store(body).await.expect("stored");
            make_older(&self.path(&blob), age);
            blob
        }

        fn path(&self, blob: &BlobRef) -> std::path::PathBuf {
            self.dir.path().join("blobs").join(hex::encode(blob.sha256))
        }

        /// What an accepted message leaves on disk.
        fn accept(&self, blob: BlobRef) -> Batch {
            let mut batch = Batch::new();
            batch.put(
                slot_key(SHOP.slot(), table::INSTANCE_DIRECTORY, &SHOP.0.to_be_bytes()),
                &b"pointer"[..],
            );
            let body = record::encode(&message(blob)).expect("encodes");
            batch.put(instance_key(SHOP, table::MESSAGE_BODY, &MESSAGE), body);
            batch.put(instance_key(SHOP, table::OUTBOX, &outbox_row()), &b"row"[..]);
            batch
        }

        async fn commit(&self, batch: Batch) {
            self.ledgers[0].commit(batch, CommitClass::First).await.expect("durable");
        }

        /// Sweeps, and tells which of the files are still there.
        fn left(&self, files: &[BlobRef]) -> Vec<bool> {
            sweep(&self.blobs, &self.ledgers, || false).expect("swept");
            files.iter().map(|blob| self.path(blob).exists()).collect()
        }
    }

    fn make_older(path: &Path, age: Duration) {
        let file = File::options().write(true).open(path).expect("the file is there");
        file.set_modified(SystemTime::now() - age).expect("its time can be set");
    }

    fn outbox_row() -> Vec<u8> {
        [&[Lane::Interactive.rank()][..], &MESSAGE].concat()
    }

    fn message(blob: BlobRef) -> SendMessage {
        let media = Media {
            kind: MediaKind::Image,
            source: MediaSource::Blob(blob),
            mime_type: None,
            caption: None,
            file_name: None,
            duration_seconds: None,
            show: MediaShow::default(),
        };
        SendMessage {
            to: Address::Phone("966500000001".to_owned()),
            content: Content::Media(media),
            quote: None,
            mentions: Vec::new(),
            options: SendOptions::default(),
            lane: Lane::Interactive,
            metadata: None,
        }
    }

    const OLD: Duration = Duration::from_secs(2 * BLOB_GRACE.as_secs());

    #[tokio::test]
    async fn a_file_goes_when_no_message_waits_for_it_and_its_grace_is_over() {
        let stage = Stage::new();
        let waiting = stage.file("a message waits for this", OLD).await;
        let refused = stage.file("the message was refused", OLD).await;
        let fresh = stage.file("its message is on its way", Duration::ZERO).await;
        stage.commit(stage.accept(waiting)).await;
        let files = [waiting, refused, fresh];
        assert_eq!(stage.left(&files), [true, false, true]);

        let mut settled = Batch::new();
        settled.delete(instance_key(SHOP, table::OUTBOX, &outbox_row()));
        stage.commit(settled).await;
        assert_eq!(stage.left(&files), [false, false, true]);
    }

    #[tokio::test]
    async fn an_erased_instance_leaves_no_file() {
        let stage = Stage::new();
        let waiting = stage.file("a message waits for this", OLD).await;
        stage.commit(stage.accept(waiting)).await;
        let mut erased = Batch::new();
        erased.delete_range(KeyRange::owner(SHOP.slot().0, SHOP.0));
        erased.delete(slot_key(SHOP.slot(), table::INSTANCE_DIRECTORY, &SHOP.0.to_be_bytes()));
        stage.commit(erased).await;
        assert_eq!(stage.left(&[waiting]), [false]);
    }

    #[tokio::test]
    async fn a_file_at_a_public_address_stays_until_it_ends() {
        let stage = Stage::new();
        let (there, over) = (stage.file("for everybody", OLD).await, stage.file("it was", OLD).await);
        let (mut batch, now_ms) = (Batch::new(), crate::clock::wall_ms());
        for (number, blob, expires_at_ms) in [(1, there, now_ms + 60_000), (2, over, now_ms - 1)] {
            let record = FileRecord {
                id: FileId(number),
                account: ROOT_ACCOUNT,
                blob,
                mime_type: None,
                file_name: None,
                sha256: [7; 32],
                created_at_ms: 0,
                expires_at_ms,
            };
            let key = Key::new(ROOT_ACCOUNT.slot().0, ROOT_ACCOUNT.0, table::FILE, &number.to_be_bytes());
            batch.put(key, record::encode(&record).expect("encodes"));
        }
        stage.commit(batch).await;
        assert_eq!(stage.left(&[there, over]), [true, false]);
    }

    #[tokio::test]
    async fn an_upload_of_the_same_content_renews_the_grace() {
        let stage = Stage::new();
        let old = stage.file("twice", OLD).await;
        let same = stage.file("twice", Duration::ZERO).await;
        assert_eq!((old, stage.left(&[same])), (same, vec![true]));
        // Also when the sweep has found it old before.
        assert!(!stage.blobs.remove_if_older(&same.sha256, BLOB_GRACE).expect("looked at"));
    }

    #[tokio::test]
    async fn a_message_that_cannot_be_read_keeps_every_file() {
        let stage = Stage::new();
        let file = stage.file("whose is it?", OLD).await;
        let mut batch = stage.accept(file);
        batch.put(instance_key(SHOP, table::MESSAGE_BODY, &MESSAGE), &b"\xff\xffnewer"[..]);
        stage.commit(batch).await;
        assert!(sweep(&stage.blobs, &stage.ledgers, || false).is_err());
        assert!(stage.path(&file).exists());
    }

    #[tokio::test]
    async fn a_stop_in_the_middle_removes_nothing() {
        let stage = Stage::new();
        let file = stage.file("unused", OLD).await;
        assert_eq!(sweep(&stage.blobs, &stage.ledgers, || true).ok(), Some(0));
        assert!(stage.path(&file).exists());
    }

    #[tokio::test]
    async fn the_thread_sweeps_at_its_start_and_lets_go_of_the_ledgers() {
        let stage = Stage::new();
        let path = stage.path(&stage.file("unused", OLD).await);
        let Stage { dir: _dir, blobs, ledgers } = stage;
        let sweeper = BlobSweeper::start(Arc::new(blobs), ledgers.clone()).expect("a thread");
        while path.exists() {
            tokio::task::yield_now().await;
        }
        sweeper.stop();
        assert_eq!(Arc::strong_count(&ledgers[0]), 1);
    }
}
