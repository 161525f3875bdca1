//! What the fake engine says of an account's plans.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_model::command::{
    BookCommand, CampaignCommand, Imported, OtpCommand, Place, PlanCommand, PlanReply, Reach, RecipientView,
    ScheduleCommand, SuppressionCommand, TemplateCommand,
};
use trunkline_model::message::{Content, MessageStatus, Text};
use trunkline_model::plan::{
    CampaignRecord, CampaignState, ContactRecord, Counts, NewContact, OtpOutcome, OtpRecord, OtpRules,
    OtpState, RecipientRecord, RecipientState, RunOutcome, RunRecord, ScheduleRecord, ScheduleState,
    SuppressionReason, SuppressionRecord, SuppressionSettings, TemplateContent, TemplateRecord, Timing,
};
use trunkline_model::{CampaignId, ContactId, OtpId, ScheduleId, TemplateId};

use crate::fake::{OPEN, message_id};

const NOW_MS: i64 = 1_700_000_000_000;

fn content() -> TemplateContent {
    TemplateContent { kind: None, body: "Hello {{name}}".to_owned(), media_url: None, file_name: None }
}

fn template() -> TemplateRecord {
    TemplateRecord {
        id: TemplateId(0x30),
        name: "welcome".to_owned(),
        content: content(),
        category: None,
        active: true,
        metadata: None,
        created_at_ms: NOW_MS,
        updated_at_ms: NOW_MS,
    }
}

fn contact() -> ContactRecord {
    let about = NewContact {
        phone: "5511912345678".to_owned(),
        name: Some("Nora".to_owned()),
        tags: BTreeSet::from(["vip".to_owned()]),
        ..NewContact::default()
    };
    ContactRecord { id: ContactId(0x31), about, created_at_ms: NOW_MS, updated_at_ms: NOW_MS }
}

fn suppression() -> SuppressionRecord {
    SuppressionRecord {
        phone: Some("5511912345678".to_owned()),
        lid: None,
        reason: SuppressionReason::OptedOut,
        instance: Some(OPEN),
        note: None,
        since_ms: NOW_MS,
    }
}

fn otp() -> OtpRecord {
    OtpRecord {
        id: OtpId(0x32),
        instance: OPEN,
        to: "5511912345678@s.whatsapp.net".to_owned(),
        purpose: None,
        text: "{{code}}".to_owned(),
        rules: OtpRules::default(),
        state: OtpState::Pending,
        digest: [0; 32],
        key_sealed: Vec::new(),
        attempts: 1,
        sends: 1,
        message: Some(message_id()),
        sent_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + 300_000,
        verified_at_ms: None,
        created_at_ms: NOW_MS,
        metadata: None,
    }
}

fn campaign() -> CampaignRecord {
    CampaignRecord {
        id: CampaignId(0x33),
        name: "spring".to_owned(),
        state: CampaignState::Running,
        content: content(),
        template: None,
        instances: vec![OPEN],
        per_minute: Some(20),
        counts: Counts { pending: 2, sent: 3, ..Counts::default() },
        metadata: None,
        created_at_ms: NOW_MS,
        scheduled_at_ms: None,
        started_at_ms: Some(NOW_MS),
        ended_at_ms: None,
    }
}

fn recipient() -> RecipientView {
    let mut record = RecipientRecord::new("5511912345678".to_owned(), BTreeMap::new(), NOW_MS);
    (record.state, record.instance, record.message) = (RecipientState::Sent, Some(OPEN), Some(message_id()));
    RecipientView { number: 0, record, status: Some(MessageStatus::Delivered) }
}

fn schedule() -> ScheduleRecord {
    ScheduleRecord {
        id: ScheduleId(0x34),
        name: None,
        instance: OPEN,
        message: trunkline_model::message::SendMessage {
            to: "+5511912345678".parse().expect("a phone"),
            content: Content::Text(Text::plain("Good morning")),
            quote: None,
            mentions: Vec::new(),
            options: trunkline_model::message::SendOptions::default(),
            lane: trunkline_model::message::Lane::Interactive,
            metadata: None,
        },
        timing: Timing::Cron {
            expression: "0 9 * * *".to_owned(),
            zone: "America/Sao_Paulo".to_owned(),
            until_ms: None,
            runs_max: None,
        },
        grace_seconds: 60,
        state: ScheduleState::Active,
        next_ms: Some(NOW_MS),
        runs: 0,
        missed: 0,
        created_at_ms: NOW_MS,
    }
}

/// The answer to a command about plans.
pub fn plan(command: PlanCommand) -> PlanReply {
    match command {
        PlanCommand::Template(command) => match *command {
            TemplateCommand::Delete(_) => PlanReply::Done,
            TemplateCommand::List { limit, .. } => {
                PlanReply::Templates(vec![template()], (limit == 1).then(|| Place(vec![1])))
            }
            TemplateCommand::Render { .. } => {
                PlanReply::Rendered(Box::new(Content::Text(Text::plain("Hello Nora"))))
            }
            _ => PlanReply::Template(Box::new(template())),
        },
        PlanCommand::Book(command) => match *command {
            BookCommand::Delete(_) => PlanReply::Done,
            BookCommand::Import(people) => {
                PlanReply::Imported(people.iter().map(|_| Ok(Imported::Created)).collect())
            }
            BookCommand::List { .. } => PlanReply::Contacts(vec![contact()], None),
            _ => PlanReply::Contact(Box::new(contact())),
        },
        PlanCommand::Suppression(command) => match command {
            SuppressionCommand::Remove(_) | SuppressionCommand::OptOut { .. } => PlanReply::Done,
            SuppressionCommand::GetSettings => PlanReply::SuppressionSettings(SuppressionSettings::default()),
            SuppressionCommand::SetSettings(settings) => PlanReply::SuppressionSettings(settings),
            _ => PlanReply::Suppressions(vec![suppression()], None),
        },
        PlanCommand::Otp(command) => match *command {
            OtpCommand::Verify(..) => PlanReply::OtpChecked(OtpOutcome::Wrong(4), Box::new(otp())),
            _ => PlanReply::Otp(Box::new(otp())),
        },
        PlanCommand::Campaign(command) => match *command {
            CampaignCommand::Delete(_) => PlanReply::Done,
            CampaignCommand::List { .. } => PlanReply::Campaigns(vec![campaign()], None),
            CampaignCommand::Add(_, people) => PlanReply::Added(vec![true; people.len()], 5),
            CampaignCommand::AddTagged(..) => PlanReply::Added(Vec::new(), 5),
            CampaignCommand::Recipients { .. } => PlanReply::Recipients(vec![recipient()], Some(1)),
            _ => PlanReply::Campaign(Box::new(campaign()), Some(Reach { delivered: 2, read: 1 })),
        },
        PlanCommand::Schedule(command) => match *command {
            ScheduleCommand::List { .. } => PlanReply::Schedules(vec![schedule()], None),
            ScheduleCommand::Runs(..) => PlanReply::Runs(vec![RunRecord {
                due_ms: NOW_MS,
                ran_at_ms: NOW_MS,
                outcome: RunOutcome::Accepted(message_id()),
            }]),
            _ => PlanReply::Schedule(Box::new(schedule())),
        },
    }
}
