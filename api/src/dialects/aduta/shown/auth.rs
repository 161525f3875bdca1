//! People who logged in.

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::time::Time;
use crate::sign::SignedIn;

/// Somebody who logged in; the token stands at the top as well.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LoggedInJson {
    success: bool,
    token: String,
    data: LoginJson,
}

/// A login.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LoginJson {
    /// What is presented as `X-API-Token` from now on.
    token: String,
    expires_at: Time,
    user: UserJson,
}

/// Who that is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountUser")]
#[serde(rename_all = "camelCase")]
struct UserJson {
    id: String,
    email: String,
    name: String,
    /// `owner`, `admin`, `operator` or `viewer`.
    role: &'static str,
    created_at: Time,
}

impl LoggedInJson {
    pub(crate) fn of((member, session, token): &SignedIn) -> LoggedInJson {
        let user = UserJson {
            id: member.id.to_string(),
            email: member.email.clone(),
            name: member.name.clone(),
            role: member.role.as_str(),
            created_at: Time(member.created_at_ms),
        };
        let data = LoginJson { token: token.0.clone(), expires_at: Time(session.expires_at_ms), user };
        LoggedInJson { success: true, token: token.0.clone(), data }
    }
}
