//! 7aduta: every row that is served, then what a customer's server hears.

mod cases;
mod files;
mod hook;
mod town;

use cases::CASES;
use town::Town;
use trunkline_tests::gateway::Answer;
use trunkline_tests::{Gateway, World};

use super::contract::{Findings, judge, served};

/// As [`judge`]; behind a bar stands what `data` looks like.
fn judged(mut answer: Answer, status: u16, shape: &str) -> Result<(), String> {
    let (envelope, data) = shape.split_once('|').map_or((shape, None), |(all, data)| (all, Some(data)));
    judge(&answer, status, envelope)?;
    let Some(shape) = data else { return Ok(()) };
    answer.body = answer.json()["data"].to_string().into();
    judge(&answer, status, shape)
}

#[tokio::test]
async fn every_row_of_aduta_is_answered_as_its_contract_says() {
    let world = World::start().await;
    let gateway = Gateway::start_with(&world, &[("sign-up", "true")]).await;
    let document = gateway.api().get("/docs/aduta/openapi.json").key(None).send().await.expect(200);
    let mut town = Town::found(&world, &gateway).await;
    let mut findings = Findings::default();
    for case in CASES {
        let answer = town.send(case).await;
        town.settle(case, &answer).await;
        findings.note(case.place(), judged(answer, case.status, &town.shape(case)));
    }
    drop(town);
    gateway.finish().await;
    world.finish().await;
    findings.conclude("aduta", &served(&document), &[]);
}
