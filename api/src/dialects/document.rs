//! The OpenAPI 3.1 document of a dialect, read from its table.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::speaks::Credential;
use super::{Access, Mount, Row};
use crate::dialects::table::{Shape, Wanted};
use crate::openapi::{Schemas, meaning};

/// Makes the document.
pub(super) fn document(mount: &Mount) -> Bytes {
    Bytes::from(described(mount).to_string())
}

fn described(mount: &Mount) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for row in mount.rows() {
        let operation = operation(mount, row, &mut schemas);
        let path = paths.entry(row.path).or_insert_with(|| json!({}));
        path[row.method.as_str().to_ascii_lowercase()] = operation;
    }
    let schemes: Map<String, Value> = mount
        .credentials
        .iter()
        .map(|Credential { header, what, .. }| {
            let scheme = json!({ "type": "apiKey", "in": "header", "name": header, "description": what });
            ((*header).to_owned(), scheme)
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{} on Trunkline", mount.title),
            "version": env!("CARGO_PKG_VERSION"),
            "description": mount.description,
            "license": { "name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only" },
        },
        "servers": [{ "url": "/" }, { "url": format!("/d/{}", mount.dialect.as_str()) }],
        "paths": paths,
        "components": { "securitySchemes": schemes, "schemas": schemas.into_components() },
    })
}

fn operation(mount: &Mount, row: &Row, schemas: &mut Schemas) -> Value {
    let parameter = |place: &str, name: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } });
    let query = row.query.iter().map(|name| parameter("query", name));
    let parameters: Vec<Value> = names(row.path).map(|name| parameter("path", name)).chain(query).collect();
    let error = json!({ "application/json": { "schema": (mount.error)(&mut schemas.answers) } });
    let error = json!({ "description": "What went wrong.", "content": error });
    let mut response = json!({ "description": meaning(row.status) });
    if let Some(content) = content(row.reply, schemas) {
        response["content"] = content;
    }
    let mut operation = json!({
        "operationId": row.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
        "summary": row.summary,
        "parameters": parameters,
        "responses": { row.status.to_string(): response, "default": error },
        "security": security(mount, row.access),
        "x-scope": row.needs.as_str(),
        "x-limit-class": row.class.as_str(),
        "x-known-from": row.mark.as_str(),
    });
    if let Wanted::Json(schema) | Wanted::Media(schema) = row.body {
        let schema = schema(&mut schemas.bodies);
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// The credentials that such a row needs.
fn security(mount: &Mount, access: Access) -> Value {
    let needed = mount.credentials.iter().filter(|credential| credential.needed_for.contains(&access));
    let needed: Map<String, Value> =
        needed.map(|credential| (credential.header.to_owned(), json!([]))).collect();
    if needed.is_empty() { json!([]) } else { json!([needed]) }
}

fn content(reply: Shape, schemas: &mut Schemas) -> Option<Value> {
    match reply {
        Shape::Nothing => None,
        Shape::Json(schema) => {
            Some(json!({ "application/json": { "schema": schema(&mut schemas.answers) } }))
        }
        Shape::File => Some(json!({ "*/*": {} })),
        Shape::Events => Some(json!({ "text/event-stream": { "schema": { "type": "string" } } })),
        Shape::Bytes(kinds) => {
            Some(kinds.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect::<Map<_, _>>().into())
        }
    }
}

/// The names of a path's parameters.
fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}
