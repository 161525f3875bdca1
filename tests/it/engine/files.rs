//! Files at public addresses, and files of the media hosts that a caller has the keys of.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, in_base64};
use trunkline_tests::{Gateway, Media, World};

const PAGE: &[u8] = b"<script>alert(1)</script>";

/// A request that nobody's key goes with.
async fn visit(gateway: &Gateway, url: &str, headers: &[(&str, &str)]) -> Answer {
    let path = url.strip_prefix(&gateway.api().url()).expect("an address of this node");
    let request = gateway.api().get(path).key(None);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

async fn put(gateway: &Gateway, query: &str, bytes: &[u8]) -> Answer {
    let request = gateway.api().request(Method::POST, &format!("/v1/files{query}"));
    request.body("text/html", bytes.to_vec()).send().await
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}: {value}"))
}

// proves: files.create, files.list, files.get, files.delete, files.download
#[tokio::test]
async fn a_file_is_there_for_whoever_knows_its_address_until_it_is_taken_back() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    put(&gateway, "?expires_in_seconds=1", PAGE).await.expect_problem(400, "MALFORMED_REQUEST");
    put(&gateway, "", b"").await.expect_problem(422, "VALIDATION");
    let made = put(&gateway, "?name=a%20page.html&expires_in_seconds=3600", PAGE).await.expect(201);
    let url = text(&made, "url").to_owned();
    gateway.api().keep_private(url.rsplit('/').next().expect("a word"));
    gateway.kill9();
    gateway.restart().await;
    // The address names the port that the node had; the word stays.
    let url = format!("{}/files/{}", gateway.api().url(), url.rsplit('/').next().expect("a word"));
    let whole = visit(&gateway, &url, &[]).await;
    assert_eq!((whole.status, &whole.body[..]), (200, PAGE), "{whole}");
    for (header, expected) in [
        ("content-type", "text/html"),
        ("content-disposition", "attachment; filename*=UTF-8''a%20page.html"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(whole.header(header), expected, "{header}");
    }
    let part = visit(&gateway, &url, &[("range", "bytes=1-6")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &b"script"[..]));
    visit(&gateway, &format!("{url}A"), &[]).await.expect_problem(404, "FILE_NOT_FOUND");
    let listed = gateway.api().get("/v1/files").send().await.expect(200);
    let id = text(&listed["data"][0], "id").to_owned();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    assert!(!listed.to_string().contains("/files/"), "the address is told once: {listed}");
    let shown = gateway.api().get(&format!("/v1/files/{id}")).send().await.expect(200);
    assert_eq!((&shown["size_bytes"], &shown["name"]), (&json!(PAGE.len()), &json!("a page.html")));
    let delete = gateway.api().request(Method::DELETE, &format!("/v1/files/{id}"));
    delete.send().await.expect(204);
    visit(&gateway, &url, &[]).await.expect_problem(404, "FILE_NOT_FOUND");
    gateway.api().get(&format!("/v1/files/{id}")).send().await.expect_problem(404, "FILE_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

/// Bytes as Baileys writes them: base64, or a list of numbers.
pub(crate) fn bytes(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let list = members.get("data").and_then(Value::as_array).cloned();
            let list = list.unwrap_or_else(|| {
                let mut numbered: Vec<_> =
                    members.iter().filter_map(|(at, byte)| Some((at.parse::<usize>().ok()?, byte))).collect();
                numbered.sort_by_key(|(at, _)| *at);
                numbered.into_iter().map(|(_, byte)| byte.clone()).collect()
            });
            let bytes: Vec<u8> = list.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect();
            in_base64(&bytes)
        }
        other => panic!("no bytes: {other}"),
    }
}

#[tokio::test]
async fn capability_media_download_opens_a_file_by_its_keys_alone() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let picture = Media::sample("image", "image/jpeg", 70_001);
    let facts = laptop.send_media(&alice, &picture).await.facts;
    let described = json!({
        "kind": "image",
        "direct_path": facts["directPath"],
        "media_key": bytes(&facts["mediaKey"]),
        "file_sha256": bytes(&facts["fileSha256"]),
        "file_enc_sha256": bytes(&facts["fileEncSha256"]),
        "mime_type": "image/jpeg",
    });
    let whole = shop.post("/media/download", described.clone()).await;
    assert_eq!((whole.status, whole.header("content-type")), (200, "image/jpeg"), "{whole}");
    assert!(whole.body == picture.bytes, "it changed on its way");
    let mut other = described.clone();
    other["media_key"] = json!(in_base64(&[7; 32]));
    shop.post("/media/download", other).await.expect_problem(422, "MEDIA_UNUSABLE");
    let mut gone = described;
    gone["direct_path"] = json!("/v/nothing.enc");
    shop.post("/media/download", gone).await.expect_problem(404, "MEDIA_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}
