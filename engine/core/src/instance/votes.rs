//! Votes that this number gives in polls: checked when they are accepted, counted when WhatsApp took them.

use ring::digest::{SHA256, digest};
use trunkline_model::event::{EventBody, PollVoted};
use trunkline_model::inbound::Party;
use trunkline_model::message::{Content, PollVote};
use trunkline_model::record::{MessageRecord, PollRecord};
use trunkline_model::{Address, ErrorCode, Failure, FieldError};
use trunkline_store::Batch;
use trunkline_whatsapp::{AnsweredPoll, SendError};

use super::state::Instance;
use crate::log::polls::{self, Polls};
use crate::media::Uploader;
use crate::shard::store_failure;

impl Instance {
    /// Whether a vote in the chat `to` chooses options that its poll has.
    ///
    /// # Errors
    /// `MESSAGE_NOT_FOUND` when the poll is not known here; `VALIDATION` when it is in another chat, cannot be voted in, or the
    /// choice is none of its options or more than it allows.
    pub(super) fn check_vote(&self, to: &str, vote: &PollVote) -> Result<(), Failure> {
        let poll = polls::load(&*self.context.ledger, self.id(), &vote.poll_wa_id);
        let poll = poll.map_err(|error| store_failure(&error))?.filter(|poll| !poll.options.is_empty());
        let poll = poll.ok_or_else(|| {
            let detail = "This instance knows no poll of that id: it neither sent nor got one, or that is too long ago.";
            Failure::new(ErrorCode::MessageNotFound, detail)
        })?;
        let mut problems = choice_problems(&poll, vote);
        if !self.same_chat(to, &poll.chat)? {
            problems.push(FieldError::new("chat", "is not the chat that the poll is in"));
        }
        if poll.creator.is_some() && poll.secret.is_none() {
            problems.push(FieldError::new("wa_id", "is a poll that came without what votes are sealed with"));
        }
        if problems.is_empty() { Ok(()) } else { Err(Failure::invalid(problems)) }
    }

    /// Whether two ids name one chat: a person has two.
    fn same_chat(&self, one: &str, other: &str) -> Result<bool, Failure> {
        let reader = self.chat_reader();
        let key = |jid: &str| jid.parse::<Address>().ok().map(|address| reader.key_of(&address)).transpose();
        Ok(one == other || key(one)? == key(other)?)
    }

    /// The event of a vote that WhatsApp took, and in `batch` what is kept of it. `None` where it cannot be counted.
    pub(super) fn own_vote(
        &self,
        record: &MessageRecord,
        time_ms: i64,
        batch: &mut Batch,
    ) -> Option<EventBody> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(instance = %self.id(), message = %record.id, %error, "an own vote is not counted");
        };
        let message = self.body_of(record.id).inspect_err(|error| failed(error)).ok()?;
        let Content::PollVote(vote) = message.content else { return None };
        let mut chat = Party::of_jid(&record.to);
        self.log.complete(&mut chat);
        let voted = PollVoted {
            poll_wa_id: vote.poll_wa_id,
            message: None,
            chat,
            voter: self.record.linked.clone()?,
            from_me: true,
            time_ms,
            selected: Vec::new(),
            tally: Vec::new(),
            voters: 0,
        };
        let hashes: Vec<Vec<u8>> =
            vote.options.iter().map(|option| digest(&SHA256, option.as_bytes()).as_ref().to_vec()).collect();
        let counted = Polls::new(&*self.context.ledger, self.id()).count(batch, voted, &hashes);
        let voted = counted.inspect_err(|error| failed(error)).ok()?;
        Some(EventBody::PollVoted(Box::new(voted)))
    }
}

fn choice_problems(poll: &PollRecord, vote: &PollVote) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (index, option) in vote.options.iter().enumerate() {
        if !poll.options.contains(option) {
            problems.push(FieldError::new(format!("options.{index}"), "is no option of the poll"));
        }
    }
    if poll.selectable > 0 && vote.options.len() > poll.selectable as usize {
        let problem = format!("has more than the {} that the poll lets one choose", poll.selectable);
        problems.push(FieldError::new("options", problem));
    }
    problems
}

/// The poll of a vote whose turn came.
///
/// # Errors
/// Permanent `poll_unknown` when it is not kept any more.
pub(super) fn answered(uploader: &Uploader<'_>, vote: &PollVote) -> Result<AnsweredPoll, SendError> {
    let poll = polls::load(&*uploader.context.ledger, uploader.instance, &vote.poll_wa_id);
    let poll = poll.map_err(|error| SendError::retryable("store", error.to_string()))?;
    let gone = || SendError::permanent("poll_unknown", "the poll is not known any more");
    poll.map(|PollRecord { creator, secret, .. }| AnsweredPoll { creator, secret }).ok_or_else(gone)
}
