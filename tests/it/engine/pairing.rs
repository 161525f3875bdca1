//! Linking a number: QR code as text and pictures, 8-character code, forged identities, passkeys.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, GatewayEvent, Instance, World};

// proves: pairing.get
#[tokio::test]
async fn a_number_is_linked_by_qr() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({"name": "shop"})).await;
    assert_eq!(shop.view().await["state"], "new");
    shop.connect().await;
    let qr = shop.expect_qr().await;
    assert_eq!(shop.view().await["state"], "awaiting_scan");
    alice.phone().scan(&qr).await;
    for state in ["pairing", "syncing", "open"] {
        shop.expect_state(state).await;
    }
    let linked = shop
        .expect("who is linked", |event| (event.kind == "instance.linked").then(|| event.data.clone()))
        .await;
    assert_eq!(linked["linked"]["phone"], format!("+{}", alice.pn()));
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["linked"]["phone"]), (&json!("open"), &linked["linked"]["phone"]));
    assert_eq!(view["linked"]["lid"], alice.lid_jid().trim_end_matches("@lid"));
    assert_eq!(alice.device(1).await["online"], true);
    gateway.finish().await;
    world.finish().await;
}

// proves: pairing.qr
#[tokio::test]
async fn the_qr_code_comes_as_text_and_pictures() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    let early = shop.get("/qr?format=text").await;
    assert_eq!(early.expect_problem(409, "INSTANCE_STATE")["state"], "new");
    shop.connect().await;
    let qr = shop.expect_qr().await;
    let pairing = shop.get("/pairing").await.expect(200);
    assert_eq!((&pairing["state"], &pairing["qr"]["text"]), (&json!("awaiting_scan"), &json!(qr)));

    let text = shop.get("/qr?format=text").await;
    assert!(text.header("content-type").starts_with("text/plain"));
    assert_eq!(text.body, qr.as_bytes());
    let terminal = shop.get("/qr?format=terminal").await;
    assert!(String::from_utf8_lossy(&terminal.body).contains('█'), "{terminal}");
    let svg = shop.get("/qr?format=svg").await;
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    let drawing = String::from_utf8_lossy(&svg.body).into_owned();
    assert!(drawing.contains("<svg") && drawing.trim_end().ends_with("</svg>"), "{drawing}");
    let png = shop.get("/qr").await;
    assert_eq!(png.header("content-type"), "image/png");
    let (width, height) = size_of_png(&png.body);
    assert!(width == height && width >= 256, "{width} x {height} pixels");
    gateway.finish().await;
    world.finish().await;
}

/// Width and height in pixels, from a header that must be a PNG's (ISO/IEC 15948, 5.2 and 11.2.2).
fn size_of_png(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "the signature");
    assert_eq!(&bytes[8..16], b"\0\0\0\x0dIHDR", "the first chunk");
    assert_eq!(&bytes[bytes.len() - 8..bytes.len() - 4], b"IEND", "the last chunk");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

// proves: pairing.code
#[tokio::test]
async fn a_number_is_linked_by_code() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    let early = shop.post("/pairing-code", json!({"phone": alice.pn()})).await;
    early.expect_problem(409, "INSTANCE_STATE");
    shop.connect().await;
    shop.expect_state("awaiting_scan").await;
    let code = shop.request_pairing_code(&alice).await;
    assert_eq!(code.len(), 8, "{code}");
    assert_eq!(shop.get("/pairing").await.expect(200)["code"]["text"], code);
    alice.phone().type_pairing_code(&code).await;
    shop.expect_state("open").await;
    assert_eq!(shop.view().await["linked"]["phone"], format!("+{}", alice.pn()));
    let bob = world.account("Bob").await;
    shop.send_text(&bob, "linked without a camera").await;
    bob.phone().expect_text("linked without a camera").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_forged_identity_links_nothing_and_the_next_attempt_works() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    for fault in ["bad_hmac", "bad_account_signature"] {
        let shop = gateway.create_instance(json!({})).await;
        alice.fault(fault, json!({"count": 1})).await;
        shop.connect().await;
        let qr = shop.expect_qr().await;
        alice.phone().scan(&qr).await;
        shop.expect_state_because("new", "pairing_refused").await;
        assert_eq!(shop.view().await["linked"], Value::Null);
        shop.link(&alice).await;
    }
    gateway.finish().await;
    world.finish().await;
}

/// The code that the gateway shows, once it is there.
async fn confirmation_code(shop: &Instance) -> String {
    let told = |event: &GatewayEvent| {
        let code = event.data["confirmation_code"].as_str()?;
        (event.kind == "instance.passkey_confirmation").then(|| code.to_owned())
    };
    shop.expect("the code of the ceremony", told).await
}

// proves: pairing.passkey, pairing.passkey_confirm
#[tokio::test]
async fn a_number_behind_a_passkey_is_linked_when_its_owner_asserts_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    alice.phone().require_passkey().await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    shop.connect().await;
    alice.phone().scan(&shop.expect_qr().await).await;
    shop.expect_state("awaiting_passkey").await;
    let request = shop.get("/pairing").await.expect(200)["passkey"]["request"].clone();
    assert_eq!(request["rpId"], "web.whatsapp.com");
    shop.act("/passkey/confirm").await.expect_problem(409, "INSTANCE_STATE");

    let assertion = alice.phone().assert_passkey(&request).await;
    shop.post("/passkey", assertion.clone()).await.expect(200);
    let code = confirmation_code(&shop).await;
    assert_eq!(code.replace('-', ""), alice.phone().passkey_code().await);
    assert_eq!(shop.get("/pairing").await.expect(200)["passkey"]["confirmation_code"], code);
    // Once is enough.
    shop.post("/passkey", assertion).await.expect_problem(409, "INSTANCE_STATE");
    shop.act("/passkey/confirm").await.expect(200);
    shop.expect_state("open").await;
    shop.send_text(&bob, "linked with a passkey").await;
    bob.phone().expect_text("linked with a passkey").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn somebody_elses_passkey_links_nothing() {
    let world = World::start().await;
    let (alice, mallory) = (world.account("Alice").await, world.account("Mallory").await);
    alice.phone().require_passkey().await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    shop.connect().await;
    alice.phone().scan(&shop.expect_qr().await).await;
    shop.expect_state("awaiting_passkey").await;
    let request = shop.get("/pairing").await.expect(200)["passkey"]["request"].clone();
    let forged = mallory.phone().assert_passkey(&request).await;
    let refused = shop.post("/passkey", forged).await;
    assert!((400..500).contains(&refused.status), "{refused}");
    shop.act("/passkey/confirm").await.expect_problem(409, "INSTANCE_STATE");
    assert_eq!(shop.view().await["linked"], Value::Null);

    // The owner can still answer.
    let assertion = alice.phone().assert_passkey(&request).await;
    shop.post("/passkey", assertion).await.expect(200);
    confirmation_code(&shop).await;
    shop.act("/passkey/confirm").await.expect(200);
    shop.expect_state("open").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_passkey_that_nobody_asked_for_is_refused() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    let assertion = json!({"credential_id": "AQID", "client_data_json": "e30", "authenticator_data": "AQID",
        "signature": "AQID"});
    shop.post("/passkey", assertion.clone()).await.expect_problem(409, "INSTANCE_STATE");
    shop.act("/passkey/confirm").await.expect_problem(409, "INSTANCE_STATE");
    shop.post("/passkey", json!({"credential_id": "AQID"})).await.expect_problem(422, "VALIDATION");

    shop.connect().await;
    shop.expect_state("awaiting_scan").await;
    for answer in [shop.post("/passkey", assertion).await, shop.act("/passkey/confirm").await] {
        assert!((400..500).contains(&answer.status), "{answer}");
    }
    assert_eq!(shop.get("/pairing").await.expect(200)["passkey"], Value::Null);
    // The attempt did no harm.
    shop.link_here(&alice).await;
    gateway.finish().await;
    world.finish().await;
}
