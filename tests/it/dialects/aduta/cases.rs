//! One request for each row at least, in an order in which each finds what it needs. A customer makes 100 requests a minute, and a
//! session sends 10 messages: there are fewer here.

use super::super::contract::Case;

const fn case(
    method: &'static str,
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    (status, shape): (u16, &'static str),
) -> Case {
    Case { method, path, parameters, query: "", body, status, shape, instance: "session" }
}

/// What the key of the session asks.
const fn get(path: &'static str, parameters: &'static [&'static str], shape: &'static str) -> Case {
    case("GET", path, parameters, "", (200, shape))
}

const fn put(
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    shape: &'static str,
) -> Case {
    case("PUT", path, parameters, body, (200, shape))
}

const fn post(
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    shape: &'static str,
) -> Case {
    case("POST", path, parameters, body, (200, shape))
}

/// A message, which is answered with WhatsApp's id of it.
const fn send(body: &'static str) -> Case {
    post("/api/v1/send-message", &[], body, SENT)
}

/// The same of a personal token.
const fn token(case: Case) -> Case {
    case.on("token")
}

/// What is refused, by a code of the service.
const fn refused(case: Case, (status, shape): (u16, &'static str)) -> Case {
    Case { status, shape, ..case }
}

const DISCONNECTED: (u16, &str) = (409, r#"success=false code="SESSION_DISCONNECTED" message:s error:o"#);
const NO_SESSION: (u16, &str) = (404, r#"success=false code="SESSION_NOT_FOUND" message:s error:o"#);
const WRONG: (u16, &str) = (422, r#"success=false code="VALIDATION_ERROR" message:s errors:o"#);
const UNAUTHORIZED: (u16, &str) = (401, r#"success=false code="UNAUTHORIZED" message:s error:o"#);
const NOTHING: (u16, &str) = (404, r#"success=false code="NOT_FOUND" message:s error:o"#);

const SENT: &str = "success=true messageId:s|msgId:n jid:s status:s messageId:s";
const LOGIN: &str = "success=true token:s|token:s expiresAt:s user:o";
const PUBLIC: &str = "success=true publicUrl:s|publicUrl:s size:n expiresAt:s";
const SAID: &str = "success=true|message:s";
const SESSION: &str = "success=true|id:s name:s status:s account_protection:b log_messages:b webhook_enabled:b webhook_events:a \
    created_at:s updated_at:s createdAt:s read_incoming_messages:b auto_reject_calls:b";
const SESSIONS: &str = "success=true|[]id:s name:s status:s webhook_enabled:b webhook_events:a created_at:s";
const PROGRESS: &str = "success=true|status:s message:s";
const LOG: &str = "success=true|current_page=1 data:a total:n per_page:n last_page:n path:s";
const WEBHOOK: &str = "success=true|events:a enabled:b";
const CONTACTS: &str = "success=true|[]id:s";
const METADATA: &str = "success=true|id:s subject:s participants:a isCommunity:b addressingMode:s";
const OUTCOMES: &str = "success=true|[]id:s status=200 message:s";

const LOCATION: &str = include_str!("../../../dialect/samples/aduta/location.json");
const CONTACT: &str = include_str!("../../../dialect/samples/aduta/contact.json");
const IMAGE: &str = include_str!("../../../dialect/samples/aduta/image.json");

pub const CASES: &[Case] = &[
    // Sessions.
    token(get("/api/v1/whatsapp-sessions", &[], SESSIONS)),
    token(case(
        "POST",
        "/api/v1/whatsapp-sessions",
        &[],
        r#"{"name":"Support line","phoneNumber":"+1234567890","webhookUrl":"http://127.0.0.1:9/hook","webhookEvents":["message.received"],"account_protection":true,"log_messages":false,"autoRejectCalls":true}"#,
        (
            201,
            r#"success=true|id:s name:s api_key:s apiKey:s webhook_secret:s phoneNumber="+1234567890" status="DISCONNECTED" account_protection=true log_messages=false webhook_enabled=true webhook_events=["message.received"] auto_reject_calls=true"#,
        ),
    )),
    token(get("/api/v1/whatsapp-sessions/{id}", &["$made"], SESSION)),
    get(
        "/api/v1/whatsapp-sessions/{id}",
        &["$session"],
        r#"success=true|name:s status="CONNECTED" api_key=null phoneNumber:s last_active_at:s"#,
    ),
    token(put(
        "/api/v1/whatsapp-sessions/{id}",
        &["$made"],
        r#"{"name":"Second line","webhook_enabled":false,"always_online":false}"#,
        r#"success=true|webhook_enabled=false always_online=false webhookUrl="http://127.0.0.1:9/hook""#,
    )),
    token(post(
        "/api/v1/whatsapp-sessions/{id}/connect",
        &["$made"],
        r#"{"qrAsImage":false}"#,
        r#"success=true|status="NEED_SCAN" qrCode:s"#,
    )),
    token(get("/api/v1/whatsapp-sessions/{id}/qrcode", &["$made"], "success=true|qrCode:s")),
    token(get("/api/v1/whatsapp-sessions/{id}", &["$made"], r#"success=true|status="CONNECTING""#)),
    token(post(
        "/api/v1/whatsapp-sessions/{id}/pairing-code",
        &["$made"],
        r#"{"phone":"$phone"}"#,
        "success=true|code:s",
    )),
    token(get("/api/v1/whatsapp-sessions/{id}/webhook", &["$made"], WEBHOOK)),
    token(put(
        "/api/v1/whatsapp-sessions/{id}/webhook",
        &["$made"],
        r#"{"url":"http://127.0.0.1:9/other","enabled":true,"events":["messages.upsert"],"secret":"k1"}"#,
        r#"success=true|url="http://127.0.0.1:9/other" enabled=true events=["messages.upsert"] secret="k1""#,
    )),
    token(post("/api/v1/whatsapp-sessions/{id}/regenerate-key", &["$made"], "", "success=true api_key:s")),
    token(case("DELETE", "/api/v1/whatsapp-sessions/{id}", &["$made"], "", (200, "success=true data=null"))),
    refused(get("/api/v1/whatsapp-sessions/{id}/qrcode", &["$session"], ""), DISCONNECTED),
    refused(token(get("/api/v1/whatsapp-sessions/{id}", &["$made"], "")), NO_SESSION),
    get("/api/v1/status", &[], r#"success=true status="CONNECTED""#),
    token(get("/api/v1/status", &[], "success=true|[]id:s status:s")),
    get("/api/v1/user", &[], "success=true|id:s lid:s phoneNumber:s"),
    // Messages.
    send(r#"{"to":"$phone","text":"Hello from the API!","quoted":{"messageId":"$received"}}"#),
    send(IMAGE),
    send(LOCATION),
    send(CONTACT),
    send(r#"{"to":"$phone","poll":{"name":"What?","options":["tea","coffee"]}}"#),
    send(r#"{"to":"$phone","text":"the same again","replyTo":$sent}"#),
    refused(send(r#"{"to":"$phone"}"#), WRONG),
    refused(token(send(r#"{"to":"$phone","text":"whose?"}"#)), UNAUTHORIZED),
    put("/api/v1/messages/{msgId}", &["$sent"], r#"{"text":"Hello again"}"#, SENT),
    get(
        "/api/v1/messages/{msgId}/info",
        &["$waId"],
        r#"success=true|remoteJid:s id="$waId" msgId=$sent key:o status:n messageTimestamp:s receipts:a"#,
    ),
    case("DELETE", "/api/v1/messages/{msgId}", &["$waId"], "", (200, SENT)),
    post("/api/v1/messages/{msgId}/resend", &["$failed"], "", SENT),
    post(
        "/api/v1/messages/read",
        &[],
        r#"{"key":{"id":"$received","remoteJid":"$ana","fromMe":false}}"#,
        SAID,
    ),
    post(
        "/api/v1/send-presence-update",
        &[],
        r#"{"jid":"$ana","type":"composing","delayMs":10}"#,
        r#"success=true|jid="$ana" type="composing""#,
    ),
    post(
        "/api/v1/send-presence-update",
        &[],
        r#"{"jid":"$me","type":"available"}"#,
        r#"success=true|type="available""#,
    ),
    get("/api/v1/whatsapp-sessions/{id}/message-logs", &["$session"], LOG),
    get("/api/v1/whatsapp-sessions/{id}/session-logs", &["$session"], LOG).query("?per_page=2"),
    // People.
    get("/api/v1/contacts", &[], CONTACTS),
    get("/api/v1/contacts", &[], "success=true|items:a pagination:o").query("?paginated=true&page=1&limit=5"),
    put(
        "/api/v1/contacts",
        &[],
        r#"{"jid":"$ana","fullName":"Ana Lima"}"#,
        r#"success=true|jid="$ana" fullName:s"#,
    ),
    get("/api/v1/contacts/{phone}", &["$phone"], "success=true|id:s name:s exists=true imgUrl:s status:s"),
    get("/api/v1/on-whatsapp/{phone}", &["$phone"], "success=true|exists=true jid:s"),
    get("/api/v1/on-whatsapp/{phone}", &["4930901820000"], "success=true|exists=false"),
    get("/api/v1/contacts/{phone}/picture", &["$phone"], "success=true|imgUrl:s"),
    post("/api/v1/contacts/{phone}/block", &["$rui"], "", SAID),
    post("/api/v1/contacts/{phone}/unblock", &["$rui"], "", SAID),
    get("/api/v1/lid-from-pn/{phone}", &["$phone"], r#"success=true|lid="$lid""#),
    get("/api/v1/pn-from-lid/{lid}", &["$lid"], r#"success=true|pn="$ana""#),
    // Groups.
    get("/api/v1/groups", &[], "success=true|[]id:s name:s"),
    case("POST", "/api/v1/groups", &[], r#"{"name":"New","participants":["$phone"]}"#, (201, METADATA)),
    get("/api/v1/groups/{jid}", &["$group"], METADATA),
    get("/api/v1/groups/{jid}/metadata", &["$group"], METADATA),
    get("/api/v1/groups/{jid}/participants", &["$group"], "success=true|[]id:s isAdmin:b isSuperAdmin:b"),
    post("/api/v1/groups/{jid}/participants/add", &["$group"], r#"{"participants":["$ruiPhone"]}"#, OUTCOMES),
    put(
        "/api/v1/groups/{jid}/participants/update",
        &["$group"],
        r#"{"action":"promote","participants":["$rui"]}"#,
        OUTCOMES,
    ),
    post("/api/v1/groups/{jid}/participants/remove", &["$group"], r#"{"participants":["$rui"]}"#, OUTCOMES),
    put(
        "/api/v1/groups/{jid}/settings",
        &["$group"],
        r#"{"subject":"Orders2","description":"What","announce":true,"restrict":true}"#,
        r#"success=true|subject="Orders2" description="What""#,
    ),
    get("/api/v1/groups/{jid}", &["$group"], r#"success=true|subject="Orders2" announce=true restrict=true"#),
    get("/api/v1/groups/{jid}/invite-link", &["$group"], "success=true|inviteLink:s code:s"),
    get("/api/v1/groups/{jid}/picture", &["$group"], "success=true|imgUrl=null"),
    get("/api/v1/groups/invite/{code}", &["$readers"], METADATA),
    post(
        "/api/v1/groups/invite/accept",
        &[],
        r#"{"code":"$readers"}"#,
        "success=true|groupJid:s awaitsApproval:b",
    ),
    post("/api/v1/groups/{jid}/leave", &["$left"], "", SAID),
    // Tokens.
    token(case(
        "POST",
        "/api/v1/api-tokens",
        &[],
        r#"{"name":"ci","expiresAt":"2099-01-01T00:00:00Z"}"#,
        (201, r#"success=true|id:s name="ci" token:s createdAt:s expiresAt:s"#),
    )),
    token(get("/api/v1/api-tokens", &[], "success=true|[]id:s name:s")),
    token(get("/api/v1/api-tokens/{id}", &["$token"], r#"success=true|name="ci" lastUsedAt=null"#)),
    token(case("DELETE", "/api/v1/api-tokens/{id}", &["$token"], "", (200, "success=true data=null"))),
    refused(token(get("/api/v1/api-tokens/{id}", &["$token"], "")), NOTHING),
    // The connection, at the end: nothing is sent without one.
    post("/api/v1/whatsapp-sessions/{id}/restart", &["$session"], "", PROGRESS),
    post(
        "/api/v1/whatsapp-sessions/{id}/disconnect",
        &["$session"],
        "",
        r#"success=true|status="DISCONNECTED" message:s"#,
    ),
    refused(send(r#"{"to":"$phone","text":"nobody is there"}"#), DISCONNECTED),
    post("/api/v1/whatsapp-sessions/{id}/connect", &["$session"], "", PROGRESS),
    // Files at public addresses.
    post("/api/v1/upload", &[], r#"{"base64":"data:image/png;base64,aGVsbG8=","fileName":"a.png"}"#, PUBLIC),
    refused(post("/api/v1/upload", &[], r#"{"mimetype":"image/png"}"#, ""), WRONG),
    post(
        "/api/v1/decrypt-media",
        &[],
        r#"{"event":"messages.received","data":{"messages":{"message":{"imageMessage":{"mediaId":"$media"}}}}}"#,
        PUBLIC,
    ),
    refused(post("/api/v1/decrypt-media", &[], r#"{"data":{"text":"nothing"}}"#, ""), WRONG),
    // People who log in: five tries a minute from one address.
    case(
        "POST",
        "/api/v1/auth/register",
        &[],
        r#"{"email":"nora@example.org","password":"correct horse battery","name":"Nora"}"#,
        (201, LOGIN),
    )
    .on("nobody"),
    post(
        "/api/v1/auth/login",
        &[],
        r#"{"email":"nora@example.org","password":"correct horse battery"}"#,
        LOGIN,
    )
    .on("nobody"),
    post("/api/v1/auth/refresh", &[], "", LOGIN).on("login"),
    get("/api/v1/whatsapp-sessions", &[], "success=true data:a").on("login"),
    post("/api/v1/auth/logout", &[], "", SAID).on("login"),
    refused(post("/api/v1/auth/refresh", &[], "", "").on("login"), UNAUTHORIZED),
    refused(token(post("/api/v1/auth/logout", &[], "", "")), UNAUTHORIZED),
    post("/api/v1/auth/forgot-password", &[], r#"{"email":"nobody@example.org"}"#, SAID).on("nobody"),
    post("/api/v1/auth/reset-password", &[], r#"{"token":"$link","password":"another good password"}"#, SAID)
        .on("nobody"),
    refused(post("/api/v1/auth/login", &[], r#"{"email":"nora@example.org"}"#, "").on("nobody"), WRONG),
];
