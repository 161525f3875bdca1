//! What can go wrong.

use std::io;

/// Why an upload was not stored. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The stream failed, and says how.
    #[error("the upload broke off: {0}")]
    Body(E),
    /// More bytes came than the caller allows.
    #[error("the upload is too large")]
    TooLarge,
    /// [`crate::limits::UPLOADS_MAX`] uploads are under way.
    #[error("too many uploads are under way")]
    Busy,
    /// The files of the spool would take more of the disk than they may.
    #[error("the spool is full")]
    Full,
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Why a file is not read or made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// [`crate::limits::STREAMS_MAX`] files are being streamed out.
    #[error("too many files are being read")]
    Busy,
    /// The files of the spool would take more of the disk than they may.
    #[error("the spool is full")]
    Full,
    /// The file is not there, is not as long as it should be, or the disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Why glommio does not serve.
#[derive(Debug, thiserror::Error)]
pub enum NoGlommio {
    /// The crate was built without the feature `glommio`, or not for Linux.
    #[error("this build has no glommio; it needs the feature `spool-glommio` and Linux")]
    NotBuilt,
    /// The kernel, a container's profile or a sysctl forbids io_uring.
    #[error("io_uring is not allowed here ({0})")]
    Forbidden(io::Error),
    /// The thread could not be made, or its executor could not.
    #[error("its thread did not start ({0})")]
    Thread(String),
    /// What was written was not read back.
    #[error("its self test failed ({0})")]
    SelfTest(io::Error),
    /// The thread ended, or said nothing for [`crate::limits::PROBE_TIMEOUT`].
    #[error("its thread gave no answer")]
    Silent,
}
