//! Templates.

use serde_json::json;
use trunkline_tests::{Gateway, World};

// proves: templates.list, templates.get, templates.update, templates.preview, templates.delete
#[tokio::test]
async fn capability_templates_create_survives_a_crash_and_is_rendered_as_it_says() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let body = json!({"name": "welcome", "body": "Hello {{name}}, order {{order}}."});
    let made = gateway.api().post("/v1/templates", &body).send().await;
    let made = made.expect(201);
    assert_eq!(made["variables"], json!(["name", "order"]));
    gateway.api().post("/v1/templates", &body).send().await.expect_problem(409, "NAME_TAKEN");
    let broken = json!({"name": "broken", "body": "Hello {{name"});
    gateway.api().post("/v1/templates", &broken).send().await.expect_problem(422, "VALIDATION");
    gateway.kill9();
    gateway.restart().await;
    let id = made["id"].as_str().expect("an id").to_owned();
    for name in ["welcome", &id] {
        let shown = gateway.api().get(&format!("/v1/templates/{name}")).send().await;
        assert_eq!(shown.expect(200), made);
    }
    let preview =
        |values| gateway.api().post("/v1/templates/welcome/preview", &json!({"variables": values})).send();
    let rendered = preview(json!({"name": "Nora", "order": "{{7}}"})).await.expect(200);
    assert_eq!(rendered["text"], "Hello Nora, order {{7}}.");
    let missing = preview(json!({"name": "Nora"})).await.expect_problem(422, "VALIDATION");
    assert_eq!(missing["errors"][0]["field"], "variables.order", "{missing}");
    let unknown = preview(json!({"name": "Nora", "order": "7", "odrer": "8"})).await;
    assert_eq!(unknown.expect_problem(422, "VALIDATION")["errors"][0]["field"], "variables.odrer");
    let patch = json!({"body": "Bye {{name}}", "name": "farewell", "active": false});
    let changed =
        gateway.api().request(reqwest::Method::PATCH, "/v1/templates/welcome").json(&patch).send().await;
    assert_eq!(changed.expect(200)["variables"], json!(["name"]));
    gateway.api().get("/v1/templates/welcome").send().await.expect_problem(404, "TEMPLATE_NOT_FOUND");
    let active = gateway.api().get("/v1/templates?active=true").send().await.expect(200);
    assert_eq!(active["data"], json!([]));
    gateway.api().request(reqwest::Method::DELETE, "/v1/templates/farewell").send().await.expect(204);
    let all = gateway.api().get("/v1/templates").send().await.expect(200);
    assert_eq!(all["data"], json!([]));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_templates_send_reaches_its_recipient_with_its_values() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let body = json!({"name": "welcome", "body": "Hello {{name}}!"});
    gateway.api().post("/v1/templates", &body).send().await.expect(201);
    let send = json!({"instance": shop.id(), "to": bob.pn(), "variables": {"name": "Bob"}});
    let key = |request: trunkline_tests::gateway::Request| request.header("idempotency-key", "greeting-1");
    let first = key(gateway.api().post("/v1/templates/welcome/send", &send)).send().await.expect(202);
    let again = key(gateway.api().post("/v1/templates/welcome/send", &send)).send().await.expect(202);
    assert_eq!(first["id"], again["id"]);
    bob.phone().expect_text("Hello Bob!").await;
    gateway.finish().await;
    world.finish().await;
}
