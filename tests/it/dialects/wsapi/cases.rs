//! One request for each row, in an order in which each finds what it needs.

use super::super::contract::Case;

const fn case(
    method: &'static str,
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    (status, shape): (u16, &'static str),
) -> Case {
    Case { method, path, parameters, query: "", body, status, shape, instance: "shop" }
}

const fn get(path: &'static str, parameters: &'static [&'static str], shape: &'static str) -> Case {
    case("GET", path, parameters, "", (200, shape))
}

const fn put(path: &'static str, parameters: &'static [&'static str], body: &'static str) -> Case {
    case("PUT", path, parameters, body, (204, ""))
}

const fn post(path: &'static str, parameters: &'static [&'static str], body: &'static str) -> Case {
    case("POST", path, parameters, body, (204, ""))
}

/// A message, which is answered with its id.
const fn send(path: &'static str, body: &'static str) -> Case {
    case("POST", path, &[], body, (201, "id:s"))
}

const GROUP: &str = "groupId:s id:s name:s description:s isAnnounce:b isLocked:b isEphemeral:b ephemeralExpiration:n \
    participants:a isAnnouncementGroup:b isJoinApprovalRequired:b owner:o ownerId:s createdAt:s created:s";
const GROUPS: &str = "[]groupId:s id:s name:s description:s isAnnounce:b isLocked:b isEphemeral:b ephemeralExpiration:n \
    participants:a isAnnouncementGroup:b isJoinApprovalRequired:b";
const COMMUNITY: &str =
    "communityId:s name:s description:s isLocked:b communityApprovalMode:s participants:a";
const COMMUNITIES: &str =
    "[]communityId:s name:s description:s isLocked:b communityApprovalMode:s participants:a";
const NEWSLETTER: &str = "id:s name:s description:s verificationState:s state:s";
const NEWSLETTERS: &str = "[]id:s name:s description:s verificationState:s state:s";
const PRIVACY: &str = "groupAdd:s lastSeen:s status:s profile:s readReceipts:s online:s callAdd:s";
const ME: &str = "id:s phone:s jid:s status:s isVerified:b";
const USER: &str = "id:s phone:s isInWhatsApp:b status:s pictureId:s pictureUrl:s isVerified:b";
const PICTURE: &str = "pictureId:s pictureUrl:s";
const CHAT: &str = "id:s isGroup:b isArchived:b isPinned:b isMuted:b";
const ADMIN: &str = "id:s config:o isConnected:b isLoggedIn:b";

/// Who wrote to the number, and where.
const ABOUT: &str = r#"{"chatId":"$ana","senderId":"$ana"}"#;
/// What the number wrote itself.
const OWN: &str = r#"{"chatId":"$ana","senderId":"$me"}"#;

pub const CASES: &[Case] = &[
    get("/health", &[], "status:s").on(""),
    // Pairing.
    get("/session/qr", &[], "png").on("fresh"),
    get("/session/login/qr/image", &[], "png").on("fresh"),
    get("/session/qr/text", &[], "code:s qrCode:s").on("fresh"),
    get("/session/login/qr/code", &[], "code:s qrCode:s").on("fresh"),
    get("/session/pair-code/{phone}", &["$phone"], "code:s").on("fresh"),
    get("/session/login/code/{phone}", &["$phone"], "code:s").on("fresh"),
    get("/session/status", &[], "isConnected:b connected:b isLoggedIn:b deviceId:s"),
    case("POST", "/session/flush-history", &[], "", (202, "status:s")),
    // Messages.
    send("/messages/text", r#"{"to":"$ana","message":"Hello from WSAPI!"}"#),
    send("/messages/image", r#"{"to":"$ana","data":"$png","mimeType":"image/png","caption":"a picture"}"#),
    send("/messages/video", r#"{"to":"$ana","data":"$mp4","mimeType":"video/mp4"}"#),
    send("/messages/audio", r#"{"to":"$ana","audioBase64":"$mp3","mimeType":"audio/mpeg"}"#),
    send("/messages/voice", r#"{"to":"$ana","data":"$ogg","mimeType":"audio/ogg; codecs=opus"}"#),
    send("/messages/document", r#"{"to":"$ana","documentBase64":"$pdf","fileName":"a.pdf"}"#),
    send("/messages/sticker", r#"{"to":"$ana","data":"$webp","isAnimated":false}"#),
    send("/messages/contact", r#"{"to":"$ana","displayName":"Rui","vcard":"BEGIN:VCARD\nVERSION:3.0\nFN:Rui\nEND:VCARD"}"#),
    send("/messages/location", r#"{"to":"$ana","latitude":38.7,"longitude":-9.1,"name":"Lisbon"}"#),
    send("/messages/link", r#"{"to":"$ana","text":"look","url":"https://example.com/","title":"A page"}"#),
    send("/messages/poll", r#"{"to":"$ana","name":"What?","options":["tea","coffee"]}"#),
    case("POST", "/messages/{messageId}/reaction", &["$received"], r#"{"to":"$ana","senderId":"$ana","reaction":"👍"}"#, (200, "id:s")),
    case("POST", "/messages/{messageId}/edit", &["$sent"], r#"{"to":"$ana","text":"Hello again"}"#, (200, "id:s")),
    case("PUT", "/messages/{messageId}/text", &["$sent"], r#"{"to":"$ana","text":"Hello once more"}"#, (201, "id:s")),
    post("/messages/{messageId}/read", &["$received"], r#"{"chatId":"$ana","senderId":"$ana","receiptType":"read"}"#),
    case("PUT", "/messages/{messageId}/read", &["$received"], r#"{"chatId":"$ana","senderId":"$ana","receiptType":"delivered"}"#, (200, "")),
    post("/messages/{messageId}/star", &["$received"], r#"{"chatId":"$ana","senderId":"$ana","starred":true}"#),
    case("PUT", "/messages/{messageId}/star", &["$received"], ABOUT, (200, "")),
    post("/messages/{messageId}/pin", &["$received"], r#"{"chatId":"$ana","senderId":"$ana","pinned":true,"pinExpiration":"24h"}"#),
    get("/media/download", &[], "bytes").query("?id=$media"),
    case("POST", "/media/download", &[], "$descriptor", (200, "bytes")),
    case("POST", "/media/download", &[], r#"{"mediaType":"image"}"#, (400, "status:n detail:s")),
    get("/media/{id}/download", &["$media"], "bytes"),
    post("/calls/{callId}/reject", &["CALL1"], r#"{"callerId":"$ana"}"#),
    put("/calls/{callId}/reject", &["CALL2"], r#"{"caller":"$ana"}"#),
    post("/messages/{messageId}/delete", &["$sent"], OWN),
    case("PUT", "/messages/{messageId}/delete", &["$sent"], OWN, (200, "")),
    post("/messages/{messageId}/delete-for-me", &["$received"], r#"{"chatId":"$ana","senderId":"$ana","isFromMe":false}"#),
    case("PUT", "/messages/{messageId}/delete/forme", &["$sent"], r#"{"chatId":"$ana","senderId":"$me","ifFromMe":true,"Time":"2026-01-01T00:00:00Z"}"#, (200, "")),
    // Groups.
    get("/groups", &[], GROUPS),
    send("/groups", r#"{"name":"New","participants":["$ana"]}"#),
    get("/groups/{id}", &["$group"], GROUP),
    put("/groups/{id}/name", &["$group"], r#"{"name":"Orders 2"}"#),
    put("/groups/{id}/description", &["$group"], r#"{"description":"What is ordered"}"#),
    case("POST", "/groups/{id}/picture", &["$group"], r#"{"data":"$jpeg"}"#, (200, "pictureId:s id:s")),
    get("/groups/{groupId}/picture", &["$group"], PICTURE),
    get("/groups/{id}/participants", &["$group"], "[]id:s isAdmin:b isSuperAdmin:b"),
    put("/groups/{id}/participants", &["$group"], r#"{"participants":["$ana"],"action":"promote"}"#),
    get("/groups/{id}/participants", &["$group"], "[]id:s isAdmin=true"),
    get("/groups/{id}/invite-link", &["$group"], "link:s"),
    case("POST", "/groups/{id}/invite-link/reset", &["$group"], "", (200, "link:s")),
    put("/groups/{id}/settings/announce", &["$group"], r#"{"enabled":true}"#),
    put("/groups/{id}/settings/locked", &["$group"], r#"{"enabled":true}"#),
    put("/groups/{id}/settings/join-approval", &["$group"], r#"{"enabled":true}"#),
    put("/groups/{id}/settings/member-add-mode", &["$group"], r#"{"onlyAdminAdd":true}"#),
    get("/groups/{id}", &["$group"], r#"isAnnounce=true isLocked=true isJoinApprovalRequired=true"#),
    put("/groups/{groupId}/announce", &["$group"], r#"{"announce":false}"#),
    put("/groups/{groupId}/locked", &["$group"], r#"{"locked":false}"#),
    put("/groups/{groupId}/join-approval", &["$group"], r#"{"joinApproval":false}"#),
    put("/groups/{groupId}/member-add-mode", &["$group"], r#"{"onlyAdmins":false}"#),
    get("/groups/{id}", &["$group"], r#"isAnnounce=false isLocked=false isJoinApprovalRequired=false"#),
    get("/groups/invite/{code}", &["$readers"], GROUP),
    get("/group-invites/{inviteCode}", &["$readers"], "code:s group:o"),
    send("/groups/join/link", r#"{"code":"$readers"}"#),
    post("/groups/join/invite", &[], r#"{"groupId":"$walkers","inviterId":"$ana","code":"$invitation","expiration":$until}"#),
    get("/groups/{id}/requests", &["$closed"], "[]user:o requestedAt:s"),
    put("/groups/{id}/requests", &["$closed"], r#"{"participants":["$rui"],"action":"approve"}"#),
    post("/groups/{id}/leave", &["$left"], ""),
    put("/groups/{groupId}/leave", &["$left2"], ""),
    case("DELETE", "/groups/{groupId}", &["$left3"], "", (204, "")),
    // Communities.
    get("/communities", &[], COMMUNITIES),
    send("/communities", r#"{"name":"New street","participants":["$ana"]}"#),
    get("/communities/{id}", &["$community"], COMMUNITY),
    put("/communities/{id}/name", &["$community"], r#"{"name":"Our long street"}"#),
    put("/communities/{id}/description", &["$community"], r#"{"description":"Everybody"}"#),
    case("POST", "/communities/{id}/picture", &["$community"], r#"{"data":"$jpeg"}"#, (200, "pictureId:s id:s")),
    put("/communities/{id}/settings/locked", &["$community"], r#"{"enabled":true}"#),
    get("/communities/{id}", &["$community"], "isLocked=true"),
    get("/communities/{id}/participants", &["$community"], "[]id:s"),
    put("/communities/{id}/participants", &["$community"], r#"{"participants":["$ana"],"action":"promote"}"#),
    get("/communities/{id}/invite-link", &["$community"], "link:s"),
    case("POST", "/communities/{id}/invite-link/reset", &["$community"], "", (200, "link:s")),
    get("/communities/{id}/groups", &["$community"], "[]groupId:s name:s isAnnouncementGroup:b"),
    case("POST", "/communities/{id}/groups", &["$community"], r#"{"name":"Gardens"}"#, (201, "id:s")),
    post("/communities/{id}/groups/link", &["$community"], r#"{"groupId":"$loose"}"#),
    put("/communities/{id}/groups/link", &["$community"], r#"{"groupId":"$loose2"}"#),
    case("DELETE", "/communities/{id}/groups/{groupId}", &["$community", "$loose"], "", (204, "")),
    put("/communities/{id}/groups/unlink", &["$community"], r#"{"groupId":"$loose2"}"#),
    post("/communities/{id}/leave", &["$community2"], ""),
    // People.
    get("/contacts", &[], "[]id:s inPhoneAddressBook:b"),
    post("/contacts", &[], r#"{"id":"$ana","fullName":"Ana Lima","firstName":"Ana"}"#),
    post("/contacts/sync", &[], ""),
    get("/contacts/{id}", &["$ana"], "id:s phone:s fullName:s inPhoneAddressBook:b"),
    put("/contacts/{contactId}", &["$ana"], r#"{"fullName":"Ana L.","firstName":"Ana"}"#),
    put("/contacts/{contactId}/fullName", &["$ana"], r#"{"fullName":"Ana"}"#),
    get("/contacts/{id}", &["$ana"], r#"fullName="Ana" inPhoneAddressBook=true"#),
    get("/contacts/{contactId}/picture", &["$ana"], PICTURE),
    get("/contacts/{contactId}/business", &["$ana"], "id:s description:s categories:a businessHours:a"),
    post("/contacts/{contactId}/presence", &["$ana"], "{}"),
    put("/contacts/{id}/block", &["$rui"], ""),
    get("/contacts/blocklist", &[], "[]id:s"),
    put("/contacts/{id}/unblock", &["$rui"], ""),
    post("/contacts/{id}/block", &["$rui"], ""),
    post("/contacts/{id}/unblock", &["$rui"], ""),
    get("/users/me/profile", &[], ME),
    get("/users/profile", &[], ME),
    get("/account/info", &[], ME),
    put("/users/me/profile", &[], r#"{"name":"The Shop","status":"open","picture":"$jpeg"}"#),
    put("/users/profile", &[], r#"{"status":"closed"}"#),
    put("/account/name", &[], r#"{"name":"Shop"}"#),
    put("/account/status", &[], r#"{"status":"reopened"}"#),
    get("/users/me/profile", &[], r#"name="Shop" status="reopened""#),
    case("POST", "/account/picture", &[], r#"{"pictureBase64":"$jpeg"}"#, (201, "pictureId:s id:s")),
    put("/users/me/presence", &[], r#"{"presence":"unavailable"}"#),
    put("/users/presence", &[], r#"{"presence":"available"}"#),
    put("/account/presence", &[], r#"{"status":"available"}"#),
    get("/users/me/privacy", &[], PRIVACY),
    get("/users/privacy", &[], PRIVACY),
    case("PUT", "/users/me/privacy", &[], r#"{"setting":"last","value":"contacts"}"#, (200, PRIVACY)),
    case("PUT", "/users/privacy", &[], r#"{"setting":"readreceipts","value":"all"}"#, (200, PRIVACY)),
    get("/users/privacy", &[], r#"lastSeen="contacts" readReceipts="all""#),
    case("POST", "/users/check", &[], r#"{"phones":["$phone","4930901820"]}"#, (200, "[]query:s isInWhatsApp:b")),
    get("/users/{phone}/check", &["$phone"], "isInWhatsApp:b"),
    get("/users/{phone}/profile", &["$phone"], USER),
    get("/users/{phone}", &["$phone"], USER),
    // Chats.
    get("/chats", &[], "[]id:s isGroup:b isArchived:b isPinned:b isMuted:b"),
    get("/chats/{chatId}", &["$ana"], CHAT),
    get("/chats/{chatId}/picture", &["$ana"], PICTURE),
    get("/chats/{chatId}/business", &["$ana"], "id:s description:s"),
    put("/chats/{chatId}/presence", &["$ana"], r#"{"state":"typing"}"#),
    put("/chats/{chatId}/presence/set", &["$ana"], r#"{"state":"paused"}"#),
    put("/chats/{chatId}/presence/subscribe", &["$ana"], ""),
    put("/chats/{chatId}/ephemeral", &["$ana"], r#"{"ephemeralExpiration":"off"}"#),
    put("/chats/{chatId}/mute", &["$ana"], r#"{"duration":"8h"}"#),
    put("/chats/{chatId}/pin", &["$ana"], r#"{"pinned":true}"#),
    put("/chats/{chatId}/archive", &["$ana"], r#"{"archived":false}"#),
    put("/chats/{chatId}/read", &["$ana"], r#"{"read":true}"#),
    get("/chats/{chatId}", &["$ana"], "isPinned=true isMuted=true isArchived=false"),
    case("POST", "/chats/{chatId}/messages", &["$ana"], r#"{"lastMessageId":"$received","lastMessageSenderId":"$ana","count":10}"#, (202, "status:s")),
    post("/chats/{chatId}/clear", &["$ana"], ""),
    put("/chats/{chatId}/clear", &["$ana"], ""),
    case("DELETE", "/chats/{chatId}", &["$ana"], "", (204, "")),
    // Newsletters and status.
    put("/newsletters/{id}/subscription", &["$theirs"], r#"{"subscribed":true}"#),
    get("/newsletters", &[], NEWSLETTERS),
    send("/newsletters", r#"{"name":"More news","description":"daily"}"#),
    get("/newsletters/invite/{code}", &["$their_code"], NEWSLETTER),
    get("/newsletters/{id}", &["$newsletter"], NEWSLETTER),
    put("/newsletters/{id}/mute", &["$theirs"], r#"{"mute":true}"#),
    post("/newsletters/{id}/subscription", &["$theirs"], r#"{"subscribed":false}"#),
    get("/newsletters/{id}/messages", &["$newsletter"], "[]?number:n time:s type:s"),
    put("/newsletters/{id}", &["$newsletter"], r#"{"name":"Good news"}"#),
    case("DELETE", "/newsletters/{id}", &["$newsletter"], "", (204, "")),
    get("/status/privacy", &[], "[]type:s list:a isDefault:b"),
    send("/status/text", r#"{"text":"Open until nine"}"#),
    send("/status/image", r#"{"data":"$png","mimeType":"image/png"}"#),
    send("/status/video", r#"{"data":"$mp4","mimeType":"video/mp4"}"#),
    send("/status/audio", r#"{"data":"$ogg","mimeType":"audio/ogg; codecs=opus"}"#),
    post("/status/{messageId}/delete", &["$status"], ""),
    // Instances.
    get("/instance/settings", &[], "name:s description:s pullMode:b"),
    case("PUT", "/instance/settings", &[], r#"{"description":"for orders","webhookUrl":""}"#, (200, "name:s description:s pullMode:b")),
    get("/instance/details", &[], "id:s name:s status:s"),
    put("/instance/restart", &[], ""),
    get("/account/instances", &[], "items:a totalCount:n pageNumber:n pageSize:n").on("").query("?pageSize=2"),
    get("/account/instances/{id}", &["shop"], "name:s hasApiKey:b settings:o status:s created:s").on(""),
    put("/account/instances/{id}/name", &["spare"], r#"{"name":"Spare number"}"#).on(""),
    put("/account/instances/{id}/settings", &["spare"], r#"{"historySync":true,"pullMode":true}"#).on(""),
    get("/account/instances/{id}", &["spare"], r#"id="spare""#).on(""),
    put("/account/instances/{id}/restart", &["shop"], "").on(""),
    case("PUT", "/account/instances/{id}/apikey", &["spare"], "", (200, "text")).on(""),
    case("PUT", "/instance/apikey", &[], "", (200, "text")),
    get("/account/instances/{id}", &["spare"], r#"id="spare" hasApiKey=true"#).on(""),
    put("/account/instances/defaults", &[], r#"{"defaultWebhookUrl":"http://127.0.0.1:9/new","defaultSigningSecret":"abc","defaultEventFilters":["message"],"defaultHistorySync":true}"#).on(""),
    get("/account/instances/defaults", &[], r#"defaultWebhookUrl="http://127.0.0.1:9/new" defaultSigningSecret="abc" defaultEventFilters=["message"] defaultHistorySync=true defaultPullMode=false"#).on(""),
    case("PUT", "/account/instances/defaults", &[], r#"{"defaultEventFilters":["nonsense"]}"#, (400, "status:n detail:s")).on(""),
    get("/account/subscriptions", &[], "items:a totalCount=1 pageNumber=1 pageSize:n").on(""),
    get("/account/subscriptions/{id}/instances", &["$account"], "items:a totalCount:n pageNumber:n pageSize:n").on("").query("?pageSize=2"),
    case("POST", "/account/subscriptions/{id}/instances", &["$account"], "", (200, "text")).on("").query("?name=Resold"),
    get("/account/instances/{id}", &["$resold"], r#"name="Resold" settings={"eventFilters":["message"],"eventSigningSecret":"abc","historySync":true,"pullMode":false,"useCustomDefaults":true,"webhookUrl":"http://127.0.0.1:9/new"}"#).on(""),
    case("DELETE", "/account/subscriptions/{id}/instances/{instanceId}", &["$account", "$resold"], "", (204, "")).on(""),
    get("/account/subscriptions/{id}/changes", &["$account"], "items:a totalCount=2 pageNumber:n pageSize:n").on("").query("?instanceId=$resold"),
    get("/account/subscriptions/{id}/changes", &["$account"], "items:a totalCount:n pageNumber:n pageSize:n").on("").query("?changeType=instance_removed"),
    put("/account/instances/defaults", &[], r#"{"defaultWebhookUrl":"","defaultHistorySync":false,"defaultEventFilters":[],"defaultSigningSecret":""}"#).on(""),
    case("PUT", "/admin/instances/{id}/config", &["spare"], r#"{"apiKey":"too-short"}"#, (400, "status:n detail:s")).on(""),
    put("/admin/instances/{id}/config", &["spare"], r#"{"apiKey":"a-key-of-my-own-0123456789"}"#).on(""),
    case("POST", "/admin/instances", &[], r#"{"id":"made","webhookUrl":"http://127.0.0.1:9/hook","signingSecret":"abc","eventFilters":["message","logged_in"],"historySync":false}"#, (201, "id:s config:o")).on(""),
    get("/admin/instances", &[], "[]id:s config:o isConnected:b isLoggedIn:b").on(""),
    get("/admin/instances/{id}", &["made"], ADMIN).on(""),
    put("/admin/instances/{id}/config", &["made"], r#"{"eventFilters":[]}"#).on(""),
    get("/admin/instances/{id}", &["made"], r#"config={"eventFilters":[],"historySync":false,"signingSecret":"abc","webhookUrl":"http://127.0.0.1:9/hook"}"#).on(""),
    put("/admin/instances/{id}/restart", &["shop"], "").on(""),
    case("DELETE", "/admin/instances/{id}", &["made"], "", (204, "")).on(""),
    post("/session/logout", &[], ""),
];
