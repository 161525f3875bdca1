//! A trial of the event log and its deliveries: messages in and out, endpoints that fail, a gateway that is killed again and again.
//! It makes events and nothing else; [`crate::judge`] says what is wrong.

pub mod campaign;
mod site;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::timeout;

use self::site::Site;
use crate::account::{Account, Recipient};
use crate::gateway::{Api, Endpoint, Gateway, GatewayEvent, Instance};
use crate::judge::{Tally, deliveries, told_twice};
use crate::limits::{
    TRIAL_BATCH, TRIAL_DELIVERY_MS, TRIAL_DOWN_FOR, TRIAL_DRAIN_TIMEOUT, TRIAL_LOOK_INTERVAL,
    TRIAL_REQUESTS_AT_ONCE, TRIAL_TIMEOUT,
};
use crate::world::World;

/// What a trial consists of.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Events that the logs hold at the end, at least.
    pub events: u64,
    /// Linked numbers.
    pub numbers: usize,
    /// How often the gateway is killed.
    pub kill_every: Duration,
    /// Deliveries of a hundred that go wrong.
    pub failing_percent: u32,
    /// Draws the moods of the endpoints.
    pub seed: u64,
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Events in the logs.
    pub events: u64,
    /// Kills.
    pub kills: u32,
    /// Events that surfaced after a kill, flagged.
    pub backfilled: u64,
    /// What is wrong, by endpoint.
    pub endpoints: Vec<(String, Tally)>,
    /// Deliveries that endpoints did not take.
    pub refused: u64,
    /// Facts that the logs tell under two ids.
    pub told_twice: u64,
}

impl Finding {
    /// The sums over all endpoints.
    pub fn total(&self) -> Tally {
        let mut total = Tally { duplicates_with_new_id: self.told_twice, ..Tally::default() };
        for (_, tally) in &self.endpoints {
            total.missing += tally.missing;
            total.out_of_order += tally.out_of_order;
            total.duplicates_with_new_id += tally.duplicates_with_new_id;
            total.repeated += tally.repeated;
        }
        total
    }
}

/// An endpoint of the trial.
struct Told {
    name: &'static str,
    site: Site,
    endpoint: Endpoint,
    /// RFC 3339.
    created_at: String,
}

/// The kinds of events that the filtered endpoint hears of.
const WANTED: &str = "message.received";

/// Runs a trial.
///
/// # Panics
/// When the gateway or the service does not do what every test relies on; what the endpoints were told is no reason.
pub async fn run(plan: &Plan) -> Finding {
    let world = World::start().await;
    let mut gateway = Gateway::start_with(&world, &[("log-level", "warn")]).await;
    let customer = world.account("Customer").await;
    let mut lines = Vec::new();
    for number in 0..plan.numbers {
        let account = world.account(&format!("Shop {number}")).await;
        let instance = gateway.link(&account).await;
        lines.push((account, instance));
    }
    let told = endpoints(&gateway, plan).await;
    let kills = make_events(&mut gateway, plan, &customer, &lines, &told).await;
    told.iter().for_each(|told| told.site.calm_down());
    all_open(&lines).await;
    heard(&told).await;
    let mut logs = Vec::new();
    for (_, instance) in &lines {
        logs.extend(instance.all_events().await);
    }
    let judged = told.iter().map(|told| {
        let wanted = |event: &GatewayEvent| told.name != "filtered" || event.kind == WANTED;
        // What happened before the endpoint was made is not told to it.
        let since = |event: &GatewayEvent| event.time >= told.created_at;
        (told.name.to_owned(), deliveries(&logs, &told.site.taken(), |event| wanted(event) && since(event)))
    });
    let finding = Finding {
        events: logs.len() as u64,
        kills,
        backfilled: logs.iter().filter(|event| event.backfilled).count() as u64,
        endpoints: judged.collect(),
        refused: told.iter().map(|told| told.site.refused()).sum(),
        told_twice: told_twice(&logs),
    };
    gateway.finish().await;
    world.finish().await;
    finding
}

/// One that hears everything, one in batches, one that wants received messages only.
async fn endpoints(gateway: &Gateway, plan: &Plan) -> Vec<Told> {
    let kinds = [
        ("plain", json!({})),
        ("batched", json!({"batch": {"events_max": 50, "wait_ms": 100}})),
        ("filtered", json!({"events": [WANTED]})),
    ];
    let mut told = Vec::new();
    for (seed, (name, mut body)) in (plan.seed..).zip(kinds) {
        let site = Site::start(seed, plan.failing_percent);
        body["url"] = json!(site.url());
        body["timeout_ms"] = json!(TRIAL_DELIVERY_MS);
        body["concurrency"] = json!(32);
        body["retry"] = json!({"base_ms": 100, "cap_ms": 1_000, "give_up_after_seconds": 86_400});
        let endpoint = gateway.add_webhook(&body).await;
        let created_at = endpoint.view().await["created_at"].as_str().unwrap_or_default().to_owned();
        told.push(Told { name, site, endpoint, created_at });
    }
    told
}

/// Sends in both directions until the logs are long enough, and waits until the endpoints have heard of it; the gateway is killed
/// all the while. Gives the number of kills.
async fn make_events(
    gateway: &mut Gateway,
    plan: &Plan,
    customer: &Account,
    lines: &[(Account, Instance)],
    told: &[Told],
) -> u32 {
    let (api, enough) = (gateway.api().clone(), AtomicBool::new(false));
    let going = || !enough.load(Ordering::Relaxed);
    let inbound = stream::iter(0u64..).take_while(|_| std::future::ready(going())).for_each_concurrent(
        TRIAL_REQUESTS_AT_ONCE,
        |number| async move {
            let (account, _) = &lines[number as usize % lines.len()];
            customer.phone().send_text(account, &format!("in {number}")).await;
        },
    );
    // An eighth of the events are messages that go out, and each makes four; the rest comes in.
    let batches = plan.events.div_ceil(8 * TRIAL_BATCH as u64);
    let outbound = stream::iter(0..batches).for_each_concurrent(lines.len(), |number| {
        let (_, instance) = &lines[number as usize % lines.len()];
        send_batch(&api, instance, customer, number)
    });
    let watching = async {
        while count(&api).await.is_none_or(|events| events < plan.events) {
            tokio::time::sleep(TRIAL_LOOK_INTERVAL).await;
        }
        enough.store(true, Ordering::Relaxed);
    };
    let mut kills = 0;
    let killing = async {
        loop {
            tokio::time::sleep(plan.kill_every).await;
            gateway.kill9();
            kills += 1;
            tokio::time::sleep(TRIAL_DOWN_FOR).await;
            gateway.restart().await;
        }
    };
    let made = timeout(TRIAL_TIMEOUT, async {
        let working = async {
            tokio::join!(inbound, outbound, watching);
            heard(told).await;
        };
        tokio::pin!(working, killing);
        tokio::select! {
            () = &mut working => {}
            () = &mut killing => {}
        }
    });
    made.await.unwrap_or_else(|_| panic!("not enough events within {TRIAL_TIMEOUT:?}"));
    gateway.ensure_running().await;
    kills
}

/// Hands messages over, again and again while the gateway is down or full.
async fn send_batch(api: &Api, instance: &Instance, customer: &Account, number: u64) {
    let message = |place: usize| {
        json!({
            "to": customer.jid(),
            "text": {"body": format!("out {number}.{place}")},
            "idempotency_key": format!("{number}.{place}"),
        })
    };
    let messages: Vec<Value> = (0..TRIAL_BATCH).map(message).collect();
    let path = instance.path("/messages/batch");
    let body = json!({ "messages": messages });
    while !api.post(&path, &body).try_send().await.is_ok_and(|answer| answer.status < 300) {
        tokio::time::sleep(TRIAL_LOOK_INTERVAL).await;
    }
}

/// Events in all logs; `None` while the gateway is down.
async fn count(api: &Api) -> Option<u64> {
    let listed = api.get("/v1/instances?limit=200").try_send().await.ok()?;
    let instances = listed.json();
    instances["data"].as_array().map(|all| all.iter().filter_map(|one| one["newest_event"].as_u64()).sum())
}

/// Waits until nothing happens any more by itself: a number that comes back says so in its log.
async fn all_open(lines: &[(Account, Instance)]) {
    for (_, instance) in lines {
        while instance.view().await["state"] != "open" {
            tokio::time::sleep(TRIAL_LOOK_INTERVAL).await;
        }
    }
}

/// Waits until every endpoint has heard everything, or long enough: what is missing then is the judge's to say.
async fn heard(told: &[Told]) {
    let heard = timeout(TRIAL_DRAIN_TIMEOUT, async {
        for Told { endpoint, .. } in told {
            while endpoint.try_view().await.is_none_or(|view| view["pending"] != 0) {
                tokio::time::sleep(TRIAL_LOOK_INTERVAL).await;
            }
        }
    });
    drop(heard.await);
}
