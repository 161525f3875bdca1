//! Files that somebody else writes before they get a name, or that never get one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::part::Part;
use crate::quota::Reserved;

/// An unfinished file with room set aside for it. It goes with this, unless [`crate::Spool::keep`] gives it a name.
#[derive(Debug)]
pub struct Scratch {
    part: Part,
    reserved: Reserved,
}

impl Scratch {
    pub(crate) fn new(part: Part, reserved: Reserved) -> Scratch {
        Scratch { part, reserved }
    }

    pub(crate) fn into_parts(self) -> (Part, Reserved) {
        (self.part, self.reserved)
    }

    /// Makes the file, empty, for reading and writing. Once: a second call fails. Blocks.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn create(&self) -> io::Result<File> {
        File::options().read(true).write(true).create_new(true).open(self.part.path())
    }

    /// Where the file is, for those who open it more than once.
    pub fn path(&self) -> &Path {
        self.part.path()
    }

    /// As [`Scratch::path`], owned.
    pub fn path_buf(&self) -> PathBuf {
        self.part.path().to_owned()
    }
}
