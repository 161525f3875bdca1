//! Who calls: the key in `X-Api-Key`, and the instance in `X-Instance-Id`.

use hyper::HeaderMap;
use trunkline_model::{ErrorCode, Failure, InstanceId};

use crate::dialects::{Access, Row, header};
use crate::gateway::{Gateway, Principal};

/// The caller, and the instance that is meant where the row is about one.
///
/// # Errors
/// `MALFORMED_REQUEST` without an instance, `UNAUTHORIZED`, `FORBIDDEN`, `INSTANCE_NOT_FOUND`: that a caller is known comes before
/// anything about instances is told.
pub(crate) fn admit<G: Gateway>(
    gateway: &G,
    headers: &HeaderMap,
    row: &Row,
) -> Result<(Principal, Option<InstanceId>), Failure> {
    let instance = header(headers, "x-instance-id");
    if row.access == Access::Instance && instance.is_none() {
        return Err(Failure::new(ErrorCode::MalformedRequest, "missing X-Instance-Id header"));
    }
    let principal = header(headers, "x-api-key")
        .and_then(|key| gateway.authenticate(key))
        .ok_or_else(|| Failure::new(ErrorCode::Unauthorized, "unauthorized"))?;
    if !row.scope.is_granted_by(&principal.scopes) {
        let detail = format!("the key lacks the scope {}", row.scope.as_str());
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    let named = instance.filter(|_| row.access == Access::Instance);
    let addressed = named.map(|name| gateway.resolve(principal.account, name).ok_or_else(no_instance));
    Ok((principal, addressed.transpose()?))
}

/// The account has no such instance.
pub(super) fn no_instance() -> Failure {
    Failure::new(ErrorCode::InstanceNotFound, "instance not found")
}
