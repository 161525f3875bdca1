//! `active-memory`: resident memory per number after one message in each of 20 chats, and ten minutes of silence later.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use super::Scale;
use super::support::{KIB, Stage};
use crate::error::Bench;
use crate::limits::DRAIN_TIMEOUT;
use crate::report::Figure;
use crate::stage::{GatewayOptions, Usage};

/// Chats of each number.
const CHATS: usize = 20;
/// The phones that write to the numbers.
const WRITERS_PN: u64 = 4_916_000_000_001;
/// Requests to the service at once.
const AT_ONCE: usize = 32;

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages stay away.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let count = scale.numbers(1_000, 40);
    let stage = Stage::build(count, &GatewayOptions::default()).await?;
    let (stage, _) = stage.restart(&GatewayOptions::default()).await?;
    sleep(scale.settle()).await;
    let idle = stage.gateway.usage()?;
    let writers = stage.service.settle(WRITERS_PN, CHATS).await?;
    let pairs =
        writers.iter().flat_map(|writer| stage.fleet.numbers.iter().map(move |number| (writer, number)));
    let service = &stage.service;
    stream::iter(pairs)
        .map(|(writer, number)| service.write(&writer.pn, &number.pn, "Is my order on its way?"))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    let all = (count * CHATS) as f64;
    stage.gateway.wait_for("trunkline_messages_received_total", "", all, DRAIN_TIMEOUT).await?;
    sleep(scale.settle()).await;
    let active = stage.gateway.usage()?;
    let pause = scale.of(Duration::from_secs(600), Duration::from_secs(10));
    sleep(pause).await;
    let later = stage.gateway.usage()?;
    stage.strike().await?;
    let per_number = |usage: Usage| usage.rss as f64 / KIB / count as f64;
    let beside = "the same numbers, idle";
    let idle = [per_number(idle)];
    Ok(vec![
        Figure::new(
            &format!("RSS per number after {CHATS} chats, {count} numbers"),
            "KiB",
            vec![per_number(active)],
        )
        .beside(beside, &idle),
        Figure::new(&format!("RSS per number {} s later", pause.as_secs()), "KiB", vec![per_number(later)])
            .beside(beside, &idle),
    ])
}
