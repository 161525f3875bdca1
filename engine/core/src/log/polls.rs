//! Polls: what is kept of them, and how they stand after a vote.

use std::collections::{BTreeMap, HashMap};

use ring::digest::{SHA256, digest};
use trunkline_model::InstanceId;
use trunkline_model::event::{EventBody, PollCount, PollVoted};
use trunkline_model::inbound::{InboundContent, InboundMessage, InboundVote, Party};
use trunkline_model::limits::{POLL_TTL_MS, POLL_VOTERS_MAX};
use trunkline_model::record::{self, PollRecord, Record, RecordError, Serializer, VoteRecord, table};
use trunkline_store::{Batch, Direction, Key, KeyRange, Ledger, StoreError};

use crate::clock;
use crate::place::{deadline_key, instance_key};

/// The polls that one delivery is about. Votes of one delivery see each other, though none is on disk yet.
pub(crate) struct Polls<'a> {
    ledger: &'a dyn Ledger,
    instance: InstanceId,
    known: HashMap<String, Standing>,
}

/// A poll and who voted for what.
struct Standing {
    poll: PollRecord,
    /// Places of the chosen options, by voter.
    votes: BTreeMap<Vec<u8>, Vec<u32>>,
}

/// The poll under its WhatsApp id.
pub(crate) fn poll_key(instance: InstanceId, wa_id: &str) -> Key {
    instance_key(instance, table::POLL, wa_id.as_bytes())
}

/// A poll that is kept, on disk.
///
/// # Errors
/// A failure of the store, or a record that cannot be read.
pub(crate) fn load(
    ledger: &dyn Ledger,
    instance: InstanceId,
    wa_id: &str,
) -> Result<Option<PollRecord>, StoreError> {
    let stored = ledger.get(&poll_key(instance, wa_id))?;
    stored.map(|bytes| record::decode(&bytes).map_err(unreadable)).transpose()
}

/// Puts a poll into a batch, until votes in it are not expected any more.
///
/// # Errors
/// When the record cannot be encoded.
pub(crate) fn keep(
    batch: &mut Batch,
    instance: InstanceId,
    wa_id: &str,
    poll: &PollRecord,
) -> Result<(), RecordError> {
    put(batch, instance, (table::POLL, wa_id.as_bytes()), poll)
}

fn put<R>(batch: &mut Batch, instance: InstanceId, place: (u8, &[u8]), value: &R) -> Result<(), RecordError>
where
    R: Record + for<'a> rkyv::Serialize<Serializer<'a>>,
{
    let (of_table, suffix) = place;
    let until_ms = clock::wall_ms().saturating_add_unsigned(POLL_TTL_MS);
    let encoded = record::encode(value)?;
    batch.put(instance_key(instance, of_table, suffix), encoded);
    batch.put(deadline_key(instance, until_ms, of_table, suffix), &b""[..]);
    Ok(())
}

impl<'a> Polls<'a> {
    pub(crate) fn new(ledger: &'a dyn Ledger, instance: InstanceId) -> Polls<'a> {
        Polls { ledger, instance, known: HashMap::new() }
    }

    /// The event of a received message, and in `batch` what is kept for the votes that follow it, or of the vote that it is.
    ///
    /// # Errors
    /// A failure of the store, or a record that cannot be read or written.
    pub(super) fn event(
        &mut self,
        batch: &mut Batch,
        message: InboundMessage,
    ) -> Result<EventBody, StoreError> {
        match &message.content {
            InboundContent::PollVote(vote) => {
                let voted = self.vote(batch, &message, vote)?;
                return Ok(EventBody::PollVoted(Box::new(voted)));
            }
            InboundContent::Poll(poll) => {
                let (options, selectable, secret) =
                    (poll.options.clone(), poll.selectable, poll.secret.clone());
                self.remember(batch, &message, (options, selectable), secret)?;
            }
            // Of an invitation only the secret is needed.
            InboundContent::Event(event) => {
                self.remember(batch, &message, (Vec::new(), 0), event.secret.clone())?;
            }
            _ => {}
        }
        Ok(EventBody::MessageReceived(Box::new(message)))
    }

    fn remember(
        &mut self,
        batch: &mut Batch,
        message: &InboundMessage,
        (options, selectable): (Vec<String>, u32),
        secret: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let poll = PollRecord {
            message: None,
            creator: Some(message.sender.jid.clone()),
            chat: message.chat.jid.clone(),
            options,
            selectable,
            secret,
        };
        keep(batch, self.instance, &message.wa_id, &poll).map_err(unreadable)?;
        self.known.insert(message.wa_id.clone(), Standing { poll, votes: BTreeMap::new() });
        Ok(())
    }

    fn vote(
        &mut self,
        batch: &mut Batch,
        message: &InboundMessage,
        vote: &InboundVote,
    ) -> Result<PollVoted, StoreError> {
        let voted = PollVoted {
            poll_wa_id: vote.poll_wa_id.clone(),
            message: None,
            chat: message.chat.clone(),
            voter: message.sender.clone(),
            from_me: message.from_me,
            time_ms: message.time_ms,
            selected: Vec::new(),
            tally: Vec::new(),
            voters: 0,
        };
        self.count(batch, voted, &vote.selected)
    }

    /// Counts a vote of which everything but the choice and its effect is known: what of it is kept goes into `batch`. `hashes` are
    /// the SHA-256 of the options chosen.
    ///
    /// # Errors
    /// As [`Polls::event`].
    pub(crate) fn count(
        &mut self,
        batch: &mut Batch,
        mut voted: PollVoted,
        hashes: &[Vec<u8>],
    ) -> Result<PollVoted, StoreError> {
        let instance = self.instance;
        let Some(standing) = self.standing(&voted.poll_wa_id)? else { return Ok(voted) };
        let selected = standing.places(hashes);
        let voter = voter_of(&voted.voter);
        let row = VoteRecord { selected: selected.clone() };
        put(batch, instance, (table::VOTE, &vote_suffix(&voted.poll_wa_id, &voter)), &row)
            .map_err(unreadable)?;
        if standing.votes.len() < POLL_VOTERS_MAX || standing.votes.contains_key(&voter) {
            standing.votes.insert(voter, selected.clone());
        }
        voted.message = standing.poll.message;
        voted.selected = selected.iter().filter_map(|place| standing.option(*place)).collect();
        voted.tally = standing.tally();
        voted.voters = standing.votes.values().filter(|chosen| !chosen.is_empty()).count() as u32;
        Ok(voted)
    }

    fn standing(&mut self, wa_id: &str) -> Result<Option<&mut Standing>, StoreError> {
        if !self.known.contains_key(wa_id) {
            let Some(poll) = load(self.ledger, self.instance, wa_id)? else { return Ok(None) };
            let votes = self.votes(wa_id)?;
            self.known.insert(wa_id.to_owned(), Standing { poll, votes });
        }
        Ok(self.known.get_mut(wa_id))
    }

    fn votes(&self, wa_id: &str) -> Result<BTreeMap<Vec<u8>, Vec<u32>>, StoreError> {
        let prefix = vote_suffix(wa_id, b"");
        let range = KeyRange::prefix(self.instance.slot().0, self.instance.0, table::VOTE, &prefix);
        let rows = self.ledger.scan(range, Direction::Forward, POLL_VOTERS_MAX)?;
        let vote = |(key, bytes): &(Key, bytes::Bytes)| {
            let vote: VoteRecord = record::decode(bytes).map_err(unreadable)?;
            Ok((key.suffix().get(prefix.len()..).unwrap_or_default().to_vec(), vote.selected))
        };
        rows.iter().map(vote).collect()
    }
}

impl Standing {
    /// Places of the options with these hashes. A hash of no option counts for nothing.
    fn places(&self, hashes: &[Vec<u8>]) -> Vec<u32> {
        let options = self.poll.options.iter().zip(0_u32..);
        let chosen = options.filter(|(option, _)| {
            hashes.iter().any(|hash| digest(&SHA256, option.as_bytes()).as_ref() == hash.as_slice())
        });
        chosen.map(|(_, place)| place).collect()
    }

    fn option(&self, place: u32) -> Option<String> {
        self.poll.options.get(place as usize).cloned()
    }

    fn tally(&self) -> Vec<PollCount> {
        let votes_for =
            |place: u32| self.votes.values().filter(|chosen| chosen.contains(&place)).count() as u32;
        let options = self.poll.options.iter().zip(0_u32..);
        options.map(|(option, place)| PollCount { option: option.clone(), votes: votes_for(place) }).collect()
    }
}

/// One name for a person, whichever of their two the message came under.
fn voter_of(sender: &Party) -> Vec<u8> {
    match &sender.lid {
        Some(lid) => format!("{lid}@lid").into_bytes(),
        None => sender.jid.clone().into_bytes(),
    }
}

fn vote_suffix(wa_id: &str, voter: &[u8]) -> Vec<u8> {
    [wa_id.as_bytes(), b"\0", voter].concat()
}

fn unreadable(error: RecordError) -> StoreError {
    StoreError::Corrupt { what: "a poll or a vote".into(), detail: error.to_string() }
}
