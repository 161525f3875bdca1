//! One-time passwords.

use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, Instance, World};

/// The password in the newest text on somebody's phone that is none of those before.
async fn code_on(phone: &Account, before: &[String]) -> String {
    let fresh = |message: &Value| {
        let text = message["text"].as_str().unwrap_or_default();
        text.starts_with("code ") && !before.iter().any(|code| text.ends_with(code.as_str()))
    };
    let message = phone.phone().expect("a password", fresh).await;
    message["text"].as_str().and_then(|text| text.split(' ').nth(1)).expect("a code").to_owned()
}

/// What an instance shows of its chat with somebody, once there is anything.
async fn chat_with(shop: &Instance, gateway: &Gateway, person: &Account) -> Value {
    let path = shop.path(&format!("/chats/{}/messages", person.pn_jid()));
    let filled = async {
        loop {
            let shown = gateway.api().get(&path).send().await;
            let shown = if shown.status == 200 { shown.json() } else { Value::Null };
            if shown["data"].as_array().is_some_and(|messages| !messages.is_empty()) {
                return shown;
            }
            tokio::time::sleep(trunkline_tests::limits::COUNTER_POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(trunkline_tests::limits::SERVICE_TIMEOUT, filled)
        .await
        .expect("a message in the chat")
}

// proves: otps.get, otps.verify, otps.resend
#[tokio::test]
async fn capability_otps_create_reaches_the_phone_and_counts_attempts_through_a_crash() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let body = json!({"instance": shop.id(), "to": bob.pn(), "text": "code {{code}}", "attempts_max": 3, "resend_seconds": 60});
    let made = gateway.api().post("/v1/otps", &body).send().await;
    let otp = made.expect(202);
    let path = made.header("location").to_owned();
    let code = code_on(&bob, &[]).await;
    gateway.api().keep_private(&code);
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    assert!(!otp.to_string().contains(&code), "the password was told: {otp}");
    let kept = chat_with(&shop, &gateway, &bob).await;
    assert!(!kept.to_string().contains(&code), "the chat tells the password: {kept}");
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let verify = async |gateway: &Gateway, code: &str| {
        gateway.api().post(&format!("{path}/verify"), &json!({"code": code})).send().await.expect(200)
    };
    let first = verify(&gateway, wrong).await;
    assert_eq!(first, json!({"verified": false, "state": "pending", "attempts_left": 2}));
    gateway.kill9();
    gateway.restart().await;
    assert_eq!(verify(&gateway, wrong).await["attempts_left"], 1);
    let refused = gateway.api().post(&format!("{path}/resend"), &json!({})).send().await;
    refused.expect_problem(429, "TOO_MANY_REQUESTS");
    assert_ne!(refused.header("retry-after"), "");
    // As people type it.
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert_eq!(
        verify(&gateway, &spaced).await,
        json!({"verified": true, "state": "verified", "attempts_left": 0})
    );
    assert_eq!(verify(&gateway, &code).await["verified"], false, "a password serves once");
    let shown = gateway.api().get(&path).send().await.expect(200);
    assert_eq!((&shown["state"], &shown["attempts"]), (&json!("verified"), &json!(3)));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_otps_cancel_and_too_many_attempts_end_a_password() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let make = async |attempts: u8| {
        let body = json!({"instance": shop.id(), "to": bob.pn(), "text": "code {{code}}", "code": "A1B2C3", "attempts_max": attempts});
        let made = gateway.api().post("/v1/otps", &body).send().await;
        made.expect(202);
        made.header("location").to_owned()
    };
    let verify = async |path: &str, code: &str| {
        gateway.api().post(&format!("{path}/verify"), &json!({"code": code})).send().await.expect(200)
    };
    gateway.api().keep_private("A1B2C3");
    let spent = make(1).await;
    assert_eq!(verify(&spent, "A1B2C4").await["state"], "failed");
    assert_eq!(verify(&spent, "A1B2C3").await["verified"], false);
    let cancelled = make(5).await;
    let cancel = || gateway.api().post(&format!("{cancelled}/cancel"), &json!({})).send();
    assert_eq!(cancel().await.expect(200)["state"], "cancelled");
    cancel().await.expect_problem(409, "PLAN_STATE");
    assert_eq!(verify(&cancelled, "A1B2C3").await["verified"], false);
    let own = make(5).await;
    assert_eq!(verify(&own, "a1b-2c3").await["verified"], true);
    let elsewhere = json!({"instance": "nowhere", "to": bob.pn()});
    gateway.api().post("/v1/otps", &elsewhere).send().await.expect_problem(422, "VALIDATION");
    gateway.finish().await;
    world.finish().await;
}
