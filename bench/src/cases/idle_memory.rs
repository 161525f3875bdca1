//! `idle-memory`: resident memory per number that is connected over TLS and logged in, and has nothing to do.
//!
//! The numbers are linked once; then the process is started anew, so that nothing of the linking is left in it. The process's memory
//! before the numbers came is subtracted, measured on a gateway without numbers.

use serde_json::{Value, json};
use tokio::time::sleep;

use super::Scale;
use super::support::{KIB, Stage, directory};
use crate::error::Bench;
use crate::report::Figure;
use crate::stage::{Gateway, GatewayOptions, Peer, PeerKind, Service, Usage};

/// Peers' phones are numbered from here on.
const PEER_PN: u64 = 4_917_600_000_001;
/// Baileys needs so much more that few of its numbers show it, and many would not fit.
const BAILEYS_NUMBERS: usize = 50;

/// Plays the case.
///
/// # Errors
/// When something does not start or open.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let mut figures = Vec::new();
    let few = scale.numbers(2_000, 60);
    let ours = ours(scale, few).await?;
    let label = format!("RSS per number, {few} numbers");
    let figure = Figure::new(&label, "KiB", vec![ours.per_number]);
    if scale.peers {
        let mut beside = Vec::new();
        for (kind, count) in [
            (PeerKind::WhatsappRust, few),
            (PeerKind::WhatsappRustInMemory, few),
            (PeerKind::Baileys, few.min(scale.of(BAILEYS_NUMBERS, 5))),
        ] {
            beside.push((kind, count, peer(&ours.stage.service, kind, count, scale).await?));
        }
        figures.extend(beside.into_iter().map(|(kind, count, per_number)| {
            figure.clone().beside(&format!("{}, {count} numbers", kind.name()), &[per_number])
        }));
    } else {
        figures.push(figure);
    }
    figures.push(Figure::new("RSS without numbers", "KiB", vec![ours.empty]));
    ours.stage.strike().await?;
    if scale.numbers.is_none() && !scale.quick {
        let many = self::ours(scale, 15_000).await?;
        figures.push(Figure::new("RSS per number, 15000 numbers", "KiB", vec![many.per_number]));
        many.stage.strike().await?;
    }
    Ok(figures)
}

struct Ours {
    stage: Stage,
    per_number: f64,
    empty: f64,
}

async fn ours(scale: Scale, count: usize) -> Bench<Ours> {
    let empty = empty(scale).await?;
    let stage = Stage::build(count, &GatewayOptions::default()).await?;
    let (stage, _) = stage.restart(&GatewayOptions::default()).await?;
    sleep(scale.settle()).await;
    let full = stage.gateway.usage()?;
    let per_number = per_number(empty, full, count);
    Ok(Ours { stage, per_number, empty: empty.rss as f64 / KIB })
}

/// A gateway without numbers.
async fn empty(scale: Scale) -> Bench<Usage> {
    let directory = directory()?;
    let service = Service::start(directory.path()).await?;
    let gateway = Gateway::start(&service, directory.path(), None, &GatewayOptions::default()).await?;
    sleep(scale.settle()).await;
    let usage = gateway.usage()?;
    gateway.stop().await;
    service.stop().await;
    Ok(usage)
}

fn per_number(empty: Usage, full: Usage, count: usize) -> f64 {
    full.rss.saturating_sub(empty.rss) as f64 / KIB / count as f64
}

async fn peer(service: &Service, kind: PeerKind, count: usize, scale: Scale) -> Bench<f64> {
    let directory = directory()?;
    let mut peer = Peer::start(kind, service, directory.path())?;
    // The first answer shows that the program is up, and what it needs without numbers.
    peer.ask::<Value>(json!({ "cmd": "status" })).await?;
    let empty = peer.usage()?;
    let first_pn = PEER_PN + kind as u64 * 1_000_000;
    peer.link(service, first_pn, count).await?;
    if kind != PeerKind::WhatsappRustInMemory {
        peer = peer.restart(service).await?;
        peer.ask::<Value>(json!({ "cmd": "start", "numbers": count, "at_once": 32 })).await?;
    }
    sleep(scale.settle()).await;
    let full = peer.usage()?;
    peer.stop().await;
    Ok(per_number(empty, full, count))
}
