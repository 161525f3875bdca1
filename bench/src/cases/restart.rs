//! `restart`: numbers back online per second, from the start of the process to the last one that is open.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Scale;
use super::support::{Stage, directory};
use crate::error::Bench;
use crate::report::Figure;
use crate::stage::{GatewayOptions, Peer, PeerKind, Service};

/// Peers' phones are numbered from here on.
const PEER_PN: u64 = 4_915_100_000_001;
/// Restarts that are measured.
const ROUNDS: usize = 3;

/// Plays the case.
///
/// # Errors
/// When something does not start or open.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let count = scale.numbers(5_000, 100);
    let options = fast();
    let mut stage = Stage::build(count, &options).await?;
    let (mut rates, mut per_core) = (Vec::new(), Vec::new());
    for _ in 0..scale.of(ROUNDS, 1) {
        let (again, seconds) = stage.restart(&options).await?;
        stage = again;
        rates.push(count as f64 / seconds);
        per_core.push(count as f64 / stage.gateway.usage()?.cpu_seconds);
    }
    let rate = Figure::new(&format!("numbers open per second, {count} numbers"), "1/s", rates);
    let mut figures = Vec::new();
    if scale.peers {
        for (kind, peers) in
            [(PeerKind::WhatsappRust, count.min(2_000)), (PeerKind::Baileys, scale.of(50, 5))]
        {
            let there = peer(&stage.service, kind, peers, scale.of(ROUNDS, 1)).await?;
            figures.push(rate.clone().beside(&format!("{}, {peers} numbers", kind.name()), &there));
        }
    } else {
        figures.push(rate);
    }
    figures.push(Figure::new("numbers open per CPU second", "1/s", per_core));
    stage.strike().await?;
    Ok(figures)
}

/// The service is a simulated one: nobody has to be spared.
fn fast() -> GatewayOptions {
    GatewayOptions::default()
}

async fn peer(service: &Service, kind: PeerKind, count: usize, rounds: usize) -> Bench<Vec<f64>> {
    let directory = directory()?;
    let mut peer = Peer::start(kind, service, directory.path())?;
    peer.link(service, PEER_PN + kind as u64 * 1_000_000, count).await?;
    let mut rates = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        peer = peer.restart(service).await?;
        peer.ask::<Value>(json!({ "cmd": "start", "numbers": count, "at_once": 64 })).await?;
        rates.push(count as f64 / began.elapsed().as_secs_f64());
    }
    peer.stop();
    Ok(rates)
}
