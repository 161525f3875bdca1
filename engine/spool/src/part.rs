//! Files that have no name of their own so far.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the names of unfinished files end with.
const EXTENSION: &str = "part";

/// The place of an unfinished file. The file goes with this, unless it was published; whichever thread that happens on, so
/// that an upload whose caller went away cleans up behind the job that was writing it.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    published: bool,
}

impl Part {
    /// The `number`th of its `kind` in `dir`, for this process. Nothing is created.
    pub(crate) fn new(dir: &Path, kind: &str, number: u64) -> Part {
        Part { path: dir.join(format!("{kind}-{number:016x}.{EXTENSION}")), published: false }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name. Blocks.
    pub(crate) fn publish(mut self, name: &Path) -> io::Result<()> {
        fs::rename(&self.path, name)?;
        self.published = true;
        Ok(())
    }

    /// Removes what an earlier process left in `dir`. Blocks.
    pub(crate) fn remove_all(dir: &Path) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.published {
            // It may not exist yet. What stays for another reason goes at the next start.
            drop(fs::remove_file(&self.path));
        }
    }
}
