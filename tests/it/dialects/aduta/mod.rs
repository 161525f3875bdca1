//! 7aduta: every row that is served, then what a customer's server hears.

mod cases;
mod hook;
mod town;

use cases::CASES;
use town::Town;
use trunkline_tests::gateway::Answer;
use trunkline_tests::{Gateway, World};

use super::contract::{Findings, judge, places, served};

/// Rows of the contract that wait for what they are about: people who sign in with a password, files at public addresses. The last two
/// are none: a collection is not deleted as one, and nothing is made below a token.
const MISSING: &[(&str, &str)] = &[
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/forgot-password"),
    ("POST", "/api/v1/auth/reset-password"),
    ("POST", "/api/v1/upload"),
    ("POST", "/api/v1/decrypt-media"),
    ("DELETE", "/api/v1/api-tokens"),
    ("POST", "/api/v1/api-tokens/{id}"),
];

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
    let gateway = Gateway::start(&world).await;
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
    findings.conclude("aduta", &served(&document), &[], &places(MISSING));
}
