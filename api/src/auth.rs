//! Who is asking: the bearer key of a request and what it may do.

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, ORIGIN};
use hyper::{HeaderMap, Method};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::{ErrorCode, Failure};

use crate::gateway::{Gateway, Principal};
use crate::route::{Route, Scope};

/// The principal of a request, when its key is known and may do what the route needs. Only the `Authorization` header counts, and
/// without one the cookie of a member: a key in a query string would end up in logs.
pub(crate) fn admit<G: Gateway>(
    gateway: &G,
    (headers, from): (&HeaderMap, Option<IpAddr>),
    (route, scope): (&Route, Scope),
) -> Result<Principal, Failure> {
    let presented = presented(headers)?;
    presented.check_site(&route.method, headers)?;
    let principal = presented.principal(gateway, from)?;
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

/// What a request says who its caller is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    /// An API key.
    Key(&'a str),
    /// The cookie of a member, which a browser sends whoever makes it.
    Session(&'a str),
}

impl Presented<'_> {
    /// Who that is.
    ///
    /// # Errors
    /// As [`Gateway::authenticate`].
    pub(crate) fn principal<G: Gateway>(
        &self,
        gateway: &G,
        from: Option<IpAddr>,
    ) -> Result<Principal, Failure> {
        match self {
            Presented::Key(key) => gateway.authenticate(key, from),
            Presented::Session(cookie) => gateway.authenticate_session(cookie),
        }
    }

    /// Refuses what a browser may have been made to send: a change with nothing but a cookie to show for it.
    ///
    /// # Errors
    /// `CROSS_SITE`.
    pub(crate) fn check_site(&self, method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
        match self {
            Presented::Key(_) => Ok(()),
            Presented::Session(_) if method.is_safe() || headers.contains_key(X_TRUNKLINE_CSRF) => {
                refuse_other_sites(method, headers)
            }
            Presented::Session(_) if says_its_site(headers) => refuse_other_sites(method, headers),
            Presented::Session(_) => Err(cross_site()),
        }
    }
}

/// Name of the cookie of a member who is signed in.
pub(crate) const SESSION_COOKIE: &str = "trunkline_session";
/// What its value begins with.
pub(crate) const SESSION_PREFIX: &str = "tss_";
/// A header that no page of another site can add.
const X_TRUNKLINE_CSRF: HeaderName = HeaderName::from_static("x-trunkline-csrf");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn says_its_site(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE)
}

/// Refuses a change that a browser says another site asks for. Who is no browser says nothing.
///
/// # Errors
/// `CROSS_SITE`.
pub(crate) fn refuse_other_sites(method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(&HOST).unwrap_or_default();
    let is_ours = match (text(&ORIGIN), text(&SEC_FETCH_SITE)) {
        (Some(origin), _) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
        (None, Some(site)) => matches!(site, "same-origin" | "none"),
        (None, None) => true,
    };
    if is_ours { Ok(()) } else { Err(cross_site()) }
}

fn cross_site() -> Failure {
    let detail = "A request that changes something and comes with a cookie has to come from this site. Use an API key, or add the \
                  header X-Trunkline-Csrf.";
    Failure::new(ErrorCode::CrossSite, detail)
}

/// What the caller presents: a key, and without one a cookie.
///
/// # Errors
/// `UNAUTHORIZED` when there is neither, or more than one key.
pub(crate) fn presented(headers: &HeaderMap) -> Result<Presented<'_>, Failure> {
    if headers.contains_key(AUTHORIZATION) {
        return bearer(headers).map(Presented::Key);
    }
    match cookie(headers) {
        Some(cookie) => Ok(Presented::Session(cookie)),
        None => bearer(headers).map(Presented::Key),
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == SESSION_COOKIE && !value.is_empty()).map(|(_, value)| value)
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

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    #[test]
    fn a_key_comes_before_a_cookie() {
        let check = |lines: &[(&str, &str)], expected: Option<Presented<'_>>| {
            assert_eq!(presented(&headers(lines)).ok(), expected, "{lines:?}");
        };
        check(&[("cookie", "trunkline_session=tss_1")], Some(Presented::Session("tss_1")));
        check(&[("cookie", "a=b; trunkline_session=tss_1; c=d")], Some(Presented::Session("tss_1")));
        check(&[("cookie", "a=b"), ("cookie", "trunkline_session=tss_1")], Some(Presented::Session("tss_1")));
        let both = [("authorization", "Bearer tk_1"), ("cookie", "trunkline_session=tss_1")];
        check(&both, Some(Presented::Key("tk_1")));
        check(&[("authorization", "Bearer"), ("cookie", "trunkline_session=tss_1")], None);
        for none in [&[][..], &[("cookie", "trunkline_session=")], &[("cookie", "other=tss_1")]] {
            check(none, None);
        }
    }

    #[test]
    fn a_cookie_changes_things_from_its_own_site_alone() {
        let check = |method: &Method, lines: &[(&str, &str)], expected: bool| {
            let lines = [&[("host", "gate.example.org:8080")], lines].concat();
            let presented = Presented::Session("tss_1");
            let checked = presented.check_site(method, &headers(&lines));
            assert_eq!(checked.is_ok(), expected, "{method} {lines:?}");
            assert!(Presented::Key("tk_1").check_site(method, &headers(&lines)).is_ok());
        };
        for change in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
            check(&change, &[], false);
            check(&change, &[("x-trunkline-csrf", "1")], true);
            check(&change, &[("origin", "https://gate.example.org:8080")], true);
            check(&change, &[("sec-fetch-site", "same-origin")], true);
            for other in ["https://evil.example", "null", "https://gate.example.org", "gate.example.org:8080"]
            {
                check(&change, &[("origin", other)], false);
                check(&change, &[("origin", other), ("x-trunkline-csrf", "1")], false);
            }
            for other in ["cross-site", "same-site"] {
                check(&change, &[("sec-fetch-site", other)], false);
            }
        }
        check(&Method::GET, &[("origin", "https://evil.example")], true);
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
