//! One-time passwords: how they are made, and what an attempt leads to.

use crate::failure::FieldError;
use crate::id::{InstanceId, MessageId, OtpId};
use crate::limits::{
    OTP_ATTEMPTS, OTP_LENGTH, OTP_RESEND_SECONDS, OTP_SENDS_MAX, OTP_TEXT_BYTES_MAX, OTP_TTL_SECONDS,
};

/// What a password is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum OtpAlphabet {
    /// `0` to `9`.
    Digits,
    /// Capital letters and digits, without those that look alike.
    Letters,
}

impl OtpAlphabet {
    /// Every alphabet.
    pub const ALL: [OtpAlphabet; 2] = [OtpAlphabet::Digits, OtpAlphabet::Letters];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            OtpAlphabet::Digits => "numeric",
            OtpAlphabet::Letters => "alphanumeric",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<OtpAlphabet> {
        OtpAlphabet::ALL.into_iter().find(|alphabet| alphabet.as_str() == word)
    }

    fn letters(self) -> &'static [u8] {
        match self {
            OtpAlphabet::Digits => b"0123456789",
            OtpAlphabet::Letters => b"23456789ABCDEFGHJKMNPQRSTUVWXYZ",
        }
    }
}

/// How a password is made and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct OtpRules {
    /// Characters.
    pub length: u8,
    /// What they are.
    pub alphabet: OtpAlphabet,
    /// How long it serves, in seconds.
    pub ttl_seconds: u32,
    /// How often it may be tried.
    pub attempts_max: u8,
    /// How soon it may be sent again, in seconds.
    pub resend_seconds: u32,
}

impl Default for OtpRules {
    fn default() -> OtpRules {
        OtpRules {
            length: 6,
            alphabet: OtpAlphabet::Digits,
            ttl_seconds: 300,
            attempts_max: 5,
            resend_seconds: 30,
        }
    }
}

impl OtpRules {
    /// Everything that is wrong with them.
    pub fn problems(&self) -> Vec<FieldError> {
        fn within<T: PartialOrd + std::fmt::Display + Copy>(
            (field, given): (&str, T),
            allowed: core::ops::RangeInclusive<T>,
        ) -> Option<FieldError> {
            let wanted = format!("is not a whole number from {} to {}", allowed.start(), allowed.end());
            (!allowed.contains(&given)).then(|| FieldError::new(field, wanted))
        }
        [
            within(("length", self.length), OTP_LENGTH),
            within(("ttl_seconds", self.ttl_seconds), OTP_TTL_SECONDS),
            within(("attempts_max", self.attempts_max), OTP_ATTEMPTS),
            within(("resend_seconds", self.resend_seconds), OTP_RESEND_SECONDS),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A password of these rules. Each of them is as likely as any other: bytes that would favour some are passed over. `None`
    /// when `bytes` runs dry.
    pub fn make(&self, bytes: impl IntoIterator<Item = u8>) -> Option<String> {
        let letters = self.alphabet.letters();
        // At most 31 letters.
        let fair = 256 - 256 % letters.len();
        let code: String = bytes
            .into_iter()
            .filter(|byte| usize::from(*byte) < fair)
            .map(|byte| char::from(letters[usize::from(byte) % letters.len()]))
            .take(usize::from(self.length))
            .collect();
        (code.len() == usize::from(self.length)).then_some(code)
    }

    /// What is compared of what somebody typed: without spaces and hyphens, in capitals.
    pub fn typed(code: &str) -> String {
        code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
    }

    /// What is wrong with a password of the caller's own.
    pub fn check_own(code: &str) -> Option<&'static str> {
        let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let fits = OTP_LENGTH.contains(&u8::try_from(code.len()).unwrap_or(u8::MAX));
        (!plain || !fits).then_some("is not 4 to 10 letters and digits")
    }

    /// What is wrong with the text around the password.
    pub fn check_text(text: &str) -> Option<String> {
        let parsed = super::TemplateText::parse(text);
        match parsed {
            Err(error) => Some(error.to_string()),
            Ok(parsed) if !parsed.variables().contains(&"code") => {
                Some("does not hold `{{code}}`".to_owned())
            }
            Ok(parsed) if parsed.variables().iter().any(|name| !matches!(*name, "code" | "minutes")) => {
                Some("has a variable besides `{{code}}` and `{{minutes}}`".to_owned())
            }
            Ok(_) if text.len() > OTP_TEXT_BYTES_MAX => {
                Some(format!("is longer than {OTP_TEXT_BYTES_MAX} bytes"))
            }
            Ok(_) => None,
        }
    }
}

/// Where a password stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum OtpState {
    /// It can be verified.
    Pending,
    /// It was.
    Verified,
    /// Its time is over.
    Expired,
    /// It was tried too often.
    Failed,
    /// The caller took it back.
    Cancelled,
}

impl OtpState {
    /// Every state.
    pub const ALL: [OtpState; 5] =
        [OtpState::Pending, OtpState::Verified, OtpState::Expired, OtpState::Failed, OtpState::Cancelled];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            OtpState::Pending => "pending",
            OtpState::Verified => "verified",
            OtpState::Expired => "expired",
            OtpState::Failed => "failed",
            OtpState::Cancelled => "cancelled",
        }
    }
}

/// What an attempt led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpOutcome {
    /// It is the one.
    Verified,
    /// It is not; so many attempts are left.
    Wrong(u8),
    /// It cannot be verified any more, or was already.
    Over(OtpState),
}

/// Why a password is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResendRefusal {
    /// Too soon: come again in so many milliseconds.
    TooSoon(u64),
    /// It was sent as often as it may.
    TooOften,
    /// It is not pending.
    Over(OtpState),
}

/// A password at rest: never the password itself.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct OtpRecord {
    /// Its id.
    pub id: OtpId,
    /// Who sends it.
    pub instance: InstanceId,
    /// WhatsApp id of who gets it.
    pub to: String,
    /// What it is for, in the caller's words.
    pub purpose: Option<String>,
    /// The text around it, with `{{code}}` in it.
    pub text: String,
    /// Its rules.
    pub rules: OtpRules,
    /// State as it was last written; see [`OtpRecord::state_at`].
    pub state: OtpState,
    /// HMAC-SHA256 of the password.
    pub digest: [u8; 32],
    /// Key of that, sealed: the disk alone does not give the password away.
    pub key_sealed: Vec<u8>,
    /// Attempts so far.
    pub attempts: u8,
    /// Times it was sent.
    pub sends: u8,
    /// The newest message with it.
    pub message: Option<MessageId>,
    /// When it was last sent, in milliseconds since the Unix epoch.
    pub sent_at_ms: i64,
    /// Until when it serves, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
    /// When it was verified, in milliseconds since the Unix epoch.
    pub verified_at_ms: Option<i64>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
}

impl OtpRecord {
    /// Where it stands now.
    pub fn state_at(&self, now_ms: i64) -> OtpState {
        match self.state {
            OtpState::Pending if now_ms >= self.expires_at_ms => OtpState::Expired,
            state => state,
        }
    }

    /// Counts an attempt. What it changed has to be on disk before anybody hears the outcome.
    pub fn attempt(&mut self, now_ms: i64, matches: bool) -> OtpOutcome {
        self.state = self.state_at(now_ms);
        if self.state != OtpState::Pending {
            return OtpOutcome::Over(self.state);
        }
        self.attempts = self.attempts.saturating_add(1);
        if matches {
            self.state = OtpState::Verified;
            self.verified_at_ms = Some(now_ms);
            return OtpOutcome::Verified;
        }
        let left = self.rules.attempts_max.saturating_sub(self.attempts);
        if left == 0 {
            self.state = OtpState::Failed;
        }
        OtpOutcome::Wrong(left)
    }

    /// Lets another password take its place, unless that is not allowed. The attempts go on counting: whoever may ask for another
    /// password must not get another row of guesses with it.
    ///
    /// # Errors
    /// [`ResendRefusal`].
    pub fn resend(
        &mut self,
        now_ms: i64,
        digest: [u8; 32],
        key_sealed: Vec<u8>,
    ) -> Result<(), ResendRefusal> {
        let state = self.state_at(now_ms);
        if state != OtpState::Pending {
            return Err(ResendRefusal::Over(state));
        }
        let due_ms = self.sent_at_ms.saturating_add(i64::from(self.rules.resend_seconds) * 1_000);
        if now_ms < due_ms {
            return Err(ResendRefusal::TooSoon(due_ms.abs_diff(now_ms)));
        }
        if self.sends >= OTP_SENDS_MAX {
            return Err(ResendRefusal::TooOften);
        }
        (self.digest, self.key_sealed) = (digest, key_sealed);
        self.sends += 1;
        self.sent_at_ms = now_ms;
        self.expires_at_ms = now_ms.saturating_add(i64::from(self.rules.ttl_seconds) * 1_000);
        Ok(())
    }

    /// Takes it back. Gives whether that changed anything.
    pub fn cancel(&mut self, now_ms: i64) -> bool {
        let pending = self.state_at(now_ms) == OtpState::Pending;
        if pending {
            self.state = OtpState::Cancelled;
        }
        pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pending() -> OtpRecord {
        OtpRecord {
            id: OtpId(1),
            instance: InstanceId(2),
            to: "1@s.whatsapp.net".to_owned(),
            purpose: None,
            text: "{{code}}".to_owned(),
            rules: OtpRules { attempts_max: 3, ..OtpRules::default() },
            state: OtpState::Pending,
            digest: [0; 32],
            key_sealed: Vec::new(),
            attempts: 0,
            sends: 1,
            message: None,
            sent_at_ms: 1_000,
            expires_at_ms: 301_000,
            verified_at_ms: None,
            created_at_ms: 1_000,
            metadata: None,
        }
    }

    #[test]
    fn attempts_lead_where_the_rules_say() {
        // Each step: time, whether the password is right, what it leads to.
        let check = |steps: &[(i64, bool, OtpOutcome)]| {
            let mut otp = pending();
            for (now_ms, matches, expected) in steps {
                assert_eq!(otp.attempt(*now_ms, *matches), *expected, "at {now_ms}");
            }
        };
        check(&[(2_000, true, OtpOutcome::Verified), (2_001, true, OtpOutcome::Over(OtpState::Verified))]);
        check(&[
            (2_000, false, OtpOutcome::Wrong(2)),
            (2_001, false, OtpOutcome::Wrong(1)),
            (2_002, false, OtpOutcome::Wrong(0)),
            (2_003, true, OtpOutcome::Over(OtpState::Failed)),
        ]);
        check(&[(300_999, true, OtpOutcome::Verified)]);
        check(&[(301_000, true, OtpOutcome::Over(OtpState::Expired))]);
    }

    #[test]
    fn sending_again_has_its_bounds() {
        let mut otp = pending();
        let resend = |otp: &mut OtpRecord, now_ms| otp.resend(now_ms, [1; 32], vec![1]);
        assert_eq!(resend(&mut otp, 30_000), Err(ResendRefusal::TooSoon(1_000)));
        assert_eq!(otp.digest, [0; 32], "a refusal changes nothing");
        for sends in 2..=OTP_SENDS_MAX {
            let at_ms = otp.sent_at_ms + 30_000;
            assert_eq!(resend(&mut otp, at_ms), Ok(()));
            assert_eq!((otp.sends, otp.expires_at_ms), (sends, at_ms + 300_000));
        }
        let later_ms = otp.sent_at_ms + 30_000;
        assert_eq!(resend(&mut otp, later_ms), Err(ResendRefusal::TooOften));
        assert!(otp.cancel(later_ms) && !otp.cancel(later_ms));
        assert_eq!(resend(&mut otp, later_ms), Err(ResendRefusal::Over(OtpState::Cancelled)));
    }

    #[test]
    fn every_password_is_as_likely_as_any_other() {
        for alphabet in OtpAlphabet::ALL {
            let rules = OtpRules { length: 4, alphabet, ..OtpRules::default() };
            let mut seen = std::collections::BTreeMap::<char, u32>::new();
            for byte in 0..=255u8 {
                if let Some(code) = rules.make([byte; 4]) {
                    *seen.entry(code.chars().next().expect("four")).or_default() += 1;
                }
            }
            let counts: std::collections::BTreeSet<u32> = seen.values().copied().collect();
            assert_eq!((counts.len(), seen.len()), (1, alphabet.letters().len()), "{seen:?}");
        }
        assert_eq!(OtpRules::default().make([1, 2]), None, "too few bytes");
    }

    #[test]
    fn what_was_typed_is_read_kindly() {
        assert_eq!(OtpRules::typed(" 123-456 "), "123456");
        assert_eq!(OtpRules::typed("ab cd"), "ABCD");
        assert_eq!(OtpRules::check_own("1234"), None);
        assert!(OtpRules::check_own("12 4").is_some() && OtpRules::check_own("123").is_some());
    }

    #[test]
    fn the_text_around_it_must_hold_it() {
        let check = |text: &str, fine: bool| assert_eq!(OtpRules::check_text(text).is_none(), fine, "{text}");
        check("Your code is {{code}}, for {{minutes}} minutes.", true);
        check("Your code", false);
        check("{{code}} {{name}}", false);
        check("{{code", false);
        check(&format!("{{{{code}}}}{}", "x".repeat(OTP_TEXT_BYTES_MAX)), false);
    }

    proptest! {
        #[test]
        fn nobody_guesses_more_often_than_allowed(attempts in prop::collection::vec((any::<bool>(), 0i64..20_000), 0..40)) {
            let (mut otp, mut now_ms, mut looked_at) = (pending(), 1_000, 0);
            for (resends, pause_ms) in attempts {
                now_ms += pause_ms;
                if resends {
                    let _ = otp.resend(now_ms, [2; 32], Vec::new());
                } else if matches!(otp.attempt(now_ms, false), OtpOutcome::Wrong(_)) {
                    looked_at += 1;
                }
            }
            prop_assert!(looked_at <= otp.rules.attempts_max);
        }
    }
}
