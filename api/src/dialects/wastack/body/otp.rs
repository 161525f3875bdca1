//! One-time passwords.

use trunkline_model::command::NewOtp;
use trunkline_model::limits::PLAN_NAME_BYTES_MAX;
use trunkline_model::plan::{OtpAlphabet, OtpRules};
use trunkline_model::{Address, Failure, InstanceId};

use super::{needed, person, text};
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::fields::Problems;
use crate::json::plan::otp::TEXT;

loose! {
    /// A one-time password that is to be sent.
    SendBody {
        /// The device that sends.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Who gets it.
        phone: [phone, to, number, receiver] Loose<String>,
        /// Characters of the password.
        length: [length, codeLength] Loose<u32>,
        /// How long it serves, in seconds.
        expires_in: [expiresIn, expires_in, ttl] Loose<u32>,
        /// `numeric`, or `alphanumeric`.
        alphabet: [r#type] Loose<String>,
        /// A password of the caller's own.
        code: [code, otp] Loose<String>,
        /// The text around it, with `{{code}}`, and `{{minutes}}` if wanted.
        template: [template, message, text] Loose<String>,
        /// What it is for.
        purpose: [purpose] Loose<String>,
        /// How many attempts there are.
        max_attempts: [maxAttempts, max_attempts] Loose<u32>,
    }
}

loose! {
    /// A one-time password as somebody typed it.
    VerifyBody {
        /// Which one.
        id: [otpId, otp_id] Loose<String>,
        /// Who got it, in the place of its id.
        phone: [phone, to, number, receiver] Loose<String>,
        /// What it is for, beside the phone number.
        purpose: [purpose] Loose<String>,
        /// What was typed; spaces, hyphens and case do not count.
        code: [code, otp] Loose<String>,
    }
}

loose! {
    /// A one-time password that is to be sent again.
    ResendBody {
        /// Which one.
        id: [otpId, otp_id] Loose<String>,
    }
}

/// A number that fits a byte; what does not is too large for every rule.
fn small(number: Loose<u32>) -> u8 {
    u8::try_from(number.0).unwrap_or(u8::MAX)
}

impl SendBody {
    /// The password to make; `instance` sends it.
    ///
    /// # Errors
    /// `VALIDATION` with the members that are wrong.
    pub(crate) fn read(mut self, instance: InstanceId) -> Result<NewOtp, Failure> {
        let to: Address = person("phone", &needed("phone", self.phone())?)?;
        let standard = OtpRules::default();
        let alphabet = text(self.alphabet()).map(|word| OtpAlphabet::parse(&word));
        let alphabet = match alphabet {
            Some(None) => return Err(wrong("type", "is neither numeric nor alphanumeric")),
            Some(Some(alphabet)) => alphabet,
            None => standard.alphabet,
        };
        let rules = OtpRules {
            length: self.length().map_or(standard.length, small),
            alphabet,
            ttl_seconds: self.expires_in().map_or(standard.ttl_seconds, |Loose(seconds)| seconds),
            attempts_max: self.max_attempts().map_or(standard.attempts_max, small),
            resend_seconds: standard.resend_seconds,
        };
        let mut problems = Problems::default();
        for mut problem in rules.problems() {
            let name = match problem.field.as_str() {
                "ttl_seconds" => "expiresIn",
                "attempts_max" => "maxAttempts",
                other => other,
            };
            problem.field = name.to_owned();
            problems.extend(vec![problem]);
        }
        let around = text(self.template()).unwrap_or_else(|| TEXT.to_owned());
        if let Some(problem) = OtpRules::check_text(&around) {
            problems.add("template", problem);
        }
        let code = text(self.code());
        if let Some(problem) = code.as_deref().and_then(OtpRules::check_own) {
            problems.add("code", problem);
        }
        let purpose = text(self.purpose());
        problems.bound("purpose", purpose.as_deref().unwrap_or_default(), PLAN_NAME_BYTES_MAX);
        problems.or(Some(NewOtp { instance, to, purpose, text: around, rules, code, metadata: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_the_services_names() {
        let read = |json: &str| {
            let body: SendBody = serde_json::from_str(json).expect(json);
            body.read(InstanceId(1))
        };
        let check = |json: &str, field: &str| {
            let failure = read(json).expect_err(json);
            assert_eq!(failure.fields[0].field, field, "{json}");
        };
        let made = read(r#"{"phone":"919876543210","length":"8","expiresIn":60,"type":"alphanumeric"}"#);
        let made = made.expect("it is one");
        assert_eq!((made.rules.length, made.rules.ttl_seconds), (8, 60));
        assert_eq!((made.rules.attempts_max, made.rules.resend_seconds), (5, 30));
        check("{}", "phone");
        check(r#"{"phone":"120363021033254949@g.us"}"#, "phone");
        check(r#"{"phone":"919876543210","length":3}"#, "length");
        check(r#"{"phone":"919876543210","expiresIn":5}"#, "expiresIn");
        check(r#"{"phone":"919876543210","maxAttempts":0}"#, "maxAttempts");
        check(r#"{"phone":"919876543210","type":"roman"}"#, "type");
        check(r#"{"phone":"919876543210","template":"hello"}"#, "template");
        check(r#"{"phone":"919876543210","code":"1"}"#, "code");
    }
}
