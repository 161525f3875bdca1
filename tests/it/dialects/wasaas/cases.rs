//! One request for each row, in an order in which each finds what it needs.

use super::super::contract::Case;

const fn case(
    method: &'static str,
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    (status, shape): (u16, &'static str),
) -> Case {
    Case { method, path, parameters, query: "", body, status, shape, instance: "" }
}

const fn get(path: &'static str, parameters: &'static [&'static str], shape: &'static str) -> Case {
    case("GET", path, parameters, "", (200, shape))
}

const fn post(
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    shape: &'static str,
) -> Case {
    case("POST", path, parameters, body, (200, shape))
}

const SESSION: &str = "success:b data:o|id:s name:s status:s createdAt:s";
const SENT: &str = "success:b data:o|messageId:s status:s timestamp:s";
const BULK: &str = "success:b data:o|jobId:s total:n queued:n failed:n results:a";
const CONTACT: &str = "success:b data:o|id:s name:s phone:s tags:a";
const CAMPAIGN: &str =
    "success:b data:o|id:s name:s status:s total:n stats:o sessionId:s message:o createdAt:s";
const WEBHOOK: &str = "success:b data:o|id:s url:s events:a active:b";
const REMOVED: &str = "success:b data:o|id:s deleted:b";

pub const CASES: &[Case] = &[
    // Sessions.
    case(
        "POST",
        "/api/sessions",
        &[],
        r#"{"name":"Support line","webhookUrl":"http://127.0.0.1:9/hook"}"#,
        (201, SESSION),
    ),
    get("/api/sessions", &[], "success:b data:a pagination:o|[]id:s name:s status:s createdAt:s"),
    get("/api/sessions/{id}", &["$session"], "success:b data:o|id:s name:s status:s phoneNumber:s"),
    post(
        "/api/sessions/{id}/pairing-code",
        &["$fresh"],
        r#"{"phoneNumber":"$phone"}"#,
        "success:b data:o|code:s",
    ),
    post("/api/sessions/{id}/restart", &["$spare"], "", SESSION),
    // Messages.
    post(
        "/api/messages/send",
        &[],
        r#"{"sessionId":"$session","to":"$ana","text":"Hello from WASaaS!"}"#,
        SENT,
    ),
    post(
        "/api/messages/send-media",
        &[],
        r#"{"sessionId":"$session","to":"$ana","type":"image","base64":"$png","caption":"a picture","fileName":"a.png"}"#,
        SENT,
    ),
    post(
        "/api/messages/send-bulk",
        &[],
        r#"{"sessionId":"$session","recipients":["$ana","$phone"],"text":"to many"}"#,
        BULK,
    ),
    post(
        "/api/messages/send-template",
        &[],
        r#"{"sessionId":"$session","to":"$ana","templateId":"$template","variables":{"name":"Ana"}}"#,
        SENT,
    ),
    get(
        "/api/messages/{chatId}",
        &["$ana"],
        "success:b data:a pagination:o|[]id:s chatId:s fromMe:b type:s timestamp:s status:s",
    )
    .query("?sessionId=$session&limit=10"),
    // Contacts.
    case(
        "POST",
        "/api/contacts",
        &[],
        r#"{"name":"Ana","phone":"$phone","tags":["vip"],"customFields":{"city":"Porto"}}"#,
        (201, CONTACT),
    ),
    get("/api/contacts", &[], "success:b data:a pagination:o|[]id:s phone:s tags:a")
        .query("?tag=vip&search=ana"),
    get("/api/contacts/{id}", &["$contact"], CONTACT),
    case("PUT", "/api/contacts/{id}", &["$contact"], r#"{"name":"Ana B."}"#, (200, CONTACT)),
    case("PATCH", "/api/contacts/{id}", &["$contact"], r#"{"tags":["vip","porto"]}"#, (200, CONTACT)),
    // Campaigns.
    case(
        "POST",
        "/api/campaigns",
        &[],
        r#"{"name":"Spring","sessionId":"$session","message":{"type":"text","text":"Hello {{name}}"},"contactIds":["$contact"]}"#,
        (201, CAMPAIGN),
    ),
    get("/api/campaigns", &[], "success:b data:a pagination:o|[]id:s name:s status:s total:n"),
    case(
        "PUT",
        "/api/campaigns/{id}",
        &["$campaign"],
        r#"{"name":"Spring, second try","delay":{"min":1000,"max":2000}}"#,
        (200, CAMPAIGN),
    ),
    post("/api/campaigns/{id}/start", &["$campaign"], "", CAMPAIGN),
    get("/api/campaigns/{id}", &["$campaign"], CAMPAIGN),
    post("/api/campaigns/{id}/pause", &["$slow"], "", CAMPAIGN),
    post("/api/campaigns/{id}/resume", &["$slow"], "", CAMPAIGN),
    post("/api/campaigns/{id}/stop", &["$slow"], "", CAMPAIGN),
    case("DELETE", "/api/campaigns/{id}", &["$slow"], "", (200, REMOVED)),
    // Webhooks.
    case(
        "POST",
        "/api/webhooks",
        &[],
        r#"{"url":"http://127.0.0.1:9/hook","events":["message.received"],"sessionId":"$session"}"#,
        (201, WEBHOOK),
    ),
    get("/api/webhooks", &[], "success:b data:a pagination:o|[]id:s url:s events:a active:b"),
    case(
        "PUT",
        "/api/webhooks/{id}",
        &["$webhook"],
        r#"{"events":["message.received","message.sent"]}"#,
        (200, WEBHOOK),
    ),
    case("PATCH", "/api/webhooks/{id}", &["$webhook"], r#"{"active":false}"#, (200, WEBHOOK)),
    case("DELETE", "/api/webhooks/{id}", &["$webhook"], "", (200, REMOVED)),
    // What was made goes last.
    case("DELETE", "/api/contacts/{id}", &["$contact"], "", (200, REMOVED)),
    case("DELETE", "/api/sessions/{id}", &["$fresh"], "", (200, REMOVED)),
    post("/api/sessions/{id}/logout", &["$session"], "", SESSION),
];
