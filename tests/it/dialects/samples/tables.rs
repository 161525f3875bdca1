//! The samples of the references that have few, and the list of all.

use super::{Arrival, Body, Sample, Says, wessaal};

/// Each dialect, its samples, and files of its folder that are used apart from those.
pub const ALL: [(&str, &[Sample], &[&str]); 5] = [
    ("wastack", WASTACK, &[]),
    ("wasaas", WASAAS, &[]),
    ("wsapi", WSAPI, &["openapi-examples.json"]),
    ("aduta", ADUTA, &["webhook.txt"]),
    ("wessaal", wessaal::SAMPLES, &["me.200.json", "send.402.json"]),
];

pub const WASTACK: &[Sample] = &[
    Sample::program(
        "list-devices.sh",
        Says::Json(
            r#"{"success":true,"data":[{"id":"device_1","name":"Support Line","phone":"919876543210"}]}"#,
            &["id"],
        ),
    )
    .learns("device", "/data/0/id"),
    Sample::get("/api/v1/devices/$device", Says::Like("read.200.json", &["id"])),
    Sample::post(
        "/api/v1/messages",
        Body::Text(r#"{"deviceId":"$device","to":"919876543211","text":"Your order has shipped"}"#),
        202,
        Says::Like("send.202.json", &["transactionId", "correlationId"]),
    )
    .arrives(&[Arrival { to: "919876543211", kind: "text", text: "Your order has shipped" }]),
    Sample::post("/api/v1/messages", Body::Text("{}"), 400, Says::Like("error.json", &["error"])),
];

pub const WASAAS: &[Sample] = &[Sample::program(
    "send.sh",
    Says::Json(
        r#"{"success":true,"data":{"messageId":"3EB0","status":"sent","timestamp":"2024-01-15T12:00:00.000Z"}}"#,
        &["messageId", "status", "timestamp"],
    ),
)
.arrives(&[Arrival { to: "5511999999999", kind: "text", text: "Hello from WASaaS!" }])];

pub const WSAPI: &[Sample] = &[
    Sample::program("send-text.sh", Says::Json(r#"{"id":"3EB0"}"#, &["id"])).arrives(&[Arrival {
        to: "1234567890",
        kind: "text",
        text: "Hello from WSAPI!",
    }]),
    Sample::program(
        "list-chats.sh",
        Says::Json(
            r#"[{"id":"1234567890@s.whatsapp.net","isGroup":false,"isArchived":false,"isPinned":false,"isMuted":false}]"#,
            &[],
        ),
    ),
];

const SENT: Says = Says::Json(r#"{"success":true,"messageId":"3EB0"}"#, &["messageId"]);

pub const ADUTA: &[Sample] = &[
    Sample::program("send-text.mjs", Says::MessageId).arrives(&[to_sample("text", "Hello from the API!")]),
    Sample::post("/api/v1/send-message", Body::File("image.json"), 200, SENT)
        .arrives(&[to_sample("image", "Optional")]),
    Sample::post("/api/v1/send-message", Body::File("location.json"), 200, SENT)
        .arrives(&[to_sample("location", "San Francisco")]),
    Sample::post("/api/v1/send-message", Body::File("contact.json"), 200, SENT)
        .arrives(&[to_sample("contacts", "John Doe")]),
];

/// A message to the number that the samples write to.
const fn to_sample(kind: &'static str, text: &'static str) -> Arrival {
    Arrival { to: "1234567890", kind, text }
}
