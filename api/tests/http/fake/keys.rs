//! Who may what.

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
