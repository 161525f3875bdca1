//! Golden bytes of what accounts plan.

use std::collections::BTreeSet;

use super::*;
use crate::id::{CampaignId, ContactId, OtpId, ScheduleId, TemplateId};
use crate::plan::{
    CampaignRecord, CampaignState, ContactRecord as BookRecord, Counts, NewContact, OtpAlphabet, OtpRecord,
    OtpRules, OtpState, RecipientRecord, RecipientState, RunOutcome, RunRecord, ScheduleRecord,
    ScheduleState, SuppressionReason, SuppressionRecord, SuppressionSettings, TemplateContent,
    TemplateRecord, Timing,
};

fn content() -> TemplateContent {
    TemplateContent {
        kind: Some(MediaKind::Image),
        body: "Hello {{name}}".into(),
        media_url: Some("https://example.org/a.png".into()),
        file_name: None,
    }
}

#[test]
fn template_record_0b01() {
    check(
        include_str!("../../golden/0b01-template.hex"),
        TemplateRecord {
            id: TemplateId(1),
            name: "welcome".into(),
            content: content(),
            category: Some("marketing".into()),
            active: true,
            metadata: Some("{}".into()),
            created_at_ms: 1,
            updated_at_ms: 2,
        },
    );
}

#[test]
fn contact_record_0b02() {
    check(
        include_str!("../../golden/0b02-contact.hex"),
        BookRecord {
            id: ContactId(1),
            about: NewContact {
                phone: "966501234567".into(),
                name: Some("Nora".into()),
                email: Some("nora@example.org".into()),
                notes: None,
                tags: BTreeSet::from(["vip".to_owned()]),
                custom: BTreeMap::from([("city".to_owned(), "Riyadh".to_owned())]),
            },
            created_at_ms: 1,
            updated_at_ms: 2,
        },
    );
}

#[test]
fn suppression_record_0b03() {
    check(
        include_str!("../../golden/0b03-suppression.hex"),
        SuppressionRecord {
            phone: Some("966501234567".into()),
            lid: Some("100000012345678".into()),
            reason: SuppressionReason::OptedOut,
            instance: Some(InstanceId(7)),
            note: None,
            since_ms: 3,
        },
    );
}

#[test]
fn suppression_settings_0b04() {
    check(
        include_str!("../../golden/0b04-suppression-settings.hex"),
        SuppressionSettings { words: vec!["stop".into()], lanes: vec![Lane::Bulk] },
    );
}

#[test]
fn otp_record_0b05() {
    check(
        include_str!("../../golden/0b05-otp.hex"),
        OtpRecord {
            id: OtpId(1),
            instance: InstanceId(2),
            to: "966501234567@s.whatsapp.net".into(),
            purpose: Some("login".into()),
            text: "{{code}}".into(),
            rules: OtpRules { alphabet: OtpAlphabet::Letters, ..OtpRules::default() },
            state: OtpState::Pending,
            digest: [7; 32],
            key_sealed: vec![1, 2, 3],
            attempts: 1,
            sends: 2,
            message: Some(message_id()),
            sent_at_ms: 4,
            expires_at_ms: 5,
            verified_at_ms: None,
            created_at_ms: 3,
            metadata: None,
        },
    );
}

#[test]
fn campaign_record_0b06() {
    check(
        include_str!("../../golden/0b06-campaign.hex"),
        CampaignRecord {
            id: CampaignId(1),
            name: "spring".into(),
            state: CampaignState::Running,
            content: content(),
            template: Some(TemplateId(1)),
            instances: vec![InstanceId(2), InstanceId(3)],
            per_minute: Some(20),
            counts: Counts { pending: 3, queued: 2, sent: 1, ..Counts::default() },
            metadata: None,
            created_at_ms: 1,
            scheduled_at_ms: None,
            started_at_ms: Some(2),
            ended_at_ms: None,
        },
    );
}

#[test]
fn recipient_record_0b07() {
    check(
        include_str!("../../golden/0b07-recipient.hex"),
        RecipientRecord {
            phone: "966501234567".into(),
            variables: BTreeMap::from([("name".to_owned(), "Nora".to_owned())]),
            state: RecipientState::Queued,
            instance: Some(InstanceId(2)),
            message: Some(message_id()),
            error: None,
            since_ms: 9,
        },
    );
}

#[test]
fn schedule_record_0b08() {
    check(
        include_str!("../../golden/0b08-schedule.hex"),
        ScheduleRecord {
            id: ScheduleId(1),
            name: Some("mornings".into()),
            instance: InstanceId(2),
            message: SendMessage {
                to: Address::Phone("966501234567".into()),
                content: Content::Text(Text::plain("good morning")),
                quote: None,
                mentions: Vec::new(),
                options: SendOptions::default(),
                lane: Lane::Interactive,
                metadata: None,
            },
            timing: Timing::Cron {
                expression: "0 9 * * *".into(),
                zone: "Asia/Riyadh".into(),
                until_ms: None,
                runs_max: Some(5),
            },
            grace_seconds: 3_600,
            state: ScheduleState::Active,
            next_ms: Some(10),
            runs: 1,
            missed: 2,
            created_at_ms: 1,
        },
    );
}

#[test]
fn run_record_0b09() {
    check(
        include_str!("../../golden/0b09-run.hex"),
        RunRecord { due_ms: 10, ran_at_ms: 11, outcome: RunOutcome::Accepted(message_id()) },
    );
}
