//! Members, and where they are signed in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::account::{MemberRecord, Role, SessionRecord, email_of};
use trunkline_model::command::{Credentials, NewMember, Shown, SignUp, UpdateMember};
use trunkline_model::limits::{
    ACCOUNT_NAME_BYTES_MAX, EMAIL_BYTES_MAX, MEMBER_NAME_BYTES_MAX, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN,
};
use trunkline_model::{AccountId, Failure};

use super::fields::{Problems, present};
use super::time::Time;

/// Body of `members.invite` and `accounts.invite_member`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InviteMember")]
pub(crate) struct InviteMemberBody {
    /// Their e-mail address, by which they sign in. It belongs to one member of the node.
    email: String,
    name: String,
    /// `owner`, `admin`, `operator` or `viewer`.
    role: String,
}

impl InviteMemberBody {
    /// Who is invited.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<NewMember, Failure> {
        let mut problems = Problems::default();
        let email = email_of(&self.email);
        if email.is_none() {
            problems.add("email", format!("is no e-mail address of at most {EMAIL_BYTES_MAX} bytes"));
        }
        check_name(&mut problems, &self.name);
        let role = read_role(&mut problems, &self.role);
        let name = self.name;
        problems.or(email.zip(role).map(|(email, role)| NewMember { email, name, role }))
    }
}

/// Body of `members.update`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateMember")]
pub(crate) struct UpdateMemberBody {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    name: Option<String>,
    /// `owner`, `admin`, `operator` or `viewer`.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    role: Option<String>,
}

impl UpdateMemberBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<UpdateMember, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        let role = self.role.and_then(|word| read_role(&mut problems, &word));
        problems.or(Some(UpdateMember { name: self.name, role }))
    }
}

fn check_name(problems: &mut Problems, name: &str) {
    problems.bound("name", name, MEMBER_NAME_BYTES_MAX);
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        problems.add("name", "is empty, or has more than one line");
    }
}

fn read_role(problems: &mut Problems, word: &str) -> Option<Role> {
    let role = Role::parse(word);
    if role.is_none() {
        problems.add("role", "is none of owner, admin, operator, viewer");
    }
    role
}

/// Body of `auth.sign_in`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignIn")]
pub(crate) struct SignInBody {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl SignInBody {
    /// What is presented. Nothing of it is judged here: whatever is wrong is answered alike.
    pub(crate) fn read(self) -> Credentials {
        let mut password = self.password;
        // No password is longer, and nobody's time is spent on it.
        if password.len() > PASSWORD_BYTES_MAX {
            password.clear();
        }
        Credentials { email: self.email, password }
    }
}

/// Body of `auth.sign_up`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignUp")]
pub(crate) struct SignUpBody {
    /// The e-mail address to sign in with. It belongs to one member of the node.
    pub(crate) email: String,
    #[schemars(length(min = PASSWORD_CHARS_MIN, max = PASSWORD_BYTES_MAX))]
    pub(crate) password: String,
    /// What people call its owner.
    pub(crate) name: String,
    /// What the account is called; as its owner when nothing is said.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    pub(crate) account: Option<String>,
}

impl SignUpBody {
    /// Who signs up.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SignUp, Failure> {
        let mut problems = Problems::default();
        let email = email_of(&self.email);
        if email.is_none() {
            problems.add("email", format!("is no e-mail address of at most {EMAIL_BYTES_MAX} bytes"));
        }
        check_name(&mut problems, &self.name);
        check_password(&mut problems, &self.password);
        let account = self.account.unwrap_or_else(|| self.name.clone());
        problems.bound("account", &account, ACCOUNT_NAME_BYTES_MAX);
        if account.trim().is_empty() {
            problems.add("account", "is empty");
        }
        let (name, password) = (self.name, self.password);
        problems.or(email.map(|email| SignUp { email, name, account, password }))
    }
}

fn check_password(problems: &mut Problems, password: &str) {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        problems.add("password", format!("has fewer than {PASSWORD_CHARS_MIN} characters"));
    }
    problems.bound("password", password, PASSWORD_BYTES_MAX);
}

/// Body of `auth.forgot_password`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ForgotPassword")]
pub(crate) struct ForgotPasswordBody {
    pub(crate) email: String,
}

/// Body of `auth.set_password`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetPassword")]
pub(crate) struct SetPasswordBody {
    /// The word of the link.
    pub(crate) token: String,
    /// The password to sign in with from now on.
    #[schemars(length(min = PASSWORD_CHARS_MIN, max = PASSWORD_BYTES_MAX))]
    pub(crate) password: String,
}

impl SetPasswordBody {
    /// Word and password.
    ///
    /// # Errors
    /// `VALIDATION` for a password that is too short or too long.
    pub(crate) fn read(self) -> Result<(String, String), Failure> {
        let mut problems = Problems::default();
        check_password(&mut problems, &self.password);
        problems.or(Some((self.token, self.password)))
    }
}

/// A member.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub(crate) struct MemberJson<'a> {
    id: String,
    email: &'a str,
    name: &'a str,
    /// `owner`, `admin`, `operator` or `viewer`.
    role: &'static str,
    /// `invited` until they chose a password, then `active`.
    state: &'static str,
    created_at: Time,
}

impl<'a> MemberJson<'a> {
    pub(crate) fn of(record: &'a MemberRecord) -> MemberJson<'a> {
        MemberJson {
            id: record.id.to_string(),
            email: &record.email,
            name: &record.name,
            role: record.role.as_str(),
            state: if record.password.is_some() { "active" } else { "invited" },
            created_at: Time(record.created_at_ms),
        }
    }
}

/// A member with the link by which they choose a password.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InvitedMember")]
pub(crate) struct InvitedJson<'a> {
    #[serde(flatten)]
    member: MemberJson<'a>,
    /// The word of the link, for `POST /auth/password`; it opens once, for a day, and is never shown again.
    token: &'a str,
    token_expires_at: Option<Time>,
    /// Whether it was sent to them, too.
    mailed: bool,
}

impl<'a> InvitedJson<'a> {
    pub(crate) fn of(record: &'a MemberRecord, shown: &'a Shown, mailed: bool) -> InvitedJson<'a> {
        InvitedJson {
            member: MemberJson::of(record),
            token: &shown.0,
            token_expires_at: record.link.as_ref().map(|link| Time(link.until_ms)),
            mailed,
        }
    }
}

/// Who is signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedIn")]
pub(crate) struct SignedInJson<'a> {
    account: String,
    member: MemberJson<'a>,
    /// What they may do.
    scopes: Vec<&'static str>,
    session: SessionJson<'a>,
}

impl<'a> SignedInJson<'a> {
    pub(crate) fn of(
        account: AccountId,
        member: &'a MemberRecord,
        session: &'a SessionRecord,
    ) -> SignedInJson<'a> {
        SignedInJson {
            account: account.to_string(),
            member: MemberJson::of(member),
            scopes: member.role.scopes().into_iter().map(trunkline_model::Scope::as_str).collect(),
            session: SessionJson::of(session, session.id),
        }
    }
}

/// A place where a member is signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(crate) struct SessionJson<'a> {
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// The address that they signed in from.
    ip: Option<&'a str>,
    /// What their browser calls itself.
    user_agent: Option<&'a str>,
    created_at: Time,
    expires_at: Time,
}

impl<'a> SessionJson<'a> {
    pub(crate) fn of(session: &'a SessionRecord, current: u64) -> SessionJson<'a> {
        SessionJson {
            id: session_id(session.id),
            current: session.id == current,
            ip: session.address.as_deref(),
            user_agent: session.agent.as_deref(),
            created_at: Time(session.created_at_ms),
            expires_at: Time(session.expires_at_ms),
        }
    }
}

const SESSION_PREFIX: &str = "ses_";

fn session_id(number: u64) -> String {
    format!("{SESSION_PREFIX}{number:016x}")
}

/// Reads the id of a session back.
pub(crate) fn session_number(id: &str) -> Option<u64> {
    let number = u64::from_str_radix(id.strip_prefix(SESSION_PREFIX)?, 16).ok()?;
    (session_id(number) == id).then_some(number)
}
