//! Errors: what both generations read, in one object.

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure};

use crate::limits::OFFLINE_RETRY_MS;
use crate::reply::{self, Answer};

/// `status` and `detail` are the current generation's, all four the first one's (RFC 7807).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorJson<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
}

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Answer {
    let status = status_of(failure);
    let detail = detail_of(failure, status);
    let kind = format!("/docs/errors/{}", failure.code.as_str());
    let error = ErrorJson { kind, title: failure.code.title(), status, detail: &detail };
    let mut answer =
        reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error);
    if status == 503 && failure.retry_after_ms.is_none() {
        let seconds = (OFFLINE_RETRY_MS / 1_000).to_string();
        reply::set_text(&mut answer, hyper::header::RETRY_AFTER, &seconds);
    }
    answer
}

/// Whether an instance in this state has no number: it has to be paired first.
fn is_unpaired(state: InstanceState) -> bool {
    use InstanceState::{AwaitingPasskey, AwaitingScan, LoggedOut, New, Pairing};
    matches!(state, New | AwaitingScan | AwaitingPasskey | Pairing | LoggedOut)
}

/// The service has fewer statuses: what is wrong with a request is 400, what WhatsApp made of it 502. 409 says one thing alone, that
/// there is no number; one that is offline is 503.
fn status_of(failure: &Failure) -> u16 {
    match failure.code {
        ErrorCode::InstanceNotLinked => 409,
        ErrorCode::InstanceState => match failure.state {
            Some(state) if is_unpaired(state) => 409,
            Some(_) => 503,
            None => 400,
        },
        ErrorCode::WhatsAppRefused => 502,
        ErrorCode::NodeFull | ErrorCode::StorageFull => 503,
        code => match code.http_status() {
            409 | 412 | 415 | 422 => 400,
            status => status,
        },
    }
}

fn detail_of(failure: &Failure, status: u16) -> String {
    match (failure.code, status) {
        (ErrorCode::InstanceNotLinked | ErrorCode::InstanceState, 409) => "device not paired".to_owned(),
        (ErrorCode::InstanceState, 503) => "instance not available".to_owned(),
        _ if failure.fields.len() > 1 => {
            let fields = failure.fields.iter();
            let lines: Vec<String> =
                fields.map(|field| format!("`{}` {}", field.field, field.message)).collect();
            lines.join("; ")
        }
        _ => failure.detail.clone(),
    }
}

/// The same where the service knows no 409: of its sessions and instances.
pub(super) fn without_conflict(failure: Failure) -> Failure {
    if status_of(&failure) == 409 {
        let detail = detail_of(&failure, 409);
        return Failure::new(ErrorCode::MalformedRequest, detail);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_says_that_there_is_no_number_and_nothing_else() {
        let check =
            |failure: &Failure, status: u16| assert_eq!(answer(failure).status(), status, "{failure}");
        for state in InstanceState::ALL {
            let expected = match state {
                InstanceState::New
                | InstanceState::AwaitingScan
                | InstanceState::AwaitingPasskey
                | InstanceState::Pairing
                | InstanceState::LoggedOut => 409,
                _ => 503,
            };
            check(&Failure::in_state(ErrorCode::InstanceState, state, "no connection"), expected);
        }
        check(&Failure::new(ErrorCode::InstanceNotLinked, "link it"), 409);
        for code in [ErrorCode::NameTaken, ErrorCode::IdempotencyConflict, ErrorCode::WebhooksFull] {
            check(&Failure::new(code, "taken"), 400);
        }
        check(&Failure::new(ErrorCode::Validation, "odd"), 400);
        let offline = Failure::in_state(ErrorCode::InstanceState, InstanceState::BackingOff, "gone");
        assert!(answer(&offline).headers().contains_key("retry-after"));
        assert_eq!(without_conflict(offline.clone()), offline);
        let unpaired = without_conflict(Failure::new(ErrorCode::InstanceNotLinked, "link it"));
        assert_eq!(
            (answer(&unpaired).status().as_u16(), unpaired.detail.as_str()),
            (400, "device not paired")
        );
    }
}
