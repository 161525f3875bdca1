//! Credits over the real binary: what a message costs, what goes back, and what happens when nothing is left.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::judge::credits;
use trunkline_tests::{Gateway, Instance, World};

/// A number that WhatsApp does not know.
const NOBODY: &str = "4930901820";

async fn expect_no_finding(gateway: &Gateway, shop: &Instance) {
    let balance = gateway.settled_credits().await;
    let (ledger, messages) = (gateway.ledger().await, gateway.all(&shop.path("/messages")).await);
    assert_eq!(credits(&ledger, balance, &messages), Vec::<String>::new(), "{ledger:#?}");
}

// proves: credits.get, credits.entries, accounts.credits, accounts.add_credits
#[tokio::test]
async fn a_message_costs_a_credit_that_comes_back_when_it_fails() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let free = shop.send_text(&bob, "for nothing").await;
    shop.expect_status(&free, "delivered").await;
    gateway.charge(2).await;
    let sent = shop.send_text(&bob, "for a credit").await;
    shop.expect_status(&sent, "delivered").await;
    let failed = shop.send_text(&NOBODY, "is anybody home?").await;
    shop.expect_failed(&failed).await;
    assert_eq!(gateway.settled_credits().await, 1);
    assert_eq!(
        (shop.message(&failed).await["refunded"].clone(), shop.message(&sent).await["refunded"].clone()),
        (json!(true), json!(false))
    );
    let movements = |ledger: &[Value]| {
        ledger.iter().map(|e| (e["movement"].clone(), e["amount"].clone())).collect::<Vec<_>>()
    };
    let expected = [("granted", 2), ("reserved", -1), ("reserved", -1), ("refunded", 1)];
    let expected = expected.map(|(movement, amount)| (json!(movement), json!(amount)));
    assert_eq!(movements(&gateway.ledger().await), expected);

    // Repeated requests cost nothing more, also once nothing is left.
    let body = shop.text_body(&bob, "once");
    let once = || shop.sending(&body).header("idempotency-key", "once").send();
    let first = once().await.expect(202);
    assert_eq!(once().await.expect(202)["id"], first["id"]);
    assert_eq!(gateway.settled_credits().await, 0);
    let again = once().await;
    assert_eq!(
        (again.expect(202)["id"].clone(), again.header("idempotency-replayed")),
        (first["id"].clone(), "true")
    );
    let before = gateway.all(&shop.path("/messages")).await.len();
    let refused = shop.sending(&shop.text_body(&bob, "one too many")).send().await;
    refused.expect_problem(402, "INSUFFICIENT_CREDITS");
    let resent =
        gateway.api().request(Method::POST, &format!("/v1/messages/{}/resend", failed.id)).send().await;
    resent.expect_problem(402, "INSUFFICIENT_CREDITS");
    assert_eq!(gateway.all(&shop.path("/messages")).await.len(), before, "something was queued");

    // Of a batch the first messages go, as many as there are credits.
    let root = "/v1/accounts/acc_0000000000000001/credits";
    let order = || gateway.api().post(root, &json!({ "amount": 2 })).header("idempotency-key", "two").send();
    order().await.expect(200);
    let repeated = order().await;
    assert_eq!(repeated.header("idempotency-replayed"), "true");
    assert_eq!(repeated.expect(200)["pockets"][0]["balance"], 2);
    let of_batch = (0..3).map(|n| shop.text_body(&bob, &format!("number {n}"))).collect::<Vec<_>>();
    let results = shop.post("/messages/batch", json!({ "messages": of_batch })).await.expect(207);
    let statuses: Vec<_> =
        results["data"].as_array().expect("results").iter().map(|r| r["status"].clone()).collect();
    assert_eq!(statuses, [json!(202), json!(202), json!(402)], "{results}");
    let metrics = gateway.metrics().await;
    assert_eq!(metrics.sum("trunkline_credits_refused_total", &[]), 3.0);
    let messages = gateway.all(&shop.path("/messages")).await;
    let paid: Vec<Value> = messages.into_iter().filter(|message| message["id"] != free.id.as_str()).collect();
    let balance = gateway.settled_credits().await;
    assert_eq!(credits(&gateway.ledger().await, balance, &paid), Vec::<String>::new());
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn what_an_instance_never_sent_is_given_back_with_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    gateway.charge(3).await;
    let sent = shop.send_text(&bob, "hello").await;
    shop.expect_status(&sent, "delivered").await;
    shop.disconnect().await;
    shop.expect_state("stopped").await;
    for text in ["to be sent", "one day"] {
        shop.send_text(&bob, text).await;
    }
    assert_eq!(gateway.credits().await, (0, 2));
    shop.delete().await.expect(204);
    assert_eq!(gateway.settled_credits().await, 2);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn the_operator_gives_and_takes_credits_on_the_command_line() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    gateway.charge(3).await;
    let url = gateway.api().url();
    let key = gateway.api().key();
    let told = async |gateway: &Gateway, words: &[&str]| {
        let output = gateway.run(words).await;
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let through = ["credit", "add", "4", "--once", "a", "--url", url.as_str(), "--key", key.as_str()];
    for _ in 0..2 {
        assert!(told(&gateway, &through).await.contains(" 7 "), "carried out once");
    }
    gateway.sigterm().await;
    let shown = told(&gateway, &["credit", "add", "-2", "--pocket", "whatsapp"]).await;
    assert!(shown.contains(" 5 "), "{shown}");
    gateway.restart().await;
    assert_eq!(gateway.credits().await, (5, 0));
    let url = gateway.api().url();
    let shown = told(&gateway, &["credit", "show", "--url", url.as_str(), "--key", key.as_str()]).await;
    assert!(shown.contains(" 5 "), "{shown}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn nothing_is_lost_over_an_orderly_restart() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    gateway.charge(10).await;
    let shop = gateway.link(&alice).await;
    for n in 0..5 {
        shop.send_text(&bob, &format!("number {n}")).await;
    }
    gateway.sigterm().await;
    gateway.restart().await;
    expect_no_finding(&gateway, &shop).await;
    gateway.finish().await;
    world.finish().await;
}
