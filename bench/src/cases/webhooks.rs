//! `webhooks`: events delivered to a webhook on this machine, per second of the gateway's CPU, beside a bare hyper client that posts bodies
//! of the same length; and how old events are when they come, to one endpoint, to many, and to many beside one that takes 30 s to
//! answer.
//!
//! What is delivered is a replay of logs that are there already, so that nothing but delivering happens.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Scale;
use super::accept::echo;
use super::support::{SETTLED, Stage, text};
use crate::error::{Bench, During};
use crate::limits::{DRAIN_TIMEOUT, LOOK_EVERY};
use crate::load::{Load, closed, open};
use crate::report::Figure;
use crate::sink;
use crate::stage::{Child, GatewayOptions};

/// Numbers whose events are delivered.
const NUMBERS: usize = 32;
/// Instances whose events are under way at a time; the bare client has as many connections.
const CONCURRENCY: usize = 32;
/// Messages that make the events: each of them three or four.
const MESSAGES: u64 = 12_000;
/// Rounds.
const ROUNDS: usize = 3;
/// Connections that hand messages in.
const CONNECTIONS: usize = 32;
/// Messages per second while the lag of one endpoint is measured.
const RATE: f64 = 100.0;
/// Endpoints that answer at once, beside one that does not.
const QUICK: usize = 99;
/// Messages per second while the lag of many endpoints is measured: each makes three or four events, and each of those as many
/// deliveries as there are endpoints.
const RATE_OF_MANY: f64 = 4.0;
/// Whom the messages are for.
const RECEIVER_PN: u64 = 4_917_300_000_001;
/// Events that the gateway's endpoints took.
const DELIVERED: &str = "trunkline_events_delivered_total";
/// Length of an event's body, about.
const BODY_BYTES: usize = 420;

#[derive(Deserialize)]
struct Posted {
    posted: f64,
    cpu_seconds: f64,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct Sink {
    url: String,
}

#[derive(Deserialize)]
struct Replaying {
    events: f64,
}

/// Plays the case.
///
/// # Errors
/// When something does not start, or events are not delivered.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let numbers = scale.numbers(NUMBERS, 4);
    let stage = Stage::build(numbers, &GatewayOptions::default()).await?;
    let sink = echo(stage.directory(), 1).await?;
    let people = stage.service.settle(RECEIVER_PN, numbers).await?;
    let request = |number: u64| {
        let place = number as usize % numbers;
        text(&stage.fleet.numbers[place].instance, &people[place].pn, "Your code is 4711.")
    };
    let (gateway, api) = (&stage.gateway, stage.gateway.api());
    let load = Load { url: gateway.url(), key: gateway.key(), connections: CONNECTIONS, request: &request };
    let messages = scale.of(MESSAGES, 400);
    closed(&load, DRAIN_TIMEOUT, messages).await?;
    gateway.wait_for(SETTLED, "", messages as f64, DRAIN_TIMEOUT).await?;
    let hook = json!({ "url": format!("{}/hook", sink.1), "concurrency": CONCURRENCY });
    let Made { id } = api.post("/v1/webhooks", &hook).await?;

    let (mut ours, mut bare, mut clock) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.of(ROUNDS, 1) {
        let (per_core, per_second) = replay(&stage, &id).await?;
        ours.push(per_core);
        clock.push(per_second);
        bare.push(post(&stage, &sink.1, scale).await?);
    }
    let _: Value = api.post_nothing(&format!("/v1/webhooks/{id}/pause")).await?;
    sink.0.stop().await;
    let mut figures = lags(&stage, &load, scale).await?;
    stage.strike().await?;
    figures.splice(
        0..0,
        [
            Figure::new("events delivered to a webhook per CPU second", "1/s", ours)
                .beside("bare hyper client loop", &bare),
            Figure::new("events delivered to a webhook per second, one shard", "1/s", clock),
        ],
    );
    Ok(figures)
}

/// How old events are when they come: to one endpoint, to many, and to many beside one that takes its time.
async fn lags(stage: &Stage, load: &Load<'_>, scale: Scale) -> Bench<Vec<Figure>> {
    let api = stage.gateway.api();
    let length = scale.of(Duration::from_secs(20), Duration::from_secs(3));
    let mut child = Child::role("the sink", &["sink"], &stage.directory().join("sink.log"))?;
    let Sink { url } = serde_json::from_str(&child.line().await?).during("reading the sink's address")?;
    let hook = |path: String| json!({ "url": format!("{url}{path}"), "timeout_ms": 60_000 });
    let measure = async |rate: f64| {
        open(load, length, rate).await?;
        // What is under way comes, and is measured.
        sleep(Duration::from_secs(2)).await;
        sink::ask(&url).await
    };
    let _: Value = api.post("/v1/webhooks", &hook("/0".to_owned())).await?;
    let one = measure(scale.of(RATE, 20.0)).await?;
    for number in 1..scale.of(QUICK, 9) {
        let _: Value = api.post("/v1/webhooks", &hook(format!("/{number}"))).await?;
    }
    let slow: Made = api.post("/v1/webhooks", &hook("/slow".to_owned())).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..scale.of(ROUNDS, 1) {
        let _: Value = api.post_nothing(&format!("/v1/webhooks/{}/pause", slow.id)).await?;
        alone.push(measure(RATE_OF_MANY).await?.p99_ms);
        let _: Value = api.post_nothing(&format!("/v1/webhooks/{}/resume", slow.id)).await?;
        beside.push(measure(RATE_OF_MANY).await?.p99_ms);
    }
    child.stop().await;
    Ok(vec![
        Figure::new(
            &format!("p99 of the lag to one endpoint at {RATE} messages a second"),
            "ms",
            vec![one.p99_ms],
        ),
        Figure::new(
            &format!("p50 of the lag to one endpoint at {RATE} messages a second"),
            "ms",
            vec![one.p50_ms],
        ),
        Figure::new(&format!("p99 of the lag to {QUICK} endpoints beside one that takes 30 s"), "ms", beside)
            .beside("without that one", &alone),
    ])
}

/// Delivers everything once more: events per second of CPU, and of the clock.
async fn replay(stage: &Stage, id: &str) -> Bench<(f64, f64)> {
    let gateway = &stage.gateway;
    let before = (gateway.metric(DELIVERED, "").await?, gateway.usage()?.cpu_seconds, Instant::now());
    let all = json!({ "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" });
    let Replaying { events } = gateway.api().post(&format!("/v1/webhooks/{id}/replay"), &all).await?;
    gateway.wait_for(DELIVERED, "", before.0 + events, DRAIN_TIMEOUT).await?;
    let cpu_seconds = gateway.usage()?.cpu_seconds - before.1;
    Ok((events / cpu_seconds, events / before.2.elapsed().as_secs_f64()))
}

/// What a bare client does in a second of its CPU.
async fn post(stage: &Stage, url: &str, scale: Scale) -> Bench<f64> {
    let seconds = scale.of("5", "1");
    let (bytes, connections) = (BODY_BYTES.to_string(), CONCURRENCY.to_string());
    let arguments = ["poster", url, &bytes, &connections, seconds];
    let mut child = Child::role("the bare client", &arguments, &stage.directory().join("poster.log"))?;
    let Posted { posted, cpu_seconds } =
        serde_json::from_str(&child.line().await?).during("reading what the bare client did")?;
    child.stop().await;
    sleep(LOOK_EVERY).await;
    Ok(posted / cpu_seconds)
}
