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

/// A request that makes something, or changes it.
const fn post(
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    shape: &'static str,
) -> Case {
    case("POST", path, parameters, body, (200, shape))
}

const fn change(
    method: &'static str,
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    shape: &'static str,
) -> Case {
    case(method, path, parameters, body, (200, shape))
}

const fn delete(path: &'static str, parameters: &'static [&'static str], shape: &'static str) -> Case {
    case("DELETE", path, parameters, "", (200, shape))
}

/// A message, which is answered with its transaction.
const fn send(path: &'static str, body: &'static str, shape: &'static str) -> Case {
    case("POST", path, &[], body, (202, shape))
}

const TEXT: &str = r#"data status_code=202 transactionId:s correlationId:s messageType="plain-text""#;
const ACCEPTED: &str = "data status_code=202 transactionId:s correlationId:s messageType:s";
const MESSAGE: &str =
    "data transactionId:s correlationId:s messageType:s deviceId:s to:s status:s messageId:s queuedAt:s";
const DEVICE: &str = "data id:s name:s status:s isConnected:b createdAt:s";
const DEVICES: &str = "data []id:s name:s status:s isConnected:b createdAt:s";
const STATUS: &str = "data status:s";
const CHAT: &str = "data id:s name:s isGroup:b unreadCount:n archived:b pinned:b";
const CHATS: &str = "data []id:s name:s isGroup:b unreadCount:n archived:b pinned:b";
const CHECKED: &str = "data phone:s exists=true jid:s";
const CHECKED_ALL: &str = "data []phone:s exists:b";
const CONTACT: &str = "data id:s phone:s tags:a attributes:o createdAt:s";
const GROUP: &str = "data id:s subject:s owner:s size:n createdAt:s announce:b locked:b participants:a";
const GROUPS: &str = "data []id:s subject:s size:n announce:b locked:b";
const OUTCOMES: &str = "data []id:s success=true";
const LINK: &str = "data link:s code:s";
const TEMPLATE: &str = "data id:s name:s type:s content:s variables:a createdAt:s";
const SCHEDULE: &str = "data id:s status:s message:o createdAt:s deviceId:s";
const OTP: &str =
    "data otpId:s phone:s purpose:s status:s attempts:n maxAttempts:n expiresAt:s deliveryStatus:s";
const WEBHOOK: &str = "data id:s url:s events:a deviceIds:a status:s failureCount:n createdAt:s";
const APP: &str = r#"data id:s name:s deviceIds:a status="active""#;
const DELETED: &str = "data id:s deleted=true";
const HEALTH: &str = r#"data status="ok" uptime:n version:s timestamp:s"#;

pub const CASES: &[Case] = &[
    get("/api/v1/health", &[], HEALTH),
    get("/api/v1/health/ready", &[], HEALTH),
    get("/api/v1/health/devices", &[], "data status:s total:n connected:n devices:a"),
    get("/api/v1/me", &[], "data workspace:o apiKey:o app:o"),
    // Devices.
    get("/api/v1/devices", &[], DEVICES),
    get("/api/v1/devices", &[], r#"data []status="connected""#).query("?status=connected&page=1&limit=5"),
    case(
        "POST",
        "/api/v1/devices",
        &[],
        r#"{"name":"Support Line","metadata":{"a":1}}"#,
        (201, r#"data id:s name:s status="pending""#),
    ),
    get("/api/v1/devices/{deviceId}", &["$device"], DEVICE),
    get("/api/v1/devices/{deviceId}", &["$device"], "data phone:s isConnected=true"),
    change("PATCH", "/api/v1/devices/{deviceId}", &["$made"], r#"{"settings":{"autoRead":true}}"#, DEVICE),
    change("PUT", "/api/v1/devices/{deviceId}", &["$made"], r#"{"name":"Sales"}"#, r#"data name="Sales""#),
    get("/api/v1/devices/{deviceId}/qr", &["$fresh"], r#"data qr:s qrImage:s expiresAt:s status="qr""#),
    get("/api/v1/devices/{deviceId}/qr", &["$fresh"], "png").query("?format=png"),
    post(
        "/api/v1/devices/{deviceId}/pairing-code",
        &["$fresh"],
        r#"{"phone":"$phone"}"#,
        "data code:s expiresAt:s",
    ),
    get(
        "/api/v1/devices/{deviceId}/status",
        &["$device"],
        r#"data status="connected" isConnected=true phone:s"#,
    ),
    // Templates, of which messages are made.
    case(
        "POST",
        "/api/v1/templates",
        &[],
        r#"{"name":"hello","content":"Hello {{name}}","footer":"Bye","category":"greetings"}"#,
        (201, TEMPLATE),
    ),
    get("/api/v1/templates", &[], "data []id:s name:s").query("?category=greetings"),
    get("/api/v1/templates/{templateId}", &["$template"], r#"data variables=["name"] footer="Bye""#),
    change(
        "PUT",
        "/api/v1/templates/{templateId}",
        &["$template"],
        r#"{"footer":"Later"}"#,
        r#"data footer="Later""#,
    ),
    change(
        "PATCH",
        "/api/v1/templates/{templateId}",
        &["$template"],
        r#"{"category":"other"}"#,
        r#"data category="other""#,
    ),
    post(
        "/api/v1/templates/{templateId}/preview",
        &["$template"],
        r#"{"variables":{"name":"Ana"}}"#,
        "data text:s",
    ),
    case(
        "POST",
        "/api/v1/templates/{templateId}/send",
        &["$template"],
        r#"{"deviceId":"$device","to":"$phone","variables":{"name":"Ana"}}"#,
        (202, r#"data transactionId:s messageType="template""#),
    ),
    // Messages.
    send(
        "/api/v1/messages",
        r#"{"deviceId":"$device","to":"$phone","text":"Hello","correlationId":"order-7"}"#,
        r#"data status_code=202 transactionId:s correlationId="order-7" messageType="plain-text""#,
    ),
    send("/api/v1/messages/send", r#"{"sessionId":"$device","number":"$phone","message":"Hello"}"#, TEXT),
    send("/api/v1/messages/text", r#"{"deviceId":"$device","to":"+$phone","text":"Hello again"}"#, TEXT),
    send(
        "/api/v1/messages/media",
        r#"{"deviceId":"$device","to":"$phone","mediaType":"image","base64":"$png"}"#,
        r#"data transactionId:s messageType="image""#,
    ),
    send(
        "/api/v1/messages/image",
        r#"{"deviceId":"$device","to":"$phone","base64":"$png","caption":"a picture"}"#,
        ACCEPTED,
    ),
    send("/api/v1/messages/video", r#"{"deviceId":"$device","to":"$phone","base64":"$mp4"}"#, ACCEPTED),
    send("/api/v1/messages/audio", r#"{"deviceId":"$device","to":"$phone","base64":"$mp3"}"#, ACCEPTED),
    send("/api/v1/messages/voice", r#"{"deviceId":"$device","to":"$phone","base64":"$ogg"}"#, ACCEPTED),
    send(
        "/api/v1/messages/document",
        r#"{"deviceId":"$device","to":"$phone","base64":"$pdf","fileName":"a.pdf"}"#,
        ACCEPTED,
    ),
    send("/api/v1/messages/sticker", r#"{"deviceId":"$device","to":"$phone","base64":"$webp"}"#, ACCEPTED),
    send(
        "/api/v1/messages/location",
        r#"{"deviceId":"$device","to":"$phone","latitude":12.97,"longitude":77.59,"name":"Bengaluru"}"#,
        ACCEPTED,
    ),
    send(
        "/api/v1/messages/contact",
        r#"{"deviceId":"$device","to":"$phone","contacts":[{"fullName":"Rui","phone":"$other"}]}"#,
        r#"data messageType="contact""#,
    ),
    send(
        "/api/v1/messages/poll",
        r#"{"deviceId":"$device","to":"$phone","question":"What?","options":["tea","coffee"]}"#,
        ACCEPTED,
    ),
    send(
        "/api/v1/messages/reaction",
        r#"{"deviceId":"$device","to":"$phone","messageId":"$received","emoji":"👍"}"#,
        ACCEPTED,
    ),
    send(
        "/api/v1/messages/template",
        r#"{"deviceId":"$device","to":"$phone","templateName":"hello","variables":{"name":"Ana"}}"#,
        r#"data messageType="template""#,
    ),
    send(
        "/api/v1/messages/bulk",
        r#"{"deviceId":"$device","messages":[{"to":"$phone","text":"one"},{"to":"x","text":"two"}]}"#,
        "data batchId:s total=2 accepted=1 rejected=1 results:a",
    ),
    get("/api/v1/messages", &[], "data []transactionId:s status:s messageType:s")
        .query("?deviceId=$device&type=text&limit=3"),
    get("/api/v1/messages/{transactionId}", &["$txn"], MESSAGE),
    get("/api/v1/messages/{transactionId}/status", &["$txn"], "data transactionId:s status:s updatedAt:s"),
    case("PUT", "/api/v1/messages/{messageId}", &["$txn"], r#"{"text":"Hello once more"}"#, (202, ACCEPTED)),
    delete("/api/v1/messages/{messageId}", &["$txn"], "data id:s deleted=true transactionId:s"),
    post(
        "/api/v1/messages/{messageId}/read",
        &["$received"],
        r#"{"deviceId":"$device","chatId":"$phone"}"#,
        r#"data status="read""#,
    ),
    post(
        "/api/v1/messages/presence",
        &[],
        r#"{"deviceId":"$device","to":"$phone","state":"composing"}"#,
        r#"data status="composing""#,
    ),
    // One-time passwords.
    send(
        "/api/v1/otp/send",
        r#"{"deviceId":"$device","phone":"$phone","code":"123456","purpose":"login"}"#,
        r#"data status_code=202 otpId:s transactionId:s messageType="otp" expiresAt:s"#,
    ),
    get("/api/v1/otp/{otpId}", &["$otp"], OTP),
    post(
        "/api/v1/otp/verify",
        &[],
        r#"{"phone":"$phone","purpose":"login","code":"123 456"}"#,
        "data verified=true otpId:s phone:s verifiedAt:s",
    ),
    // What the phone knows.
    get("/api/v1/devices/{deviceId}/chats", &["$device"], CHATS),
    get("/api/v1/whatsapp/chats", &[], CHATS).query("?deviceId=$device&limit=2"),
    get("/api/v1/devices/{deviceId}/chats/{chatId}", &["$device", "$phone"], CHAT),
    get(
        "/api/v1/devices/{deviceId}/chats/{chatId}/messages",
        &["$device", "$phone"],
        "data []messageId:s chatId:s fromMe:b type:s timestamp:s status:s",
    )
    .query("?limit=5"),
    change(
        "PATCH",
        "/api/v1/devices/{deviceId}/chats/{chatId}",
        &["$device", "$phone"],
        r#"{"archived":true}"#,
        "data archived=true",
    ),
    get("/api/v1/devices/{deviceId}/contacts", &["$device"], "data []id:s isBusiness:b"),
    get(
        "/api/v1/devices/{deviceId}/contacts/{phone}",
        &["$device", "$phone"],
        "data id:s phone:s exists=true about:s pictureUrl:s",
    ),
    get("/api/v1/devices/{deviceId}/groups", &["$device"], GROUPS),
    get("/api/v1/devices/{deviceId}/profile", &["$device"], "data id:s phone:s"),
    get("/api/v1/devices/{deviceId}/check/{phone}", &["$device", "$phone"], CHECKED),
    post("/api/v1/whatsapp/check", &[], r#"{"deviceId":"$device","phones":["$phone","1"]}"#, CHECKED_ALL),
    get("/api/v1/devices/{deviceId}/media/{mediaId}", &["$device", "$media"], "bytes"),
    // The address book.
    case(
        "POST",
        "/api/v1/contacts",
        &[],
        r#"{"phone":"$phone","name":"Ana","tags":["vip"],"attributes":{"city":"Pune"}}"#,
        (201, CONTACT),
    ),
    post(
        "/api/v1/contacts/bulk",
        &[],
        r#"{"contacts":[{"phone":"$other","name":"Rui"},{"phone":"x"}]}"#,
        "data created=1 updated=0 failed=1 errors:a",
    ),
    get("/api/v1/contacts", &[], "data []id:s phone:s").query("?tag=vip"),
    get("/api/v1/contacts/{contactId}", &["$contact"], CONTACT),
    change(
        "PUT",
        "/api/v1/contacts/{contactId}",
        &["$contact"],
        r#"{"email":"ana@example.org"}"#,
        r#"data email="ana@example.org" name="Ana""#,
    ),
    change(
        "PATCH",
        "/api/v1/contacts/{contactId}",
        &["$contact"],
        r#"{"name":"Anna"}"#,
        r#"data name="Anna""#,
    ),
    post("/api/v1/contacts/check", &[], r#"{"deviceId":"$device","phones":["$phone"]}"#, CHECKED_ALL),
    post(
        "/api/v1/contacts/{contactId}/block",
        &["$contact"],
        r#"{"deviceId":"$device"}"#,
        "data blocked=true",
    ),
    post(
        "/api/v1/contacts/{contactId}/unblock",
        &["$contact"],
        r#"{"deviceId":"$device"}"#,
        "data blocked=false",
    ),
    delete("/api/v1/contacts/{contactId}", &["$contact"], DELETED),
    // Groups.
    case(
        "POST",
        "/api/v1/groups",
        &[],
        r#"{"deviceId":"$device","name":"Orders","participants":["$phone"],"description":"All of them"}"#,
        (201, "data id:s subject:s size:n participants:a"),
    ),
    get("/api/v1/groups", &[], GROUPS).query("?deviceId=$device"),
    get("/api/v1/groups", &[], "data []?id:s").query("?type=contact"),
    get("/api/v1/groups/{groupId}", &["$group"], GROUP).query("?deviceId=$device"),
    change(
        "PATCH",
        "/api/v1/groups/{groupId}",
        &["$group"],
        r#"{"deviceId":"$device","announce":true,"description":"Bread"}"#,
        r#"data announce=true description="Bread""#,
    ),
    change(
        "PUT",
        "/api/v1/groups/{groupId}",
        &["$group"],
        r#"{"deviceId":"$device","announce":false,"pictureBase64":"$jpeg"}"#,
        "data announce=false",
    ),
    get("/api/v1/groups/{groupId}/participants", &["$group"], "data []id:s admin:b")
        .query("?deviceId=$device"),
    post(
        "/api/v1/groups/{groupId}/participants",
        &["$group"],
        r#"{"deviceId":"$device","participants":["$other"]}"#,
        OUTCOMES,
    ),
    delete("/api/v1/groups/{groupId}/participants/{phone}", &["$group", "$other"], OUTCOMES)
        .query("?deviceId=$device"),
    get("/api/v1/groups/{groupId}/invite-link", &["$group"], LINK).query("?deviceId=$device"),
    post("/api/v1/groups/{groupId}/invite-link", &["$group"], "", LINK).query("?deviceId=$device"),
    get("/api/v1/groups/{groupId}/invite-link/reset", &["$group"], LINK).query("?deviceId=$device"),
    post("/api/v1/groups/{groupId}/invite-link/reset", &["$group"], "", LINK).query("?deviceId=$device"),
    post("/api/v1/groups/join", &[], r#"{"deviceId":"$device","code":"$readers"}"#, "data groupId:s"),
    case(
        "POST",
        "/api/v1/groups/{groupId}/messages",
        &["$group"],
        r#"{"deviceId":"$device","text":"Hello all"}"#,
        (202, TEXT),
    ),
    post(
        "/api/v1/groups/{groupId}/leave",
        &["$left"],
        r#"{"deviceId":"$device"}"#,
        "data groupId:s left=true",
    ),
    // Schedules.
    case(
        "POST",
        "/api/v1/schedule",
        &[],
        r#"{"deviceId":"$device","to":"$phone","text":"Happy new year","cron":"0 0 1 1 *","timezone":"Asia/Kolkata"}"#,
        (201, r#"data id:s status="scheduled" nextRunAt:s recurrence:o message:o"#),
    ),
    get("/api/v1/schedule", &[], "data []id:s status:s").query("?status=scheduled&deviceId=$device"),
    get("/api/v1/schedule/{id}", &["$schedule"], "data id:s status:s runs:a"),
    change(
        "PUT",
        "/api/v1/schedule/{id}",
        &["$schedule"],
        r#"{"text":"Hooray","correlationId":"new-year"}"#,
        r#"data id:s status:s correlationId="new-year" message={"to":"$phone","type":"plain-text","text":"Hooray"}"#,
    ),
    // What is left out stays.
    change(
        "PATCH",
        "/api/v1/schedule/{id}",
        &["$schedule"],
        r#"{"cron":"0 6 1 1 *","mentions":["$phone"]}"#,
        r#"data nextRunAt:s correlationId="new-year" message={"to":"$phone","type":"plain-text","text":"Hooray"}"#,
    ),
    post("/api/v1/schedule/{id}/pause", &["$schedule"], "", r#"data status="paused""#),
    post("/api/v1/schedule/{id}/resume", &["$schedule"], "", r#"data status="scheduled""#),
    post("/api/v1/schedule/{id}/run", &["$schedule"], "", SCHEDULE),
    delete("/api/v1/schedule/{id}", &["$schedule"], r#"data status="cancelled""#),
    // Webhooks.
    case(
        "POST",
        "/api/v1/webhooks",
        &[],
        r#"{"url":"http://127.0.0.1:9/hook","events":["message.received"],"deviceIds":["$device"]}"#,
        (201, "data id:s url:s secret:s"),
    ),
    get("/api/v1/webhooks", &[], "data []id:s url:s events:a"),
    get("/api/v1/webhooks/{id}", &["$webhook"], WEBHOOK),
    change(
        "PUT",
        "/api/v1/webhooks/{id}",
        &["$webhook"],
        r#"{"events":["*"],"isActive":false}"#,
        r#"data status="paused""#,
    ),
    change(
        "PATCH",
        "/api/v1/webhooks/{id}",
        &["$webhook"],
        r#"{"isActive":true}"#,
        r#"data status="active""#,
    ),
    post(
        "/api/v1/webhooks/{id}/test",
        &["$webhook"],
        r#"{"event":"message.read"}"#,
        "data durationMs:n error:s",
    ),
    post("/api/v1/webhooks/{id}/rotate-secret", &["$webhook"], "", "data secret:s"),
    get("/api/v1/webhooks/{id}/deliveries", &["$webhook"], "data []?id:s attempt:n createdAt:s"),
    case(
        "POST",
        "/api/v1/webhooks/{id}/deliveries/{deliveryId}/replay",
        &["$webhook", "$delivery"],
        "",
        (202, r#"data id:s status="queued""#),
    ),
    delete("/api/v1/webhooks/{id}", &["$webhook"], DELETED),
    delete("/api/v1/templates/{templateId}", &["$template"], DELETED),
    // Apps.
    case(
        "POST",
        "/api/v1/apps",
        &[],
        r#"{"name":"crm","deviceIds":["$device"]}"#,
        (201, "data id:s name:s appKey:s"),
    ),
    get("/api/v1/apps", &[], "data []id:s name:s"),
    get("/api/v1/apps/{appId}", &["$app"], APP),
    change("PUT", "/api/v1/apps/{appId}", &["$app"], r#"{"name":"shop"}"#, r#"data name="shop""#),
    change("PATCH", "/api/v1/apps/{appId}", &["$app"], r#"{"deviceIds":[]}"#, "data deviceIds=[]"),
    post("/api/v1/apps/{appId}/rotate-key", &["$app"], "", "data appKey:s"),
    delete("/api/v1/apps/{appId}", &["$app"], DELETED),
    // Sent again, a second after the first time.
    send("/api/v1/otp/resend", r#"{"otpId":"$soon"}"#, "data otpId:s transactionId:s"),
    delete("/api/v1/otp/{otpId}", &["$soon"], r#"data status="cancelled""#),
    // The end of a device.
    post("/api/v1/devices/{deviceId}/restart", &["$device"], "", STATUS),
    post("/api/v1/devices/{deviceId}/disconnect", &["$device"], "", r#"data status="disconnected""#),
    case("POST", "/api/v1/devices/{deviceId}/connect", &["$device"], "", (202, STATUS)),
    post("/api/v1/devices/{deviceId}/logout", &["$device"], "", r#"data status="logged_out""#),
    delete("/api/v1/devices/{deviceId}", &["$made"], DELETED),
];
