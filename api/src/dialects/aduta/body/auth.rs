//! People who log in.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::command::{Credentials, SignUp};

use crate::dialects::aduta::{given, wrong};
use crate::json::member::{SetPasswordBody, SignInBody, SignUpBody};

/// Somebody who is not there yet, or was invited.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct RegisterBody {
    email: Option<String>,
    password: Option<String>,
    /// What people call them; the address when it is left out.
    name: Option<String>,
    /// The word of an invitation.
    token: Option<String>,
}

/// How somebody registers.
pub(crate) enum Registration {
    /// By an invitation: its word and the password, then what they log in with.
    Invited((String, String), Credentials),
    /// On their own.
    Stranger(SignUp),
}

impl RegisterBody {
    /// How they register.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<Registration, Failure> {
        let email = needed("email", self.email)?;
        let password = needed("password", self.password)?;
        if let Some(token) = given(self.token) {
            let chosen = SetPasswordBody { token, password: password.clone() }.read()?;
            return Ok(Registration::Invited(chosen, SignInBody { email, password }.read()));
        }
        let name = given(self.name).unwrap_or_else(|| email.clone());
        SignUpBody { email, password, name, account: None }.read().map(Registration::Stranger)
    }
}

/// Somebody who logs in.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct LoginBody {
    email: Option<String>,
    password: Option<String>,
}

impl LoginBody {
    /// What is presented.
    ///
    /// # Errors
    /// `VALIDATION` where something is missing; whatever is wrong otherwise is answered alike.
    pub(crate) fn read(self) -> Result<Credentials, Failure> {
        let email = needed("email", self.email)?;
        let password = needed("password", self.password)?;
        Ok(SignInBody { email, password }.read())
    }
}

/// Somebody who forgot their password.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ForgotBody {
    email: Option<String>,
}

impl ForgotBody {
    /// Their address.
    ///
    /// # Errors
    /// `VALIDATION` when it is missing.
    pub(crate) fn read(self) -> Result<String, Failure> {
        needed("email", self.email)
    }
}

/// Somebody who has a link.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ResetBody {
    /// The word of the link.
    token: Option<String>,
    password: Option<String>,
}

impl ResetBody {
    /// Word and password.
    ///
    /// # Errors
    /// `VALIDATION` with what is missing, or for a password that is too short or too long.
    pub(crate) fn read(self) -> Result<(String, String), Failure> {
        let token = needed("token", self.token)?;
        let password = needed("password", self.password)?;
        SetPasswordBody { token, password }.read()
    }
}

fn needed(field: &str, text: Option<String>) -> Result<String, Failure> {
    given(text).ok_or_else(|| wrong(field, "is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_an_invitation_makes_no_account() {
        let read = |json: &str| serde_json::from_str::<RegisterBody>(json).expect("JSON").read();
        let invited = r#"{"email":"a@b.example","password":"a good password","token":"tsl_1","other":1}"#;
        assert!(matches!(read(invited), Ok(Registration::Invited((word, _), _)) if word == "tsl_1"));
        let stranger = r#"{"email":"A@b.example","password":"a good password","token":""}"#;
        let Ok(Registration::Stranger(new)) = read(stranger) else { panic!("an account of their own") };
        assert_eq!((new.email.as_str(), new.name.as_str()), ("a@b.example", "A@b.example"));
        for wrong in [r#"{"email":"a@b.example"}"#, r#"{"email":"nobody","password":"a good password"}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
