//! What can go wrong for a caller: one code, one HTTP status, one metric label each.

use crate::instance::InstanceState;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal, $retryable:literal;)*) => {
        /// The public error codes. Each has a page in the API's documentation under its name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The code's written form, also its metric label.
            pub fn as_str(self) -> &'static str { match self { $(ErrorCode::$name => $code,)* } }

            /// The HTTP status that carries it.
            pub fn http_status(self) -> u16 { match self { $(ErrorCode::$name => $status,)* } }

            /// A short name for people, the same for every occurrence.
            pub fn title(self) -> &'static str { match self { $(ErrorCode::$name => $title,)* } }

            /// Whether the same request may succeed later without a change.
            pub fn is_retryable(self) -> bool { match self { $(ErrorCode::$name => $retryable,)* } }
        }
    };
}

error_codes! {
    /// The body is not JSON, or not the JSON of this operation.
    MalformedBody = "MALFORMED_BODY", 400, "The request body cannot be read", false;
    /// A header or query parameter cannot be read.
    MalformedRequest = "MALFORMED_REQUEST", 400, "The request cannot be read", false;
    /// No API key, or one that is not known.
    Unauthorized = "UNAUTHORIZED", 401, "A valid API key is needed", false;
    /// The key may not do this.
    Forbidden = "FORBIDDEN", 403, "The API key lacks the scope for this", false;
    /// No such path.
    RouteNotFound = "ROUTE_NOT_FOUND", 404, "There is nothing at this path", false;
    /// No such instance in this account.
    InstanceNotFound = "INSTANCE_NOT_FOUND", 404, "No such instance", false;
    /// No such message.
    MessageNotFound = "MESSAGE_NOT_FOUND", 404, "No such message", false;
    /// No such media.
    MediaNotFound = "MEDIA_NOT_FOUND", 404, "No such media", false;
    /// This instance has no such chat.
    ChatNotFound = "CHAT_NOT_FOUND", 404, "No such chat", false;
    /// This instance has met nobody of that name.
    ContactNotFound = "CONTACT_NOT_FOUND", 404, "No such contact", false;
    /// This instance has no such label.
    LabelNotFound = "LABEL_NOT_FOUND", 404, "No such label", false;
    /// This account has no such webhook or consumer.
    WebhookNotFound = "WEBHOOK_NOT_FOUND", 404, "No such webhook or consumer", false;
    /// The path exists; the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "This path does not take this method", false;
    /// The instance is in a state that does not allow this.
    InstanceState = "INSTANCE_STATE", 409, "The instance is not in a state for this", false;
    /// The number has to be linked first.
    InstanceNotLinked = "INSTANCE_NOT_LINKED", 409, "The instance is not linked to a WhatsApp account", false;
    /// The webhook does not do this: it is of another kind, or paused.
    WebhookState = "WEBHOOK_STATE", 409, "The webhook is not in a state for this", false;
    /// The account has as many webhooks and consumers as it may.
    WebhooksFull = "WEBHOOKS_FULL", 409, "The account has no room for another webhook", false;
    /// The message has a status that does not allow this.
    MessageState = "MESSAGE_STATE", 409, "The message is not in a status for this", false;
    /// Another instance has this name.
    NameTaken = "NAME_TAKEN", 409, "The name is taken", false;
    /// The idempotency key was used with another body.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT", 409, "The idempotency key was used for another request", false;
    /// The entity changed since it was read.
    VersionConflict = "VERSION_CONFLICT", 412, "The resource changed since it was read", false;
    /// The body is longer than allowed.
    BodyTooLarge = "BODY_TOO_LARGE", 413, "The request body is too large", false;
    /// Neither JSON nor multipart.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "The content type is not supported here", false;
    /// Fields are missing, unknown or wrong.
    Validation = "VALIDATION", 422, "The request does not pass validation", false;
    /// Media could not be fetched or is not allowed.
    MediaUnusable = "MEDIA_UNUSABLE", 422, "The media cannot be used", false;
    /// Too many requests of this kind.
    TooManyRequests = "TOO_MANY_REQUESTS", 429, "Too many requests", true;
    /// WhatsApp refused the request.
    WhatsAppRefused = "WHATSAPP_REFUSED", 422, "WhatsApp refused the request", false;
    /// WhatsApp does not let this account do that.
    WhatsAppForbidden = "WHATSAPP_FORBIDDEN", 403, "WhatsApp does not let this number do that", false;
    /// WhatsApp has no such thing for this account.
    WhatsAppNotFound = "WHATSAPP_NOT_FOUND", 404, "WhatsApp does not have it", false;
    /// The node is overloaded, starting or stopping.
    Unavailable = "UNAVAILABLE", 503, "The service is not available right now", true;
    /// WhatsApp did not answer in time.
    Timeout = "TIMEOUT", 504, "WhatsApp did not answer in time", true;
    /// The node holds as many instances as it may.
    NodeFull = "NODE_FULL", 507, "The node has no room for another instance", false;
    /// A bug or a broken disk.
    Internal = "INTERNAL", 500, "Something went wrong inside", true;
    /// The account of the key is suspended.
    AccountSuspended = "ACCOUNT_SUSPENDED", 403, "The account is suspended", false;
    /// The key is not taken from this address.
    AddressNotAllowed = "ADDRESS_NOT_ALLOWED", 403, "The API key is not taken from this address", false;
    /// No such account.
    AccountNotFound = "ACCOUNT_NOT_FOUND", 404, "No such account", false;
    /// This account has no such workspace.
    WorkspaceNotFound = "WORKSPACE_NOT_FOUND", 404, "No such workspace", false;
    /// This account has no such key.
    KeyNotFound = "KEY_NOT_FOUND", 404, "No such API key", false;
    /// This account has no such app.
    AppNotFound = "APP_NOT_FOUND", 404, "No such app", false;
    /// The account or workspace cannot be changed so, as it stands.
    AccountState = "ACCOUNT_STATE", 409, "The account is not in a state for this", false;
    /// The account has as many of these as it may.
    AccountFull = "ACCOUNT_FULL", 409, "The account has no room for another one", false;
    /// The account has no credits left.
    InsufficientCredits = "INSUFFICIENT_CREDITS", 402, "The account has no credits left", false;
    /// This account has no such member.
    MemberNotFound = "MEMBER_NOT_FOUND", 404, "No such member", false;
    /// Somebody has this e-mail address already.
    EmailTaken = "EMAIL_TAKEN", 409, "The e-mail address is taken", false;
    /// A request that changes something came with a cookie from somewhere else.
    CrossSite = "CROSS_SITE", 403, "The request did not come from this site", false;
    /// The file has no bytes in that range.
    RangeNotSatisfiable = "RANGE_NOT_SATISFIABLE", 416, "The file has no such range", false;
    /// The node's files take as much of its disk as they may.
    StorageFull = "STORAGE_FULL", 507, "The node has no room for another file", true;
    /// This account has no such template.
    TemplateNotFound = "TEMPLATE_NOT_FOUND", 404, "No such template", false;
    /// Nobody of that name is on this account's suppression list.
    SuppressionNotFound = "SUPPRESSION_NOT_FOUND", 404, "Not on the suppression list", false;
    /// This account has no such one-time password.
    OtpNotFound = "OTP_NOT_FOUND", 404, "No such one-time password", false;
    /// This account has no such campaign.
    CampaignNotFound = "CAMPAIGN_NOT_FOUND", 404, "No such campaign", false;
    /// This account has no such schedule.
    ScheduleNotFound = "SCHEDULE_NOT_FOUND", 404, "No such schedule", false;
    /// The recipient is on the suppression list, and the message's lane respects it.
    RecipientSuppressed = "RECIPIENT_SUPPRESSED", 409, "The recipient does not want such messages", false;
    /// The campaign, schedule or one-time password is in a state that does not allow this.
    PlanState = "PLAN_STATE", 409, "It is not in a state for this", false;
    /// The account has as many of these as it may.
    PlansFull = "PLANS_FULL", 409, "The account has no room for another one", false;
    /// There is no such file at a public address, or not any more.
    FileNotFound = "FILE_NOT_FOUND", 404, "No such file", false;
    /// Strangers make no accounts on this node.
    SignUpClosed = "SIGN_UP_CLOSED", 403, "This node is not open for sign-up", false;
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct FieldError {
    /// Dotted path of the field in the request body.
    pub field: String,
    /// What is wrong with it and what to give instead; reads on from the field's name.
    pub message: String,
}

impl FieldError {
    /// Joins a field's path and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into() }
    }
}

/// An error for a caller: what happened and what to do next.
#[derive(
    Debug, Clone, PartialEq, Eq, thiserror::Error, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
)]
#[error("{}: {detail}", code.as_str())]
pub struct Failure {
    /// Which kind.
    pub code: ErrorCode,
    /// This occurrence in a sentence: no phone number, no message text, no key.
    pub detail: String,
    /// The fields that are wrong, for [`ErrorCode::Validation`].
    pub fields: Vec<FieldError>,
    /// The instance's state, where that is the reason.
    pub state: Option<InstanceState>,
    /// When to try again, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// A failure with a code and a sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Failure {
        Failure { code, detail: detail.into(), fields: Vec::new(), state: None, retry_after_ms: None }
    }

    /// A validation failure of these fields.
    pub fn invalid(fields: Vec<FieldError>) -> Failure {
        let detail = match fields.as_slice() {
            [one] => format!("`{}` {}.", one.field, one.message),
            many => format!("{} fields are wrong; see `errors`.", many.len()),
        };
        Failure { fields, ..Failure::new(ErrorCode::Validation, detail) }
    }

    /// A refusal because of the instance's state.
    pub fn in_state(code: ErrorCode, state: InstanceState, detail: impl Into<String>) -> Failure {
        Failure { state: Some(state), ..Failure::new(code, detail) }
    }

    /// Overload: try again in `retry_after_ms`.
    pub fn busy(detail: impl Into<String>, retry_after_ms: u64) -> Failure {
        Failure { retry_after_ms: Some(retry_after_ms), ..Failure::new(ErrorCode::Unavailable, detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_their_statuses_are_errors() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{code:?}");
            assert!((400..600).contains(&code.http_status()), "{code:?}");
        }
    }
}
