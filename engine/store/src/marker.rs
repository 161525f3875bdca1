//! The marker file: what a data directory is, who made it, and which releases can read it.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::random::random;
use crate::{StoreError, files};

/// Format this release writes, and the newest it reads.
pub(crate) const FORMAT: u32 = 1;
/// Oldest format a release must know to read what this one writes.
const FORMAT_NEEDED: u32 = 1;
const PRODUCT: &str = "trunkline";

/// Content of the marker file, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    product: String,
    format: FormatRange,
    pub(crate) cluster_id: String,
    pub(crate) node_id: String,
    pub(crate) shards: Option<u16>,
    created_unix_s: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FormatRange {
    /// A reader must know at least this format.
    needed: u32,
    /// The writer knew this format.
    written: u32,
}

/// The part that every release understands, whatever else a later one adds.
#[derive(Deserialize)]
struct Header {
    product: String,
    format: FormatRange,
}

impl Marker {
    pub(crate) fn create() -> io::Result<Marker> {
        let created = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Marker {
            product: PRODUCT.into(),
            format: FormatRange { needed: FORMAT_NEEDED, written: FORMAT },
            cluster_id: random_id()?,
            node_id: random_id()?,
            shards: None,
            created_unix_s: created.as_secs(),
        })
    }

    /// Reads the marker of the data directory `dir`; `None` when there is none.
    pub(crate) fn read(path: &Path, dir: &Path) -> Result<Option<Marker>, StoreError> {
        let Some(content) = files::read(path)? else {
            return Ok(None);
        };
        let foreign = |detail: String| StoreError::Foreign { path: dir.to_path_buf(), detail };
        let header: Header = serde_json::from_slice(&content)
            .map_err(|error| foreign(format!("its marker file is unreadable: {error}")))?;
        if header.product != PRODUCT {
            return Err(foreign(format!("its marker file names {:?}", header.product)));
        }
        if header.format.needed > FORMAT {
            let needed = header.format.needed;
            return Err(StoreError::NewerFormat { path: dir.to_path_buf(), needed, supported: FORMAT });
        }
        let marker = serde_json::from_slice(&content).map_err(|error| StoreError::Corrupt {
            what: format!("marker file {}", path.display()),
            detail: error.to_string(),
        })?;
        Ok(Some(marker))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), StoreError> {
        let mut content = serde_json::to_vec_pretty(self)
            .map_err(|error| StoreError::io("write", path)(io::Error::other(error)))?;
        content.push(b'\n');
        files::replace(path, &content)
    }
}

/// 128 random bits as hex.
fn random_id() -> io::Result<String> {
    Ok(hex::encode(random::<16>()?))
}
