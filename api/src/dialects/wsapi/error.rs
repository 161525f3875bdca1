//! Errors: what both generations read, in one object.

use hyper::StatusCode;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure};

use crate::reply::{self, Answer};

/// `status` and `detail` are the current generation's, all four the first one's (RFC 7807).
#[derive(Serialize)]
struct ErrorJson<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
}

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Answer {
    let status = status_of(failure.code);
    let detail = detail_of(failure);
    let kind = format!("/docs/errors/{}", failure.code.as_str());
    let error = ErrorJson { kind, title: failure.code.title(), status, detail: &detail };
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}

/// The service has fewer statuses: what is wrong with a request is 400, what WhatsApp made of it 502.
fn status_of(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::Validation | ErrorCode::MediaUnusable | ErrorCode::UnsupportedMediaType => 400,
        ErrorCode::WhatsAppRefused => 502,
        ErrorCode::NodeFull | ErrorCode::StorageFull => 503,
        code => code.http_status(),
    }
}

fn detail_of(failure: &Failure) -> String {
    match failure.code {
        ErrorCode::InstanceNotLinked => "device not paired".to_owned(),
        _ if failure.fields.len() > 1 => {
            let fields = failure.fields.iter();
            let lines: Vec<String> =
                fields.map(|field| format!("`{}` {}", field.field, field.message)).collect();
            lines.join("; ")
        }
        _ => failure.detail.clone(),
    }
}
