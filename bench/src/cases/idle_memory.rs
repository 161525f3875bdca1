//! `idle-memory`: resident memory per number that is connected over TLS and logged in, and has nothing to do; and whether many such
//! numbers stay connected.
//!
//! The numbers are linked once; then the process is started anew, so that nothing of the linking is left in it. The process's memory
//! before the numbers came is subtracted, measured on a gateway without numbers.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Scale;
use super::memory::{RestingPeer, empty_gateway, per_number, slope, watch};
use super::support::{CLOSED, KIB, Stage};
use crate::error::Bench;
use crate::report::Figure;
use crate::stage::{GatewayOptions, PeerKind, Service, Usage};

/// Peers' phones are numbered from here on.
const PEER_PN: u64 = 4_917_600_000_001;
/// Numbers of Baileys: enough that what Node's heap takes by itself is a small part of each one's share.
const BAILEYS_NUMBERS: usize = 300;

/// Plays the case.
///
/// # Errors
/// When something does not start or open.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let empty = empty_gateway(scale).await?;
    let few = scale.numbers(2_000, 40);
    let mut stage = at_rest(scale, few).await?;
    let figure = share(empty, &stage, few)?;
    let mut figures = Vec::new();
    if scale.peers {
        for (kind, count) in [
            (PeerKind::WhatsappRust, few),
            (PeerKind::WhatsappRustInMemory, few),
            (PeerKind::Baileys, few.min(scale.of(BAILEYS_NUMBERS, 4))),
        ] {
            let there = peer(&stage.service, kind, count, scale).await?;
            figures.push(figure.clone().beside(&format!("{}, {count} numbers", kind.name()), &[there]));
        }
    } else {
        figures.push(figure);
    }
    figures.push(Figure::new("RSS without numbers", "KiB", vec![empty.rss as f64 / KIB]));
    let many = scale.numbers(15_000, few);
    if many != few {
        stage.strike().await?;
        stage = at_rest(scale, many).await?;
        figures.push(share(empty, &stage, many)?);
    }
    figures.extend(hold(empty, &stage, scale.of(Duration::from_secs(600), Duration::from_secs(3))).await?);
    stage.strike().await?;
    Ok(figures)
}

async fn at_rest(scale: Scale, count: usize) -> Bench<Stage> {
    let stage = Stage::build(count, &GatewayOptions::default()).await?;
    let (stage, _) = stage.restart(&GatewayOptions::default()).await?;
    sleep(scale.settle()).await;
    Ok(stage)
}

fn share(empty: Usage, stage: &Stage, count: usize) -> Bench<Figure> {
    let samples = vec![per_number(empty, stage.gateway.usage()?, count)];
    Ok(Figure::new(&format!("RSS per number, {count} numbers"), "KiB", samples))
}

/// Leaves the numbers alone for `length`: who is still open, who was not in between, what became of the memory.
async fn hold(empty: Usage, stage: &Stage, length: Duration) -> Bench<Vec<Figure>> {
    let gateway = &stage.gateway;
    let count = stage.fleet.numbers.len();
    let (before, closed) = (gateway.usage()?, gateway.metric(CLOSED, "").await?);
    let looks = watch(gateway, Instant::now() + length).await?;
    let lost = gateway.metric(CLOSED, "").await? - closed;
    let fewest = looks.iter().map(|look| look.open).fold(f64::INFINITY, f64::min);
    let last = looks.last().map_or(0.0, |look| look.open);
    let seconds = length.as_secs();
    let (linked, all) = ("numbers linked", [count as f64]);
    Ok(vec![
        Figure::new(&format!("numbers open {seconds} s later"), "numbers", vec![last]).beside(linked, &all),
        Figure::new(&format!("fewest numbers open in these {seconds} s"), "numbers", vec![fewest])
            .beside(linked, &all),
        Figure::new(&format!("connections lost in these {seconds} s"), "connections", vec![lost]),
        Figure::new(
            &format!("RSS per number {seconds} s later, {count} numbers"),
            "KiB",
            vec![per_number(empty, gateway.usage()?, count)],
        )
        .beside("at the beginning of these", &[per_number(empty, before, count)]),
        Figure::new("memory slope of the second half", "KiB/number/hour", vec![slope(&looks, count)]),
    ])
}

async fn peer(service: &Service, kind: PeerKind, count: usize, scale: Scale) -> Bench<f64> {
    let first_pn = PEER_PN + kind as u64 * 1_000_000;
    let resting = RestingPeer::start(service, kind, first_pn, count, scale).await?;
    let share = resting.per_number(count)?;
    resting.peer.stop();
    Ok(share)
}
