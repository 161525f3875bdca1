//! What both backends must do, and what happens where glommio may not run.

use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use futures_util::{FutureExt, Stream, future};
use tempfile::TempDir;

use crate::limits::{
    BATCH_BYTES, BATCH_PIECES_MAX, BLOCK_BYTES, STREAM_PIECE_BYTES, UNCACHED_BYTES_MIN, UPLOADS_MAX,
};
use crate::{Backend, NoGlommio, OpenError, Spool, Stored, WriteError};

const ANY_SIZE: u64 = u64::MAX;

struct Stage {
    spool: Spool,
    dir: TempDir,
}

impl Stage {
    fn new(wanted: Backend) -> Stage {
        let dir = TempDir::new().expect("a directory");
        let spool = Spool::open(dir.path().to_owned(), wanted).expect("the spool opens");
        Stage { spool, dir }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).expect("the directory is there");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    async fn wait_for_files(&self, count: usize) {
        while self.names().len() != count {
            tokio::task::yield_now().await;
        }
    }

    async fn store(&self, bytes: &Bytes, piece_bytes: usize) -> Stored {
        self.spool.write(pieces(bytes, piece_bytes), ANY_SIZE).await.expect("stored")
    }
}

/// Both backends; glommio's stage is one of std where the kernel forbids it, which `what_serves_is_what_may_run` checks.
fn stages() -> [Stage; 2] {
    Backend::ALL.map(Stage::new)
}

fn pieces(bytes: &Bytes, piece_bytes: usize) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
    let bytes = bytes.clone();
    let starts = (0..bytes.len()).step_by(piece_bytes);
    stream::iter(starts.map(move |start| Ok(bytes.slice(start..bytes.len().min(start + piece_bytes)))))
}

fn pattern(size: usize) -> Bytes {
    (0..size).map(|at| (at ^ (at >> 9) ^ size) as u8).collect()
}

/// Some bytes on disk, and then a caller that sends nothing more.
fn stuck() -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::iter([Ok(pattern(BATCH_BYTES)), Ok(pattern(BATCH_BYTES))]).chain(stream::pending())
}

/// Whether this kernel lets this process make a ring, asked without the crate's own probe.
#[cfg(target_os = "linux")]
fn kernel_allows_io_uring() -> bool {
    let mut params = [0_u8; 120];
    // SAFETY: `params` is as large as `io_uring_params` and outlives the call; the descriptor is ours to close.
    unsafe {
        let ring = libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr());
        ring >= 0 && libc::close(ring as libc::c_int) == 0
    }
}

#[cfg(not(target_os = "linux"))]
fn kernel_allows_io_uring() -> bool {
    false
}

#[test]
fn what_serves_is_what_may_run() {
    let std = Stage::new(Backend::Std);
    assert!(std.spool.backend() == Backend::Std && std.spool.fallback().is_none());
    let asked = Stage::new(Backend::Glommio);
    let built = cfg!(all(feature = "glommio", target_os = "linux"));
    match asked.spool.fallback() {
        None => assert!(built && asked.spool.backend() == Backend::Glommio),
        Some(NoGlommio::NotBuilt) => assert!(!built),
        Some(NoGlommio::Forbidden(_)) => assert!(built && !kernel_allows_io_uring()),
        Some(why) => panic!("the kernel allows io_uring, and yet {why}"),
    }
    assert_eq!(asked.spool.fallback().is_some(), asked.spool.backend() == Backend::Std);
    assert_eq!(asked.names(), [""; 0], "a probe left something behind");
}

#[tokio::test]
async fn files_of_every_shape_read_back() {
    let small = [0, 1, 511, 4_096, 4_097];
    let large = [BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, UNCACHED_BYTES_MIN as usize + 4_095];
    for stage in stages() {
        for size in small.into_iter().chain(large) {
            let bytes = pattern(size);
            for piece_bytes in [1_000, BATCH_BYTES - 1, BATCH_BYTES, usize::MAX >> 1] {
                let stored = stage.store(&bytes, piece_bytes).await;
                let backend = stage.spool.backend();
                assert_eq!(stored.size_bytes, size as u64, "{backend}, {size} by {piece_bytes}");
                let read = stage.spool.read(&stored).await.expect("read");
                assert!(read == bytes, "{backend}, {size} by {piece_bytes}: other bytes came back");
            }
        }
        assert_eq!(stage.names().len(), small.len() + large.len(), "the same bytes have the same name");
    }
}

#[tokio::test]
async fn each_backend_reads_what_the_other_wrote() {
    for (writer, reader) in [(Backend::Std, Backend::Glommio), (Backend::Glommio, Backend::Std)] {
        let stage = Stage::new(writer);
        let bytes = pattern(3 * BLOCK_BYTES + 5);
        let stored = stage.store(&bytes, 60_000).await;
        let other = Spool::open(stage.dir.path().to_owned(), reader).expect("the spool opens");
        assert!(other.read(&stored).await.expect("read") == bytes, "{writer} to {reader}");
    }
}

#[tokio::test]
async fn many_uploads_at_once_keep_apart() {
    for stage in stages() {
        let files: Vec<Bytes> = (0..100).map(|number| pattern(20_000 + number * 7_001)).collect();
        let stored = future::join_all(files.iter().map(|bytes| stage.store(bytes, 9_000))).await;
        let read = future::join_all(stored.iter().map(|stored| stage.spool.read(stored))).await;
        for (read, bytes) in read.into_iter().zip(&files) {
            assert!(read.expect("read") == *bytes, "{}", stage.spool.backend());
        }
    }
}

#[tokio::test]
async fn an_upload_that_fails_leaves_nothing() {
    for stage in stages() {
        let broken = stream::iter([Ok(pattern(BATCH_BYTES)), Ok(pattern(9)), Err("cut")]);
        let failed = stage.spool.write(broken, ANY_SIZE).await;
        assert!(matches!(failed, Err(WriteError::Body("cut"))), "{failed:?}");
        let bytes = pattern(BATCH_BYTES + 1);
        let failed = stage.spool.write(pieces(&bytes, 50_000), bytes.len() as u64 - 1).await;
        assert!(matches!(failed, Err(WriteError::TooLarge)), "{failed:?}");
        stage.wait_for_files(0).await;
        assert_eq!(stage.store(&bytes, 50_000).await.size_bytes, bytes.len() as u64);
    }
}

#[tokio::test]
async fn an_upload_whose_caller_goes_away_leaves_nothing() {
    for stage in stages() {
        let mut upload = Box::pin(stage.spool.write(stuck(), ANY_SIZE));
        while stage.names().is_empty() {
            assert!(upload.as_mut().now_or_never().is_none(), "it waits for more");
            tokio::task::yield_now().await;
        }
        assert!(stage.names()[0].ends_with(".part"), "an unfinished file has no name");
        drop(upload);
        stage.wait_for_files(0).await;
    }
}

#[tokio::test]
async fn no_more_uploads_than_agreed_are_under_way() {
    let stage = Stage::new(Backend::Std);
    let body = || stream::pending::<Result<Bytes, Infallible>>();
    let mut uploads: Vec<_> =
        (0..UPLOADS_MAX).map(|_| Box::pin(stage.spool.write(body(), ANY_SIZE))).collect();
    for upload in &mut uploads {
        assert!(upload.as_mut().now_or_never().is_none());
    }
    let refused = stage.spool.write(body(), ANY_SIZE).await;
    assert!(matches!(refused, Err(WriteError::Busy)), "{refused:?}");
    uploads.pop();
    assert_eq!(stage.store(&pattern(5), 5).await.size_bytes, 5);
}

#[tokio::test]
async fn a_file_that_is_gone_or_altered_is_an_error() {
    for stage in stages() {
        let stored = stage.store(&pattern(10_000), 10_000).await;
        let longer = Stored { size_bytes: 10_001, ..stored };
        let error = stage.spool.read(&longer).await.expect_err("it is shorter");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        let missing = Stored { sha256: [7; 32], ..stored };
        let error = stage.spool.read(&missing).await.expect_err("it is not there");
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
        assert_eq!(stage.spool.read(&stored).await.expect("read").len(), 10_000, "it serves on");
    }
}

#[tokio::test]
async fn what_a_crash_cut_off_goes_at_the_next_start() {
    let stage = Stage::new(Backend::Std);
    stage.store(&pattern(3), 3).await;
    fs::write(stage.dir.path().join("upload-0000000000000000.part"), b"half").expect("written");
    Spool::open(stage.dir.path().to_owned(), Backend::Std).expect("the spool opens");
    assert_eq!(stage.names().len(), 1);
}

#[tokio::test]
async fn old_files_are_found_and_removed() {
    for stage in stages() {
        let stored = stage.store(&pattern(8), 8).await;
        let spool = &stage.spool;
        let found = |age, max| spool.older_than(age, max).expect("read").into_iter().collect::<Vec<_>>();
        assert_eq!(found(Duration::ZERO, 9), [stored.sha256]);
        assert!(found(Duration::from_secs(60), 9).is_empty());
        assert!(!spool.remove_if_older(&stored.sha256, Duration::from_secs(60)).expect("looked at"));
        assert!(spool.remove_if_older(&stored.sha256, Duration::ZERO).expect("removed"));
        assert_eq!(stage.names(), [""; 0]);
    }
}

#[test]
fn batches_are_bounded_by_bytes_and_by_pieces() {
    let check = |piece: Bytes, expected: usize| {
        let mut batch = crate::batch::Batch::default();
        while !batch.add(piece.clone()) {}
        assert_eq!(batch.pieces.len(), expected);
    };
    check(Bytes::from_static(b"x"), BATCH_PIECES_MAX);
    check(pattern(BATCH_BYTES / 4), 4);
    check(pattern(2 * BATCH_BYTES), 1);
}

#[test]
fn names_of_backends_are_read_and_written_alike() {
    for backend in Backend::ALL {
        assert_eq!(backend.to_string().parse(), Ok(backend));
    }
    assert!("io_uring".parse::<Backend>().is_err());
}

/// A kernel that forbids io_uring, played by a seccomp filter on the thread that opens the spool.
#[cfg(all(feature = "glommio", target_os = "linux"))]
mod forbidden {
    use super::*;

    /// Answers a system call with an error from now on, on this thread and those that it starts.
    fn forbid(call: libc::c_long, errno: i32) {
        const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
        const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
        let step = |code, k, jf| libc::sock_filter { code, jt: 0, jf, k };
        let mut steps = [
            step(LOAD, 0, 0),
            step(IF_EQUAL, call as u32, 1),
            step(RETURN, libc::SECCOMP_RET_ERRNO | errno as u32, 0),
            step(RETURN, libc::SECCOMP_RET_ALLOW, 0),
        ];
        let program = libc::sock_fprog { len: 4, filter: steps.as_mut_ptr() };
        // SAFETY: the program outlives the call, and the filter binds this thread and those that it starts alone.
        let set = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
                | libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program)
        };
        assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
    }

    /// Opens a spool where `call` is forbidden, stores and reads a file, and tells why glommio does not serve.
    fn check(call: libc::c_long, errno: i32, expected: fn(&NoGlommio) -> bool) {
        let play = move || {
            forbid(call, errno);
            let stage = Stage::new(Backend::Glommio);
            assert_eq!(stage.spool.backend(), Backend::Std);
            let why = stage.spool.fallback().expect("there is a reason");
            // Where io_uring is forbidden altogether, that comes first.
            assert!(expected(why) || !kernel_allows_io_uring(), "{call}, {errno}: {why}");
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let bytes = pattern(BATCH_BYTES + 3);
                let stored = stage.store(&bytes, 70_000).await;
                assert!(stage.spool.read(&stored).await.expect("read") == bytes);
            });
            assert_eq!(stage.names().len(), 1, "the probe left something behind");
        };
        std::thread::spawn(play).join().expect("std serves");
    }

    #[tokio::test]
    async fn a_thread_that_dies_later_is_replaced() {
        let stage = Stage::new(Backend::Glommio);
        let before = stage.store(&pattern(BATCH_BYTES + 3), 70_000).await;
        let mut cut = Box::pin(stage.spool.write(stuck(), ANY_SIZE));
        while stage.names().len() < 2 {
            assert!(cut.as_mut().now_or_never().is_none(), "it waits for more");
            tokio::task::yield_now().await;
        }
        let glommio_served = stage.spool.backend() == Backend::Glommio;
        stage.spool.kill_glommio().await;
        assert_eq!(stage.spool.backend(), Backend::Std);
        assert_eq!(stage.names().len() == 1, glommio_served, "what the thread had in hand goes with it");
        drop(cut);
        stage.wait_for_files(1).await;
        assert_eq!(stage.spool.read(&before).await.expect("read").len() as u64, before.size_bytes);
        let after = stage.store(&pattern(BLOCK_BYTES + 4), 70_000).await;
        assert_eq!(stage.spool.read(&after).await.expect("read").len() as u64, after.size_bytes);
    }

    #[test]
    fn a_forbidden_ring_is_seen_before_glommio_starts() {
        for errno in [libc::EPERM, libc::ENOSYS] {
            check(libc::SYS_io_uring_setup, errno, |why| matches!(why, NoGlommio::Forbidden(_)));
        }
    }

    /// In a process of its own: glommio asks the kernel once in a process what it can, and panics only where it has to ask.
    #[test]
    fn a_glommio_that_panics_is_replaced() {
        let mut child = std::process::Command::new(std::env::current_exe().expect("this program"));
        let played = child.args(["--exact", "tests::forbidden::panicking_glommio", "--ignored"]).output();
        let played = played.expect("it runs");
        let told = String::from_utf8_lossy(&played.stdout);
        assert!(played.status.success() && told.contains("1 passed"), "{told}");
    }

    #[test]
    #[ignore = "runs only as the child of the test above"]
    fn panicking_glommio() {
        for errno in [libc::EPERM, libc::ENOSYS] {
            check(libc::SYS_io_uring_register, errno, |why| {
                matches!(why, NoGlommio::Silent | NoGlommio::Thread(_))
            });
        }
    }
}

#[tokio::test]
async fn a_full_spool_takes_nothing_until_something_goes() {
    for backend in Backend::ALL {
        let dir = TempDir::new().expect("a directory");
        let open = || Spool::open_within(dir.path().to_owned(), backend, 10_000).expect("the spool opens");
        let spool = open();
        let first = spool.write(pieces(&pattern(6_000), 1_000), ANY_SIZE).await.expect("stored");
        // The same bytes take no more room than once, but need it while they come.
        let refused = spool.write(pieces(&pattern(6_000), 1_000), ANY_SIZE).await;
        assert!(matches!(refused, Err(WriteError::Full)), "{refused:?}");
        assert!(matches!(spool.scratch(4_001), Err(OpenError::Full)));
        let scratch = spool.scratch(4_000).expect("room");
        assert_eq!(spool.used_bytes(), 10_000);
        drop(scratch);
        spool.write(pieces(&pattern(4_000), 999), ANY_SIZE).await.expect("stored");
        drop(spool);
        let again = open();
        assert_eq!(again.used_bytes(), 10_000, "{backend}: what is on disk counts");
        assert!(again.remove_if_older(&first.sha256, Duration::ZERO).expect("removed"));
        assert_eq!(again.used_bytes(), 4_000);
        again.write(pieces(&pattern(4_000), 999), ANY_SIZE).await.expect("stored");
        assert_eq!(again.used_bytes(), 4_000, "{backend}: the same bytes count once");
    }
}

#[tokio::test]
async fn parts_of_a_file_are_streamed() {
    let stage = Stage::new(Backend::Std);
    let bytes = pattern(3 * STREAM_PIECE_BYTES + 7);
    let stored = stage.store(&bytes, 10_000).await;
    let size = bytes.len();
    for (begin, end) in
        [(0, size), (0, 1), (5, 5), (STREAM_PIECE_BYTES - 1, 2 * STREAM_PIECE_BYTES + 1), (size - 1, size)]
    {
        let stream = stage.spool.stream(&stored, begin as u64..end as u64).await.expect("open");
        let read: Vec<Bytes> = stream.map(|piece| piece.expect("read")).collect().await;
        assert!(read.concat() == bytes[begin..end], "{begin}..{end}");
    }
    let missing = Stored { size_bytes: 1, ..stored };
    assert!(matches!(stage.spool.stream(&missing, 0..1).await.err(), Some(OpenError::Disk(_))));
}

#[tokio::test]
async fn a_file_written_elsewhere_gets_its_name_or_goes() {
    let stage = Stage::new(Backend::Std);
    let bytes = pattern(70_000);
    let scratch = stage.spool.scratch(100_000).expect("room");
    std::io::Write::write_all(&mut scratch.create().expect("a file"), &bytes).expect("written");
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref());
    let stored = Stored { sha256, size_bytes: bytes.len() as u64 };
    assert!(!stage.spool.renew(&stored).await.expect("looked at"));
    stage.spool.keep(scratch, stored).await.expect("kept");
    assert!(stage.spool.renew(&stored).await.expect("looked at"));
    assert!(stage.spool.read(&stored).await.expect("read") == bytes);
    assert_eq!(stage.spool.used_bytes(), 70_000);

    let cut = stage.spool.scratch(100).expect("room");
    drop(cut.create().expect("a file"));
    assert!(stage.spool.keep(cut, Stored { sha256: [1; 32], size_bytes: 5 }).await.is_err());
    assert_eq!((stage.names().len(), stage.spool.used_bytes()), (1, 70_000));
}

#[tokio::test]
async fn a_cache_gives_up_its_oldest_files_and_never_what_is_under_way() {
    let dir = TempDir::new().expect("a directory");
    let spool = Spool::open_cache(dir.path().to_owned(), Backend::Std, 16_000).expect("the spool opens");
    let mut files = Vec::new();
    for (age_s, bytes) in [(20, 3_000), (40, 4_000), (10, 5_000)] {
        let stored = spool.write(pieces(&pattern(bytes), 1_000), ANY_SIZE).await.expect("stored");
        let file = fs::File::options().write(true).open(dir.path().join(hex::encode(stored.sha256)));
        let then = std::time::SystemTime::now() - Duration::from_secs(age_s);
        file.and_then(|file| file.set_modified(then)).expect("its time can be set");
        files.push(stored);
    }
    let reading = spool.stream(&files[1], 0..4_000).await.expect("open");
    // 12 000 of 16 000 are taken: the oldest makes room for it and for a sixteenth more, the others stay.
    let scratch = spool.scratch(3_000).expect("room");
    spool.write(pieces(&pattern(3_500), 500), ANY_SIZE).await.expect("stored");
    assert_eq!(spool.used_bytes(), 3_000 + 5_000 + 3_000 + 3_500);
    for (file, stays) in files.iter().zip([true, false, true]) {
        assert_eq!(spool.renew(file).await.expect("looked at"), stays);
    }
    let read: Vec<Bytes> = reading.map(|piece| piece.expect("read")).collect().await;
    assert_eq!(read.concat().len(), 4_000, "who read the file goes on");
    // A file that can never fit is refused, whatever goes.
    let refused = spool.write(pieces(&pattern(14_000), 1_000), ANY_SIZE).await;
    assert!(matches!(refused, Err(WriteError::Full)), "{refused:?}");
    assert_eq!(spool.used_bytes(), 3_000);
    drop(scratch);
}
