//! Rows 57–60: the media server by plain HTTPS.

use reqwest::header::RANGE;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use trunkline_tests::control::http_client;
use trunkline_tests::{Baileys, World};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use ring::digest::{SHA256, digest};

/// A media server, an upload token a linked client asked for, and a file.
struct Shelf {
    http: Client,
    host: String,
    auth: String,
    file: Vec<u8>,
}

impl Shelf {
    async fn new(world: &World, client: &Baileys, length: usize) -> Self {
        let attrs = json!({"to": "@s.whatsapp.net", "type": "set", "xmlns": "w:m"});
        let request = json!({"tag": "iq", "attrs": attrs, "content": [{"tag": "media_conn"}]});
        let answer = client.query(request).await.expect("a media connection");
        let auth = answer.child("media_conn").expect("a media connection").attr("auth").to_owned();
        let file = (0..length).map(|i| (i % 251) as u8).collect();
        Self { http: http_client(Some(world.ca_pem())), host: world.media_host().to_owned(), auth, file }
    }

    fn token(&self) -> String {
        URL_SAFE.encode(digest(&SHA256, &self.file))
    }

    fn upload(&self, token: &str, auth: &str, further: &str) -> RequestBuilder {
        let url = format!("https://{}/mms/document/{token}?auth={auth}&token={token}{further}", self.host);
        self.http.post(url)
    }

    async fn upload_whole(&self) -> String {
        let answer = self.upload(&self.token(), &self.auth, "").body(self.file.clone()).send().await;
        let answer = answer.expect("an answer").json::<Value>().await.expect("JSON");
        let path = answer["direct_path"].as_str().map(str::to_owned);
        path.unwrap_or_else(|| panic!("no direct path: {answer}"))
    }

    async fn status(&self, request: RequestBuilder) -> StatusCode {
        request.send().await.expect("an answer").status()
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("https://{}{path}", self.host))
    }
}

#[tokio::test]
async fn row_57_parts_of_a_file() {
    let world = World::start().await;
    let client = world.account("Alice").await.link_baileys().await;
    let shelf = Shelf::new(&world, &client, 10_000).await;
    let path = shelf.upload_whole().await;
    let length = shelf.file.len();
    for (range, expected) in [
        ("bytes=0-99", 0..100),
        ("bytes=100-4999", 100..5_000),
        ("bytes=9990-", 9_990..length),
        ("bytes=9000-99999", 9_000..length),
    ] {
        let part = shelf.get(&path).header(RANGE, range).send().await.expect("an answer");
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(part.bytes().await.expect("a body"), shelf.file[expected], "{range}");
    }
    let beyond = shelf.get(&path).header(RANGE, "bytes=10000-");
    assert_eq!(shelf.status(beyond).await, StatusCode::RANGE_NOT_SATISFIABLE);
    let whole = shelf.get(&path).send().await.expect("an answer");
    assert_eq!(whole.bytes().await.expect("a body"), shelf.file);
    world.finish().await;
}

#[tokio::test]
async fn row_58_an_upload_goes_on_where_it_stopped() {
    let world = World::start().await;
    let client = world.account("Alice").await.link_baileys().await;
    let shelf = Shelf::new(&world, &client, 6 * 1024 * 1024).await;
    let (token, half) = (shelf.token(), shelf.file.len() / 2);
    let ask = || async {
        let answer = shelf.upload(&token, &shelf.auth, "&resume=1").send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")
    };
    assert_eq!(ask().await["resume"], json!("0"));
    let first = shelf.upload(&token, &shelf.auth, "&file_offset=0").body(shelf.file[..half].to_vec());
    first.send().await.expect("an answer");
    assert_eq!(ask().await["resume"], json!(half.to_string()));
    let rest =
        shelf.upload(&token, &shelf.auth, &format!("&file_offset={half}")).body(shelf.file[half..].to_vec());
    let done = rest.send().await.expect("an answer").json::<Value>().await.expect("JSON");
    let path = done["direct_path"].as_str().expect("a direct path");
    assert_eq!(ask().await["resume"], json!("complete"));
    let whole = shelf.get(path).send().await.expect("an answer").bytes().await.expect("a body");
    assert!(whole == shelf.file, "the parts were put together wrongly");
    world.finish().await;
}

#[tokio::test]
async fn row_59_wrong_tokens_are_refused() {
    let world = World::start().await;
    let client = world.account("Alice").await.link_baileys().await;
    let shelf = Shelf::new(&world, &client, 1_000).await;
    let other_file = URL_SAFE.encode(digest(&SHA256, b"something else"));
    for (token, auth) in
        [(other_file.as_str(), shelf.auth.as_str()), (&shelf.token(), "forged"), ("rubbish", &shelf.auth)]
    {
        let status = shelf.status(shelf.upload(token, auth, "").body(shelf.file.clone())).await;
        assert!(status.is_client_error(), "token {token}, auth {auth}: {status}");
    }
    world.control().fault("media_auth", json!({"count": 1})).await;
    let expired = shelf.upload(&shelf.token(), &shelf.auth, "").body(shelf.file.clone());
    assert_eq!(shelf.status(expired).await, StatusCode::UNAUTHORIZED);
    shelf.upload_whole().await;
    world.finish().await;
}

#[tokio::test]
async fn row_60_a_file_can_be_deleted() {
    let world = World::start().await;
    let client = world.account("Alice").await.link_baileys().await;
    let shelf = Shelf::new(&world, &client, 1_000).await;
    let path = shelf.upload_whole().await;
    let delete = shelf.http.request(Method::DELETE, format!("https://{}{path}", shelf.host));
    assert!(shelf.status(delete).await.is_success());
    assert_eq!(shelf.status(shelf.get(&path)).await, StatusCode::NOT_FOUND);
    world.finish().await;
}
