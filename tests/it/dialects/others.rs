//! The dialects whose tables are empty: none of their rows is served, and that is written down.

use trunkline_tests::{Gateway, World};

use super::contract::{Findings, rows, served};

#[tokio::test]
async fn a_dialect_without_a_table_serves_nothing_and_says_so() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    for dialect in ["wastack", "aduta"] {
        let document = format!("/docs/{dialect}/openapi.json");
        let document = gateway.api().get(&document).key(None).send().await.expect(200);
        Findings::default().conclude(dialect, &served(&document), &[], &rows(dialect));
    }
    gateway.finish().await;
    world.finish().await;
}
