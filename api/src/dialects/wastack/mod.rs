//! WAStack, below `/api/v1`. Two credentials open it: the key of an app and a key of the account, which may each be limited to some
//! instances; a request may touch those that both may.
//!
//! Successes are `{success, data}`, errors `{success, error}` with a sentence.

use std::sync::{Arc, LazyLock};

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId};

use super::admit::{key_of, unauthorized};
use super::quota::Allowance;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Ask, Caller, Row, bearer, document, header, page};
use crate::body::RequestBody;
use crate::gateway::{Gateway, Principal};
use crate::reply::{self, Answer};

/// Whoever has a key.
const KEYS: &[Access] = &[Access::Key, Access::Instance, Access::Linked, Access::Account];

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wastack,
    title: "WAStack",
    description: "The API of WAStack, for its customers.",
    credentials: &[
        Credential { header: "X-App-Key", what: "The key of an app.", needed_for: KEYS },
        Credential { header: "Authorization", what: "`Bearer` and an API key.", needed_for: KEYS },
    ],
    tables: &[],
    quotas: |_: &Row| -> &'static [Allowance] { &[] },
    refuse,
    error: |schemas| schemas.subschema_for::<ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// Operations of WAStack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {}

/// See the module.
pub(crate) struct Speaker;

impl Speaks for Speaker {
    type Operation = Operation;

    fn open(operation: Operation) -> Result<Answer, Failure> {
        match operation {}
    }

    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure> {
        let app = header(caller.headers, "x-app-key").ok_or_else(unauthorized)?;
        let principal = key_of(gateway, Dialect::Wastack, (bearer(caller.headers), caller.from))?;
        let app = gateway.authenticate_app(app, caller.from)?;
        if app.account != principal.account {
            return Err(unauthorized());
        }
        let instances = both(principal.instances.clone(), app.instances);
        Ok(Principal { instances, app: Some(app.app), ..principal })
    }

    async fn respond<G: Gateway>(
        operation: Operation,
        _ask: Ask<'_, G>,
        _body: RequestBody,
    ) -> Result<Answer, Failure> {
        match operation {}
    }
}

/// The instances that both of two bounds leave.
fn both(one: Option<Arc<[InstanceId]>>, other: Option<Arc<[InstanceId]>>) -> Option<Arc<[InstanceId]>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.iter().copied().filter(|id| other.contains(id)).collect()),
        (one, other) => one.or(other),
    }
}

/// An error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorJson<'a> {
    success: bool,
    error: &'a str,
}

fn refuse(failure: &Failure) -> Answer {
    let status = match failure.code {
        ErrorCode::Validation | ErrorCode::MediaUnusable | ErrorCode::UnsupportedMediaType => 400,
        ErrorCode::WhatsAppRefused => 502,
        ErrorCode::NodeFull | ErrorCode::StorageFull => 503,
        code => code.http_status(),
    };
    let error = ErrorJson { success: false, error: &failure.detail };
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_touch_what_both_of_its_keys_may() {
        let some = |ids: &[u64]| Some(ids.iter().copied().map(InstanceId).collect::<Arc<[_]>>());
        assert_eq!(both(some(&[1, 2]), some(&[2, 3])), some(&[2]));
        assert_eq!(both(some(&[1]), some(&[3])), some(&[]));
        assert_eq!((both(None, some(&[3])), both(some(&[1]), None)), (some(&[3]), some(&[1])));
        assert_eq!(both(None, None), None);
    }
}
