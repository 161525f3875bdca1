//! The pages behind the `type` of every problem.

use std::fmt::Write;

use trunkline_model::ErrorCode;

/// One arm for each code: a code without a page does not compile.
macro_rules! pages {
    ($($name:ident = $file:literal;)*) => {
        /// The Markdown page of a code.
        pub(crate) fn page(code: ErrorCode) -> &'static str {
            match code {
                $(ErrorCode::$name => include_str!(concat!("../docs/errors/", $file, ".md")),)*
            }
        }

        #[cfg(test)]
        const FILES: &[(ErrorCode, &str)] = &[$((ErrorCode::$name, $file),)*];
    };
}

pages! {
    MalformedBody = "MALFORMED_BODY";
    MalformedRequest = "MALFORMED_REQUEST";
    Unauthorized = "UNAUTHORIZED";
    Forbidden = "FORBIDDEN";
    RouteNotFound = "ROUTE_NOT_FOUND";
    InstanceNotFound = "INSTANCE_NOT_FOUND";
    MessageNotFound = "MESSAGE_NOT_FOUND";
    MediaNotFound = "MEDIA_NOT_FOUND";
    MethodNotAllowed = "METHOD_NOT_ALLOWED";
    InstanceState = "INSTANCE_STATE";
    InstanceNotLinked = "INSTANCE_NOT_LINKED";
    NameTaken = "NAME_TAKEN";
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT";
    VersionConflict = "VERSION_CONFLICT";
    BodyTooLarge = "BODY_TOO_LARGE";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE";
    Validation = "VALIDATION";
    MediaUnusable = "MEDIA_UNUSABLE";
    TooManyRequests = "TOO_MANY_REQUESTS";
    WhatsAppRefused = "WHATSAPP_REFUSED";
    WhatsAppForbidden = "WHATSAPP_FORBIDDEN";
    WhatsAppNotFound = "WHATSAPP_NOT_FOUND";
    Unavailable = "UNAVAILABLE";
    Timeout = "TIMEOUT";
    NodeFull = "NODE_FULL";
    ChatNotFound = "CHAT_NOT_FOUND";
    ContactNotFound = "CONTACT_NOT_FOUND";
    LabelNotFound = "LABEL_NOT_FOUND";
    Internal = "INTERNAL";
    RangeNotSatisfiable = "RANGE_NOT_SATISFIABLE";
    StorageFull = "STORAGE_FULL";
    AccountSuspended = "ACCOUNT_SUSPENDED";
    AddressNotAllowed = "ADDRESS_NOT_ALLOWED";
    AccountNotFound = "ACCOUNT_NOT_FOUND";
    WorkspaceNotFound = "WORKSPACE_NOT_FOUND";
    KeyNotFound = "KEY_NOT_FOUND";
    AppNotFound = "APP_NOT_FOUND";
    AccountState = "ACCOUNT_STATE";
    AccountFull = "ACCOUNT_FULL";
    InsufficientCredits = "INSUFFICIENT_CREDITS";
    MemberNotFound = "MEMBER_NOT_FOUND";
    EmailTaken = "EMAIL_TAKEN";
    CrossSite = "CROSS_SITE";
    WebhookNotFound = "WEBHOOK_NOT_FOUND";
    WebhookState = "WEBHOOK_STATE";
    TemplateNotFound = "TEMPLATE_NOT_FOUND";
    SuppressionNotFound = "SUPPRESSION_NOT_FOUND";
    OtpNotFound = "OTP_NOT_FOUND";
    CampaignNotFound = "CAMPAIGN_NOT_FOUND";
    ScheduleNotFound = "SCHEDULE_NOT_FOUND";
    RecipientSuppressed = "RECIPIENT_SUPPRESSED";
    PlanState = "PLAN_STATE";
    PlansFull = "PLANS_FULL";
    FileNotFound = "FILE_NOT_FOUND";
    SignUpClosed = "SIGN_UP_CLOSED";
    MessageState = "MESSAGE_STATE";
    WebhooksFull = "WEBHOOKS_FULL";
}

/// The code that a path names.
pub(crate) fn code_of(name: &str) -> Option<ErrorCode> {
    ErrorCode::ALL.iter().copied().find(|code| code.as_str() == name)
}

/// The index of all pages, in Markdown.
pub(crate) fn index() -> String {
    let mut index =
        String::from("# Error codes\n\n| code | status | meaning | worth a retry |\n|---|---|---|---|\n");
    for code in ErrorCode::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            index,
            "| [{code}](/docs/errors/{code}) | {status} | {title} | {retry} |",
            code = code.as_str(),
            status = code.http_status(),
            title = code.title(),
            retry = if code.is_retryable() { "yes" } else { "no" },
        );
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_page_with_cause_and_remedy() {
        for &code in ErrorCode::ALL {
            let page = page(code);
            let heading = format!("# {}\n\nHTTP {}.", code.as_str(), code.http_status());
            assert!(page.starts_with(&heading), "{}", code.as_str());
            for section in ["\n## Cause\n", "\n## Remedy\n"] {
                assert!(page.contains(section), "{} lacks{section}", code.as_str());
            }
            assert!(index().contains(code.title()));
            assert_eq!(code_of(code.as_str()), Some(code));
        }
    }

    #[test]
    fn every_file_is_named_after_its_code() {
        for (code, file) in FILES {
            assert_eq!(code.as_str(), *file);
        }
    }
}
