//! The OpenAPI 3.1 document, read from the route table.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bytes::Bytes;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use trunkline_model::ErrorCode;

use crate::auth::SESSION_COOKIE;
use crate::problem::Problem;
use crate::route::SignOperation;
use crate::route::{
    BodyRule, LimitClass, NativeOperation, Parameter, ReplyRule, Route, Target, forms_of, path_parameters,
    query_parameter, routes,
};

/// The document, as it is served.
pub(crate) static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(document().to_string()));

const DESCRIPTION: &str = "Trunkline's native API: everything that a linked WhatsApp number can do. Fields are added, never \
    changed, and lists of words may grow: a client passes over what it does not know. Errors are problem documents \
    (RFC 9457); their codes are explained under /docs/errors.";

/// Collects the schemas of bodies and of answers: a type reads and writes differently.
pub(crate) struct Schemas {
    pub(crate) bodies: SchemaGenerator,
    pub(crate) answers: SchemaGenerator,
}

impl Schemas {
    pub(crate) fn new() -> Schemas {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        Schemas {
            bodies: settings.clone().for_deserialize().into_generator(),
            answers: settings.for_serialize().into_generator(),
        }
    }

    /// Every schema by its name; names are unique over both kinds, which a test holds.
    pub(crate) fn into_components(mut self) -> Map<String, Value> {
        let mut all = self.bodies.take_definitions(true);
        all.extend(self.answers.take_definitions(true));
        all
    }
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    let problem = schemas.answers.subschema_for::<Problem<'_>>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let operation = operation(route, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let tags: BTreeSet<&str> = routes().map(Route::noun).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Trunkline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags.iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "An API key, `tk_…`." },
                "cookie": {
                    "type": "apiKey", "in": "cookie", "name": SESSION_COOKIE,
                    "description": "A member who is signed in. What changes something has to come from the same site, or bring the \
                                    header `X-Trunkline-Csrf`.",
                },
            },
            "responses": problems(&problem.into()),
            "schemas": schemas.into_components(),
        },
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.noun()],
        "parameters": parameters(route),
        "responses": responses(route, schemas),
    });
    if let Some(body) = request_body(route, schemas) {
        operation["requestBody"] = body;
    }
    match route.target {
        Target::Native(_, scope) => {
            operation["security"] = json!([{ "key": [] }, { "cookie": [] }]);
            operation["x-scope"] = json!(scope.as_str());
            operation["x-limit-class"] = json!(route.class.as_str());
        }
        Target::Sign(SignOperation::SignIn | SignOperation::Forgot | SignOperation::SetPassword)
        | Target::Open(_) => operation["security"] = json!([]),
        Target::Sign(_) => operation["security"] = json!([{ "cookie": [] }]),
    }
    operation
}

/// Whether a request may carry a key under which it happens once.
fn takes_idempotency_key(route: &Route) -> bool {
    // What failed is sent again once, with or without a key: then it has not failed any more.
    let sends_one = route.class == LimitClass::Send
        && !matches!(route.body, BodyRule::LongJson(_))
        && route.name != "messages.resend";
    (sends_one && !is_of_plans(route))
        || matches!(route.name, "templates.send" | "schedules.create" | "accounts.add_credits")
}

fn parameters(route: &Route) -> Vec<Value> {
    let written = |place: &str, parameter: &Parameter| {
        json!({
            "name": parameter.name,
            "in": place,
            "required": place == "path",
            "description": parameter.description,
            "schema": (parameter.schema)(),
            "example": example(parameter),
        })
    };
    let path = path_parameters(route.path).map(|parameter| written("path", parameter));
    let query = route.query.iter().filter_map(|name| query_parameter(name));
    let mut all: Vec<Value> = path.chain(query.map(|parameter| written("query", parameter))).collect();
    if takes_idempotency_key(route) {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A repeated request with the same key and body is answered like the first one, for a day; an order of credits for \
                            ever.",
            "schema": { "type": "string", "minLength": 1, "maxLength": trunkline_model::limits::IDEMPOTENCY_KEY_BYTES_MAX },
        }));
    }
    if matches!(route.reply, ReplyRule::Events | ReplyRule::JsonOrEvents(_)) {
        all.push(json!({
            "name": "Last-Event-ID",
            "in": "header",
            "required": false,
            "description": "Resumes a stream: the id of the last event that came.",
            "schema": { "type": "string" },
        }));
    }
    if matches!(route.reply, ReplyRule::File) {
        all.push(json!({
            "name": "Range",
            "in": "header",
            "required": false,
            "description": "One part of the file, `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LENGTH`.",
            "schema": { "type": "string" },
        }));
    }
    all
}

/// A value of a parameter in its own JSON type.
fn example(parameter: &Parameter) -> Value {
    match (parameter.schema)()["type"].as_str() {
        Some("integer") => parameter.example.parse::<u64>().map_or(Value::Null, Value::from),
        Some("boolean") => (parameter.example == "true").into(),
        _ => parameter.example.into(),
    }
}

fn request_body(route: &Route, schemas: &mut Schemas) -> Option<Value> {
    let example = route.example.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let content = match route.body {
        BodyRule::None => return None,
        BodyRule::Empty => {
            let nothing = json!({ "type": "object", "additionalProperties": false });
            return Some(json!({
                "required": false,
                "content": { "application/json": { "schema": nothing, "example": {} } },
            }));
        }
        BodyRule::Json(schema) | BodyRule::LongJson(schema) | BodyRule::Large(schema) => {
            json!({ "application/json": { "schema": schema(&mut schemas.bodies), "example": example } })
        }
        BodyRule::Message(schema) => {
            let schema = schema(&mut schemas.bodies);
            let examples = examples(route, example);
            let parts = json!({
                "type": "object",
                "required": ["message", "file"],
                "properties": { "message": schema, "file": { "type": "string", "contentMediaType": "application/octet-stream" } },
            });
            json!({
                "application/json": { "schema": schema, "examples": examples },
                "multipart/form-data": {
                    "schema": parts,
                    "encoding": { "message": { "contentType": "application/json" } },
                },
            })
        }
        BodyRule::File => json!({ "image/jpeg": { "schema": {} } }),
        BodyRule::Rows => json!({ "text/csv": { "schema": {} }, "application/x-ndjson": { "schema": {} } }),
    };
    Some(json!({ "required": true, "content": content }))
}

/// The example of a message, which is a text, and one of each other form.
fn examples(route: &Route, text: Option<Value>) -> Map<String, Value> {
    let forms =
        forms_of(route.name).map(|form| (form.name, serde_json::from_str::<Value>(form.example).ok()));
    let all = [("text", text)].into_iter().chain(forms);
    all.filter_map(|(name, example)| Some((name.to_owned(), json!({ "value": example? })))).collect()
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    let content = match route.reply {
        ReplyRule::Nothing => None,
        ReplyRule::Json(_, schema) => {
            Some(json!({ "application/json": { "schema": schema(&mut schemas.answers) } }))
        }
        ReplyRule::JsonOrEvents(schema) => Some(json!({
            "application/json": { "schema": schema(&mut schemas.answers) },
            "text/event-stream": { "schema": { "type": "string" } },
        })),
        ReplyRule::Events => Some(json!({ "text/event-stream": { "schema": { "type": "string" } } })),
        ReplyRule::File => Some(json!({ "*/*": {} })),
        ReplyRule::Bytes(kinds) => {
            Some(kinds.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect::<Map<_, _>>().into())
        }
    };
    for status in route.reply.statuses() {
        let mut response = json!({ "description": meaning(*status) });
        if let Some(content) = &content {
            response["content"] = content.clone();
        }
        responses.insert(status.to_string(), response);
    }
    for code in ErrorCode::ALL.iter().filter(|code| may_answer(route, **code)) {
        let status = code.http_status().to_string();
        let reference = json!({ "$ref": format!("#/components/responses/Problem{status}") });
        responses.insert(status, reference);
    }
    responses.into()
}

pub(crate) fn meaning(status: u16) -> &'static str {
    match status {
        201 => "It is made.",
        202 => "It is accepted and on disk.",
        204 => "It is done.",
        206 => "The part that was asked for.",
        207 => "Each part of it has a result of its own.",
        _ => "It worked.",
    }
}

/// One response for each status that errors have, with the codes that it stands for.
fn problems(schema: &Value) -> Map<String, Value> {
    let statuses: BTreeSet<u16> = ErrorCode::ALL.iter().map(|code| code.http_status()).collect();
    let described = statuses.into_iter().map(|status| {
        let codes = ErrorCode::ALL.iter().filter(|code| code.http_status() == status);
        let lines: Vec<String> =
            codes.map(|code| format!("[{0}](/docs/errors/{0}): {1}.", code.as_str(), code.title())).collect();
        let response = json!({
            "description": lines.join(" "),
            "content": { "application/problem+json": { "schema": schema } },
        });
        (format!("Problem{status}"), response)
    });
    described.collect()
}

/// Whether an operation can be answered with a code. What the network and the path decide before the table is asked
/// (`ROUTE_NOT_FOUND` of an unknown path, `METHOD_NOT_ALLOWED`) belongs to no operation.
fn may_answer(route: &Route, code: ErrorCode) -> bool {
    let native = matches!(route.target, Target::Native(..) | Target::Sign(_));
    let signs = matches!(route.target, Target::Sign(_));
    let of_instance = route.path.contains("{instance}");
    let of_endpoint = route.path.contains("{webhook}") || route.path.contains("{consumer}");
    let of_message = route.path.contains("{message}") && route.class == LimitClass::Send;
    let asks_whatsapp = of_instance && route.class != LimitClass::Read;
    let sends = route.class == LimitClass::Send;
    let of_plans = is_of_plans(route);
    match code {
        ErrorCode::Unauthorized
        | ErrorCode::Forbidden
        | ErrorCode::MalformedRequest
        | ErrorCode::TooManyRequests
        | ErrorCode::Internal => native,
        ErrorCode::Unavailable => native || route.name == "node.ready",
        ErrorCode::RouteNotFound => !native && route.path.contains('{'),
        ErrorCode::InstanceNotFound => {
            of_instance || route.query.contains(&"instance") || (of_plans && route.name.ends_with(".create"))
        }
        ErrorCode::MessageNotFound => route.path.contains("{message}") || route.name == "messages.vote",
        ErrorCode::MessageState => route.name == "messages.resend",
        ErrorCode::MediaNotFound => route.path.contains("{media}") || route.name == "media.download",
        ErrorCode::ChatNotFound => route.path.contains("{chat}"),
        ErrorCode::ContactNotFound => route.path.contains("{person}") || route.path.contains("{contact}"),
        ErrorCode::LabelNotFound => route.path.contains("{label}"),
        ErrorCode::MethodNotAllowed => false,
        ErrorCode::InstanceState | ErrorCode::InstanceNotLinked => {
            of_instance || of_message || (of_plans && sends)
        }
        ErrorCode::NameTaken => {
            let of_plans = of_plans && matches!(route.path.split('/').nth(2), Some("templates" | "contacts"));
            of_plans
                || matches!(route.name, "instances.create" | "instances.update" | "instances.import")
                || matches!(route.name, "workspaces.create" | "workspaces.update")
        }
        ErrorCode::IdempotencyConflict => sends || takes_idempotency_key(route),
        ErrorCode::InsufficientCredits => sends || route.name == "accounts.add_credits",
        ErrorCode::VersionConflict => false,
        ErrorCode::MalformedBody | ErrorCode::BodyTooLarge | ErrorCode::UnsupportedMediaType => {
            route.body.is_read()
        }
        ErrorCode::Validation => route.body.is_read() || asks_whatsapp || of_message,
        ErrorCode::MediaUnusable => sends || route.path.contains("{media}") || route.name == "media.download",
        ErrorCode::WhatsAppRefused | ErrorCode::WhatsAppForbidden | ErrorCode::WhatsAppNotFound => {
            asks_whatsapp
        }
        ErrorCode::Timeout => asks_whatsapp || of_plans,
        ErrorCode::NodeFull => matches!(route.name, "instances.create" | "instances.import"),
        ErrorCode::RangeNotSatisfiable => matches!(route.reply, ReplyRule::File),
        ErrorCode::StorageFull => sends || matches!(route.reply, ReplyRule::File),
        ErrorCode::WebhookNotFound => of_endpoint,
        ErrorCode::WebhookState => {
            of_endpoint && route.class == LimitClass::Write || route.name == "consumers.events"
        }
        ErrorCode::WebhooksFull => matches!(route.name, "webhooks.create" | "consumers.create"),
        ErrorCode::AccountSuspended => native,
        ErrorCode::AddressNotAllowed => native && !signs,
        ErrorCode::CrossSite => native && route.class != LimitClass::Read,
        of_account => account_may_answer(route, of_account),
    }
}

fn is_of_plans(route: &Route) -> bool {
    matches!(route.target, Target::Native(NativeOperation::Plan(_), _))
}

/// Whether an operation can be answered with a code of what accounts have and plan.
fn account_may_answer(route: &Route, code: ErrorCode) -> bool {
    match code {
        ErrorCode::TemplateNotFound => route.path.contains("{template}") || route.name == "campaigns.create",
        ErrorCode::SuppressionNotFound => route.path == "/v1/suppressions/{person}",
        ErrorCode::OtpNotFound => route.path.contains("{otp}") || route.name == "otps.find",
        ErrorCode::CampaignNotFound => route.path.contains("{campaign}"),
        ErrorCode::ScheduleNotFound => route.path.contains("{schedule}"),
        ErrorCode::RecipientSuppressed => route.class == LimitClass::Send,
        ErrorCode::PlanState | ErrorCode::PlansFull => is_of_plans(route),
        ErrorCode::MemberNotFound => route.path.contains("{member}"),
        ErrorCode::EmailTaken => {
            matches!(route.name, "members.invite" | "accounts.invite_member" | "auth.sign_up")
        }
        ErrorCode::SignUpClosed => route.name == "auth.sign_up",
        ErrorCode::FileNotFound => route.path.contains("{file_id}") || route.path == "/files/{word}",
        ErrorCode::AccountNotFound => route.path.contains("{account}"),
        ErrorCode::WorkspaceNotFound => {
            route.path.contains("{workspace}")
                || matches!(route.name, "instances.create" | "instances.update")
        }
        ErrorCode::KeyNotFound => route.path.contains("{key}"),
        ErrorCode::AppNotFound => route.path.contains("{app}"),
        ErrorCode::AccountState => {
            matches!(route.name, "accounts.update" | "accounts.delete" | "workspaces.delete")
        }
        ErrorCode::AccountFull => {
            let makes =
                ["accounts.create", "accounts.create_key", "workspaces.create", "keys.create", "apps.create"];
            let others = [
                "accounts.add_credits",
                "members.invite",
                "accounts.invite_member",
                "files.create",
                "auth.sign_up",
            ];
            makes.contains(&route.name) || others.contains(&route.name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_schemas_are_unique_over_bodies_and_answers() {
        let mut schemas = Schemas::new();
        for route in routes() {
            operation(route, &mut schemas);
        }
        let (bodies, answers) = (schemas.bodies.definitions().clone(), schemas.answers.definitions());
        for name in bodies.keys() {
            assert!(!answers.contains_key(name), "{name} is both a body and an answer");
            assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "{name} is the name of two types");
        }
        assert!(
            answers.keys().all(|name| !name.ends_with(|c: char| c.is_ascii_digit())),
            "{:?}",
            answers.keys()
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 100);
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("a reference within the document");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    references.push(reference.clone());
                }
                members.values().for_each(|member| collect(member, references));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
            _ => {}
        }
    }
}
