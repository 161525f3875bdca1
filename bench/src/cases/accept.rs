//! `accept`: messages accepted over HTTP per second, each on disk before its 202, beside a bare web server on as many threads.
//!
//! The numbers are linked and disconnected, so that accepting is all that happens.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::Scale;
use super::support::{Stage, text, whole};
use crate::error::{Bench, During};
use crate::load::{Load, Measured, closed, open};
use crate::report::Figure;
use crate::stage::{Child, GatewayOptions, Number};

/// Numbers that the messages are handed to.
const NUMBERS: usize = 64;
/// Connections of the generator.
const CONNECTIONS: usize = 256;
/// Rounds, one after the other for each side, so that both meet the same machine.
const ROUNDS: usize = 5;
/// Whom the messages are for.
const TO: &str = "4917600000001";
/// Share of the highest rate at which latency is measured.
const HALF: f64 = 0.5;

#[derive(Deserialize)]
struct Echo {
    url: String,
}

/// Plays the case.
///
/// # Errors
/// When something does not start, or a message is refused.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let mut figures = Vec::new();
    for threads in [1, 2] {
        figures.extend(with_threads(scale, threads).await?);
    }
    Ok(figures)
}

async fn with_threads(scale: Scale, threads: usize) -> Bench<Vec<Figure>> {
    let options = GatewayOptions { front_threads: threads, ..GatewayOptions::default() };
    let stage = Stage::build(scale.numbers(NUMBERS, 8), &options).await?;
    let api = stage.gateway.api();
    for number in &stage.fleet.numbers {
        api.post_nothing::<Value>(&format!("/v1/instances/{}/disconnect", number.instance)).await?;
    }
    let bare = echo(stage.directory(), threads).await?;
    let length = scale.of(Duration::from_secs(6), Duration::from_secs(1));
    let ours = Target { url: stage.gateway.url(), key: stage.gateway.key(), numbers: &stage.fleet.numbers };
    let theirs = Target { url: &bare.1, key: "none", numbers: &stage.fleet.numbers };
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for _ in 0..scale.of(ROUNDS, 1) {
        here.push(ours.saturate(length).await?.rate());
        there.push(theirs.saturate(length).await?.rate());
    }
    let mut p99 = (Vec::new(), Vec::new());
    let half = |rates: &[f64]| rates.iter().sum::<f64>() / rates.len() as f64 * HALF;
    for _ in 0..scale.of(3, 1) {
        p99.0.push(ours.at_rate(length, half(&here)).await?.quantile_ms(0.99));
        p99.1.push(theirs.at_rate(length, half(&there)).await?.quantile_ms(0.99));
    }
    bare.0.stop().await;
    stage.strike().await?;
    let beside = format!("hyper echo, {threads} threads");
    Ok(vec![
        Figure::new(&format!("durable 202 per second, {threads} front threads"), "1/s", here)
            .beside(&beside, &there),
        Figure::new(&format!("p99 at half load, {threads} front threads"), "ms", p99.0)
            .beside(&format!("{beside}, at its own half load"), &p99.1),
    ])
}

/// Starts a bare web server on so many threads: the child, and its address.
pub(super) async fn echo(directory: &Path, threads: usize) -> Bench<(Child, String)> {
    let threads = threads.to_string();
    let mut child = Child::role("the bare server", &["echo", &threads], &directory.join("echo.log"))?;
    let Echo { url } =
        serde_json::from_str(&child.line().await?).during("reading the bare server's address")?;
    Ok((child, url))
}

struct Target<'a> {
    url: &'a str,
    key: &'a str,
    numbers: &'a [Number],
}

impl Target<'_> {
    async fn saturate(&self, length: Duration) -> Bench<Measured> {
        whole(self.with_load(async |load| closed(load, length, u64::MAX).await).await?)
    }

    async fn at_rate(&self, length: Duration, rate: f64) -> Bench<Measured> {
        whole(self.with_load(async |load| open(load, length, rate).await).await?)
    }

    async fn with_load(&self, go: impl AsyncFnOnce(&Load<'_>) -> Bench<Measured>) -> Bench<Measured> {
        let request = |number: u64| {
            let instance = &self.numbers[number as usize % self.numbers.len()].instance;
            text(instance, TO, "Your order 4711 has left our warehouse and will be with you tomorrow.")
        };
        go(&Load { url: self.url, key: self.key, connections: CONNECTIONS, request: &request }).await
    }
}
