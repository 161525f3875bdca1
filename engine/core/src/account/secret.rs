//! Secrets: made once, shown once, kept as hashes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use trunkline_model::account::KeySecret;
use trunkline_model::command::Shown;
use trunkline_model::{ErrorCode, Failure};

use crate::limits::{KEY_CHOSEN_SHOWN_CHARS, KEY_SHOWN_CHARS};

/// A new secret of 256 random bits, and what is kept of it.
///
/// # Errors
/// [`ErrorCode::Internal`] when the system gives no random numbers.
pub(super) fn make(prefix: &str) -> Result<(Shown, KeySecret), Failure> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Failure::new(ErrorCode::Internal, "No key could be made.")
    })?;
    let secret = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
    let shown = secret.chars().take(prefix.len() + KEY_SHOWN_CHARS).collect();
    let kept = KeySecret { sha256: hash(&secret), prefix: shown };
    Ok((Shown(secret), kept))
}

/// What is kept of a secret that was chosen; [`trunkline_model::account::check_chosen`] took it.
pub(super) fn keep(chosen: &Shown) -> KeySecret {
    let prefix = chosen.0.chars().take(KEY_CHOSEN_SHOWN_CHARS).collect();
    KeySecret { sha256: hash(&chosen.0), prefix }
}

/// The hash under which a secret is kept. It has 256 random bits, so a plain hash cannot be searched.
pub(super) fn hash(presented: &str) -> [u8; 32] {
    let digest = digest(&SHA256, presented.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}
