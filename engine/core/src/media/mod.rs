//! Files on their way in and out: the node's uploaded files, and the guarded fetching of URLs that users gave.

mod blobs;
mod fetch;
mod guard;
mod sweep;

pub(crate) use blobs::BlobStore;
pub(crate) use fetch::MediaFetcher;
pub(crate) use guard::{GuardedClient, Refused, check_url};
pub(crate) use sweep::BlobSweeper;
