//! `fairness`: one number sends 10 000 messages in bulk on a shard that it shares with others; what becomes of the others' interactive
//! sends, from the request to the service's acknowledgement (`wait=sent`).

use std::time::Duration;

use serde_json::json;

use super::Scale;
use super::support::{SETTLED, Stage, none_failed};
use crate::error::{Bench, BenchError};
use crate::limits::DRAIN_TIMEOUT;
use crate::load::{Load, Measured, Request, closed, open};
use crate::report::Figure;
use crate::stage::GatewayOptions;

/// Phones that receive.
const PEOPLE: u64 = 50;
/// First of them.
const PEOPLE_PN: u64 = 4_917_400_000_001;
/// Interactive sends a second, over all other numbers.
const RATE: f64 = 50.0;

/// Plays the case.
///
/// # Errors
/// When something does not start, or a message is refused.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let count = scale.numbers(2_000, 40);
    let bulk = scale.of(10_000, 500);
    let length = scale.of(Duration::from_secs(30), Duration::from_secs(4));
    let stage = Stage::build(count + 1, &GatewayOptions::default()).await?;
    let people = stage.service.settle(PEOPLE_PN, PEOPLE as usize).await?;
    let (url, key) = (stage.gateway.url(), stage.gateway.key());
    let numbers = &stage.fleet.numbers;
    let to = |number: u64| format!("+{}", people[(number % PEOPLE) as usize].pn);
    let interactive = |number: u64| {
        let instance = &numbers[1 + number as usize % count].instance;
        let body = json!({ "to": to(number), "text": { "body": "Yes, we are open today." } });
        Request {
            path: format!("/v1/instances/{instance}/messages?wait=sent"),
            body: body.to_string().into(),
        }
    };
    let in_bulk = |number: u64| {
        let body =
            json!({ "to": to(number), "lane": "bulk", "text": { "body": "Our winter sale has begun." } });
        Request {
            path: format!("/v1/instances/{}/messages", numbers[0].instance),
            body: body.to_string().into(),
        }
    };
    let others = Load { url, key, connections: 256, request: &interactive };
    let sender = Load { url, key, connections: 4, request: &in_bulk };
    let (mut alone, mut beside) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    // The first round opens the Signal sessions, which is another work; it is not counted.
    whole(open(&others, length, RATE).await?)?;
    for _ in 0..scale.of(3, 1) {
        note(&mut alone, &whole(open(&others, length, RATE).await?)?);
        let both = tokio::try_join!(open(&others, length, RATE), closed(&sender, length, bulk))?;
        whole(both.1)?;
        note(&mut beside, &whole(both.0)?);
        let accepted = stage.gateway.metric("trunkline_messages_accepted_total", "").await?;
        stage.gateway.wait_for(SETTLED, "", accepted, DRAIN_TIMEOUT).await?;
    }
    none_failed(&stage.gateway).await?;
    stage.strike().await?;
    Ok(vec![
        Figure::new(&format!("p99 of interactive sends beside bulk, {count} numbers"), "ms", beside.1)
            .beside("the same without bulk", &alone.1),
        Figure::new("p50 of interactive sends beside bulk", "ms", beside.0)
            .beside("the same without bulk", &alone.0),
    ])
}

fn note(quantiles: &mut (Vec<f64>, Vec<f64>), measured: &Measured) {
    quantiles.0.push(measured.quantile_ms(0.5));
    quantiles.1.push(measured.quantile_ms(0.99));
}

fn whole(measured: Measured) -> Bench<Measured> {
    if measured.refused == 0 {
        return Ok(measured);
    }
    Err(BenchError::new(format_args!("{} messages were refused", measured.refused)))
}
