//! `fairness`: one number sends in bulk on a shard that it shares with others; what becomes of the others' interactive sends, from the
//! request to the service's acknowledgement (`wait=sent`).
//!
//! Two bulks are told apart. In the first, 10 000 messages wait on disk and are sent; the interactive sends begin when all are handed
//! in and end before the last is sent, again and again until they were measured long enough. In the second, bulk is handed in over
//! HTTP at the same time, as fast as the first was sent. Either way every latency is one beside bulk: how little of it was ever left
//! is part of the outcome, and a bulk that ran dry is an error.

use std::cell::Cell;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Scale;
use super::support::{ACCEPTED, SETTLED, Stage, none_failed, whole};
use crate::error::{Bench, BenchError};
use crate::limits::{DRAIN_TIMEOUT, LOOK_EVERY};
use crate::load::{Load, Measured, Request, closed, open, open_until};
use crate::report::Figure;
use crate::stage::{Gateway, GatewayOptions};

/// Phones that receive.
const PEOPLE: u64 = 50;
/// First of them.
const PEOPLE_PN: u64 = 4_917_400_000_001;
/// Interactive sends a second, over all other numbers.
const RATE: f64 = 50.0;
/// Connections of the interactive senders; as many of their messages may be under way.
const CONNECTIONS: usize = 256;
/// Connections of the bulk's sender: enough to hand in faster than a number sends.
const BULK_CONNECTIONS: usize = 64;
/// Interactive sends end when this much of the bulk is left, so that those under way end beside bulk too.
const LEFT_MIN: f64 = 1_000.0;

/// Plays the case.
///
/// # Errors
/// When something does not start, a message is refused, or the bulk runs dry.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let count = scale.numbers(2_000, 40);
    let stage = Stage::build(count + 1, &GatewayOptions::default()).await?;
    let people = stage.service.settle(PEOPLE_PN, PEOPLE as usize).await?;
    let (url, key) = (stage.gateway.url(), stage.gateway.key());
    let numbers = &stage.fleet.numbers;
    let message = |index: usize, number: u64, lane: &str, query: &str| {
        let to = format!("+{}", people[(number % PEOPLE) as usize].pn);
        let body = json!({ "to": to, "lane": lane, "text": { "body": "Yes, we are open today." } });
        let path = format!("/v1/instances/{}/messages{query}", numbers[index].instance);
        Request { path, body: body.to_string().into() }
    };
    let interactive = |number: u64| message(1 + number as usize % count, number, "interactive", "?wait=sent");
    let in_bulk = |number: u64| message(0, number, "bulk", "");
    let play = Play {
        gateway: &stage.gateway,
        others: Load { url, key, connections: CONNECTIONS, request: &interactive },
        bulk: Load { url, key, connections: BULK_CONNECTIONS, request: &in_bulk },
        backlog: scale.of(10_000, 4_000),
        length: scale.of(Duration::from_secs(20), Duration::from_secs(2)),
    };
    let figures = play.rounds(scale.of(3, 1), count).await?;
    none_failed(&stage.gateway).await?;
    stage.strike().await?;
    Ok(figures)
}

/// Who sends what, how much and for how long.
struct Play<'a> {
    gateway: &'a Gateway,
    others: Load<'a>,
    bulk: Load<'a>,
    backlog: u64,
    length: Duration,
}

/// Rounds of one kind.
#[derive(Default)]
struct Rounds {
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    bulk_per_second: Vec<f64>,
    least_left: Vec<f64>,
}

/// What became of the bulk while interactive sends were measured.
#[derive(Clone, Copy)]
struct Bulk {
    sent: f64,
    seconds: f64,
    least_left: f64,
}

impl Play<'_> {
    async fn rounds(&self, rounds: usize, count: usize) -> Bench<Vec<Figure>> {
        // The first sends open the Signal sessions, which is another work; they are not counted.
        whole(open(&self.others, self.length, RATE).await?)?;
        whole(closed(&self.bulk, DRAIN_TIMEOUT, PEOPLE).await?)?;
        self.drain().await?;
        let (mut alone, mut waiting, mut handed_in) =
            (Rounds::default(), Rounds::default(), Rounds::default());
        for _ in 0..rounds {
            alone.note(&whole(open(&self.others, self.length, RATE).await?)?);
            let (measured, bulk) = self.beside_waiting().await?;
            waiting.note(&measured);
            waiting.note_bulk(bulk);
            let (measured, bulk) = self.beside_handed_in(bulk.sent / bulk.seconds).await?;
            handed_in.note(&measured);
            handed_in.note_bulk(bulk);
        }
        let beside = "the same without bulk";
        let (waits, comes) = ("beside bulk that waits", "beside bulk that is handed in meanwhile");
        let figure = |metric: String, unit: &str, samples: Vec<f64>| Figure::new(&metric, unit, samples);
        let mut figures = Vec::new();
        for (what, rounds) in [(waits, waiting), (comes, handed_in)] {
            let p99 = format!("p99 of interactive sends {what}, {count} numbers");
            figures.extend([
                figure(p99, "ms", rounds.p99_ms).beside(beside, &alone.p99_ms),
                figure(format!("p50 {what}"), "ms", rounds.p50_ms).beside(beside, &alone.p50_ms),
                figure(format!("messages sent per second, {what}"), "1/s", rounds.bulk_per_second),
                figure(format!("least bulk left, {what}"), "messages", rounds.least_left),
            ]);
        }
        Ok(figures)
    }

    /// Interactive sends while bulk that was handed in before is sent.
    async fn beside_waiting(&self) -> Bench<(Measured, Bulk)> {
        let mut all: Option<(Measured, Bulk)> = None;
        while all.as_ref().is_none_or(|(measured, _)| measured.seconds < self.length.as_secs_f64()) {
            self.hand_in().await?;
            let (enough, stop) = watch::channel(false);
            let nearly_sent = async {
                let bulk = self.watch(|left| left > LEFT_MIN).await;
                enough.send_replace(true);
                bulk
            };
            let measured = open_until(&self.others, stop, RATE);
            let (measured, bulk) = tokio::try_join!(measured, nearly_sent)?;
            let measured = whole(measured)?;
            all = Some(match all {
                None => (measured, bulk),
                Some((before, bulk_before)) => (before.and(&measured)?, bulk_before.and(bulk)),
            });
            self.drain().await?;
        }
        all.ok_or_else(|| BenchError::new("nothing was measured"))
    }

    /// Interactive sends while bulk is sent and `rate` more of it a second comes in.
    async fn beside_handed_in(&self, rate: f64) -> Bench<(Measured, Bulk)> {
        self.hand_in().await?;
        let done = Cell::new(false);
        let measured = async {
            let measured = open(&self.others, self.length, RATE).await;
            done.set(true);
            measured
        };
        let (measured, more, bulk) = tokio::try_join!(
            measured,
            open(&self.bulk, self.length, rate),
            self.watch(|left| left > 0.0 && !done.get())
        )?;
        whole(more)?;
        if bulk.least_left <= 0.0 {
            return Err(BenchError::new("the bulk ran dry while interactive sends were measured"));
        }
        self.drain().await?;
        Ok((whole(measured)?, bulk))
    }

    /// Hands the backlog in. Interactive sends go on meanwhile, uncounted: bulk alone is sent about as fast as it is handed in, and
    /// little of it would be left.
    async fn hand_in(&self) -> Bench<()> {
        let (handed_in, stop) = watch::channel(false);
        let backlog = async {
            let measured = closed(&self.bulk, DRAIN_TIMEOUT, self.backlog).await;
            handed_in.send_replace(true);
            measured
        };
        let (backlog, others) = tokio::try_join!(backlog, open_until(&self.others, stop, RATE))?;
        whole(backlog)?;
        whole(others).map(drop)
    }

    /// Looks at the bulk that is left, as long as `go_on` likes it.
    async fn watch(&self, go_on: impl Fn(f64) -> bool) -> Bench<Bulk> {
        let (began, sent_before) = (Instant::now(), self.gateway.metric(SETTLED, "").await?);
        let mut least_left = f64::INFINITY;
        loop {
            // In this order, and with every connection's message counted as one that is not bulk, it errs to the strict side.
            let accepted = self.gateway.metric(ACCEPTED, "").await?;
            let settled = self.gateway.metric(SETTLED, "").await?;
            least_left = f64::min(least_left, accepted - settled - CONNECTIONS as f64);
            if !go_on(least_left) {
                let seconds = began.elapsed().as_secs_f64();
                return Ok(Bulk { sent: settled - sent_before - RATE * seconds, seconds, least_left });
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until everything that was accepted is sent.
    async fn drain(&self) -> Bench<()> {
        let accepted = self.gateway.metric(ACCEPTED, "").await?;
        self.gateway.wait_for(SETTLED, "", accepted, DRAIN_TIMEOUT).await.map(drop)
    }
}

impl Bulk {
    fn and(self, other: Bulk) -> Bulk {
        Bulk {
            sent: self.sent + other.sent,
            seconds: self.seconds + other.seconds,
            least_left: self.least_left.min(other.least_left),
        }
    }
}

impl Rounds {
    fn note(&mut self, measured: &Measured) {
        self.p50_ms.push(measured.quantile_ms(0.5));
        self.p99_ms.push(measured.quantile_ms(0.99));
    }

    fn note_bulk(&mut self, bulk: Bulk) {
        self.bulk_per_second.push(bulk.sent / bulk.seconds);
        self.least_left.push(bulk.least_left);
    }
}
