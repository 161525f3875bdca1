//! Small files that are either whole or absent.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::StoreError;
use crate::limits::SMALL_FILE_BYTES_MAX;

/// Writes a file readable by its owner only, through a temporary neighbour and a rename, and syncs both file and
/// directory: after a crash the old content is there or the new one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let temporary = temporary(path);
    write_private(&temporary, content).map_err(StoreError::io("write", &temporary))?;
    std::fs::rename(&temporary, path).map_err(StoreError::io("write", path))?;
    sync_parent(path).map_err(StoreError::io("write", path))
}

/// The whole file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    };
    let mut content = Zeroizing::new(Vec::new());
    let read = file.take(SMALL_FILE_BYTES_MAX + 1).read_to_end(&mut content);
    let len = read.map_err(StoreError::io("read", path))?;
    if len as u64 > SMALL_FILE_BYTES_MAX {
        let what = path.display().to_string();
        return Err(StoreError::Corrupt {
            what,
            detail: format!("longer than {SMALL_FILE_BYTES_MAX} bytes"),
        });
    }
    Ok(Some(content))
}

/// The name a file has while it is written.
pub(crate) fn temporary(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // The mode above counts for a new file only; a leftover keeps the one it had.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
