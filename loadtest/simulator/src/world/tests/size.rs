//! What accounts cost.

use super::super::*;
use crate::limits::IDLE_ACCOUNT_BYTES_MAX;

#[test]
fn ten_thousand_idle_accounts_stay_below_the_stated_bound() {
    const COUNT: u64 = 10_000;
    let config =
        WorldConfig { seed: 1, offline: OfflineMode::Push, media_host: String::new(), lid_migrated: false };
    let mut world = World::new(config);
    for number in 0..COUNT {
        world.create_plain_account(&(5_511_900_000_000 + number).to_string()).expect("created");
    }
    let stats = world.stats();
    assert_eq!((stats.accounts, stats.idle_accounts), (10_000, 10_000));
    let each = stats.bytes_per_idle_account;
    assert!((size_of::<account::Account>()..=IDLE_ACCOUNT_BYTES_MAX).contains(&each), "{each} bytes each");
    assert_eq!(stats.account_bytes, each * 10_000);
}
