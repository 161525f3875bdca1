//! Who is asking: the bearer key of a request and what it may do.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::{ErrorCode, Failure};

use crate::gateway::{Gateway, Principal};
use crate::route::{Route, Scope};

/// The principal of a request, when its key is known and may do what the route needs. Only the `Authorization` header counts: a
/// key in a query string would end up in logs.
pub(crate) fn admit<G: Gateway>(
    gateway: &G,
    (headers, from): (&HeaderMap, Option<IpAddr>),
    (route, scope): (&Route, Scope),
) -> Result<Principal, Failure> {
    let principal = gateway.authenticate(bearer(headers)?, from)?;
    if !scope.is_granted_by(&principal.scopes) {
        let detail = format!("The key lacks the scope `{}`. Use a key that has it.", scope.as_str());
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    if scope == Scope::Operator && principal.account != ROOT_ACCOUNT {
        let detail = "Only a key of the node's operator, who owns the first account, may do this.";
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    if principal.instances.is_some() && !route.is_of_instances() {
        let detail = "The key is limited to some instances, and this concerns the account. Use a key without that limit.";
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    Ok(principal)
}

fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    let refuse = |detail: &str| Failure::new(ErrorCode::Unauthorized, detail);
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(refuse("No API key was given. Send `Authorization: Bearer <key>`."));
    };
    if values.next().is_some() {
        return Err(refuse("More than one Authorization header was given."));
    }
    let well_formed = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim())
        .filter(|key| !key.is_empty());
    well_formed.ok_or_else(|| refuse("The Authorization header is not of the form `Bearer <key>`."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn check(value: &[u8], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_bytes(value).expect("a header value"));
        assert_eq!(bearer(&headers).ok(), expected, "{value:?}");
    }

    #[test]
    fn only_a_bearer_key_counts() {
        check(b"Bearer tk_1", Some("tk_1"));
        check(b"bearer  tk_1 ", Some("tk_1"));
        for wrong in [&b"Basic dGs6"[..], b"Bearer", b"Bearer ", b"tk_1", b"Bearer \xff"] {
            check(wrong, None);
        }
    }
}
