//! `active-memory`: resident memory per number after one message in each of 20 chats, and after a silence of ten minutes.
//!
//! Gateway and peers receive their messages one after the other, and are silent at the same time: each is looked at when its own
//! silence has lasted long enough. The process's memory before the numbers came is subtracted, as in `idle-memory`.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::Scale;
use super::memory::{RestingPeer, empty_gateway, per_number};
use super::support::{RECEIVED, Stage};
use crate::error::Bench;
use crate::limits::DRAIN_TIMEOUT;
use crate::report::Figure;
use crate::stage::{GatewayOptions, PeerKind, Service};

/// Chats of each number.
const CHATS: usize = 20;
/// The phones that write to the numbers.
const WRITERS_PN: u64 = 4_916_000_000_001;
/// Peers' phones are numbered from here on.
const PEER_PN: u64 = 4_915_400_000_001;
/// Numbers of Baileys, which takes about twenty times as long as the others for a message.
const BAILEYS_NUMBERS: usize = 150;
/// Requests to the service at once.
const AT_ONCE: usize = 32;

/// A peer after its traffic.
struct Visitor {
    label: String,
    resting: RestingPeer,
    count: usize,
    /// A number's share after the traffic, in KiB.
    active: f64,
    silent_since: Instant,
}

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages stay away.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let count = scale.numbers(2_000, 40);
    let silence = scale.of(Duration::from_secs(600), Duration::from_secs(3));
    let empty = empty_gateway(scale).await?;
    let stage = Stage::build(count, &GatewayOptions::default()).await?;
    let (stage, _) = stage.restart(&GatewayOptions::default()).await?;
    sleep(scale.settle()).await;
    let idle = per_number(empty, stage.gateway.usage()?, count);
    stage.service.settle(WRITERS_PN, CHATS).await?;
    let numbers: Vec<String> = stage.fleet.numbers.iter().map(|number| number.pn.clone()).collect();
    write(&stage.service, &numbers).await?;
    stage.gateway.wait_for(RECEIVED, "", (count * CHATS) as f64, DRAIN_TIMEOUT).await?;
    let silent_since = Instant::now();
    sleep(scale.settle()).await;
    let active = per_number(empty, stage.gateway.usage()?, count);
    let mut visitors = Vec::new();
    if scale.peers {
        for (kind, count) in [
            (PeerKind::WhatsappRust, count),
            (PeerKind::WhatsappRustInMemory, count),
            (PeerKind::Baileys, count.min(scale.of(BAILEYS_NUMBERS, 4))),
        ] {
            visitors.push(visitor(&stage.service, kind, count, scale).await?);
        }
    }
    sleep_until(silent_since + silence).await;
    let later = per_number(empty, stage.gateway.usage()?, count);
    let after_chats =
        Figure::new(&format!("RSS per number after {CHATS} chats, {count} numbers"), "KiB", vec![active]);
    let after_silence =
        Figure::new(&format!("RSS per number {} s later", silence.as_secs()), "KiB", vec![later]);
    let mut figures = vec![
        after_chats.clone().beside("the same numbers, idle", &[idle]),
        after_silence.clone().beside("the same numbers, idle", &[idle]),
    ];
    for visitor in visitors {
        sleep_until(visitor.silent_since + silence).await;
        let later = visitor.resting.per_number(visitor.count)?;
        figures.push(after_chats.clone().beside(&visitor.label, &[visitor.active]));
        figures.push(after_silence.clone().beside(&visitor.label, &[later]));
        visitor.resting.peer.stop();
    }
    stage.strike().await?;
    Ok(figures)
}

/// Every writer writes a message to each of `numbers`.
async fn write(service: &Service, numbers: &[String]) -> Bench<()> {
    let writers: Vec<String> = (0..CHATS as u64).map(|chat| (WRITERS_PN + chat).to_string()).collect();
    let pairs = writers.iter().flat_map(|writer| numbers.iter().map(move |number| (writer, number)));
    stream::iter(pairs)
        .map(|(writer, number)| service.write(writer, number, "Is my order on its way?"))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn visitor(service: &Service, kind: PeerKind, count: usize, scale: Scale) -> Bench<Visitor> {
    let first_pn = PEER_PN + kind as u64 * 1_000_000;
    let mut resting = RestingPeer::start(service, kind, first_pn, count, scale).await?;
    let numbers: Vec<String> = (0..count as u64).map(|number| (first_pn + number).to_string()).collect();
    let patience = DRAIN_TIMEOUT.as_millis() as u64;
    let all = resting
        .peer
        .begin(json!({ "cmd": "await_received", "count": count * CHATS, "timeout_ms": patience }))?;
    write(service, &numbers).await?;
    resting.peer.finish::<Value>(all).await?;
    let silent_since = Instant::now();
    sleep(scale.settle()).await;
    let active = resting.per_number(count)?;
    let label = format!("{}, {count} numbers", kind.name());
    Ok(Visitor { label, resting, count, active, silent_since })
}
