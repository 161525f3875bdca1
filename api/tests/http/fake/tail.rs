//! Follows the log of the fake's open instance.

use tokio::sync::watch;
use trunkline_api::EventTail;

use super::Fake;

pub struct FakeTail {
    fake: Fake,
    newest: watch::Receiver<u64>,
}

impl FakeTail {
    pub(super) fn new(fake: Fake) -> FakeTail {
        FakeTail { newest: fake.0.newest.subscribe(), fake }
    }
}

impl EventTail for FakeTail {
    async fn next(&mut self) -> Option<u64> {
        self.newest.changed().await.ok()?;
        Some(*self.newest.borrow_and_update())
    }
}

impl Drop for FakeTail {
    fn drop(&mut self) {
        self.fake.0.tails.send_modify(|open| *open -= 1);
    }
}
