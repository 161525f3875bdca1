//! Files on their way in and out: the node's uploaded files, and the guarded fetching of URLs that users gave.

mod blobs;
mod bucket;
mod fetch;
mod guard;
mod joined;
mod outgoing;
mod received;
mod sweep;
mod transfers;

pub(crate) use blobs::BlobStore;
pub(crate) use bucket::Bucket;
pub use bucket::BucketConfig;
pub(crate) use fetch::MediaFetcher;
pub(crate) use guard::{GuardedClient, Refused, check_url, tls_config};
pub(crate) use outgoing::Uploader;
pub(crate) use received::{at_hand, download, download_described, media_of};
pub(crate) use sweep::BlobSweeper;
pub(crate) use transfers::Transfers;
