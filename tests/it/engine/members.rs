//! People who sign in: invited, with a password of their own, a role, and a cookie that ends when it should.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, Request};
use trunkline_tests::{Gateway, MailServer, World};

const PASSWORD: &str = "correct horse battery staple";
const COOKIE: &str = "trunkline_session";

/// A gateway behind a proxy on this machine, which says who asks.
async fn start(world: &World) -> Gateway {
    Gateway::start_with(world, &[("trusted-proxies", "127.0.0.1"), ("plain-cookies", "true")]).await
}

/// A request of a browser at an address.
fn browse(gateway: &Gateway, from: &str, (method, path): (Method, &str)) -> Request {
    let request = gateway.api().request(method, path).key(None);
    request.header("x-forwarded-for", from).header("sec-fetch-site", "same-origin")
}

async fn sign_in(gateway: &Gateway, from: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    browse(gateway, from, (Method::POST, "/auth/sign-in")).json(&body).send().await
}

fn cookie_of(answer: &Answer) -> String {
    answer.expect(200);
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    assert!(cookie.starts_with(COOKIE), "{cookie}");
    cookie
}

async fn with_cookie(gateway: &Gateway, cookie: &str, what: (Method, &str), body: Value) -> Answer {
    let request = browse(gateway, "192.0.2.1", what).header("cookie", cookie);
    if body.is_null() { request.send().await } else { request.json(&body).send().await }
}

/// Invites somebody, who chooses a password; their id.
async fn member(gateway: &Gateway, email: &str, role: &str) -> String {
    let body = json!({ "email": email, "name": "Somebody", "role": role });
    let invited = gateway.api().post("/v1/members", &body).send().await.expect(201);
    choose(gateway, "192.0.2.9", &invited["token"], PASSWORD).await.expect(204);
    invited["id"].as_str().expect("an id").to_owned()
}

async fn choose(gateway: &Gateway, from: &str, token: &Value, password: &str) -> Answer {
    gateway.api().keep_private(token.as_str().expect("a word"));
    gateway.api().keep_private(password);
    let body = json!({ "token": token, "password": password });
    browse(gateway, from, (Method::POST, "/auth/password")).json(&body).send().await
}

const SESSION: (Method, &str) = (Method::GET, "/auth/session");

// proves: auth.sign_in, auth.sign_out, auth.session, auth.sessions, auth.end_session, auth.set_password, members.invite
#[tokio::test]
async fn a_member_signs_in_and_is_signed_out_when_they_say_so() {
    let world = World::start().await;
    let mut gateway = start(&world).await;
    let invitation = json!({ "email": "Nora@Example.org", "name": "Nora", "role": "operator" });
    let invited = gateway.api().post("/v1/members", &invitation).send().await.expect(201);
    assert_eq!((&invited["state"], &invited["mailed"]), (&json!("invited"), &json!(false)));
    let again = gateway.api().post("/v1/members", &invitation).send().await;
    again.expect_problem(409, "EMAIL_TAKEN");
    sign_in(&gateway, "192.0.2.1", "nora@example.org", PASSWORD).await.expect_problem(401, "UNAUTHORIZED");
    choose(&gateway, "192.0.2.2", &json!("tsl_nothing"), PASSWORD).await.expect_problem(401, "UNAUTHORIZED");
    choose(&gateway, "192.0.2.2", &invited["token"], "tiny-pass").await.expect_problem(422, "VALIDATION");
    choose(&gateway, "192.0.2.2", &invited["token"], PASSWORD).await.expect(204);
    let twice = choose(&gateway, "192.0.2.2", &invited["token"], "another good password").await;
    twice.expect_problem(401, "UNAUTHORIZED");

    let answer = sign_in(&gateway, "192.0.2.1", " NORA@example.org", PASSWORD).await;
    assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Lax"), "{answer}");
    let cookie = cookie_of(&answer);
    gateway.api().keep_private(cookie.split_once('=').expect("a value").1);
    let elsewhere = cookie_of(&sign_in(&gateway, "198.51.100.7", "nora@example.org", PASSWORD).await);
    gateway.kill9();
    gateway.restart().await;
    let shown = with_cookie(&gateway, &cookie, SESSION, Value::Null).await.expect(200);
    assert_eq!((&shown["member"]["state"], &shown["session"]["ip"]), (&json!("active"), &json!("192.0.2.1")));
    let sessions =
        with_cookie(&gateway, &cookie, (Method::GET, "/auth/sessions"), Value::Null).await.expect(200);
    let other =
        sessions["data"].as_array().expect("a list").iter().find(|s| s["current"] == false).expect("one");
    assert_eq!(other["ip"], "198.51.100.7");
    let path = format!("/auth/sessions/{}", other["id"].as_str().expect("an id"));
    with_cookie(&gateway, &cookie, (Method::DELETE, &path), Value::Null).await.expect(204);
    with_cookie(&gateway, &elsewhere, SESSION, Value::Null).await.expect_problem(401, "UNAUTHORIZED");
    let out = with_cookie(&gateway, &cookie, (Method::POST, "/auth/sign-out"), json!({})).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out}");
    out.expect(204);
    with_cookie(&gateway, &cookie, SESSION, Value::Null).await.expect_problem(401, "UNAUTHORIZED");
    let audit = gateway.api().get("/v1/audit").send().await.expect(200);
    let entries: Vec<(&str, &str)> = audit["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| (entry["action"].as_str().expect("a word"), entry["ip"].as_str().unwrap_or_default()))
        .collect();
    for expected in [
        ("member.signed_out", "192.0.2.1"),
        ("member.signed_in", "198.51.100.7"),
        ("member.password_set", "192.0.2.2"),
    ] {
        assert!(entries.contains(&expected), "{expected:?} is not in {entries:?}");
    }
    gateway.finish().await;
    world.finish().await;
}

// proves: members.list, members.get, members.update, members.remove, members.link, accounts.invite_member
#[tokio::test]
async fn a_role_says_what_a_cookie_opens_and_nobody_gives_more_than_they_have() {
    let world = World::start().await;
    let gateway = start(&world).await;
    gateway.create_instance(json!({ "name": "shop" })).await;
    let admin = member(&gateway, "admin@example.org", "admin").await;
    let viewer = member(&gateway, "viewer@example.org", "viewer").await;
    let owner = member(&gateway, "owner@example.org", "owner").await;
    let admin_cookie = cookie_of(&sign_in(&gateway, "192.0.2.1", "admin@example.org", PASSWORD).await);
    let viewer_cookie = cookie_of(&sign_in(&gateway, "192.0.2.2", "viewer@example.org", PASSWORD).await);
    let look = (Method::GET, "/v1/instances/shop");
    let connect = (Method::POST, "/v1/instances/shop/connect");
    with_cookie(&gateway, &viewer_cookie, look.clone(), Value::Null).await.expect(200);
    with_cookie(&gateway, &viewer_cookie, connect.clone(), json!({})).await.expect_problem(403, "FORBIDDEN");
    let audit = (Method::GET, "/v1/audit");
    with_cookie(&gateway, &viewer_cookie, audit.clone(), Value::Null).await.expect_problem(403, "FORBIDDEN");
    let entries = with_cookie(&gateway, &admin_cookie, audit, Value::Null).await.expect(200);
    assert!(entries["data"].as_array().is_some_and(|entries| !entries.is_empty()));

    // An admin makes no owner, and touches none.
    let king = json!({ "email": "king@example.org", "name": "King", "role": "owner" });
    let invite = (Method::POST, "/v1/members");
    with_cookie(&gateway, &admin_cookie, invite, king).await.expect_problem(403, "FORBIDDEN");
    let member_path = |id: &str| format!("/v1/members/{id}");
    let (of_owner, of_viewer) = (member_path(&owner), member_path(&viewer));
    for (method, path) in [(Method::PATCH, of_owner.clone()), (Method::DELETE, of_owner.clone())] {
        let refused =
            with_cookie(&gateway, &admin_cookie, (method, &path), json!({ "role": "viewer" })).await;
        refused.expect_problem(403, "FORBIDDEN");
    }
    let link = (Method::POST, format!("{of_owner}/link"));
    let refused = with_cookie(&gateway, &admin_cookie, (link.0, &link.1), json!({})).await;
    refused.expect_problem(403, "FORBIDDEN");
    let promoted = json!({ "role": "operator" });
    with_cookie(&gateway, &admin_cookie, (Method::PATCH, &of_viewer), promoted).await.expect(200);
    with_cookie(&gateway, &viewer_cookie, connect, json!({})).await.expect(200);
    let listed = gateway.api().get("/v1/members").send().await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(3));

    // A link to another password ends every session; a removed member is nobody at once.
    let made = gateway.api().post(&format!("{of_viewer}/link"), &json!({})).send().await.expect(200);
    choose(&gateway, "192.0.2.3", &made["token"], "a new and better password").await.expect(204);
    with_cookie(&gateway, &viewer_cookie, look.clone(), Value::Null)
        .await
        .expect_problem(401, "UNAUTHORIZED");
    let old = sign_in(&gateway, "192.0.2.4", "viewer@example.org", PASSWORD).await;
    old.expect_problem(401, "UNAUTHORIZED");
    let of_admin = member_path(&admin);
    gateway.api().get(&of_admin).send().await.expect(200);
    gateway.api().request(Method::DELETE, &of_admin).send().await.expect(204);
    with_cookie(&gateway, &admin_cookie, look, Value::Null).await.expect_problem(401, "UNAUTHORIZED");
    gateway.api().get(&of_admin).send().await.expect_problem(404, "MEMBER_NOT_FOUND");

    // The operator invites the first owner of a tenant, who sees nothing of anybody else.
    let tenant = gateway.api().post("/v1/accounts", &json!({ "name": "Omar's" })).send().await.expect(201);
    let path = format!("/v1/accounts/{}/members", tenant["id"].as_str().expect("an id"));
    let omar = json!({ "email": "omar@example.org", "name": "Omar", "role": "owner" });
    let invited = gateway.api().post(&path, &omar).send().await.expect(201);
    choose(&gateway, "192.0.2.5", &invited["token"], PASSWORD).await.expect(204);
    let omars = cookie_of(&sign_in(&gateway, "192.0.2.5", "omar@example.org", PASSWORD).await);
    let instances =
        with_cookie(&gateway, &omars, (Method::GET, "/v1/instances"), Value::Null).await.expect(200);
    assert_eq!(instances["data"], json!([]));
    let node = with_cookie(&gateway, &omars, (Method::GET, "/v1/node"), Value::Null).await;
    node.expect_problem(403, "FORBIDDEN");
    gateway.finish().await;
    world.finish().await;
}

// proves: auth.forgot_password
#[tokio::test]
async fn whoever_tries_learns_nothing_and_not_often() {
    let world = World::start().await;
    let gateway = start(&world).await;
    member(&gateway, "nora@example.org", "viewer").await;
    let mut answers = Vec::new();
    for (from, email, password) in [
        ("192.0.2.11", "nora@example.org", "a wrong password"),
        ("192.0.2.12", "nobody@example.org", PASSWORD),
        ("192.0.2.13", "no address", PASSWORD),
        ("192.0.2.14", "", ""),
    ] {
        let answer = sign_in(&gateway, from, email, password).await;
        let mut problem = answer.expect_problem(401, "UNAUTHORIZED");
        problem["request_id"] = Value::Null;
        answers.push(problem);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    let forgot = async |from: &str, email: &str| {
        let request = browse(&gateway, from, (Method::POST, "/auth/forgot-password"));
        request.json(&json!({ "email": email })).send().await
    };
    for email in ["nora@example.org", "nobody@example.org", "no address"] {
        forgot("192.0.2.15", email).await.expect(204);
    }
    // More often than may be for one of them, which tells nothing either.
    for from in ["192.0.2.21", "192.0.2.22", "192.0.2.23", "192.0.2.24"] {
        forgot(from, "nora@example.org").await.expect(204);
    }
    for _ in 0..5 {
        sign_in(&gateway, "192.0.2.31", "nora@example.org", "a wrong password")
            .await
            .expect_problem(401, "UNAUTHORIZED");
    }
    let slowed = sign_in(&gateway, "192.0.2.31", "nora@example.org", PASSWORD).await;
    slowed.expect_problem(429, "TOO_MANY_REQUESTS");
    assert!(slowed.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds <= 60), "{slowed}");
    cookie_of(&sign_in(&gateway, "192.0.2.32", "nora@example.org", PASSWORD).await);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn another_site_does_nothing_with_a_cookie() {
    let world = World::start().await;
    let gateway = start(&world).await;
    member(&gateway, "nora@example.org", "owner").await;
    let cookie = cookie_of(&sign_in(&gateway, "192.0.2.1", "nora@example.org", PASSWORD).await);
    let create = |name: &str, headers: &[(&str, &str)]| {
        let mut request = gateway.api().post("/v1/instances", &json!({ "name": name })).key(None);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.header("cookie", &cookie).send()
    };
    for headers in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example"), ("x-trunkline-csrf", "1")],
    ] {
        create("evil", headers).await.expect_problem(403, "CROSS_SITE");
    }
    let host = gateway.api().url();
    create("own", &[("origin", host.as_str())]).await.expect(201);
    create("scripted", &[("x-trunkline-csrf", "1")]).await.expect(201);
    let listed = gateway.api().get("/v1/instances").send().await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn links_come_by_letter_where_letters_are_sent() {
    let world = World::start().await;
    let post = MailServer::start().await;
    let settings = [
        ("trusted-proxies", "127.0.0.1"),
        ("plain-cookies", "true"),
        ("smtp-url", post.url()),
        ("smtp-from", "gate@example.org"),
        ("public-url", "http://localhost/gate/"),
    ];
    let gateway = Gateway::start_with(&world, &settings).await;
    let body = json!({ "email": "nora@example.org", "name": "Nora", "role": "viewer" });
    let invited = gateway.api().post("/v1/members", &body).send().await.expect(201);
    assert_eq!(invited["mailed"], true);
    let word = |text: &str| {
        let (_, rest) = text.split_once("http://localhost/gate/password#").expect("a link");
        json!(rest.split_whitespace().next().expect("a word"))
    };
    let first = post.letters(1).await.remove(0);
    assert_eq!(first.to, ["nora@example.org"]);
    assert!(first.text.contains("From: gate@example.org"), "{}", first.text);
    assert_eq!(word(&first.text), invited["token"]);
    choose(&gateway, "192.0.2.1", &invited["token"], PASSWORD).await.expect(204);
    let forgot = async |from: &str, email: &str| {
        let request = browse(&gateway, from, (Method::POST, "/auth/forgot-password"));
        request.json(&json!({ "email": email })).send().await.expect(204)
    };
    forgot("192.0.2.2", "nobody@example.org").await;
    // Three letters an hour, whoever asks.
    for from in ["192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"] {
        forgot(from, "Nora@example.org").await;
    }
    let letters = post.letters(4).await;
    assert_eq!(letters.len(), 4, "{letters:#?}");
    assert!(letters.iter().all(|letter| letter.to == ["nora@example.org"]));
    // The newest link opens; which letter that is, the order of their handing over does not say.
    let mut opened = 0;
    for (number, letter) in letters[1..].iter().enumerate() {
        let answer =
            choose(&gateway, &format!("192.0.2.{}", 20 + number), &word(&letter.text), "a newer password")
                .await;
        opened += usize::from(answer.status == 204);
    }
    assert_eq!(opened, 1);
    cookie_of(&sign_in(&gateway, "192.0.2.7", "nora@example.org", "a newer password").await);
    gateway.finish().await;
    world.finish().await;
}

// proves: auth.sign_up, auth.renew_session
#[tokio::test]
async fn a_stranger_makes_an_account_of_their_own_where_the_node_is_open() {
    let world = World::start().await;
    let body =
        json!({ "email": "Rui@example.org", "password": PASSWORD, "name": "Rui", "account": "Rui's bakery" });
    let sign_up = async |gateway: &Gateway, from: &str| {
        gateway.api().keep_private(PASSWORD);
        browse(gateway, from, (Method::POST, "/auth/sign-up")).json(&body).send().await
    };
    let closed = start(&world).await;
    sign_up(&closed, "192.0.2.1").await.expect_problem(403, "SIGN_UP_CLOSED");
    closed.finish().await;
    let settings = [("trusted-proxies", "127.0.0.1"), ("plain-cookies", "true"), ("sign-up", "true")];
    let mut gateway = Gateway::start_with(&world, &settings).await;
    let answer = sign_up(&gateway, "192.0.2.1").await;
    let made = answer.expect(201);
    assert_eq!((&made["member"]["role"], &made["member"]["state"]), (&json!("owner"), &json!("active")));
    sign_up(&gateway, "192.0.2.2").await.expect_problem(409, "EMAIL_TAKEN");
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let account = (Method::GET, "/v1/account");
    let shown = with_cookie(&gateway, &cookie, account.clone(), Value::Null).await.expect(200);
    assert_eq!((&shown["id"], &shown["name"]), (&made["account"], &json!("Rui's bakery")));
    let renewed = with_cookie(&gateway, &cookie, (Method::POST, "/auth/session/renew"), json!({})).await;
    let fresh = cookie_of(&renewed);
    gateway.kill9();
    gateway.restart().await;
    with_cookie(&gateway, &cookie, account.clone(), Value::Null).await.expect_problem(401, "UNAUTHORIZED");
    with_cookie(&gateway, &fresh, account, Value::Null).await.expect(200);
    // Five tries a minute from one address.
    for _ in 0..5 {
        sign_up(&gateway, "192.0.2.9").await.expect_problem(409, "EMAIL_TAKEN");
    }
    sign_up(&gateway, "192.0.2.9").await.expect_problem(429, "TOO_MANY_REQUESTS");
    gateway.finish().await;
    world.finish().await;
}
