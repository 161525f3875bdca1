//! The two ways to move bytes.

use std::fmt;
use std::str::FromStr;

/// Who moves the bytes between memory and disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The standard library on a few blocking threads, through the page cache.
    #[default]
    Std,
    /// One glommio thread: io_uring, past the page cache.
    Glommio,
}

/// A text names no backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither `std` nor `glommio`")]
pub struct UnknownBackend;

impl Backend {
    /// Both.
    pub const ALL: [Backend; 2] = [Backend::Std, Backend::Glommio];

    /// Its name in the configuration and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Std => "std",
            Backend::Glommio => "glommio",
        }
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(text: &str) -> Result<Backend, UnknownBackend> {
        Backend::ALL.into_iter().find(|backend| backend.name() == text).ok_or(UnknownBackend)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
