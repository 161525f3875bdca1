//! Follows the open instance's log as an account's only one.

use tokio::sync::watch;
use trunkline_api::AccountFollower;
use trunkline_model::InstanceId;
use trunkline_model::command::Reply;
use trunkline_model::delivery::FollowFrom;
use trunkline_model::event::Event;

use super::{Fake, OPEN};

pub struct FakeFollower {
    fake: Fake,
    after: u64,
    newest: watch::Receiver<u64>,
}

impl FakeFollower {
    pub fn new(fake: &Fake, from: FollowFrom) -> FakeFollower {
        let newest = fake.0.newest.subscribe();
        let after = if from == FollowFrom::Now { *newest.borrow() } else { 0 };
        FakeFollower { fake: fake.clone(), after, newest }
    }
}

impl AccountFollower for FakeFollower {
    async fn next(&mut self) -> Option<Vec<(InstanceId, Event)>> {
        loop {
            self.newest.borrow_and_update();
            let Reply::Events { events, newest } = self.fake.pull(self.after, 64) else { return None };
            self.after = events.last().map_or(newest, |event| event.sequence);
            if !events.is_empty() {
                return Some(events.into_iter().map(|event| (OPEN, event)).collect());
            }
            if !self.fake.is_followed() {
                return None;
            }
            self.newest.changed().await.ok()?;
        }
    }
}
