//! Who is asking: the bearer key of a request and what it may do.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use trunkline_model::{ErrorCode, Failure};

use crate::gateway::{Gateway, Principal};
use crate::route::Scope;

/// The principal of a request, when its key is known and has the scope. Only the `Authorization` header counts: a key in
/// a query string would end up in logs.
pub(crate) fn admit<G: Gateway>(
    gateway: &G,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<Principal, Failure> {
    let presented = bearer(headers)?;
    let principal = gateway.authenticate(presented).ok_or_else(|| {
        Failure::new(
            ErrorCode::Unauthorized,
            "This API key is not known. Make one with `trunkline key create`.",
        )
    })?;
    if scope.is_granted_by(&principal.scopes) {
        return Ok(principal);
    }
    Err(Failure::new(
        ErrorCode::Forbidden,
        format!("The key lacks the scope `{}`. Use a key that has it.", scope.as_str()),
    ))
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
