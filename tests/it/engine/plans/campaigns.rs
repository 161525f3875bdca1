//! Campaigns: everybody once, whatever is killed when.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Gateway, Instance, World};

/// People of the campaign with kills in it.
const PEOPLE: usize = 200;
/// Numbers that send it.
const NUMBERS: usize = 4;

/// Waits until a campaign satisfies `look`.
async fn until(gateway: &Gateway, path: &str, what: &str, look: impl Fn(&Value) -> bool) -> Value {
    let waited = async {
        loop {
            let campaign = gateway.api().get(path).send().await.expect(200);
            if look(&campaign) {
                return campaign;
            }
            tokio::time::sleep(trunkline_tests::limits::COUNTER_POLL_INTERVAL).await;
        }
    };
    let found = tokio::time::timeout(trunkline_tests::limits::CAMPAIGN_TIMEOUT, waited).await;
    found.unwrap_or_else(|_| panic!("the campaign is not {what}"))
}

async fn crowd(world: &World, count: usize) -> Vec<String> {
    let made =
        world.control().post("/accounts/batch", json!({"count": count, "first_pn": "4930000000001"})).await;
    let people = made.as_array().expect("accounts").iter().filter_map(|one| one["pn"].as_str());
    people.map(str::to_owned).collect()
}

/// What each phone holds, and how often something came twice.
async fn received(world: &World, people: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for pn in people {
        let inbox = world.control().get(&format!("/accounts/{pn}/inbox")).await;
        let texts = inbox["messages"].as_array().expect("messages").iter();
        let texts = texts.map(|message| message["text"].as_str().unwrap_or_default().to_owned());
        all.insert(pn.clone(), texts.collect());
    }
    all
}

fn recipients(people: &[String]) -> Value {
    people.iter().map(|pn| json!({"phone": pn, "variables": {"name": pn}})).collect()
}

async fn make(gateway: &Gateway, shops: &[Instance], people: &[String]) -> String {
    let instances: Vec<&str> = shops.iter().map(Instance::id).collect();
    let body = json!({
        "name": "spring", "instances": instances, "message": {"body": "Hello {{name}}"}, "recipients": recipients(people),
    });
    let made = gateway.api().post("/v1/campaigns", &body).send().await;
    made.expect(201);
    made.header("location").to_owned()
}

// proves: campaigns.start, campaigns.get, campaigns.recipients
#[tokio::test]
async fn capability_campaigns_create_two_kills_neither_skip_nor_repeat_anybody() {
    let world = World::start().await;
    let people = crowd(&world, PEOPLE).await;
    let mut gateway = Gateway::start(&world).await;
    let mut shops = Vec::new();
    for number in 0..NUMBERS {
        let sender = world.account(&format!("Sender {number}")).await;
        shops.push(gateway.link(&sender).await);
    }
    let path = make(&gateway, &shops, &people).await;
    gateway.api().post(&format!("{path}/start"), &json!({})).send().await.expect(200);
    for handed in [PEOPLE / 4, PEOPLE / 2] {
        let far = move |campaign: &Value| campaign["statistics"]["sent"].as_u64() >= Some(handed as u64);
        until(&gateway, &path, "under way", far).await;
        gateway.kill9();
        gateway.restart().await;
    }
    let done = until(&gateway, &path, "completed", |campaign| campaign["state"] == "completed").await;
    let statistics = &done["statistics"];
    assert_eq!((&statistics["total"], &statistics["sent"]), (&json!(PEOPLE), &json!(PEOPLE)), "{done}");
    let received = received(&world, &people).await;
    for (pn, texts) in &received {
        assert_eq!(texts, &[format!("Hello {pn}")], "{pn}");
    }
    // Each row names the message that the phone has.
    let (mut cursor, mut rows) = (String::new(), 0);
    loop {
        let page = gateway
            .api()
            .get(&format!("{path}/recipients?limit=150&stage=sent{cursor}"))
            .send()
            .await
            .expect(200);
        rows += page["data"].as_array().map_or(0, Vec::len);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(rows, PEOPLE);
    let by_instance = shops
        .iter()
        .filter(|shop| done["instances"].as_array().is_some_and(|ids| ids.contains(&json!(shop.id()))));
    assert_eq!(by_instance.count(), NUMBERS);
    gateway.finish().await;
    world.finish().await;
}

// proves: campaigns.resume, campaigns.cancel, campaigns.list, campaigns.update, campaigns.delete
#[tokio::test]
async fn capability_campaigns_pause_hands_over_nothing_more_and_respects_who_opted_out() {
    let world = World::start().await;
    let people = crowd(&world, 100).await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&world.account("Shop").await).await;
    let suppressed = json!({"people": [people[0], people[99]]});
    gateway.api().post("/v1/suppressions", &suppressed).send().await.expect(200);
    let path = make(&gateway, std::slice::from_ref(&shop), &people).await;
    let step = async |gateway: &Gateway, step: &str| {
        gateway.api().post(&format!("{path}/{step}"), &json!({})).send().await
    };
    step(&gateway, "pause").await.expect_problem(409, "PLAN_STATE");
    step(&gateway, "start").await.expect(200);
    until(&gateway, &path, "under way", |campaign| campaign["statistics"]["sent"].as_u64() > Some(0)).await;
    step(&gateway, "pause").await.expect(200);
    let idle =
        |campaign: &Value| campaign["statistics"]["claimed"] == 0 && campaign["statistics"]["queued"] == 0;
    let paused = until(&gateway, &path, "idle", idle).await;
    assert_eq!(paused["state"], "paused");
    step(&gateway, "resume").await.expect(200);
    let done = until(&gateway, &path, "completed", |campaign| campaign["state"] == "completed").await;
    assert_eq!(
        (&done["statistics"]["sent"], &done["statistics"]["suppressed"]),
        (&json!(98), &json!(2)),
        "{done}"
    );
    let received = received(&world, &people).await;
    let written_to = received.values().filter(|texts| texts.len() == 1).count();
    assert_eq!((written_to, &received[&people[0]], &received[&people[99]]), (98, &vec![], &vec![]));

    // Another one, ended before anybody's turn.
    let second = make(&gateway, std::slice::from_ref(&shop), &people[1..3]).await;
    let change = |path: &str| {
        let change = json!({"name": "autumn", "message": {"body": "Bye {{name}}"}});
        gateway.api().request(Method::PATCH, path).json(&change).send()
    };
    let changed = change(&second).await.expect(200);
    assert_eq!((&changed["name"], &changed["body"]), (&json!("autumn"), &json!("Bye {{name}}")), "{changed}");
    change(&path).await.expect_problem(409, "PLAN_STATE");
    let cancelled = gateway.api().post(&format!("{second}/cancel"), &json!({})).send().await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    until(&gateway, &second, "empty", |campaign| campaign["statistics"]["cancelled"] == 2).await;
    let listed = gateway.api().get("/v1/campaigns?stage=completed").send().await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    gateway.api().request(Method::DELETE, &path).send().await.expect(204);
    gateway.api().get(&path).send().await.expect_problem(404, "CAMPAIGN_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

// proves: campaigns.import_recipients
#[tokio::test]
async fn capability_campaigns_add_recipients_takes_lists_tags_and_files_and_each_once() {
    let world = World::start().await;
    let people = crowd(&world, 4).await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&world.account("Shop").await).await;
    let contact = json!({"phone": people[1], "name": "Tagged", "tags": ["vip"]});
    gateway.api().post("/v1/contacts", &contact).send().await.expect(201);
    let path = make(&gateway, std::slice::from_ref(&shop), &people[..1]).await;
    let add = |body: Value| gateway.api().post(&format!("{path}/recipients"), &body).send();
    assert_eq!(add(json!({"tags": ["vip"]})).await.expect(200)["total"], 2);
    assert_eq!(add(json!({"recipients": recipients(&people[..2])})).await.expect(200)["total"], 2);
    let missing = add(json!({"recipients": [{"phone": people[2]}]})).await.expect_problem(422, "VALIDATION");
    assert_eq!(missing["errors"][0]["field"], "recipients.0.variables.name", "{missing}");
    let csv = format!("phone,name\n{},Three\nnobody,Four\n{},One\n", people[2], people[0]);
    let import =
        gateway.api().request(Method::POST, &format!("{path}/recipients/import")).body("text/csv", csv);
    let report = import.send().await.expect(200);
    assert_eq!(
        (&report["created"], &report["updated"], &report["bad"]),
        (&json!(1), &json!(1), &json!(1)),
        "{report}"
    );
    gateway.api().post(&format!("{path}/start"), &json!({})).send().await.expect(200);
    until(&gateway, &path, "completed", |campaign| campaign["state"] == "completed").await;
    let received = received(&world, &people).await;
    assert_eq!(received[&people[1]], ["Hello Tagged"]);
    assert_eq!(received[&people[2]], ["Hello Three"]);
    assert_eq!(received[&people[3]], Vec::<String>::new());
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_campaign_without_credits_waits_for_more_and_burns_nobody() {
    let world = World::start().await;
    let people = crowd(&world, 5).await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&world.account("Shop").await).await;
    gateway.charge(3).await;
    let path = make(&gateway, std::slice::from_ref(&shop), &people).await;
    gateway.api().post(&format!("{path}/start"), &json!({})).send().await.expect(200);
    let spent = |campaign: &Value| campaign["state"] == "paused" && campaign["statistics"]["sent"] == 3;
    let paused = until(&gateway, &path, "paused", spent).await;
    assert_eq!((&paused["statistics"]["pending"], &paused["statistics"]["failed"]), (&json!(2), &json!(0)));
    gateway.charge(2).await;
    gateway.api().post(&format!("{path}/resume"), &json!({})).send().await.expect(200);
    let done = until(&gateway, &path, "completed", |campaign| campaign["state"] == "completed").await;
    assert_eq!(done["statistics"]["sent"], 5, "{done}");
    assert!(received(&world, &people).await.values().all(|texts| texts.len() == 1));
    assert_eq!(gateway.settled_credits().await, 0);
    gateway.finish().await;
    world.finish().await;
}
