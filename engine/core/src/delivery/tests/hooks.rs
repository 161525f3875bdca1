//! Hooks: one for an instance and a dialect, told what the dialect has words for, and gone with the instance.

use trunkline_model::Dialect;
use trunkline_model::command::Reply;
use trunkline_model::delivery::{HookChange, HookId};

use super::*;

const HOOK: HookId = HookId { instance: INSTANCE, dialect: Dialect::Wsapi };

fn change() -> HookChange {
    HookChange {
        url: None,
        secret: None,
        events: None,
        headers: None,
        timeout_ms: 5_000,
        schedule: RetrySchedule::Exponential { base_ms: 1, cap_ms: 2, give_up_after_ms: 60_000 },
        enabled: true,
    }
}

async fn sends_to(registry: &Arc<Registry>, url: String) {
    let change = HookChange { url: Some(url), ..change() };
    registry.change_hook(ROOT_ACCOUNT, HOOK, change).await.expect("it is written");
}

/// An event that the dialect has no word for counted as a delivery, and closed the breaker.
#[tokio::test]
async fn what_a_dialect_has_no_word_for_is_passed_over_without_an_attempt() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[]).await;
    sends_to(&registry, url).await;
    stir(&shard).await;
    stir(&shard).await;
    assert_eq!(site.wait_for(|bodies| bodies.len() == 2).await, ["shop 2", "shop 4"]);
    let counts = in_time(async {
        loop {
            let entry = registry.hook(ROOT_ACCOUNT, HOOK).expect("it is there");
            let health = crate::delivery::health(&registry, &entry).expect("it reads");
            if health.pending == 0 {
                return health.counts;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(counts, LaneCounts { delivered: 2, passed_over: 2, ..LaneCounts::default() });
    let attempts = deliveries(&registry, HOOK.endpoint(), |_| true, 100).expect("they read");
    assert_eq!(attempts.len(), 2, "{attempts:?}");
}

/// Two who configured an instance at the same time made two webhooks, and every event came twice from then on.
#[tokio::test]
async fn however_many_change_a_hook_there_is_one_with_the_changes_of_all() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let changes = [
        HookChange { url: Some("https://example.org/hook".into()), ..change() },
        HookChange { secret: Some("s3cret".into()), ..change() },
        HookChange { events: Some(vec!["message".into()]), ..change() },
    ];
    let asked = changes.map(|change| registry.change_hook(ROOT_ACCOUNT, HOOK, change));
    for done in futures_util::future::join_all(asked).await {
        done.expect("it is written");
    }
    let all = registry.list(ROOT_ACCOUNT, false);
    let [entry] = all.as_slice() else { panic!("{} webhooks", all.len()) };
    let (target, format) = entry.endpoint.hook().expect("a hook");
    assert_eq!((target.url.as_str(), target.secret.as_str()), ("https://example.org/hook", "s3cret"));
    assert_eq!(format.events, ["message"]);
}

#[tokio::test]
async fn without_an_address_nothing_is_told_and_nothing_of_it_later() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[]).await;
    let secret = HookChange { secret: Some("s3cret".into()), ..change() };
    registry.change_hook(ROOT_ACCOUNT, HOOK, secret).await.expect("it is written");
    assert!(registry.list(ROOT_ACCOUNT, false).is_empty(), "it is no webhook yet");
    assert!(registry.of_account(ROOT_ACCOUNT, HOOK.endpoint()).is_err());
    stir(&shard).await;
    sends_to(&registry, url).await;
    stir(&shard).await;
    assert_eq!(site.wait_for(|bodies| !bodies.is_empty()).await, ["shop 4"]);
    sends_to(&registry, String::new()).await;
    let kept = registry.hook(ROOT_ACCOUNT, HOOK).expect("it is there");
    assert_eq!(kept.endpoint.hook().map(|(target, _)| target.secret.as_str()), Some("s3cret"));
    stir(&shard).await;
    assert_eq!(site.bodies(), ["shop 4"]);
}

/// The log was erased before the webhook had read in it that the instance was deleted.
#[tokio::test]
async fn a_deletion_waits_for_the_hook_and_takes_it_along() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[500]).await;
    sends_to(&registry, url).await;
    assert!(matches!(shard.call(INSTANCE, Command::DeleteInstance).await, Ok(Reply::Done)));
    assert_eq!(site.bodies(), ["shop 1", "shop 1"], "refused once, then taken");
    assert!(registry.hook(ROOT_ACCOUNT, HOOK).is_none());
}
