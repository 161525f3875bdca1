//! Whether glommio may and can serve here.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use bytes::Bytes;
use futures_util::future;
use tokio::sync::mpsc;

use super::dma;
use crate::batch::Batch;
use crate::limits::{BLOCK_BYTES, DIRECT_ALIGNMENT};
use crate::part::Part;

/// Sizes of the files of the self test, in bytes: nothing, less than a sector, whole blocks, and a bit more.
const SIZES: [usize; 5] = [0, 1, DIRECT_ALIGNMENT, BLOCK_BYTES, 2 * BLOCK_BYTES + 17];

/// Makes a ring and drops it.
///
/// Container runtimes forbid io_uring by default, sysctls can, and old kernels have none.
pub(super) fn io_uring_is_allowed() -> io::Result<()> {
    let mut params = rustix::io_uring::io_uring_params::default();
    // SAFETY: the flags are empty, so the kernel reads no other field of `params`, and no file descriptor in it.
    let ring = unsafe { rustix::io_uring::io_uring_setup(1, &mut params) };
    Ok(ring.map(drop)?)
}

/// Writes files of every shape and reads them back. To be called before any other file is opened on this thread.
///
/// # Errors
/// The first that failed.
pub(super) async fn self_test(dir: &Path) -> io::Result<()> {
    prime(dir).await?;
    for (number, size) in (1..).zip(SIZES) {
        let part = Part::new(dir, "probe", number);
        let bytes = pattern(size);
        let (sender, mut batches) = mpsc::channel(1);
        let mut batch = Batch::default();
        batch.add(bytes.clone());
        let send = async move { sender.send(batch).await };
        let (written, _) = future::join(dma::write(part.path(), &mut batches), send).await;
        written?;
        if dma::read(part.path(), size as u64).await? != bytes {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{size} bytes came back altered"),
            ));
        }
    }
    Ok(())
}

/// glommio finds out whether a device can be polled by reading from the first file that a thread opens there. When that file is
/// empty, the read succeeds for want of bytes, glommio takes that for a yes, and on a device that cannot be polled every later
/// read fails although writes do not. So the first file has bytes.
async fn prime(dir: &Path) -> io::Result<()> {
    let part = Part::new(dir, "probe", 0);
    let bytes = pattern(BLOCK_BYTES);
    let mut file = File::create_new(part.path())?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    if dma::read(part.path(), bytes.len() as u64).await? == bytes {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "what std wrote came back altered"))
}

/// Bytes in which no two sectors are alike.
fn pattern(size: usize) -> Bytes {
    (0..size).map(|at| (at ^ (at >> 9)) as u8).collect()
}
