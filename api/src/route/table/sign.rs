//! Signing in and out. What needs to be signed in says so by a cookie, not by a scope.

use trunkline_model::LimitClass;

use crate::json::List;
use crate::json::member::{
    ForgotPasswordBody, SessionJson, SetPasswordBody, SignInBody, SignUpBody, SignedInJson,
};
use crate::route::{Route, Target};

macro_rules! sign {
    ($($op:ident: $method:ident $path:literal, $name:literal, $body:tt => $reply:tt, $summary:literal;)*) => {
        /// Operations of signing in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SignOperation { $(#[doc = $summary] $op,)* }

        pub(super) static TABLE: &[Route] = &[
            $(Route {
                method: hyper::Method::$method,
                path: $path,
                name: $name,
                target: Target::Sign(SignOperation::$op),
                class: LimitClass::Write,
                body: super::body!($body),
                example: super::example!($name, $body),
                reply: super::reply!($reply),
                query: &[],
                summary: $summary,
            },)*
        ];
    };
}

sign! {
    SignIn: POST "/auth/sign-in", "auth.sign_in", {SignInBody} => (200 SignedInJson<'_>),
        "Signs a member in with e-mail address and password; the cookie of the answer does what a key does, within their role.";
    SignOut: POST "/auth/sign-out", "auth.sign_out", {} => (204),
        "Signs the member of the cookie out.";
    Session: GET "/auth/session", "auth.session", - => (200 SignedInJson<'_>),
        "Returns who is signed in, and what they may do.";
    Sessions: GET "/auth/sessions", "auth.sessions", - => (200 List<SessionJson<'_>>),
        "Lists where the member is signed in.";
    EndSession: DELETE "/auth/sessions/{session}", "auth.end_session", - => (204),
        "Signs the member out somewhere else.";
    Forgot: POST "/auth/forgot-password", "auth.forgot_password", {ForgotPasswordBody} => (204),
        "Sends a member a link to choose another password, where the node sends letters; the answer is the same for everybody.";
    SetPassword: POST "/auth/password", "auth.set_password", {SetPasswordBody} => (204),
        "Chooses a password with the word of a link, of an invitation or after one was forgotten; it signs the member out everywhere.";
    SignUp: POST "/auth/sign-up", "auth.sign_up", {SignUpBody} => (201 SignedInJson<'_>),
        "Makes an account for somebody who was not invited, where the operator lets everybody do so, and signs them in as its owner.";
    Renew: POST "/auth/session/renew", "auth.renew_session", {} => (200 SignedInJson<'_>),
        "Replaces the session of the cookie by a new one, which ends later; the old cookie opens nothing any more.";
}
