//! Who may what.

use std::sync::Arc;

use trunkline_api::{AppPrincipal, Principal};
use trunkline_model::account::native_scopes;
use trunkline_model::{AppId, Dialect, ErrorCode, Failure, KeyId, Scope};

use super::{ACCOUNT, OPEN, OTHER_ACCOUNT};

/// May do everything.
pub const ROOT_KEY: &str = "tk_root";
/// May do everything in the other account.
pub const OTHER_KEY: &str = "tk_other";
/// May do nothing.
pub const NO_SCOPE_KEY: &str = "tk_none";
/// May do everything with one instance.
pub const LIMITED_KEY: &str = "tk_limited";
/// May look at instances and change them, but not say where events go.
pub const KEEPER_KEY: &str = "tk_keeper";
/// A customer's of WSAPI, of the open instance.
pub const WSAPI_KEY: &str = "ws_live_shop";
/// One of WASaaS, for everything.
pub const WASAAS_KEY: &str = "wsk_shop";
/// One of WAStack, for everything.
pub const WASTACK_KEY: &str = "wa_live_shop";
/// That of an app of the account.
pub const APP_KEY: &str = "wapp_shop";
/// That of an app which is bound to the open instance.
pub const BOUND_APP_KEY: &str = "wapp_bound";
/// The open instance, as a session of 7aduta.
pub const SESSION_KEY: &str = "sess_shop";
/// A personal token of 7aduta.
pub const TOKEN_KEY: &str = "pat_shop";

fn nobody() -> Failure {
    Failure::new(ErrorCode::Unauthorized, "No.")
}

pub(super) fn principal(presented: &str) -> Result<Principal, Failure> {
    let (account, scopes) = match presented {
        ROOT_KEY => (ACCOUNT, vec![Scope::All]),
        OTHER_KEY => (OTHER_ACCOUNT, vec![Scope::All]),
        NO_SCOPE_KEY => (ACCOUNT, Vec::new()),
        LIMITED_KEY => (ACCOUNT, vec![Scope::All]),
        KEEPER_KEY => (ACCOUNT, vec![Scope::InstancesRead, Scope::InstancesWrite]),
        WSAPI_KEY => (ACCOUNT, native_scopes(Dialect::Wsapi, &["instance".to_owned()])),
        WASAAS_KEY | WASTACK_KEY | TOKEN_KEY => (ACCOUNT, vec![Scope::All]),
        SESSION_KEY => (ACCOUNT, native_scopes(Dialect::Aduta, &["session".to_owned()])),
        _ => return Err(nobody()),
    };
    let instances = [LIMITED_KEY, WSAPI_KEY, SESSION_KEY].contains(&presented).then(|| Arc::from([OPEN]));
    let dialect = Some(Dialect::of_key(presented).unwrap_or(Dialect::Native));
    Ok(Principal { dialect, instances, ..Principal::of_key(account, KeyId(1), scopes) })
}

pub(super) fn app(presented: &str) -> Result<AppPrincipal, Failure> {
    let instances = match presented {
        APP_KEY => None,
        BOUND_APP_KEY => Some(Arc::from([OPEN])),
        _ => return Err(nobody()),
    };
    Ok(AppPrincipal { account: ACCOUNT, app: AppId(1), instances })
}
