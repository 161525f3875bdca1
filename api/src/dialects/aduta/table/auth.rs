//! People who log in, with e-mail address and password. Natively they are members of the account.

use crate::dialects::aduta::body::auth::{ForgotBody, LoginBody, RegisterBody, ResetBody};
use crate::dialects::aduta::shown::auth::LoggedInJson;
use crate::dialects::aduta::shown::{Said, Success};
use crate::dialects::table::operations;

operations! {
    /// Operations of logging in.
    Aduta ("aduta") Auth: AuthOperation;
    Register: Any / Write, Stranger, {RegisterBody} => (LoggedInJson), [],
        "Makes an account, where the operator lets everybody do so; with the `token` of an invitation, takes that."
        { POST "/api/v1/auth/register" 201 Inferred }
    Login: Any / Write, Stranger, {LoginBody} => (LoggedInJson), [],
        "Logs somebody in; the token of the answer does what a personal token does, within their role, until it ends."
        { POST "/api/v1/auth/login" 200 Inferred }
    Logout: Any / Write, Key, - => (Success<Said>), [], "Ends the login whose token is presented."
        { POST "/api/v1/auth/logout" 200 Inferred }
    Refresh: Any / Write, Key, - => (LoggedInJson), [],
        "Replaces the token that is presented by one that ends later; the old one opens nothing any more."
        { POST "/api/v1/auth/refresh" 200 Inferred }
    Forgot: Any / Write, Stranger, {ForgotBody} => (Success<Said>), [],
        "Has a link sent to somebody who forgot their password; the answer is the same for everybody."
        { POST "/api/v1/auth/forgot-password" 200 Inferred }
    Reset: Any / Write, Stranger, {ResetBody} => (Success<Said>), [],
        "Chooses a password with the token of a link; who has it is logged out everywhere."
        { POST "/api/v1/auth/reset-password" 200 Inferred }
}
