//! Events leave the log when their account does not keep them any longer. The newest one always stays: the numbers go on from it.

use trunkline_model::InstanceId;
use trunkline_model::event::{Event, EventBody};
use trunkline_model::record::{self, EventRetention, table};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange, Ledger};

use super::boundary::Boundary;
use super::event_log::{newest_on_disk, sequence_of};
use crate::chats;
use crate::clock;
use crate::delivery;
use crate::engine::EngineError;
use crate::limits::TRIM_MAX;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Removes up to [`TRIM_MAX`] of the oldest events that are not kept any longer, the places of their messages in chats, and what
/// tells of their deliveries. Says whether there may be more.
///
/// # Errors
/// [`EngineError`] when the log cannot be read.
pub(crate) fn trim(
    ledger: &dyn Ledger,
    instance: InstanceId,
    retention: EventRetention,
    boundary: &mut Boundary,
) -> Result<bool, EngineError> {
    let newest = newest_on_disk(ledger, instance)?;
    let cutoff_ms = retention.days.map(|days| clock::wall_ms().saturating_sub(i64::from(days) * DAY_MS));
    let (first_in_bytes, more_to_count) = match retention.bytes {
        Some(bytes) => boundary.step(ledger, instance, bytes)?,
        None => (0, false),
    };
    let oldest = ledger.scan(events_of(instance), Direction::Forward, TRIM_MAX)?;
    let mut batch = Batch::new();
    let mut gone = 0;
    for (key, bytes) in &oldest {
        let event: Event = record::decode(bytes)?;
        let is_old = cutoff_ms.is_some_and(|cutoff_ms| event.time_ms < cutoff_ms);
        if event.sequence >= newest || !(is_old || event.sequence < first_in_bytes) {
            break;
        }
        batch.delete(key.clone());
        if let EventBody::MessageReceived(message) = &event.body {
            chats::forget_place(ledger, instance, event.sequence, (message, &mut batch))?;
        }
        gone = event.sequence;
    }
    if gone == 0 {
        return Ok(more_to_count);
    }
    delivery::forget_letters(ledger, instance, gone + 1, (&mut batch, TRIM_MAX))?;
    let more = oldest.last().is_some_and(|(key, _)| sequence_of(key) == gone);
    ledger.commit(batch, CommitClass::Soon).detach();
    Ok(more || more_to_count)
}

fn events_of(instance: InstanceId) -> KeyRange {
    KeyRange::table(instance.slot().0, instance.0, table::EVENT)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::log::{EventLog, read};
    use crate::testing;

    const INSTANCE: InstanceId = InstanceId(7);

    async fn log_of(ledger: &Arc<testing::TestLedger>, events: usize) -> Arc<EventLog> {
        let shared: Arc<dyn Ledger> = ledger.clone();
        let log =
            Arc::new(EventLog::open(shared, INSTANCE, Arc::default(), Arc::default()).expect("it opens"));
        for _ in 0..events {
            let body = EventBody::QrIssued { code: "x".repeat(100), expires_at_ms: 0 };
            let appended = log.append(Batch::new(), vec![(body, false)], CommitClass::First).expect("queued");
            appended.durable().await.expect("durable");
        }
        log
    }

    async fn left(ledger: &Arc<testing::TestLedger>) -> Vec<u64> {
        crate::patient::barrier(&**ledger).await.expect("durable");
        read(&**ledger, INSTANCE, 0, 100).expect("it reads").iter().map(|event| event.sequence).collect()
    }

    #[tokio::test]
    async fn bytes_are_kept_from_the_newest_backwards_and_the_newest_always() {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let log = log_of(&ledger, 10).await;
        let one = ledger.scan(events_of(INSTANCE), Direction::Forward, 1).expect("it reads");
        let size = one.iter().map(|(key, value)| (key.as_bytes().len() + value.len()) as u64).sum::<u64>();
        let keep = |bytes| EventRetention { days: None, bytes: Some(bytes) };
        let mut boundary = Boundary::default();
        assert!(!trim(&*ledger, INSTANCE, keep(size * 100), &mut boundary).expect("trimmed"));
        assert_eq!(left(&ledger).await.len(), 10);
        trim(&*ledger, INSTANCE, keep(size * 3), &mut boundary).expect("trimmed");
        assert_eq!(left(&ledger).await, [8, 9, 10]);
        trim(&*ledger, INSTANCE, keep(1), &mut boundary).expect("trimmed");
        assert_eq!(left(&ledger).await, [10]);
        drop(log);
        let log = log_of(&ledger, 1).await;
        assert_eq!((left(&ledger).await, log.newest()), (vec![10, 11], 11), "the numbers go on");
    }

    #[tokio::test]
    async fn days_that_are_over_take_their_events_along() {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        drop(log_of(&ledger, 3).await);
        trim(&*ledger, INSTANCE, EventRetention { days: Some(1), bytes: None }, &mut Boundary::default())
            .expect("trimmed");
        assert_eq!(left(&ledger).await.len(), 3);
        // Nothing is older than a day that begins now.
        trim(&*ledger, INSTANCE, EventRetention { days: Some(0), bytes: None }, &mut Boundary::default())
            .expect("trimmed");
        assert_eq!(left(&ledger).await, [3]);
    }
}
