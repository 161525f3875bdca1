//! What a lane's run leaves on disk: its place, its deliveries, events that were given up.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use trunkline_model::EndpointId;
use trunkline_model::delivery::{DeadLetterRecord, DeliveryRecord, LaneRecord};
use trunkline_model::record::{self, RecordError};
use trunkline_store::{Batch, CommitClass, StoreError};

use super::key::LaneKey;
use super::rows;
use super::station::Station;
use crate::clock;
use crate::limits::{DELIVERIES_KEPT, LANE_SAVE_EVERY_MS};
use crate::patient;
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

    /// Writes the place and what came with it; resolves when that is on disk.
    pub(super) fn save(
        &mut self,
        context: &Arc<ShardContext>,
        station: &Station,
        place: &LaneRecord,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.saved_at_ms = clock::steady_ms();
        let mut batch = std::mem::take(&mut self.letters);
        if let Err(error) = self.fill(context, station, place, &mut batch) {
            tracing::error!(endpoint = %self.endpoint, %error, "the place of an endpoint cannot be written");
        }
        let ledger = Arc::clone(&context.ledger);
        // Queued now, so that what is queued later comes later.
        let first = ledger.commit(batch.clone(), CommitClass::Soon);
        async move {
            match first.await {
                Err(StoreError::Busy { .. }) => {
                    patient::commit(&*ledger, batch, CommitClass::Soon).await.map(drop)
                }
                other => other.map(drop),
            }
        }
        .boxed()
    }

    fn fill(
        &mut self,
        context: &ShardContext,
        station: &Station,
        place: &LaneRecord,
        batch: &mut Batch,
    ) -> Result<(), crate::engine::EngineError> {
        let key = rows::lane_key(self.endpoint, self.key);
        if place.is_over() {
            batch.delete(key)
        } else {
            batch.put(key, record::encode(place)?)
        }
        let ring = rows::ring_of(self.key.instance);
        for mut delivery in self.deliveries.drain(..) {
            delivery.number = station.ring_number(&*context.ledger, self.endpoint, ring)?;
            let bytes = record::encode(&delivery)?;
            batch.put(rows::delivery_key(self.endpoint, ring, delivery.number), bytes);
        }
        Ok(())
    }
}
