//! Deliveries over a real log and a real socket: in order, counted, resumed, given up, pulled.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use trunkline_model::command::{Command, EndpointHealth, Replay};
use trunkline_model::delivery::{
    BreakerState, Endpoint, Filter, FollowFrom, Format, HttpTarget, LaneCounts, PauseReason, RetrySchedule,
    Target,
};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::{EndpointId, InstanceId};
use trunkline_store::Batch;

use super::*;
use crate::clock;
use crate::testing::shard::{INSTANCE, TestShard, in_time, resting};

/// Takes what is posted, and answers as it was told.
#[derive(Default)]
struct Site {
    bodies: Mutex<Vec<String>>,
    answers: Mutex<VecDeque<u16>>,
    came: Notify,
}

impl Site {
    /// Starts it with the statuses of its first answers; later ones are 200.
    async fn start(answers: &[u16]) -> (Arc<Site>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let site =
            Arc::new(Site { answers: Mutex::new(answers.iter().copied().collect()), ..Site::default() });
        let serving = Arc::clone(&site);
        #[expect(clippy::disallowed_methods, reason = "the endpoint is no part of the engine")]
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(socket));
            }
        });
        (site, url)
    }

    async fn serve(self: Arc<Self>, mut socket: TcpStream) {
        let mut read = Vec::new();
        let mut piece = [0; 4_096];
        loop {
            let Ok(length) = socket.read(&mut piece).await else { return };
            if length == 0 {
                return;
            }
            read.extend_from_slice(&piece[..length]);
            while let Some((body, rest)) = request(&read) {
                self.bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body);
                let status =
                    self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(200);
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
                read = rest;
                self.came.notify_waiters();
            }
        }
    }

    fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn wait_for(&self, what: impl Fn(&[String]) -> bool) -> Vec<String> {
        in_time(async {
            loop {
                let came = self.came.notified();
                let bodies = self.bodies();
                if what(&bodies) {
                    return bodies;
                }
                came.await;
            }
        })
        .await
    }
}

/// The body of the request at the beginning of these bytes, and what follows it.
fn request(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.find("\r\n\r\n")?;
    let length = text[..head].lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned())
    })?;
    let (begin, length) = (head + 4, length.parse::<usize>().ok()?);
    (bytes.len() >= begin + length).then(|| {
        (
            String::from_utf8_lossy(&bytes[begin..begin + length]).into_owned(),
            bytes[begin + length..].to_vec(),
        )
    })
}

const ID: EndpointId = EndpointId(77);

fn endpoint(target: Target) -> Endpoint {
    Endpoint {
        id: ID,
        account: ROOT_ACCOUNT,
        name: None,
        target,
        filter: Filter::default(),
        batching: None,
        concurrency: 4,
        timeout_ms: 5_000,
        schedule: RetrySchedule::Exponential { base_ms: 1, cap_ms: 2, give_up_after_ms: 60_000 },
        pause: None,
        created_at_ms: 0,
        changed_at_ms: 0,
    }
}

fn hook(url: String) -> Target {
    Target::Http(HttpTarget {
        url,
        secret: "secret".into(),
        old_secret: None,
        headers: Vec::new(),
        format: Format::Native,
    })
}

/// Two events.
async fn stir(shard: &TestShard) {
    for order in [Command::Connect, Command::Disconnect] {
        shard.call(INSTANCE, order).await.expect("done");
    }
}

/// Waits until an endpoint shows itself like this.
async fn health(registry: &Registry, like: impl Fn(&EndpointHealth) -> bool) -> EndpointHealth {
    in_time(async {
        loop {
            let entry = registry.of_account(ROOT_ACCOUNT, ID).expect("it is there");
            let health = super::health(registry, &entry).expect("it reads");
            if like(&health) {
                return health;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

fn numbers(range: std::ops::RangeInclusive<u64>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn events_come_in_order_and_a_refused_one_before_the_next() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[500, 200, 503, 429]).await;
    registry.create(endpoint(hook(url))).await.expect("made");
    stir(&shard).await;
    stir(&shard).await;
    let bodies = site.wait_for(|bodies| bodies.len() == 7).await;
    assert_eq!(bodies, ["1", "1", "2", "2", "2", "3", "4"]);
    let health = health(&registry, |health| health.pending == 0).await;
    assert_eq!(health.counts, LaneCounts { delivered: 4, ..LaneCounts::default() });
    let entry = registry.of_account(ROOT_ACCOUNT, ID).expect("it is there");
    let kept = deliveries(&registry, ID, |_| true, 100).expect("they read");
    let mut told: Vec<(u64, u32, Option<u16>)> =
        kept.iter().map(|kept| (kept.sequence, kept.attempt, kept.outcome.status)).collect();
    told.sort_unstable();
    let status = |code| Some(code);
    assert_eq!(
        told,
        [
            (1, 1, status(500)),
            (1, 2, status(200)),
            (2, 1, status(503)),
            (2, 2, status(429)),
            (2, 3, status(200)),
            (3, 1, status(200)),
            (4, 1, status(200)),
        ]
    );
    drop(entry);
}

#[tokio::test]
async fn what_is_not_wanted_is_passed_over_and_counted() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[]).await;
    let filter = Filter { events: vec!["instance.stopped".into()], ..Filter::default() };
    registry.create(Endpoint { filter, ..endpoint(hook(url)) }).await.expect("made");
    stir(&shard).await;
    stir(&shard).await;
    assert_eq!(site.wait_for(|bodies| bodies.len() == 2).await, ["2", "4"]);
    let health = health(&registry, |health| health.pending == 0).await;
    assert_eq!(health.counts, LaneCounts { delivered: 2, passed_over: 2, ..LaneCounts::default() });
}

#[tokio::test]
async fn an_event_that_is_given_up_is_kept_pauses_a_dead_endpoint_and_comes_again_when_asked() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[500, 500]).await;
    let schedule = RetrySchedule::Steps { delays_ms: vec![1] };
    registry.create(Endpoint { schedule, ..endpoint(hook(url)) }).await.expect("made");
    stir(&shard).await;
    health(&registry, |health| health.counts.dead == 1).await;
    let paused = in_time(async {
        loop {
            let entry = registry.of_account(ROOT_ACCOUNT, ID).expect("it is there");
            match entry.endpoint.pause {
                Some(pause) => return pause.reason,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    })
    .await;
    assert_eq!(paused, PauseReason::Failing);
    assert_eq!(site.bodies(), ["1", "1"], "nothing is delivered to a paused endpoint");
    let entry = registry.of_account(ROOT_ACCOUNT, ID).expect("it is there");
    let (letters, more) = dead_letters(&registry, &entry, None, 10).expect("they read");
    assert_eq!((letters.len(), letters[0].sequence, letters[0].record.attempts, more), (1, 1, 2, false));
    registry.change((ROOT_ACCOUNT, ID), resumed).await.expect("resumed");
    site.wait_for(|bodies| bodies.len() == 3).await;
    let entry = registry.of_account(ROOT_ACCOUNT, ID).expect("it is there");
    assert_eq!(replay(&registry, &entry, Replay::DeadLetters).await.expect("it begins"), 1);
    assert_eq!(site.wait_for(|bodies| bodies.len() == 4).await, ["1", "1", "2", "1"]);
    in_time(async {
        while !dead_letters(&registry, &entry, None, 10).expect("they read").0.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_is_given_up_gives_up_its_first_event_only() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[500, 500]).await;
    let schedule = RetrySchedule::Steps { delays_ms: vec![1] };
    let batching = Some(trunkline_model::delivery::Batching { events_max: 3, wait_ms: 100 });
    registry.create(Endpoint { schedule, batching, ..endpoint(hook(url)) }).await.expect("made");
    stir(&shard).await;
    health(&registry, |health| health.counts.dead == 1).await;
    registry.change((ROOT_ACCOUNT, ID), resumed).await.expect("resumed");
    let bodies = site.wait_for(|bodies| bodies.len() >= 3).await;
    assert!(bodies[0] == bodies[1] && bodies[0].starts_with("1,2"), "{bodies:?}");
    assert!(bodies[2].starts_with('2'), "what came with it is delivered: {bodies:?}");
}

#[tokio::test]
async fn a_batch_that_is_refused_again_and_again_goes_one_by_one() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[500, 500, 500]).await;
    let batching = Some(trunkline_model::delivery::Batching { events_max: 2, wait_ms: 100 });
    registry.create(Endpoint { batching, ..endpoint(hook(url)) }).await.expect("made");
    stir(&shard).await;
    let bodies = site.wait_for(|bodies| bodies.len() >= 4).await;
    assert_eq!(bodies[..4], ["1,2", "1,2", "1,2", "1"]);
}

fn resumed(endpoint: &mut Endpoint) -> Result<(), trunkline_model::Failure> {
    endpoint.pause = None;
    Ok(())
}

#[tokio::test]
async fn the_breaker_opens_and_a_success_closes_it() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[500; 10]).await;
    registry.create(endpoint(hook(url))).await.expect("made");
    stir(&shard).await;
    let open = health(&registry, |health| health.breaker == Some(BreakerState::Open)).await;
    assert_eq!(open.last_outcome.and_then(|outcome| outcome.status), Some(500));
    assert_eq!(site.bodies().len(), 10, "left alone while it is open");
    // Somebody says that it works again.
    registry.change((ROOT_ACCOUNT, ID), |_| Ok(())).await.expect("changed");
    site.wait_for(|bodies| bodies.ends_with(&["1".to_owned(), "2".to_owned()])).await;
    health(&registry, |health| health.breaker == Some(BreakerState::Closed) && health.pending == 0).await;
}

#[tokio::test]
async fn a_batch_goes_as_one_delivery() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[]).await;
    let batching = Some(trunkline_model::delivery::Batching { events_max: 3, wait_ms: 200 });
    registry.create(Endpoint { batching, ..endpoint(hook(url)) }).await.expect("made");
    stir(&shard).await;
    stir(&shard).await;
    let bodies = site.wait_for(|bodies| bodies.len() >= 2).await;
    // The second one takes along what happens while it waits.
    assert!(bodies[0] == "1,2,3" && bodies[1].starts_with('4'), "{bodies:?}");
}

#[tokio::test]
async fn a_new_endpoint_hears_what_happens_from_then_on_and_a_replay_brings_the_past() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    stir(&shard).await;
    tokio::time::sleep(Duration::from_millis(2)).await;
    let (site, url) = Site::start(&[]).await;
    let created_at_ms = clock::wall_ms();
    let entry = registry.create(Endpoint { created_at_ms, ..endpoint(hook(url)) }).await.expect("made");
    stir(&shard).await;
    assert_eq!(site.wait_for(|bodies| bodies.len() == 2).await, ["3", "4"]);
    let wanted = Replay::Times { instance: None, from_ms: 0, to_ms: i64::MAX };
    assert_eq!(replay(&registry, &entry, wanted).await.expect("it begins"), 4);
    let bodies = site.wait_for(|bodies| bodies.len() == 6).await;
    assert_eq!(bodies[2..], numbers(1..=4));
    let unknown = replay(&registry, &entry, Replay::Events(vec![(INSTANCE, 5)])).await;
    assert!(unknown.is_err(), "there is no such event");
    let foreign = replay(&registry, &entry, Replay::After(InstanceId(999), 0)).await;
    assert!(foreign.is_err(), "it is not told of that instance");
}

#[tokio::test]
async fn a_consumer_hears_again_what_it_did_not_acknowledge() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let entry = registry.create(endpoint(Target::Pull)).await.expect("made");
    let sequences =
        |events: &[(InstanceId, Event)]| events.iter().map(|(_, e)| e.sequence).collect::<Vec<_>>();
    assert!(pull(&registry, &entry, 10, 10).await.expect("it reads").is_empty());
    let waiting = pull(&registry, &entry, 10, 20_000);
    let (first, ()) = tokio::join!(waiting, stir(&shard));
    assert!(!first.expect("it reads").is_empty(), "the wait ends with the first event");
    stir(&shard).await;
    for _ in 0..2 {
        let events = in_time(async {
            loop {
                let events = pull(&registry, &entry, 3, 100).await.expect("it reads");
                if events.len() == 3 {
                    return events;
                }
            }
        });
        assert_eq!(sequences(&events.await), [1, 2, 3]);
    }
    acknowledge(&registry, &entry, vec![(INSTANCE, 3)]).await.expect("written");
    assert_eq!(sequences(&pull(&registry, &entry, 3, 1_000).await.expect("it reads")), [4]);
    acknowledge(&registry, &entry, vec![(INSTANCE, 99)]).await.expect("written");
    assert!(pull(&registry, &entry, 3, 10).await.expect("it reads").is_empty());
    let health = health(&registry, |health| health.pending == 0).await;
    assert_eq!(health.counts.delivered, 4);
}

#[tokio::test]
async fn who_follows_an_account_hears_everything_once() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    stir(&shard).await;
    let all = FollowFrom::Time { ms: 0 };
    let mut follower = AccountFollower::open(&registry, ROOT_ACCOUNT, all).expect("there is room");
    stir(&shard).await;
    let mut heard = Vec::new();
    while heard.len() < 4 {
        heard.extend(
            in_time(follower.next()).await.expect("it reads").into_iter().map(|(_, event)| event.sequence),
        );
    }
    assert_eq!(heard, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_deleted_endpoint_leaves_nothing() {
    let shard = TestShard::start(&[resting()], Batch::new()).await;
    let registry = shard.deliver();
    let (site, url) = Site::start(&[]).await;
    registry.create(endpoint(hook(url))).await.expect("made");
    stir(&shard).await;
    site.wait_for(|bodies| bodies.len() == 2).await;
    health(&registry, |health| health.pending == 0).await;
    registry.delete(ROOT_ACCOUNT, ID, true).await.expect_err("a webhook is no consumer");
    registry.delete(ROOT_ACCOUNT, ID, false).await.expect("deleted");
    assert!(registry.of_account(ROOT_ACCOUNT, ID).is_err());
    let left = || {
        let lanes = rows::lanes(&*shard.ledger, ID, INSTANCE, 10).expect("they read").len();
        lanes + rows::deliveries(&*shard.ledger, ID, rows::ring_of(INSTANCE)).expect("they read").len()
    };
    in_time(async {
        while left() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
