//! Keys of instances: one at a time, chosen or made, and what they open.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::Answer;
use trunkline_tests::{Gateway, World};

async fn ask(gateway: &Gateway, key: &str, what: (Method, &str), body: Value) -> Answer {
    let request = gateway.api().request(what.0, what.1).key(None).header("x-api-key", key);
    let request = if what.1.starts_with("/instance") || what.1.starts_with("/session") {
        request.header("x-instance-id", "shop")
    } else {
        request
    };
    if body.is_null() { request.send().await } else { request.json(&body).send().await }
}

fn key_in(gateway: &Gateway, answer: &Answer) -> String {
    let key = answer.expect(200).as_str().expect("a bare string").to_owned();
    gateway.api().keep_private(&key);
    key
}

#[tokio::test]
async fn an_instance_has_one_key_which_may_be_chosen_and_replaces_itself() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let customer = gateway.api().key();
    let chosen = "a-key-of-my-own-0123456789";
    gateway.api().keep_private(chosen);
    let made = json!({"id": "shop", "apiKey": chosen});
    ask(&gateway, &customer, (Method::POST, "/admin/instances"), made).await.expect(201);
    let taken = json!({"id": "other", "apiKey": chosen});
    ask(&gateway, &customer, (Method::POST, "/admin/instances"), taken).await.expect(400);
    let all = ask(&gateway, &customer, (Method::GET, "/admin/instances"), Value::Null).await.expect(200);
    assert_eq!(all.as_array().map(Vec::len), Some(1), "half of what was refused is there: {all}");
    let opens = async |gateway: &Gateway, key: &str| {
        ask(gateway, key, (Method::GET, "/session/status"), Value::Null).await.status
    };
    assert_eq!(opens(&gateway, chosen).await, 200);
    let renew = (Method::PUT, "/instance/apikey");
    let second = key_in(&gateway, &ask(&gateway, chosen, renew, Value::Null).await);
    assert_eq!((opens(&gateway, chosen).await, opens(&gateway, &second).await), (401, 200));
    // A key of an instance makes none for the account.
    let of_account = (Method::PUT, "/account/instances/shop/apikey");
    ask(&gateway, &second, of_account.clone(), Value::Null).await.expect(403);
    let third = key_in(&gateway, &ask(&gateway, &customer, of_account, Value::Null).await);
    gateway.kill9();
    gateway.restart().await;
    assert_eq!((opens(&gateway, &second).await, opens(&gateway, &third).await), (401, 200));
    let gone = (Method::DELETE, "/admin/instances/shop");
    ask(&gateway, &customer, gone, Value::Null).await.expect(204);
    let keys = gateway.api().get("/v1/keys").send().await.expect(200);
    let left =
        keys["data"].as_array().expect("a list").iter().filter(|key| key["dialect"] == "wsapi").count();
    assert_eq!(left, 0, "{keys}");
    gateway.finish().await;
    world.finish().await;
}
