//! WAStack: every row that is served, then what a customer's server hears.

mod cases;
mod hook;
mod town;

use cases::CASES;
use town::Town;
use trunkline_tests::{Gateway, World};

use super::contract::{Findings, judge, served};

/// The second prefix of schedules, which no reference names.
const EXTENSIONS: &[(&str, &str)] = &[
    ("POST", "/api/v1/schedules"),
    ("GET", "/api/v1/schedules"),
    ("GET", "/api/v1/schedules/{id}"),
    ("PUT", "/api/v1/schedules/{id}"),
    ("PATCH", "/api/v1/schedules/{id}"),
    ("DELETE", "/api/v1/schedules/{id}"),
    ("POST", "/api/v1/schedules/{id}/pause"),
    ("POST", "/api/v1/schedules/{id}/resume"),
    ("POST", "/api/v1/schedules/{id}/run"),
];

#[tokio::test]
async fn every_row_of_wastack_is_answered_as_its_contract_says() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let document = gateway.api().get("/docs/wastack/openapi.json").key(None).send().await.expect(200);
    let mut town = Town::found(&world, &gateway).await;
    let mut findings = Findings::default();
    for case in CASES {
        let answer = town.send(case).await;
        let found = judge(&answer, case.status, &town.shape(case)).and_then(|()| town::paged(&answer));
        findings.note(case.place(), found);
        town.settle(case, &answer).await;
    }
    drop(town);
    gateway.finish().await;
    world.finish().await;
    findings.conclude("wastack", &served(&document), EXTENSIONS);
}
