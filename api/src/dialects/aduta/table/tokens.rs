//! Personal tokens.

use crate::dialects::aduta::body::token::TokenBody;
use crate::dialects::aduta::shown::Success;
use crate::dialects::aduta::shown::token::TokenJson;
use crate::dialects::table::operations;

operations! {
    /// Operations on personal tokens.
    Aduta ("aduta") Token: TokenOperation;
    List: KeysRead / Read, Account, - => (Success<Vec<TokenJson>>), [], "Lists the account's personal tokens, without their secrets."
        { GET "/api/v1/api-tokens" 200 Inferred }
    Create: KeysWrite / Write, Account, {TokenBody} => (Success<TokenJson>), [], "Makes a personal token, which is shown this once."
        { POST "/api/v1/api-tokens" 201 Inferred }
    Get: KeysRead / Read, Account, - => (Success<TokenJson>), [], "Returns a personal token, without its secret."
        { GET "/api/v1/api-tokens/{id}" 200 Inferred }
    Revoke: KeysWrite / Write, Account, - => (Success<()>), [], "Takes a personal token back, at once."
        { DELETE "/api/v1/api-tokens/{id}" 200 Inferred }
}
