//! Bodies of requests, with the names of both generations. What is unknown is passed over, and null is as good as nothing.

pub(super) mod about;
pub(super) mod channel;
pub(super) mod chat;
pub(super) mod descriptor;
pub(super) mod group;
pub(super) mod instance;
pub(super) mod message;
pub(super) mod people;

use trunkline_model::Failure;

use super::wrong;

/// Seconds of a word for how long messages last.
///
/// # Errors
/// `VALIDATION` for another word.
pub(super) fn lasting_seconds(field: &str, word: &str) -> Result<u32, Failure> {
    match word {
        "off" => Ok(0),
        "24h" => Ok(86_400),
        "7d" => Ok(7 * 86_400),
        "90d" => Ok(90 * 86_400),
        _ => Err(wrong(field, "is not one of off, 24h, 7d, 90d")),
    }
}
