//! One-time passwords.

use crate::dialects::envelope::Success;
use crate::dialects::table::operations;
use crate::dialects::wastack::body::otp::{ResendBody, SendBody, VerifyBody};
use crate::dialects::wastack::shown::otp::{OtpJson, SentJson, VerifiedJson};

operations! {
    /// Operations on one-time passwords.
    Wastack ("wastack") Otp: OtpOperation;
    Send: MessagesSend / Send, Key, {SendBody} => (Success<SentJson>), [],
        "Makes a one-time password and accepts it for sending; no answer has it."
        { POST "/api/v1/otp/send" 202 Inferred }
    Verify: MessagesSend / Write, Key, {VerifyBody} => (Success<VerifiedJson>), [],
        "Tries a one-time password; the attempt is on disk before the answer."
        { POST "/api/v1/otp/verify" 200 Inferred }
    Resend: MessagesSend / Send, Key, {ResendBody} => (Success<SentJson>), [],
        "Sends another password in the place of one; attempts go on counting."
        { POST "/api/v1/otp/resend" 202 Inferred }
    Get: MessagesRead / Read, Key, - => (Success<OtpJson>), [], "Returns where a one-time password stands."
        { GET "/api/v1/otp/{otpId}" 200 Inferred }
    Cancel: MessagesSend / Write, Key, - => (Success<OtpJson>), [], "Takes a one-time password back."
        { DELETE "/api/v1/otp/{otpId}" 200 Inferred }
}
