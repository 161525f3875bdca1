//! Messages that are sent later.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

fn in_seconds(seconds: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string()
}

// proves: schedules.get, schedules.runs
#[tokio::test]
async fn capability_schedules_create_sends_once_although_the_process_is_killed_before() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let message = shop.text_body(&bob, "it is time");
    let body = json!({"instance": shop.id(), "message": message, "at": in_seconds(3)});
    let made = gateway.api().post("/v1/schedules", &body).send().await;
    assert_eq!(made.expect(201)["state"], "active");
    let path = made.header("location").to_owned();
    gateway.kill9();
    gateway.restart().await;
    bob.phone().expect_text("it is time").await;
    gateway.kill9();
    gateway.restart().await;
    shop.expect_state("open").await;
    shop.send_text(&bob, "the end").await;
    bob.phone().expect_text("the end").await;
    let texts: Vec<Value> = bob.phone().inbox().await.iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, ["it is time", "the end"]);
    let shown = gateway.api().get(&path).send().await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["runs"], &shown["next_run_at"]),
        (&json!("completed"), &json!(1), &Value::Null),
        "{shown}"
    );
    let runs = gateway.api().get(&format!("{path}/runs")).send().await.expect(200);
    assert_eq!(
        (&runs["data"][0]["outcome"], runs["data"].as_array().map(Vec::len)),
        (&json!("accepted"), Some(1)),
        "{runs}"
    );
    gateway.finish().await;
    world.finish().await;
}

// proves: schedules.pause, schedules.resume, schedules.update, schedules.list, schedules.cancel
#[tokio::test]
async fn capability_schedules_run_and_cancel_a_recurring_one() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let message = shop.text_body(&bob, "good morning");
    let body = |cron: &str, zone: &str| json!({"instance": shop.id(), "message": message, "cron": cron, "timezone": zone});
    let create = |body: Value| gateway.api().post("/v1/schedules", &body).send();
    let wrong = create(body("61 * * * *", "UTC")).await.expect_problem(422, "VALIDATION");
    assert_eq!(wrong["errors"][0]["field"], "cron", "{wrong}");
    let nowhere = create(body("0 9 * * *", "Mars/Olympus")).await.expect_problem(422, "VALIDATION");
    assert_eq!(nowhere["errors"][0]["field"], "timezone", "{nowhere}");
    let made = create(body("0 9 1 1 *", "Asia/Riyadh")).await;
    let next = made.expect(201)["next_run_at"].as_str().unwrap_or_default().to_owned();
    assert!(next.ends_with("-01-01T06:00:00.000Z"), "{next}");
    let path = made.header("location").to_owned();
    let step = async |step: &str| gateway.api().post(&format!("{path}/{step}"), &json!({})).send().await;
    assert_eq!(step("run").await.expect(200)["runs"], 1);
    bob.phone().expect_text("good morning").await;
    assert_eq!(step("pause").await.expect(200)["state"], "paused");
    step("pause").await.expect_problem(409, "PLAN_STATE");
    let resumed = step("resume").await.expect(200);
    assert_eq!((&resumed["state"], &resumed["next_run_at"]), (&json!("active"), &json!(next)));
    let listed = gateway.api().get("/v1/schedules?stage=active").send().await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    let change = |body: Value| gateway.api().request(reqwest::Method::PATCH, &path).json(&body).send();
    let later = change(json!({"name": "new year", "cron": "0 10 1 1 *", "timezone": "Asia/Riyadh"})).await;
    let later = later.expect(200);
    assert_eq!((&later["name"], &later["runs"]), (&json!("new year"), &json!(1)), "{later}");
    assert!(
        later["next_run_at"].as_str().is_some_and(|next| next.ends_with("-01-01T07:00:00.000Z")),
        "{later}"
    );
    change(json!({"runs_max": 2})).await.expect_problem(422, "VALIDATION");
    assert_eq!(step("cancel").await.expect(200)["state"], "cancelled");
    step("resume").await.expect_problem(409, "PLAN_STATE");
    gateway.finish().await;
    world.finish().await;
}
