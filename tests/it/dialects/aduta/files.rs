//! Files at public addresses, in every form in which a customer sends one; and what a login opens.

use serde_json::{Value, json};
use trunkline_tests::gateway::{Request, in_base64};
use trunkline_tests::{Gateway, Media, World};

use super::town::key;
use crate::engine::files::bytes;

fn ask(gateway: &Gateway, key: &str, path: &str) -> Request {
    gateway.api().request(reqwest::Method::POST, path).key(Some(key))
}

/// What is at a public address.
async fn at(gateway: &Gateway, answer: &Value) -> (String, Vec<u8>) {
    let url = answer["publicUrl"].as_str().unwrap_or_else(|| panic!("no address: {answer}"));
    let path = url.strip_prefix(&gateway.api().url()).expect("an address of this node");
    let found = gateway.api().get(path).key(None).send().await;
    assert_eq!(found.status, 200, "{found}");
    (found.header("content-type").to_owned(), found.body.to_vec())
}

#[tokio::test]
async fn a_file_in_any_form_is_found_at_its_public_address() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let key = key(&gateway, "session", json!([shop.id()])).await;
    let upload = "/api/v1/upload";
    let picture = Media::sample("image", "image/png", 9_001);
    let inside = json!({"base64": in_base64(&picture.bytes), "mimetype": "image/png"});
    for request in [
        ask(&gateway, &key, upload).body("image/png", picture.bytes.clone()),
        ask(&gateway, &key, upload).multipart(&json!({}), "image/png", &picture.bytes),
        ask(&gateway, &key, upload).json(&inside),
    ] {
        let found = at(&gateway, &request.send().await.expect(200)).await;
        assert!(found == ("image/png".to_owned(), picture.bytes.clone()), "{}", found.0);
    }
    ask(&gateway, &key, upload).body("image/png", &b""[..]).send().await.expect(422);

    // What arrived is opened by its keys alone.
    let sent = laptop.send_media(&alice, &picture).await;
    let message = json!({
        "mimetype": "image/png", "directPath": sent.facts["directPath"], "mediaKey": bytes(&sent.facts["mediaKey"]),
        "fileSha256": bytes(&sent.facts["fileSha256"]), "fileEncSha256": bytes(&sent.facts["fileEncSha256"]),
        "fileLength": "9001",
    });
    let told = json!({"data": {"messages": {"key": {"id": "x"}, "message": {"imageMessage": message}}}});
    let opened = ask(&gateway, &key, "/api/v1/decrypt-media").json(&told).send().await.expect(200);
    assert!(at(&gateway, &opened).await == ("image/png".to_owned(), picture.bytes), "{opened}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_login_opens_what_its_role_allows() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let body = json!({"email": "rui@example.org", "name": "Rui", "role": "viewer"});
    let invited = gateway.api().post("/v1/members", &body).send().await.expect(201);
    let password = "correct horse battery";
    for secret in [invited["token"].as_str().expect("a word"), password] {
        gateway.api().keep_private(secret);
    }
    let nobody = |path: &str, body: Value| gateway.api().post(path, &body).key(None).send();
    // Strangers are refused, whoever has an invitation is not.
    let stranger = json!({"email": "nora@example.org", "password": password});
    let refused = nobody("/api/v1/auth/register", stranger).await.expect(403);
    assert_eq!(refused["code"], "FORBIDDEN", "{refused}");
    let mine = json!({"email": "rui@example.org", "password": password, "token": invited["token"]});
    let made = nobody("/api/v1/auth/register", mine).await.expect(201);
    let token = made["token"].as_str().expect("a token");
    gateway.api().keep_private(token);
    assert_eq!((&made["data"]["user"]["role"], &made["data"]["token"]), (&json!("viewer"), &made["token"]));
    let sessions = gateway.api().get("/api/v1/whatsapp-sessions").key(None).header("x-api-token", token);
    sessions.send().await.expect(200);
    let make = gateway.api().post("/api/v1/whatsapp-sessions", &json!({"name": "x"})).key(None);
    make.header("x-api-token", token).send().await.expect(403);
    // Two tries of the five that an address has in a minute were those of the invitation.
    let wrong = json!({"email": "rui@example.org", "password": "another password"});
    for _ in 0..2 {
        let refused = nobody("/api/v1/auth/login", wrong.clone()).await.expect(401);
        assert_eq!(refused["code"], "UNAUTHORIZED", "{refused}");
    }
    let late = nobody("/api/v1/auth/login", wrong).await;
    late.expect(429);
    assert!(!late.header("retry-after").is_empty(), "{late}");
    gateway.finish().await;
    world.finish().await;
}
