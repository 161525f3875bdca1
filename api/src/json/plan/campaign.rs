//! Campaigns and their people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::CampaignId;
use trunkline_model::Failure;
use trunkline_model::command::{
    CampaignCommand, NewCampaign, NewRecipient, Reach, RecipientView, UpdateCampaign,
};
use trunkline_model::limits::{
    CAMPAIGN_INSTANCES_MAX, CAMPAIGN_PER_MINUTE_MAX, CAMPAIGN_RECIPIENTS_PER_CALL_MAX, SCHEDULE_AHEAD_MS_MAX,
    TAGS_MAX,
};
use trunkline_model::plan::{CampaignRecord, TemplateText};

use super::template::TemplateMessage;
use super::{Resolve, Variables, check_name, read_instance, read_phone};
use crate::json::fields::{First, Object, Problems, nullable, present};
use crate::json::raw::{RawObject, embed};
use crate::json::time::{Time, now_ms, read_time};

type Recipients = First<Object<RecipientBody>, { CAMPAIGN_RECIPIENTS_PER_CALL_MAX + 1 }>;
type Instances = First<String, { CAMPAIGN_INSTANCES_MAX + 1 }>;
type Tags = First<String, { TAGS_MAX + 1 }>;

/// Somebody whom a campaign writes to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRecipient")]
pub(crate) struct RecipientBody {
    /// With the country code.
    phone: String,
    #[serde(default)]
    variables: Variables,
}

impl RecipientBody {
    pub(crate) fn read(self, problems: &mut Problems, at: &str) -> Option<NewRecipient> {
        for problem in TemplateText::check_values(&self.variables) {
            problems.add(format!("{at}.{}", problem.field), problem.message);
        }
        let phone = read_phone(problems, &format!("{at}.phone"), &self.phone)?;
        Some(NewRecipient { phone, variables: self.variables })
    }
}

fn read_people(problems: &mut Problems, First(people): Recipients) -> Vec<NewRecipient> {
    problems.few("recipients", &people, CAMPAIGN_RECIPIENTS_PER_CALL_MAX);
    let read = |(index, Object(person)): (usize, Object<RecipientBody>)| {
        person.read(problems, &format!("recipients.{index}"))
    };
    people.into_iter().enumerate().filter_map(read).collect()
}

/// Body of `campaigns.create`: the message, or the template that it is taken from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateCampaign")]
pub(crate) struct CampaignBody {
    name: String,
    /// Ids or names of the instances that send, in turn.
    #[schemars(with = "Instances")]
    instances: Instances,
    #[serde(default)]
    #[schemars(with = "Option<TemplateMessage>")]
    message: Option<Object<TemplateMessage>>,
    /// Id or name of a template; the campaign keeps what it says now.
    #[serde(default)]
    template: Option<String>,
    /// Most messages a minute of each instance; as fast as the instances go when it is left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = CAMPAIGN_PER_MINUTE_MAX))]
    per_minute: Option<u32>,
    /// The first of them; more are added by `campaigns.add_recipients`.
    #[serde(default)]
    #[schemars(with = "Recipients")]
    recipients: Recipients,
    /// Everybody of the address book with one of these tags, as it is now.
    #[serde(default)]
    #[schemars(with = "Tags")]
    tags: Tags,
    #[serde(default)]
    metadata: Option<RawObject>,
}

impl CampaignBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<NewCampaign, Failure> {
        let mut problems = Problems::default();
        check_name(&mut problems, &self.name);
        let First(names) = self.instances;
        if names.is_empty() {
            problems.add("instances", "is empty");
        }
        problems.few("instances", &names, CAMPAIGN_INSTANCES_MAX);
        let instance = |(index, name): (usize, &String)| {
            read_instance(&mut problems, &format!("instances.{index}"), name, resolve)
        };
        let mut instances: Vec<_> = names.iter().enumerate().filter_map(instance).collect();
        instances.sort_unstable();
        instances.dedup();
        if self.message.is_some() == self.template.is_some() {
            problems.add("message", "and `template`: give one of them");
        }
        check_rate(&mut problems, self.per_minute);
        problems.few("tags", &self.tags.0, TAGS_MAX);
        let content = self.message.map(|Object(message)| message.read(&mut problems));
        let recipients = read_people(&mut problems, self.recipients);
        problems.or(Some(NewCampaign {
            name: self.name,
            content,
            template: self.template,
            instances,
            per_minute: self.per_minute,
            recipients,
            tags: self.tags.0,
            metadata: self.metadata.map(|raw| raw.0),
        }))
    }
}

/// Body of `campaigns.update`: what is left out stays, null removes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateCampaign")]
pub(crate) struct CampaignChange {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    name: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "TemplateMessage")]
    message: Option<Object<TemplateMessage>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<u32>", range(min = 1, max = CAMPAIGN_PER_MINUTE_MAX))]
    per_minute: Option<Option<u32>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<Option<RawObject>>,
}

impl CampaignChange {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<UpdateCampaign, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        check_rate(&mut problems, self.per_minute.flatten());
        let content = self.message.map(|Object(message)| message.read(&mut problems));
        problems.or(Some(UpdateCampaign {
            name: self.name,
            content,
            per_minute: self.per_minute,
            metadata: self.metadata.map(|metadata| metadata.map(|raw| raw.0)),
        }))
    }
}

fn check_rate(problems: &mut Problems, per_minute: Option<u32>) {
    if per_minute.is_some_and(|rate| !(1..=CAMPAIGN_PER_MINUTE_MAX).contains(&rate)) {
        problems.add("per_minute", format!("is not a whole number from 1 to {CAMPAIGN_PER_MINUTE_MAX}"));
    }
}

/// Body of `campaigns.start`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StartCampaign")]
pub(crate) struct StartBody {
    /// When it starts by itself; now, when it is left out.
    #[serde(default)]
    #[schemars(with = "Option<Time>")]
    at: Option<String>,
}

impl StartBody {
    /// # Errors
    /// `VALIDATION` for a time that is none, over, or too far away.
    pub(crate) fn read(self) -> Result<Option<i64>, Failure> {
        let mut problems = Problems::default();
        let at_ms = self.at.map(|text| read_time(&mut problems, "at", &text));
        if at_ms
            .flatten()
            .is_some_and(|at_ms| !(now_ms()..=now_ms() + SCHEDULE_AHEAD_MS_MAX).contains(&at_ms))
        {
            problems.add("at", "is over, or more than two years away");
        }
        problems.or(Some(at_ms.flatten()))
    }
}

/// Body of `campaigns.add_recipients`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AddRecipients")]
pub(crate) struct AddBody {
    #[serde(default)]
    #[schemars(with = "Recipients")]
    recipients: Recipients,
    /// Everybody of the address book with one of these tags; instead of `recipients`.
    #[serde(default)]
    #[schemars(with = "Tags")]
    tags: Tags,
}

impl AddBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, id: CampaignId) -> Result<CampaignCommand, Failure> {
        let mut problems = Problems::default();
        problems.few("tags", &self.tags.0, TAGS_MAX);
        let people = read_people(&mut problems, self.recipients);
        if people.is_empty() == self.tags.0.is_empty() {
            problems.add("recipients", "and `tags`: give one of them");
        }
        let tags = self.tags.0;
        let command = if tags.is_empty() {
            CampaignCommand::Add(id, people)
        } else {
            CampaignCommand::AddTagged(id, tags)
        };
        problems.or(Some(command))
    }
}

/// How many were added.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AddedRecipients")]
pub(crate) struct AddedJson {
    /// Everybody who is in the campaign now.
    pub(crate) total: u32,
}

/// How many people are in each state; the first eight of them are everybody.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CampaignStatistics")]
struct StatisticsJson {
    total: u32,
    pending: u32,
    /// An instance was chosen for them.
    claimed: u32,
    /// In an outbox.
    queued: u32,
    sent: u32,
    failed: u32,
    suppressed: u32,
    cancelled: u32,
    /// Of those that were sent; null in lists.
    delivered: Option<u32>,
    /// Of those that were delivered; null in lists.
    read: Option<u32>,
}

/// A campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Campaign")]
pub(crate) struct CampaignJson<'a> {
    id: String,
    name: &'a str,
    /// `draft`, `scheduled`, `running`, `paused`, `completed`, `cancelled` or `failed`.
    state: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    body: &'a str,
    media_url: Option<&'a str>,
    template: Option<String>,
    instances: Vec<String>,
    per_minute: Option<u32>,
    statistics: StatisticsJson,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
    created_at: Time,
    scheduled_at: Option<Time>,
    started_at: Option<Time>,
    ended_at: Option<Time>,
}

impl<'a> CampaignJson<'a> {
    pub(crate) fn of(record: &'a CampaignRecord, reach: Option<Reach>) -> CampaignJson<'a> {
        let counts = record.counts;
        CampaignJson {
            id: record.id.to_string(),
            name: &record.name,
            state: record.state.as_str(),
            kind: record.content.word(),
            body: &record.content.body,
            media_url: record.content.media_url.as_deref(),
            template: record.template.map(|id| id.to_string()),
            instances: record.instances.iter().map(ToString::to_string).collect(),
            per_minute: record.per_minute,
            statistics: StatisticsJson {
                total: counts.total(),
                pending: counts.pending,
                claimed: counts.claimed,
                queued: counts.queued,
                sent: counts.sent,
                failed: counts.failed,
                suppressed: counts.suppressed,
                cancelled: counts.cancelled,
                delivered: reach.map(|reach| reach.delivered),
                read: reach.map(|reach| reach.read),
            },
            metadata: embed(record.metadata.as_ref()),
            created_at: Time(record.created_at_ms),
            scheduled_at: record.scheduled_at_ms.map(Time),
            started_at: record.started_at_ms.map(Time),
            ended_at: record.ended_at_ms.map(Time),
        }
    }
}

/// Somebody of a campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Recipient")]
pub(crate) struct RecipientJson<'a> {
    number: u32,
    phone: &'a str,
    variables: &'a Variables,
    /// `pending`, `claimed`, `queued`, `sent`, `failed`, `suppressed` or `cancelled`.
    state: &'static str,
    instance: Option<String>,
    message: Option<String>,
    /// Where the message stands by now.
    status: Option<&'static str>,
    error: Option<&'a str>,
    since: Time,
}

impl<'a> RecipientJson<'a> {
    pub(crate) fn of(view: &'a RecipientView) -> RecipientJson<'a> {
        let record = &view.record;
        RecipientJson {
            number: view.number,
            phone: &record.phone,
            variables: &record.variables,
            state: record.state.as_str(),
            instance: record.instance.map(|id| id.to_string()),
            message: record.message.map(|id| id.to_string()),
            status: view.status.map(|status| status.as_str()),
            error: record.error.as_deref(),
            since: Time(record.since_ms),
        }
    }
}
