//! What an account plans: templates, its address book, who wants no bulk, one-time passwords, campaigns, schedules. Pure: time
//! and chance come in as arguments.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

mod campaign;
mod contact;
mod feed;
#[cfg(test)]
mod feed_tests;
mod fold;
mod otp;
mod recipient;
mod schedule;
mod suppression;
mod template;
mod timing;

pub use campaign::{CampaignRecord, CampaignState, CampaignStep, Counts};
pub use contact::{ContactRecord, NewContact};
pub use feed::{Feed, Room};
pub use fold::fold;
pub use otp::{OtpAlphabet, OtpOutcome, OtpRecord, OtpRules, OtpState, ResendRefusal};
pub use recipient::{RecipientRecord, RecipientState, SUPPRESSED};
pub use schedule::{RunOutcome, RunRecord, ScheduleRecord, ScheduleState};
pub use suppression::{OptOutWords, SuppressionReason, SuppressionRecord, SuppressionSettings};
pub use template::{TemplateContent, TemplateError, TemplateRecord, TemplateText};
pub use timing::{Due, Timing, TimingError};
