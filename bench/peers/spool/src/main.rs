//! `peer-spool`: writes files into a media spool and reads them back, once, with one backend; says what it took in one line of
//! JSON. It never measures another backend than the one asked for: when glommio cannot serve, it says why instead.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use trunkline_spool::{Backend, Spool, Stored, WriteError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of a piece of a request body, as an HTTP server hands it on.
const PIECE_BYTES: usize = 64 << 10;
/// Size of the number that makes a file's content its own, in bytes.
const NUMBER_BYTES: usize = size_of::<u64>();

/// What to write.
#[derive(Parser)]
struct Wanted {
    /// The spool's directory.
    #[arg(long)]
    dir: PathBuf,
    /// `std` or `glommio`.
    #[arg(long)]
    backend: Backend,
    /// How many files.
    #[arg(long)]
    files: u64,
    /// Size of each, in bytes; at least 8.
    #[arg(long)]
    file_bytes: usize,
    /// Files that are written or read at a time.
    #[arg(long)]
    at_once: usize,
}

/// What it took.
#[derive(Serialize)]
struct Took {
    /// Why the backend cannot serve; nothing was measured then.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
    write: Cost,
    read: Cost,
}

/// Of one direction.
#[derive(Default, Serialize)]
struct Cost {
    /// Wall-clock time.
    seconds: f64,
    /// CPU time of all threads of the process, the kernel's part of it included.
    cpu_seconds: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = Wanted::parse();
    let spool = Spool::open(wanted.dir.clone(), wanted.backend)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let took = match spool.fallback() {
        Some(why) => Took { fallback: Some(why.to_string()), write: Cost::default(), read: Cost::default() },
        None => runtime.block_on(measure(&spool, &wanted))?,
    };
    if spool.backend() != wanted.backend && took.fallback.is_none() {
        return Err("the backend was lost on the way".into());
    }
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&took)?)?;
    Ok(())
}

async fn measure(spool: &Spool, wanted: &Wanted) -> Result<Took, Box<dyn Error>> {
    let content = Bytes::from(pattern(wanted.file_bytes.saturating_sub(NUMBER_BYTES)));
    let began = Moment::now();
    let stored: Vec<Stored> = stream::iter(0..wanted.files)
        .map(|number| spool.write(body(number, content.clone()), u64::MAX))
        .buffer_unordered(wanted.at_once)
        .try_collect()
        .await
        .map_err(|error: WriteError<std::convert::Infallible>| error.to_string())?;
    let write = began.cost();
    let began = Moment::now();
    let read: u64 = stream::iter(&stored)
        .map(|stored| async { spool.read(stored).await.map(|bytes| bytes.len() as u64) })
        .buffer_unordered(wanted.at_once)
        .try_fold(0, |sum, bytes| async move { Ok(sum + bytes) })
        .await?;
    let took = Took { fallback: None, write, read: began.cost() };
    let expected = wanted.files * (content.len() + NUMBER_BYTES) as u64;
    if read == expected { Ok(took) } else { Err(format!("{read} of {expected} bytes came back").into()) }
}

/// A file: its number, and then what all of them have.
fn body(
    number: u64,
    content: Bytes,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    let first = Bytes::copy_from_slice(&number.to_be_bytes());
    let starts = (0..content.len()).step_by(PIECE_BYTES);
    let rest = starts.map(move |start| content.slice(start..content.len().min(start + PIECE_BYTES)));
    stream::iter(std::iter::once(first).chain(rest).map(Ok))
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at ^ (at >> 9)) as u8).collect()
}

/// A point in wall-clock and CPU time.
struct Moment {
    wall: Instant,
    cpu_seconds: f64,
}

impl Moment {
    fn now() -> Moment {
        Moment { wall: Instant::now(), cpu_seconds: cpu_seconds() }
    }

    fn cost(&self) -> Cost {
        Cost { seconds: self.wall.elapsed().as_secs_f64(), cpu_seconds: cpu_seconds() - self.cpu_seconds }
    }
}

/// Of this process so far.
fn cpu_seconds() -> f64 {
    let mut used = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `used` is a valid place for an rusage, which the call fills in and for which zeros are valid, too.
    let used = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, used.as_mut_ptr());
        used.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(used.ru_utime) + seconds(used.ru_stime)
}
