//! Accepting messages in one go: each stands for itself, and those that are accepted share their commits.

use trunkline_model::command::{MessageView, Reply};
use trunkline_model::record::MessageRecord;
use trunkline_model::{ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass, CommitFuture};

use super::accept::Before;
use super::archive::{AcceptedArchive, chat_hash};
use super::message::{InstanceMsg, Replier, answer};
use super::state::{Accepting, Instance};
use crate::limits::{ACCEPT_CHUNK_BYTES, ACCEPT_CHUNK_MESSAGES, BUSY_RETRY_AFTER_MS};
use crate::shard::store_failure;
use crate::spawn::TaskKind;

/// What becomes of one message of the batch.
enum Fate {
    /// It is known now.
    Known(Result<MessageView, Failure>),
    /// It is in the chunk that is being put together.
    Written(Box<Written>),
}

/// A message whose commit is under way.
struct Written {
    record: MessageRecord,
    view: MessageView,
    chat: u64,
    key_hash: Option<[u8; 32]>,
}

/// Messages of one commit, by their place in the batch.
#[derive(Default)]
struct Chunk {
    batch: Batch,
    bytes: usize,
    messages: Vec<(usize, Written)>,
}

impl Instance {
    /// Accepts what can be accepted, in order, and answers when all of it is on disk.
    pub(super) fn accept_many(&mut self, messages: Vec<Result<AcceptedArchive, Failure>>, reply: Replier) {
        let mut results: Vec<Option<Result<MessageView, Failure>>> = Vec::with_capacity(messages.len());
        let mut commits: Vec<(CommitFuture, Vec<(usize, Written)>)> = Vec::new();
        let mut chunk = Chunk::default();
        for (index, message) in messages.into_iter().enumerate() {
            let fate = match message {
                Ok(message) => self.accept_one(&message, &mut chunk),
                Err(failure) => Fate::Known(Err(failure)),
            };
            match fate {
                Fate::Known(result) => results.push(Some(result)),
                Fate::Written(written) => {
                    chunk.messages.push((index, *written));
                    results.push(None);
                }
            }
            if chunk.messages.len() >= ACCEPT_CHUNK_MESSAGES || chunk.bytes >= ACCEPT_CHUNK_BYTES {
                commits.push(self.commit_chunk(std::mem::take(&mut chunk)));
            }
        }
        if !chunk.messages.is_empty() {
            commits.push(self.commit_chunk(chunk));
        }
        self.answer_many(results, commits, reply);
    }

    fn accept_one(&mut self, message: &AcceptedArchive, chunk: &mut Chunk) -> Fate {
        let expired_ms = match message.key_hash {
            Some(hash) if self.accepting.contains_key(&hash) => {
                let detail = "A message with this idempotency key is being accepted at this moment.";
                let failure = Failure::new(ErrorCode::IdempotencyConflict, detail);
                let retry_after_ms = Some(BUSY_RETRY_AFTER_MS);
                return Fate::Known(Err(Failure { retry_after_ms, ..failure }));
            }
            Some(hash) => match self.used_before(message, &hash) {
                Ok(Before::Never { expired_ms }) => expired_ms,
                Ok(Before::Same(view)) => return Fate::Known(Ok(*view)),
                Err(failure) => return Fate::Known(Err(failure)),
            },
            None => None,
        };
        let wanted = self.may_accept().and_then(|()| message.is_wanted());
        let accepted = wanted.and_then(|()| self.write_acceptance(message, expired_ms, &mut chunk.batch));
        let record = match accepted {
            Ok(record) => record,
            Err(failure) => return Fate::Known(Err(failure)),
        };
        chunk.bytes += message.archive.len();
        self.being_accepted.insert(record.id);
        if let Some(hash) = message.key_hash {
            // Repeats of the key wait for this commit.
            let waiting = Accepting { body_sha256: message.body_sha256, repliers: Vec::new() };
            self.accepting.insert(hash, waiting);
        }
        let (view, chat) = (self.view(&record, false), chat_hash(&message.to));
        Fate::Written(Box::new(Written { record, view, chat, key_hash: message.key_hash }))
    }

    /// The order on disk is fixed by this call, not by the task that waits for it.
    fn commit_chunk(&self, chunk: Chunk) -> (CommitFuture, Vec<(usize, Written)>) {
        (self.context.ledger.commit(chunk.batch, CommitClass::First), chunk.messages)
    }

    fn answer_many(
        &self,
        mut results: Vec<Option<Result<MessageView, Failure>>>,
        commits: Vec<(CommitFuture, Vec<(usize, Written)>)>,
        reply: Replier,
    ) {
        let myself = self.myself.clone();
        self.context.spawner.spawn(TaskKind::Disposable, "accept", async move {
            for (commit, messages) in commits {
                let result = commit.await.map(|_| ()).map_err(|error| store_failure(&error));
                for (index, written) in messages {
                    let Written { record, view, chat, key_hash } = written;
                    if let Some(place) = results.get_mut(index) {
                        *place = Some(result.clone().map(|()| view));
                    }
                    let (record, result) = (Box::new(record), result.clone());
                    drop(myself.cast(InstanceMsg::Accepted { record, chat, key_hash, result }));
                }
            }
            // Every place was filled: by what was known at once, or by its commit.
            answer(reply, Ok(Reply::Sent(results.into_iter().flatten().collect())));
        });
    }
}
