//! One-time passwords. No answer has the password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::Failure;
use trunkline_model::command::{NewOtp, OtpCommand};
use trunkline_model::limits::{
    OTP_ATTEMPTS, OTP_LENGTH, OTP_RESEND_SECONDS, OTP_TTL_SECONDS, PLAN_NAME_BYTES_MAX,
};
use trunkline_model::plan::{OtpAlphabet, OtpOutcome, OtpRecord, OtpRules};

use super::{Resolve, read_instance, read_person};
use crate::json::fields::Problems;
use crate::json::raw::{RawObject, embed};
use crate::json::time::Time;

/// The text around a password where the caller gives none.
pub(crate) const TEXT: &str = "{{code}} is your verification code. It is valid for {{minutes}} minutes.";

/// Body of `otps.create`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateOtp")]
pub(crate) struct OtpBody {
    /// Id or name of the instance that sends.
    instance: String,
    /// A person by phone number or LID.
    to: String,
    /// What it is for, in the caller's words.
    #[serde(default)]
    purpose: Option<String>,
    /// The text around it, with `{{code}}`, and `{{minutes}}` if wanted.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    #[schemars(range(min = *OTP_LENGTH.start(), max = *OTP_LENGTH.end()))]
    length: Option<u8>,
    /// `numeric` unless given, or `alphanumeric`.
    #[serde(default)]
    alphabet: Option<String>,
    #[serde(default)]
    #[schemars(range(min = *OTP_TTL_SECONDS.start(), max = *OTP_TTL_SECONDS.end()))]
    ttl_seconds: Option<u32>,
    #[serde(default)]
    #[schemars(range(min = *OTP_ATTEMPTS.start(), max = *OTP_ATTEMPTS.end()))]
    attempts_max: Option<u8>,
    #[serde(default)]
    #[schemars(range(min = *OTP_RESEND_SECONDS.start(), max = *OTP_RESEND_SECONDS.end()))]
    resend_seconds: Option<u32>,
    /// A password of the caller's own; one is made up when it is left out.
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    metadata: Option<RawObject>,
}

impl OtpBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<NewOtp, Failure> {
        let mut problems = Problems::default();
        let instance = read_instance(&mut problems, "instance", &self.instance, resolve);
        let to = read_person(&mut problems, "to", &self.to);
        let standard = OtpRules::default();
        let alphabet = self.alphabet.as_deref().map(OtpAlphabet::parse);
        if alphabet == Some(None) {
            problems.add("alphabet", "is neither `numeric` nor `alphanumeric`");
        }
        let rules = OtpRules {
            length: self.length.unwrap_or(standard.length),
            alphabet: alphabet.flatten().unwrap_or(standard.alphabet),
            ttl_seconds: self.ttl_seconds.unwrap_or(standard.ttl_seconds),
            attempts_max: self.attempts_max.unwrap_or(standard.attempts_max),
            resend_seconds: self.resend_seconds.unwrap_or(standard.resend_seconds),
        };
        problems.extend(rules.problems());
        let text = self.text.unwrap_or_else(|| TEXT.to_owned());
        if let Some(problem) = OtpRules::check_text(&text) {
            problems.add("text", problem);
        }
        if let Some(problem) = self.code.as_deref().and_then(OtpRules::check_own) {
            problems.add("code", problem);
        }
        if let Some(purpose) = &self.purpose {
            problems.bound("purpose", purpose, PLAN_NAME_BYTES_MAX);
        }
        let (purpose, code, metadata) = (self.purpose, self.code, self.metadata.map(|raw| raw.0));
        let new = instance.zip(to).map(|(instance, to)| NewOtp {
            instance,
            to,
            purpose,
            text,
            rules,
            code,
            metadata,
        });
        problems.or(new)
    }
}

/// A one-time password.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Otp")]
pub(crate) struct OtpJson<'a> {
    id: String,
    instance: String,
    /// WhatsApp id of who gets it.
    to: &'a str,
    purpose: Option<&'a str>,
    /// `pending`, `verified`, `expired`, `failed` or `cancelled`.
    state: &'static str,
    attempts: u8,
    attempts_max: u8,
    /// Times it was sent.
    sends: u8,
    /// The newest message with it.
    message: Option<String>,
    sent_at: Time,
    expires_at: Time,
    verified_at: Option<Time>,
    created_at: Time,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
}

impl<'a> OtpJson<'a> {
    pub(crate) fn of(record: &'a OtpRecord) -> OtpJson<'a> {
        OtpJson {
            id: record.id.to_string(),
            instance: record.instance.to_string(),
            to: &record.to,
            purpose: record.purpose.as_deref(),
            state: record.state.as_str(),
            attempts: record.attempts,
            attempts_max: record.rules.attempts_max,
            sends: record.sends,
            message: record.message.map(|id| id.to_string()),
            sent_at: Time(record.sent_at_ms),
            expires_at: Time(record.expires_at_ms),
            verified_at: record.verified_at_ms.map(Time),
            created_at: Time(record.created_at_ms),
            metadata: embed(record.metadata.as_ref()),
        }
    }
}

/// Body of `otps.verify`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyOtp")]
pub(crate) struct VerifyBody {
    /// What somebody typed; spaces, hyphens and case do not count.
    #[schemars(length(min = 1, max = 64))]
    code: String,
}

impl VerifyBody {
    /// # Errors
    /// `VALIDATION` for what cannot be a password.
    pub(crate) fn read(self) -> Result<String, Failure> {
        let mut problems = Problems::default();
        problems.bound("code", &self.code, 64);
        if self.code.trim().is_empty() {
            problems.add("code", "is empty");
        }
        problems.or(Some(self.code))
    }
}

/// Body of `otps.find`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FindOtp")]
pub(crate) struct FindBody {
    /// A person by phone number or LID, as it was named when the password was made.
    to: String,
    /// What it is for; left out where nothing was said when it was made.
    #[serde(default)]
    purpose: Option<String>,
}

impl FindBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<OtpCommand, Failure> {
        let mut problems = Problems::default();
        let to = read_person(&mut problems, "to", &self.to);
        if let Some(purpose) = &self.purpose {
            problems.bound("purpose", purpose, PLAN_NAME_BYTES_MAX);
        }
        let purpose = self.purpose;
        problems.or(to.map(|to| OtpCommand::Find { to, purpose }))
    }
}

/// What an attempt led to. The attempt is on disk.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OtpVerification")]
pub(crate) struct VerificationJson {
    verified: bool,
    /// Where the password stands now.
    state: &'static str,
    attempts_left: u8,
}

impl VerificationJson {
    pub(crate) fn of(outcome: OtpOutcome, record: &OtpRecord) -> VerificationJson {
        VerificationJson {
            verified: outcome == OtpOutcome::Verified,
            state: record.state.as_str(),
            attempts_left: record.rules.attempts_max.saturating_sub(record.attempts),
        }
    }
}
