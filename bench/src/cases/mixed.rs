//! `mixed`: many numbers, each of which sends and receives a message a minute, for ten minutes: CPU, memory slope, latency.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, interval, sleep, sleep_until};

use super::Scale;
use super::support::{KIB, Stage, text};
use crate::error::{Bench, BenchError};
use crate::load::{Load, open};
use crate::report::Figure;
use crate::stage::GatewayOptions;

/// Phones on the other side.
const PEOPLE: u64 = 200;
/// First of them.
const PEOPLE_PN: u64 = 4_917_300_000_001;
/// How often memory is read.
const LOOK: Duration = Duration::from_secs(5);
/// Requests to the service at once.
const AT_ONCE: usize = 16;

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages are refused.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let count = scale.numbers(10_000, 60);
    let length = scale.of(Duration::from_secs(600), Duration::from_secs(10));
    let rate = count as f64 / scale.of(60.0, 2.0);
    let stage = Stage::build(count, &GatewayOptions::default()).await?;
    let (stage, _) = stage.restart(&GatewayOptions::default()).await?;
    let people = stage.service.settle(PEOPLE_PN, PEOPLE as usize).await?;
    sleep(scale.settle()).await;
    let before = stage.gateway.usage()?;
    let began = Instant::now();
    let request = |number: u64| {
        let instance = &stage.fleet.numbers[number as usize % count].instance;
        text(
            instance,
            &people[(number % PEOPLE) as usize].pn,
            "Your parcel arrives today between two and four.",
        )
    };
    let load =
        Load { url: stage.gateway.url(), key: stage.gateway.key(), connections: 32, request: &request };
    let inbound = inbound(&stage, rate, length, began);
    let memory = memory(&stage, began + length);
    let (sent, received, samples) = tokio::try_join!(open(&load, length, rate), inbound, memory)?;
    if sent.refused > 0 {
        return Err(BenchError::new(format_args!("{} messages were refused", sent.refused)));
    }
    let after = stage.gateway.usage()?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = (after.cpu_seconds - before.cpu_seconds) / seconds;
    let open_still = stage.gateway.metric("trunkline_instances", "state=\"open\"").await?;
    stage.strike().await?;
    // The first half warms caches up; the slope is that of the second.
    let slope = slope(&samples[samples.len() / 2..]);
    let per_number = |rss: f64| rss / KIB / count as f64;
    let (first, last) = (samples.first().map_or(0.0, |at| at.1), samples.last().map_or(0.0, |at| at.1));
    Ok(vec![
        Figure::new(
            &format!("p99 of a durable 202, {count} numbers, {rate:.0} messages/s each way"),
            "ms",
            vec![sent.quantile_ms(0.99)],
        ),
        Figure::new("cores used by the gateway", "cores", vec![cpu]),
        Figure::new("memory slope of the second half", "KiB/number/hour", vec![per_number(slope * 3_600.0)]),
        Figure::new("RSS per number at the end", "KiB", vec![per_number(last)])
            .beside("at the beginning", &[per_number(first)]),
        Figure::new("numbers open at the end", "numbers", vec![open_still])
            .beside("numbers linked", &[count as f64]),
        Figure::new("messages written to the numbers", "messages", vec![received as f64]),
    ])
}

/// People write to the numbers at `rate`, each message when it is due.
async fn inbound(stage: &Stage, rate: f64, length: Duration, began: Instant) -> Bench<u64> {
    let numbers = &stage.fleet.numbers;
    let total = (length.as_secs_f64() * rate) as u64;
    stream::iter(0..total)
        .map(async |number| {
            sleep_until(began + Duration::from_secs_f64(number as f64 / rate)).await;
            let writer = (PEOPLE_PN + number % PEOPLE).to_string();
            let to = &numbers[number as usize % numbers.len()].pn;
            stage.service.write(&writer, to, "Could you come at four?").await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    Ok(total)
}

/// Seconds since the first look, and resident bytes.
async fn memory(stage: &Stage, until: Instant) -> Bench<Vec<(f64, f64)>> {
    let began = Instant::now();
    let mut tick = interval(LOOK.min((until - began) / 4));
    let mut samples = Vec::new();
    while Instant::now() < until {
        tick.tick().await;
        samples.push((began.elapsed().as_secs_f64(), stage.gateway.usage()?.rss as f64));
    }
    Ok(samples)
}

/// Least squares, per second.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let along: f64 = samples.iter().map(|sample| (sample.0 - x).powi(2)).sum();
    if along == 0.0 {
        return 0.0;
    }
    samples.iter().map(|sample| (sample.0 - x) * (sample.1 - y)).sum::<f64>() / along
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes() {
        assert_eq!(slope(&[(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]), 2.0);
        assert_eq!(slope(&[(0.0, 5.0), (1.0, 5.0)]), 0.0);
        assert_eq!(slope(&[(1.0, 5.0)]), 0.0);
    }
}
