//! Checking a message and turning it into the bytes that are stored and sent. Runs on the front end's thread.

use bytes::Bytes;
use ring::digest::{SHA256, digest};
use trunkline_model::command::SendRequest;
use trunkline_model::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use trunkline_model::message::{Content, Lane, Poll, PollVote, ValidateSend};
use trunkline_model::{ErrorCode, Failure, FieldError, record};

/// A message that passed every check that needs only itself, as the bytes that are stored and sent.
pub(crate) struct AcceptedArchive {
    pub(super) archive: Bytes,
    pub(super) body_sha256: [u8; 32],
    pub(super) key_hash: Option<[u8; 32]>,
    pub(super) to: String,
    pub(super) kind: &'static str,
    pub(super) lane: Lane,
    pub(super) metadata: Option<String>,
    /// Whether a file goes with it.
    pub(super) is_media: bool,
    /// The poll that it is.
    pub(super) poll: Option<Poll>,
    /// The vote that it is.
    pub(super) vote: Option<PollVote>,
    /// The WhatsApp id of a message that is sent again.
    pub(super) wa_id: Option<String>,
    /// Why its recipient is not to get it.
    pub(super) unwanted: Option<Failure>,
}

impl AcceptedArchive {
    /// The same, to be refused for this reason unless it was accepted before.
    pub(crate) fn unwanted(self, unwanted: Option<Failure>) -> AcceptedArchive {
        AcceptedArchive { unwanted, ..self }
    }

    /// Whether its recipient may get it.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn is_wanted(&self) -> Result<(), Failure> {
        self.unwanted.clone().map_or(Ok(()), Err)
    }

    /// Whether a file goes with it.
    pub(super) fn is_media(&self) -> bool {
        self.is_media
    }
}

/// Checks a message and turns it into its archive. Runs on the front end's thread: the shard only copies bytes.
///
/// # Errors
/// [`ErrorCode::Validation`] naming every wrong field.
pub(crate) fn archive(request: SendRequest) -> Result<AcceptedArchive, Failure> {
    let SendRequest { message, idempotency_key } = request;
    let mut problems = message.problems();
    if idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX) {
        let problem = format!("must have 1 to {IDEMPOTENCY_KEY_BYTES_MAX} bytes");
        problems.push(FieldError::new("Idempotency-Key", problem));
    }
    if !problems.is_empty() {
        return Err(Failure::invalid(problems));
    }
    let archive = record::encode(&message)
        .map_err(|_| Failure::new(ErrorCode::Validation, "The message is too large to be stored."))?;
    let kind = message.content.kind();
    let is_media = matches!(message.content, Content::Media(_));
    let (poll, vote) = match message.content {
        Content::Poll(poll) => (Some(poll), None),
        Content::PollVote(vote) => (None, Some(vote)),
        _ => (None, None),
    };
    Ok(AcceptedArchive {
        body_sha256: sha256(&archive),
        archive: archive.into(),
        key_hash: idempotency_key.as_deref().map(key_hash),
        to: message.to.jid(),
        kind,
        lane: message.lane,
        metadata: message.metadata,
        is_media,
        poll,
        vote,
        wa_id: None,
        unwanted: None,
    })
}

/// Under which an idempotency key is kept.
pub(super) fn key_hash(key: &str) -> [u8; 32] {
    sha256(key.as_bytes())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// Groups the messages of one chat; only equality matters.
pub(super) fn chat_hash(jid: &str) -> u64 {
    let hash = sha256(jid.as_bytes());
    u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}
