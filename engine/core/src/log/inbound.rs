//! Received messages into the log: exactly once, and before WhatsApp hears an acknowledgement.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ring::digest::{Context, SHA256};
use trunkline_model::InstanceId;
use trunkline_model::event::EventBody;
use trunkline_model::inbound::InboundMessage;
use trunkline_model::limits::INBOUND_DEDUP_TTL_MS;
use trunkline_model::record::{self, Counter, table};
use trunkline_store::{Batch, CommitClass, Key, Ledger};
use trunkline_whatsapp::{InboundSink, SinkError};

use super::event_log::EventLog;
use crate::clock;
use crate::place::{deadline_key, instance_key};

/// Identity of a received message: ids are unique only within a chat and sender.
type Seen = [u8; 16];

/// A delivery, sorted.
#[derive(Default)]
struct Claimed {
    /// To be written.
    fresh: Vec<(Seen, InboundMessage)>,
    /// Being written by another delivery.
    overlapping: Vec<Seen>,
}

/// Commits what a session received.
pub(crate) struct CommitInbound {
    ledger: Arc<dyn Ledger>,
    log: Arc<EventLog>,
    instance: InstanceId,
    /// Messages whose commit is under way: a second delivery meanwhile must not pass the look at the disk.
    under_way: Mutex<HashSet<Seen>>,
}

impl CommitInbound {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, log: Arc<EventLog>, instance: InstanceId) -> CommitInbound {
        CommitInbound { ledger, log, instance, under_way: Mutex::default() }
    }

    fn key(&self, seen: &Seen) -> Key {
        instance_key(self.instance, table::INBOUND_SEEN, seen)
    }

    /// Splits off what the log has already, and marks the rest as under way.
    fn claim(&self, messages: Vec<InboundMessage>) -> Result<Claimed, SinkError> {
        let mut claimed = Claimed::default();
        for message in messages {
            let seen = identity(&message);
            let known = match self.is_stored(&seen) {
                Ok(known) => known,
                Err(error) => {
                    self.release(claimed.fresh.iter().map(|(seen, _)| seen));
                    return Err(error);
                }
            };
            if known {
                metrics::counter!(crate::metrics::RECEIVED_AGAIN).increment(1);
            } else if self.lock().insert(seen) {
                claimed.fresh.push((seen, message));
            } else {
                claimed.overlapping.push(seen);
            }
        }
        Ok(claimed)
    }

    fn is_stored(&self, seen: &Seen) -> Result<bool, SinkError> {
        let stored = self.ledger.get(&self.key(seen)).map_err(|error| SinkError(error.to_string()))?;
        Ok(stored.is_some())
    }

    /// Waits for what another delivery is writing: acknowledged it may be only when that is on disk.
    async fn await_others(&self, overlapping: &[Seen]) -> Result<(), SinkError> {
        // An empty batch is a barrier: it resolves once everything before it is durable.
        let barrier = self.ledger.commit(Batch::new(), CommitClass::First).await;
        barrier.map_err(|error| SinkError(error.to_string()))?;
        for seen in overlapping {
            if !self.is_stored(seen)? {
                return Err(SinkError("the delivery that was writing it failed".to_owned()));
            }
            metrics::counter!(crate::metrics::RECEIVED_AGAIN).increment(1);
        }
        Ok(())
    }

    fn release<'a>(&self, seen: impl Iterator<Item = &'a Seen>) {
        let mut under_way = self.lock();
        seen.for_each(|seen| {
            under_way.remove(seen);
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<Seen>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, fresh: &[(Seen, InboundMessage)]) -> Result<(), SinkError> {
        let expires_ms = clock::wall_ms().saturating_add_unsigned(INBOUND_DEDUP_TTL_MS);
        let mut batch = Batch::new();
        let mut bodies = Vec::with_capacity(fresh.len());
        for (seen, message) in fresh {
            let marker =
                record::encode(&Counter { next: 0 }).map_err(|error| SinkError(error.to_string()))?;
            batch.put(self.key(seen), marker);
            batch.put(deadline_key(self.instance, expires_ms, table::INBOUND_SEEN, seen), &b""[..]);
            bodies.push((EventBody::MessageReceived(Box::new(message.clone())), message.from_offline_queue));
        }
        let appended = self.log.append_patiently(batch, bodies, CommitClass::First).await;
        let durable = match appended {
            Ok(appended) => appended.durable().await,
            Err(error) => Err(error),
        };
        durable.map_err(|error| SinkError(error.to_string()))
    }
}

#[async_trait]
impl InboundSink for CommitInbound {
    async fn commit(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError> {
        let Claimed { fresh, overlapping } = self.claim(messages)?;
        if !fresh.is_empty() {
            let written = self.write(&fresh).await;
            self.release(fresh.iter().map(|(seen, _)| seen));
            written?;
            metrics::counter!(crate::metrics::RECEIVED).increment(fresh.len() as u64);
        }
        if overlapping.is_empty() { Ok(()) } else { self.await_others(&overlapping).await }
    }
}

fn identity(message: &InboundMessage) -> Seen {
    let mut hash = Context::new(&SHA256);
    for part in [&message.chat.jid, &message.sender.jid, &message.wa_id] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut seen = [0; 16];
    seen.copy_from_slice(&hash.finish().as_ref()[..16]);
    seen
}
