//! What stands for glommio in a build without it: nothing can be made of it.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::batch::Batch;
use crate::error::NoGlommio;
use crate::part::Part;

/// Never there.
#[derive(Debug)]
pub(crate) struct Ring(Infallible);

/// Never there.
#[derive(Debug)]
pub(crate) struct RingUpload(Infallible);

impl Ring {
    pub(crate) fn start(_dir: &Path) -> Result<Ring, NoGlommio> {
        Err(NoGlommio::NotBuilt)
    }

    pub(crate) fn is_alive(&self) -> bool {
        match self.0 {}
    }

    pub(crate) async fn begin(&self, _part: Part) -> Result<RingUpload, Part> {
        match self.0 {}
    }

    pub(crate) async fn read(&self, _path: PathBuf, _size_bytes: u64) -> Option<io::Result<Bytes>> {
        match self.0 {}
    }
}

impl RingUpload {
    pub(crate) async fn append(self, _batch: Batch) -> io::Result<RingUpload> {
        match self.0 {}
    }

    pub(crate) async fn finish(self) -> io::Result<Part> {
        match self.0 {}
    }
}
