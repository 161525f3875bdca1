//! Why a case gave no figure.

use std::fmt::Display;

/// A case that could not be measured. There is nothing to recover: the run ends, and says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BenchError(String);

/// What every step of a case gives.
pub type Bench<T> = Result<T, BenchError>;

impl BenchError {
    /// With a sentence.
    pub fn new(why: impl Display) -> BenchError {
        BenchError(why.to_string())
    }
}

/// Says what was being done when something failed.
pub trait During<T> {
    /// The same, with `doing` in front of the reason.
    fn during(self, doing: &str) -> Bench<T>;
}

impl<T, E: Display> During<T> for Result<T, E> {
    fn during(self, doing: &str) -> Bench<T> {
        self.map_err(|error| BenchError(format!("{doing}: {error}")))
    }
}
