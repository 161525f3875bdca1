//! Who calls, what they may do, and which instance is meant.

use std::net::IpAddr;

use hyper::HeaderMap;
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, Scope};

use super::table::{Access, Needs, Row};
use crate::gateway::{Gateway, Principal};

/// What the head of a request says of its sender.
pub(crate) struct Caller<'a> {
    pub(crate) headers: &'a HeaderMap,
    /// The address that it came from.
    pub(crate) from: Option<IpAddr>,
    /// The row that is asked for; `None` where there is none.
    pub(crate) row: Option<&'static Row>,
}

/// Which instance a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressed {
    /// None; or the path names it, or the body will: [`super::Ask::address`].
    Nobody,
    /// This one.
    Here(InstanceId),
}

impl Addressed {
    pub(crate) fn instance(self) -> Option<InstanceId> {
        match self {
            Addressed::Nobody => None,
            Addressed::Here(instance) => Some(instance),
        }
    }
}

/// Who presents a key, where it opens this dialect: a key of its own does, and a native one.
///
/// # Errors
/// `UNAUTHORIZED`, and what else the key is refused for.
pub(super) fn key_of<G: Gateway>(
    gateway: &G,
    dialect: Dialect,
    (key, from): (Option<&str>, Option<IpAddr>),
) -> Result<Principal, Failure> {
    let principal = gateway.authenticate(key.ok_or_else(unauthorized)?, from)?;
    let opens = principal.dialect.is_some_and(|own| own == dialect || own == Dialect::Native);
    if opens { Ok(principal) } else { Err(unauthorized()) }
}

/// That nobody is known by what was presented.
pub(super) fn unauthorized() -> Failure {
    Failure::new(ErrorCode::Unauthorized, "A valid API key is needed.")
}

/// Refuses what a key may not do beside what its row needs.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn also(principal: &Principal, scope: Scope) -> Result<(), Failure> {
    if scope.is_granted_by(&principal.scopes) {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::Forbidden, format!("the key lacks the scope {}", scope.as_str())))
}

/// Whether a caller may use a row.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn allow(row: &Row, principal: &Principal) -> Result<(), Failure> {
    let may = match row.needs {
        Needs::Nothing => true,
        Needs::Scope(scope) => scope.is_granted_by(&principal.scopes),
    };
    if !may {
        let detail = format!("the key lacks the scope {}", row.needs.as_str().unwrap_or_default());
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    if row.access == Access::Account && principal.instances.is_some() {
        let detail = "the key is limited to some instances, and this concerns the account";
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::rows;
    use crate::dialects::table::{Mark, Shape, Wanted};
    use hyper::Method;
    use trunkline_model::{AccountId, KeyId, LimitClass};

    fn row(needs: Needs, access: Access) -> Row {
        Row {
            method: Method::GET,
            path: "/",
            name: "row",
            operation: rows().next().expect("a row").operation,
            access,
            needs,
            class: LimitClass::Read,
            body: Wanted::Nothing,
            status: 200,
            reply: Shape::Nothing,
            query: &[],
            mark: Mark::Inferred,
            summary: "",
        }
    }

    #[test]
    fn a_key_needs_what_the_row_says() {
        let of = |scopes: &[Scope], bound: bool| Principal {
            dialect: Some(Dialect::Wessaal),
            instances: bound.then(|| [InstanceId(1)].into()),
            ..Principal::of_key(AccountId(1), KeyId(1), scopes.to_vec())
        };
        let check = |row: &Row, principal: &Principal, expected: bool| {
            assert_eq!(allow(row, principal).is_ok(), expected, "{row:?} {principal:?}");
        };
        let any = row(Needs::Nothing, Access::Key);
        check(&any, &of(&[], true), true);
        let scope = row(Needs::Scope(Scope::ChatsRead), Access::Instance);
        check(&scope, &of(&[Scope::ChatsRead], true), true);
        check(&scope, &of(&[Scope::ChatsWrite], false), false);
        let account = row(Needs::Nothing, Access::Account);
        check(&account, &of(&[], false), true);
        check(&account, &of(&[], true), false);
    }
}
