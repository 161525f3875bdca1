//! `receive`: messages received, decrypted, committed and in the event log, per second of the receiver's CPU.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::Scale;
use super::support::{Stage, directory};
use crate::error::Bench;
use crate::limits::DRAIN_TIMEOUT;
use crate::report::Figure;
use crate::stage::{GatewayOptions, Peer, PeerKind, Service};

/// Numbers that receive.
const RECEIVERS: usize = 20;
/// Phones that write.
const WRITERS: u64 = 50;
/// First of the writers.
const WRITERS_PN: u64 = 4_917_200_000_001;
/// First of the peers' own phones.
const PEER_PN: u64 = 4_915_300_000_001;
/// Requests to the service at once.
const AT_ONCE: usize = 32;
const RECEIVED: &str = "trunkline_messages_received_total";

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages stay away.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let messages = scale.of(20_000, 400);
    let receivers = scale.numbers(RECEIVERS, 4);
    let stage = Stage::build(receivers, &GatewayOptions::default()).await?;
    stage.service.settle(WRITERS_PN, WRITERS as usize).await?;
    let numbers: Vec<String> = stage.fleet.numbers.iter().map(|number| number.pn.clone()).collect();
    let mut per_core = Vec::new();
    // The first round opens the Signal sessions, which is another work; it is not counted.
    for round in 0..=scale.of(3, 1) {
        let before = stage.gateway.usage()?.cpu_seconds;
        let received = stage.gateway.metric(RECEIVED, "").await?;
        write(&stage.service, &numbers, messages).await?;
        stage.gateway.wait_for(RECEIVED, "", received + messages as f64, DRAIN_TIMEOUT).await?;
        if round > 0 {
            per_core.push(messages as f64 / (stage.gateway.usage()?.cpu_seconds - before));
        }
    }
    let figure = Figure::new("messages received per CPU second, committed", "1/s", per_core);
    let mut figures = Vec::new();
    if scale.peers {
        for kind in [PeerKind::WhatsappRustInMemory, PeerKind::WhatsappRust, PeerKind::Baileys] {
            let there = peer(&stage.service, kind, scale).await?;
            figures.push(figure.clone().beside(kind.name(), &there));
        }
    } else {
        figures.push(figure);
    }
    stage.strike().await?;
    Ok(figures)
}

/// Lets the writers write `count` messages, in turn.
async fn write(service: &Service, to: &[String], count: usize) -> Bench<()> {
    stream::iter(0..count)
        .map(async |number| {
            let writer = WRITERS_PN + (number / to.len()) as u64 % WRITERS;
            service.write(&writer.to_string(), &to[number % to.len()], "Is my order on its way?").await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn peer(service: &Service, kind: PeerKind, scale: Scale) -> Bench<Vec<f64>> {
    let directory = directory()?;
    let mut peer = Peer::start(kind, service, directory.path())?;
    let count = scale.numbers(RECEIVERS, 4);
    let first = PEER_PN + kind as u64 * 1_000_000;
    peer.link(service, first, count).await?;
    let numbers: Vec<String> = (0..count as u64).map(|number| (first + number).to_string()).collect();
    let messages = scale.of(20_000, 400);
    let mut rates = Vec::new();
    let patience = DRAIN_TIMEOUT.as_millis() as u64;
    for round in 0..=scale.of(3, 1) {
        let before = peer.usage()?.cpu_seconds;
        let all =
            peer.begin(json!({ "cmd": "await_received", "count": messages, "timeout_ms": patience }))?;
        write(service, &numbers, messages).await?;
        let _: Value = peer.finish(all).await?;
        if round > 0 {
            rates.push(messages as f64 / (peer.usage()?.cpu_seconds - before));
        }
    }
    peer.stop().await;
    Ok(rates)
}
