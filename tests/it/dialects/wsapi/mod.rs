//! WSAPI: every row that is served, then what a customer's server hears.

mod cases;
mod hook;
mod keys;
mod town;

use cases::CASES;
use town::Town;
use trunkline_tests::{Gateway, World};

use super::contract::{Findings, judge, served};

/// Rows that neither generation of the service has.
const EXTENSIONS: &[(&str, &str)] = &[
    ("POST", "/messages/poll"),
    ("PUT", "/newsletters/{id}"),
    ("DELETE", "/newsletters/{id}"),
    ("GET", "/newsletters/{id}/messages"),
    ("POST", "/status/audio"),
];

#[tokio::test]
async fn every_row_of_wsapi_is_answered_as_its_contract_says() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let document = gateway.api().get("/docs/wsapi/openapi.json").key(None).send().await.expect(200);
    let mut town = Town::found(&world, &gateway).await;
    let mut findings = Findings::default();
    for case in CASES {
        let answer = town.send(case).await;
        findings.note(case.place(), judge(&answer, case.status, case.shape));
        town.settle(case, &answer).await;
    }
    findings.note(super::contract::Place::of("GET", "/events/stream"), town.stream().await);
    // At the root of a host of its own; here the native API has these paths.
    for path in ["/openapi.json", "/openapi.yml", "/docs"] {
        let answer = gateway.api().get(&format!("/d/wsapi{path}")).key(None).send().await;
        findings.note(super::contract::Place::of("GET", path), judge(&answer, 200, "text"));
    }
    drop(town);
    gateway.finish().await;
    world.finish().await;
    findings.conclude("wsapi", &served(&document), EXTENSIONS);
}
