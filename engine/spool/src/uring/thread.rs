//! The thread itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc as blocking;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glommio::{LocalExecutorBuilder, Placement};
use tokio::sync::mpsc;

use super::{Request, dma, probe};
use crate::error::NoGlommio;
use crate::limits::{PROBE_TIMEOUT, REGISTERED_BYTES, REQUESTS_MAX, REQUESTS_UNDER_WAY_MAX, RING_ENTRIES};

/// Starts it, and waits until it has proved itself in `dir`.
pub(super) fn start(dir: &Path) -> Result<mpsc::Sender<Request>, NoGlommio> {
    let (requests, coming) = mpsc::channel(REQUESTS_MAX);
    let (tell, told) = blocking::sync_channel(1);
    let dir = dir.to_owned();
    std::thread::Builder::new()
        .name("spool".to_owned())
        .spawn(move || run(dir, coming, &tell))
        .map_err(|error| NoGlommio::Thread(error.to_string()))?;
    // A thread that panicked has dropped `tell`; one that hangs ends with the requests, which nobody will send.
    told.recv_timeout(PROBE_TIMEOUT).unwrap_or(Err(NoGlommio::Silent))?;
    Ok(requests)
}

type Verdict = Result<(), NoGlommio>;

fn run(dir: PathBuf, requests: mpsc::Receiver<Request>, tell: &blocking::SyncSender<Verdict>) {
    let builder = LocalExecutorBuilder::new(Placement::Unbound).name("spool");
    let made = builder.io_memory(REGISTERED_BYTES).ring_depth(RING_ENTRIES).make();
    let executor = match made {
        Ok(executor) => executor,
        Err(error) => return drop(tell.send(Err(NoGlommio::Thread(error.to_string())))),
    };
    executor.run(async move {
        let verdict = probe::self_test(&dir).await.map_err(NoGlommio::SelfTest);
        let serves = verdict.is_ok();
        if tell.send(verdict).is_ok() && serves {
            serve(requests).await;
        }
    });
}

/// Works on what is asked, side by side, until nobody can ask any more.
async fn serve(mut requests: mpsc::Receiver<Request>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            request = requests.recv(), if under_way.len() < REQUESTS_UNDER_WAY_MAX => match request {
                Some(request) => under_way.push(answer(request)),
                None => return,
            },
            Some(()) = under_way.next() => {}
        }
    }
}

/// An answer that nobody waits for is dropped, and a written file with it.
async fn answer(request: Request) {
    match request {
        Request::Write { part, mut batches, done } => {
            let written: io::Result<()> = dma::write(part.path(), &mut batches).await;
            drop(done.send(written.map(|()| part)));
        }
        Request::Read { path, size_bytes, done } => {
            drop(done.send(dma::read(&path, size_bytes).await));
        }
        #[cfg(test)]
        Request::Panic => panic!("a test asked for it"),
    }
}
