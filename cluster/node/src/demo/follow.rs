//! Follows the event streams of all instances, each from its beginning, over reconnects.

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::limits::{FOLLOW_ATTEMPTS_MAX, FOLLOW_RETRY_AFTER};
use super::tracker::Tracker;
use crate::client::{Api, ApiError, Event};

/// Follows every instance and tells the tracker. Ends only when none can be followed any more.
pub async fn follow_all(api: &Api, instances: &[String], tracker: &Tracker) {
    join_all(instances.iter().enumerate().map(|(number, instance)| follow(api, number, instance, tracker)))
        .await;
}

async fn follow(api: &Api, number: usize, instance: &str, tracker: &Tracker) {
    let mut after = 0;
    let mut attempts = 0;
    loop {
        let before = after;
        let ended = follow_once(api, number, instance, (tracker, &mut after)).await;
        attempts = if after > before { 0 } else { attempts + 1 };
        if attempts >= FOLLOW_ATTEMPTS_MAX {
            let why = ended.map_or_else(|error| error.to_string(), |()| "the stream ends at once".to_owned());
            return tracker.broke(format!("the events of number {number} cannot be followed: {why}"));
        }
        sleep(FOLLOW_RETRY_AFTER).await;
    }
}

async fn follow_once(
    api: &Api,
    number: usize,
    instance: &str,
    (tracker, after): (&Tracker, &mut u64),
) -> Result<(), ApiError> {
    let mut events = api.follow(instance, *after).await?;
    while let Some(event) = events.next::<Event>().await? {
        *after = event.sequence;
        tracker.heard(number, event, Instant::now());
    }
    Ok(())
}
