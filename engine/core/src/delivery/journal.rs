//! What a lane's run leaves on disk: its place, its deliveries, events that were given up.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use trunkline_model::EndpointId;
use trunkline_model::delivery::{DeadLetterRecord, DeliveryRecord, LaneRecord};
use trunkline_model::record::{self, RecordError};
use trunkline_store::{Batch, CommitClass, StoreError};

use super::key::LaneKey;
use super::rows;
use super::station::Station;
use crate::clock;
use crate::engine::EngineError;
use crate::limits::{DELIVERIES_KEPT, LANE_SAVE_EVERY_MS};
use crate::shard::ShardContext;

/// See the module.
pub(super) struct Journal {
    endpoint: EndpointId,
    key: LaneKey,
    deliveries: Vec<DeliveryRecord>,
    letters: Batch,
    saved_at_ms: u64,
}

impl Journal {
    pub(super) fn new(endpoint: EndpointId, key: LaneKey) -> Journal {
        Journal {
            endpoint,
            key,
            deliveries: Vec::new(),
            letters: Batch::new(),
            saved_at_ms: clock::steady_ms(),
        }
    }

    /// An attempt was made.
    pub(super) fn attempted(&mut self, delivery: DeliveryRecord) {
        // The ring keeps no more than that.
        if self.deliveries.len() == DELIVERIES_KEPT {
            self.deliveries.remove(0);
        }
        self.deliveries.push(delivery);
    }

    /// An event was given up.
    pub(super) fn gave_up(&mut self, sequence: u64, letter: &DeadLetterRecord) -> Result<(), RecordError> {
        let key = rows::dead_letter_key(self.endpoint, self.key.instance, sequence);
        self.letters.put(key, record::encode(letter)?);
        Ok(())
    }

    /// An event was taken after all.
    pub(super) fn took(&mut self, sequence: u64) {
        // Only a replay can meet an event that was given up before.
        if !self.key.is_live() {
            self.letters.delete(rows::dead_letter_key(self.endpoint, self.key.instance, sequence));
        }
    }

    /// Whether it is time to write in the middle of a run. Losing the last moments repeats their deliveries, no more.
    pub(super) fn is_due(&self) -> bool {
        clock::steady_ms().saturating_sub(self.saved_at_ms) >= LANE_SAVE_EVERY_MS
    }

    /// Whether nothing has to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.letters.is_empty()
    }

    /// Queues the place and what came with it; what it gives resolves when that is on disk.
    ///
    /// # Errors
    /// How many milliseconds to wait when the store is busy: nothing was queued then, and everything is still here.
    pub(super) fn save(
        &mut self,
        context: &Arc<ShardContext>,
        station: &Station,
        place: &LaneRecord,
    ) -> Result<BoxFuture<'static, Result<(), StoreError>>, u64> {
        self.saved_at_ms = clock::steady_ms();
        let mut batch = self.letters.clone();
        if let Err(error) = self.fill(context, station, place, &mut batch) {
            tracing::error!(endpoint = %self.endpoint, %error, "the place of an endpoint cannot be written");
        }
        let mut commit = context.ledger.commit(batch, CommitClass::Soon);
        let answer = match (&mut commit).now_or_never() {
            Some(Err(StoreError::Busy { retry_after_ms })) => return Err(retry_after_ms),
            Some(answer) => ready(answer.map(drop)).boxed(),
            None => commit.map(|answer| answer.map(drop)).boxed(),
        };
        self.letters = Batch::new();
        self.deliveries.clear();
        Ok(answer)
    }

    fn fill(
        &self,
        context: &ShardContext,
        station: &Station,
        place: &LaneRecord,
        batch: &mut Batch,
    ) -> Result<(), EngineError> {
        let key = rows::lane_key(self.endpoint, self.key);
        if place.is_over() {
            batch.delete(key)
        } else {
            batch.put(key, record::encode(place)?)
        }
        let ring = rows::ring_of(self.key.instance);
        for delivery in &self.deliveries {
            let number = station.ring_number(&*context.ledger, self.endpoint, ring)?;
            let bytes = record::encode(&DeliveryRecord { number, ..delivery.clone() })?;
            batch.put(rows::delivery_key(self.endpoint, ring, number), bytes);
        }
        Ok(())
    }
}
