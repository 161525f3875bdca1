//! One-time passwords. No answer has the password.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::MessageId;
use trunkline_model::message::MessageStatus;
use trunkline_model::plan::OtpRecord;

use super::super::ids;
use super::message::status_word;
use super::name_of_jid;
use crate::json::time::Time;

/// That a one-time password was accepted for sending.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SentJson {
    /// 202.
    status_code: u16,
    #[serde(rename = "otpId")]
    id: String,
    #[serde(rename = "transactionId")]
    transaction: Option<String>,
    #[serde(rename = "correlationId")]
    correlation: Option<String>,
    /// `otp`.
    #[serde(rename = "messageType")]
    kind: &'static str,
    #[serde(rename = "expiresAt")]
    expires_at: Time,
}

impl SentJson {
    pub(crate) fn of(record: &OtpRecord) -> SentJson {
        SentJson {
            status_code: 202,
            id: record.id.to_string(),
            transaction: record.message.map(ids::transaction),
            correlation: record.message.map(|id: MessageId| ids::correlation(id, None)),
            kind: "otp",
            expires_at: Time(record.expires_at_ms),
        }
    }
}

/// That a one-time password was the right one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedJson {
    /// True: what was wrong is an error.
    verified: bool,
    otp_id: String,
    phone: String,
    verified_at: Option<Time>,
}

impl VerifiedJson {
    pub(crate) fn of(record: &OtpRecord) -> VerifiedJson {
        VerifiedJson {
            verified: true,
            otp_id: record.id.to_string(),
            phone: name_of_jid(&record.to),
            verified_at: record.verified_at_ms.map(Time),
        }
    }
}

/// Where a one-time password stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OtpJson {
    otp_id: String,
    phone: String,
    purpose: Option<String>,
    /// `pending`, `verified`, `expired`, `failed` or `cancelled`.
    status: &'static str,
    attempts: u8,
    max_attempts: u8,
    expires_at: Time,
    /// The status of the newest message with it.
    delivery_status: Option<&'static str>,
}

impl OtpJson {
    pub(crate) fn of(record: &OtpRecord, delivery: Option<MessageStatus>) -> OtpJson {
        OtpJson {
            otp_id: record.id.to_string(),
            phone: name_of_jid(&record.to),
            purpose: record.purpose.clone(),
            status: record.state.as_str(),
            attempts: record.attempts,
            max_attempts: record.rules.attempts_max,
            expires_at: Time(record.expires_at_ms),
            delivery_status: delivery.map(status_word),
        }
    }
}
