//! `mixed`: many numbers, each of which sends and receives a message a minute, for ten minutes: CPU, memory slope, latency.
//!
//! Every other message is handed in with `wait=sent`, so that both waits are measured under the same load: for the disk, and for the
//! service's acknowledgement.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};

use super::Scale;
use super::memory::{empty_gateway, per_number, slope, watch};
use super::support::{CLOSED, RECEIVED, Stage, none_failed, text, whole};
use crate::error::Bench;
use crate::limits::DRAIN_TIMEOUT;
use crate::load::{Load, Measured, Request, open};
use crate::report::Figure;
use crate::stage::{GatewayOptions, Person, Usage};

/// Phones on the other side.
const PEOPLE: u64 = 200;
/// First of them.
const PEOPLE_PN: u64 = 4_917_300_000_001;
/// Connections of each of the two loads.
const CONNECTIONS: usize = 32;
/// Requests to the service at once.
const AT_ONCE: usize = 16;

/// What happens, how fast and for how long.
struct Traffic {
    numbers: usize,
    /// Messages a second, each way.
    rate: f64,
    length: Duration,
}

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages are refused or stay away.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let numbers = scale.numbers(10_000, 60);
    let length = scale.of(Duration::from_secs(600), Duration::from_secs(4));
    let traffic = Traffic { numbers, rate: numbers as f64 / scale.of(60.0, 2.0), length };
    let empty = empty_gateway(scale).await?;
    let stage = Stage::build(numbers, &GatewayOptions::default()).await?;
    let (stage, _) = stage.restart(&GatewayOptions::default()).await?;
    let people = stage.service.settle(PEOPLE_PN, PEOPLE as usize).await?;
    sleep(scale.settle()).await;
    let figures = play(&stage, &traffic, &people, empty).await?;
    none_failed(&stage.gateway).await?;
    stage.strike().await?;
    Ok(figures)
}

async fn play(stage: &Stage, traffic: &Traffic, people: &[Person], empty: Usage) -> Bench<Vec<Figure>> {
    let Traffic { numbers: count, rate, length } = *traffic;
    let gateway = &stage.gateway;
    let (before, closed) = (gateway.usage()?, gateway.metric(CLOSED, "").await?);
    let received = gateway.metric(RECEIVED, "").await?;
    let began = Instant::now();
    let (accepted, acknowledged, written, looks) = tokio::try_join!(
        outbound(stage, traffic, people, Wait::Durable),
        outbound(stage, traffic, people, Wait::Sent),
        inbound(stage, traffic, began),
        watch(gateway, began + length)
    )?;
    gateway.wait_for(RECEIVED, "", received + written as f64, DRAIN_TIMEOUT).await?;
    let after = gateway.usage()?;
    let cpu = (after.cpu_seconds - before.cpu_seconds) / began.elapsed().as_secs_f64();
    let open_at_end = looks.last().map_or(0.0, |look| look.open);
    let lost = gateway.metric(CLOSED, "").await? - closed;
    let p99 = |measured: &Measured| vec![measured.quantile_ms(0.99)];
    let size = format!("{count} numbers, {rate:.0} messages/s each way");
    Ok(vec![
        Figure::new(&format!("p99 of a durable 202, {size}"), "ms", p99(&accepted)),
        Figure::new("p99 of the service's acknowledgement (wait=sent)", "ms", p99(&acknowledged)),
        Figure::new("cores used by the gateway", "cores", vec![cpu]),
        Figure::new("memory slope of the second half", "KiB/number/hour", vec![slope(&looks, count)]),
        Figure::new("RSS per number at the end", "KiB", vec![per_number(empty, after, count)])
            .beside("before the first message", &[per_number(empty, before, count)]),
        Figure::new("numbers open at the end", "numbers", vec![open_at_end])
            .beside("numbers linked", &[count as f64]),
        Figure::new("connections lost meanwhile", "connections", vec![lost]),
        Figure::new("messages received", "messages", vec![written as f64])
            .beside("messages sent", &[(accepted.succeeded + acknowledged.succeeded) as f64]),
    ])
}

/// What a sender waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Durable,
    Sent,
}

/// The numbers write to people: those with an even index for one wait, the others for the other, at half the rate each.
async fn outbound(stage: &Stage, traffic: &Traffic, people: &[Person], wait: Wait) -> Bench<Measured> {
    let numbers = &stage.fleet.numbers;
    let request = |number: u64| {
        let index = number as usize * 2 + usize::from(wait == Wait::Sent);
        let instance = &numbers[index % numbers.len()].instance;
        let to = &people[index % people.len()].pn;
        let Request { path, body } = text(instance, to, "Your parcel arrives today between two and four.");
        Request { path: if wait == Wait::Sent { format!("{path}?wait=sent") } else { path }, body }
    };
    let (url, key) = (stage.gateway.url(), stage.gateway.key());
    let load = Load { url, key, connections: CONNECTIONS, request: &request };
    whole(open(&load, traffic.length, traffic.rate / 2.0).await?)
}

/// People write to the numbers, each message when it is due; gives how many.
async fn inbound(stage: &Stage, traffic: &Traffic, began: Instant) -> Bench<u64> {
    let numbers = &stage.fleet.numbers;
    let total = (traffic.length.as_secs_f64() * traffic.rate) as u64;
    stream::iter(0..total)
        .map(async |number| {
            sleep_until(began + Duration::from_secs_f64(number as f64 / traffic.rate)).await;
            let writer = (PEOPLE_PN + number % PEOPLE).to_string();
            let to = &numbers[number as usize % numbers.len()].pn;
            stage.service.write(&writer, to, "Could you come at four?").await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    Ok(total)
}
