//! `receive`: messages received, decrypted, committed and in the event log, per second and per second of the receiver's CPU.
//!
//! The phones that write are the simulated service's, which runs on the same cores: per second of the clock says what the whole
//! machine does, per second of CPU what the receiver needs. Every receiver is given as many messages as keep it busy for seconds;
//! rates are compared, not times.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep};

use super::Scale;
use super::support::{RECEIVED, Stage, directory};
use crate::error::Bench;
use crate::limits::{DRAIN_TIMEOUT, LOOK_EVERY, QUIET_TIMEOUT};
use crate::report::Figure;
use crate::stage::{GatewayOptions, Peer, PeerKind, Service, Usage};

/// Numbers that receive.
const RECEIVERS: usize = 20;
/// Phones that write.
const WRITERS: usize = 50;
/// First of the writers.
const WRITERS_PN: u64 = 4_917_200_000_001;
/// First of the peers' own phones.
const PEER_PN: u64 = 4_915_300_000_001;
/// Messages of a round.
const MESSAGES: usize = 40_000;
/// Messages of a round of Baileys.
const BAILEYS_MESSAGES: usize = 3_000;
/// Requests to the service at once.
const AT_ONCE: usize = 32;

/// What rounds of receiving gave.
#[derive(Default)]
struct Rates {
    per_core: Vec<f64>,
    per_second: Vec<f64>,
    /// Messages that were written and not reported.
    missing: u64,
}

impl Rates {
    fn note(&mut self, messages: u64, wall: Duration, cpu_seconds: f64) {
        self.per_second.push(messages as f64 / wall.as_secs_f64());
        self.per_core.push(messages as f64 / cpu_seconds);
    }
}

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages stay away.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let receivers = scale.numbers(RECEIVERS, 4);
    let stage = Stage::build(receivers, &GatewayOptions::default()).await?;
    stage.service.settle(WRITERS_PN, WRITERS).await?;
    let ours = ours(&stage, scale).await?;
    let per_core = Figure::new("messages received per CPU second, committed", "1/s", ours.per_core);
    let wall = "messages received per second, service and phones on the same cores";
    let per_second = Figure::new(wall, "1/s", ours.per_second);
    let mut figures = Vec::new();
    if scale.peers {
        for kind in [PeerKind::WhatsappRustInMemory, PeerKind::WhatsappRust, PeerKind::Baileys] {
            let there = peer(&stage.service, kind, scale).await?;
            figures.push(per_core.clone().beside(kind.name(), &there.per_core));
            figures.push(per_second.clone().beside(kind.name(), &there.per_second));
            if there.missing > 0 {
                let metric = format!("messages that {} never reported", kind.name());
                figures.push(Figure::new(&metric, "messages", vec![there.missing as f64]));
            }
        }
    } else {
        figures.extend([per_core, per_second]);
    }
    stage.strike().await?;
    Ok(figures)
}

/// Messages of a round. The first round is one message from every writer to every receiver: it opens the Signal sessions, which is
/// another work, and is not counted.
fn messages(kind: Option<PeerKind>, round: usize, scale: Scale) -> usize {
    match (round, kind) {
        (0, _) => scale.numbers(RECEIVERS, 4) * WRITERS,
        (_, Some(PeerKind::Baileys)) => scale.of(BAILEYS_MESSAGES, 200),
        _ => scale.of(MESSAGES, 400),
    }
}

async fn ours(stage: &Stage, scale: Scale) -> Bench<Rates> {
    let numbers: Vec<String> = stage.fleet.numbers.iter().map(|number| number.pn.clone()).collect();
    let mut rates = Rates::default();
    for round in 0..=scale.of(3, 1) {
        let messages = messages(None, round, scale);
        let received = stage.gateway.metric(RECEIVED, "").await?;
        let (before, began) = (stage.gateway.usage()?, Instant::now());
        write(&stage.service, &numbers, messages).await?;
        stage.gateway.wait_for(RECEIVED, "", received + messages as f64, DRAIN_TIMEOUT).await?;
        if round > 0 {
            let cpu_seconds = stage.gateway.usage()?.cpu_seconds - before.cpu_seconds;
            rates.note(messages as u64, began.elapsed(), cpu_seconds);
        }
    }
    Ok(rates)
}

async fn peer(service: &Service, kind: PeerKind, scale: Scale) -> Bench<Rates> {
    let directory = directory()?;
    let mut peer = Peer::start(kind, service, directory.path())?;
    let count = scale.numbers(RECEIVERS, 4);
    let first = PEER_PN + kind as u64 * 1_000_000;
    peer.link(service, first, count).await?;
    let numbers: Vec<String> = (0..count as u64).map(|number| (first + number).to_string()).collect();
    let mut rates = Rates::default();
    for round in 0..=scale.of(3, 1) {
        let messages = messages(Some(kind), round, scale);
        let received = peer.received().await?;
        let (before, began) = (peer.usage()?, Instant::now());
        write(service, &numbers, messages).await?;
        let last = arrived(&mut peer, received + messages as u64).await?;
        if round > 0 {
            let came = last.received - received;
            rates.missing += messages as u64 - came;
            rates.note(came, last.at - began, last.usage.cpu_seconds - before.cpu_seconds);
        }
    }
    peer.stop();
    Ok(rates)
}

/// How far a peer had come, and when.
struct Progress {
    received: u64,
    at: Instant,
    usage: Usage,
}

/// Waits until a peer has received `target` messages in all, or none for [`QUIET_TIMEOUT`]; gives its last progress: what did not
/// arrive by then is counted and costs it nothing.
async fn arrived(peer: &mut Peer, target: u64) -> Bench<Progress> {
    let mut last = Progress { received: peer.received().await?, at: Instant::now(), usage: peer.usage()? };
    while last.received < target && last.at.elapsed() < QUIET_TIMEOUT {
        sleep(LOOK_EVERY).await;
        let received = peer.received().await?;
        if received > last.received {
            last = Progress { received, at: Instant::now(), usage: peer.usage()? };
        }
    }
    Ok(last)
}

/// Lets the writers write `count` messages: each to every one of `to`, then the next.
async fn write(service: &Service, to: &[String], count: usize) -> Bench<()> {
    stream::iter(0..count)
        .map(async |number| {
            let writer = WRITERS_PN + (number / to.len() % WRITERS) as u64;
            service.write(&writer.to_string(), &to[number % to.len()], "Is my order on its way?").await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}
