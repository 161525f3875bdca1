//! Bodies of requests. What is unknown is passed over, null and empty texts are as good as nothing. Where the reference is silent, the names
//! that such services use are all read; the first that is given counts.

pub(super) mod campaign;
pub(super) mod contact;
pub(super) mod message;
pub(super) mod session;
pub(super) mod webhook;

use crate::dialects::word::{Word, said};

/// The first of these that was given.
fn first<const N: usize>(words: [&mut Option<Word>; N]) -> Option<String> {
    words.into_iter().find_map(|word| said(word.take()))
}
