//! Campaigns.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::command::UpdateCampaign;
use trunkline_model::limits::{CAMPAIGN_PER_MINUTE_MAX, SCHEDULE_AHEAD_MS_MAX, TAGS_MAX};
use trunkline_model::message::MediaKind;
use trunkline_model::plan::TemplateContent;
use trunkline_model::{ContactId, Failure};

use super::first;
use crate::dialects::loose::Loose;
use crate::dialects::word::{Word, needed, number};
use crate::json::fields::{First, Object, Problems};
use crate::json::plan::{check_name, read_phone};
use crate::json::time::{now_ms, read_time};
use crate::limits::WASAAS_PEOPLE_MAX;

/// A campaign that is to be made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "CreateCampaign")]
pub(crate) struct CampaignBody {
    name: Option<Word>,
    /// Id of the session that sends.
    session_id: Option<Word>,
    #[schemars(with = "MessageBody")]
    message: Option<Object<MessageBody>>,
    /// Phone numbers or WhatsApp ids of people.
    recipients: Option<First<Word, { WASAAS_PEOPLE_MAX + 1 }>>,
    /// Contacts, by id.
    contact_ids: Option<First<String, { WASAAS_PEOPLE_MAX + 1 }>>,
    /// Every contact with one of these tags.
    tags: Option<First<String, { TAGS_MAX + 1 }>>,
    /// When it starts by itself, RFC 3339.
    scheduled_at: Option<Word>,
    /// Milliseconds between two messages.
    #[schemars(with = "Option<DelayBody>")]
    delay: Option<Object<DelayBody>>,
}

/// What a campaign sends.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "CampaignMessage")]
pub(crate) struct MessageBody {
    /// `text` unless given, or a kind of file.
    #[serde(rename = "type")]
    kind: Option<Word>,
    /// The text, or the one under the file, with `{{variables}}` of the contacts.
    text: Option<Word>,
    /// The text under the file.
    caption: Option<Word>,
    /// Where the file is.
    media_url: Option<Word>,
    /// Name of a document.
    file_name: Option<Word>,
}

/// The shortest and the longest pause.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "CampaignDelay")]
pub(crate) struct DelayBody {
    #[schemars(with = "Option<u64>")]
    min: Option<Word>,
    #[schemars(with = "Option<u64>")]
    max: Option<Word>,
}

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) session: String,
    pub(crate) content: TemplateContent,
    /// Digits.
    pub(crate) phones: Vec<String>,
    pub(crate) contacts: Vec<ContactId>,
    pub(crate) tags: Vec<String>,
    pub(crate) scheduled_at_ms: Option<i64>,
    pub(crate) per_minute: Option<u32>,
}

impl MessageBody {
    fn read(mut self, problems: &mut Problems) -> TemplateContent {
        let word = first([&mut self.kind]);
        let kind = word.as_deref().filter(|word| *word != "text").map(MediaKind::parse);
        if kind == Some(None) {
            problems.add("message.type", "is neither `text` nor a kind of file");
        }
        let content = TemplateContent {
            kind: kind.flatten(),
            body: first([&mut self.text, &mut self.caption]).unwrap_or_default(),
            media_url: first([&mut self.media_url]),
            file_name: first([&mut self.file_name]),
        };
        for problem in content.problems() {
            let field = match problem.field.as_str() {
                "body" => "message.text",
                "media_url" => "message.mediaUrl",
                _ => "message",
            };
            problems.add(field, problem.message);
        }
        content
    }
}

impl DelayBody {
    /// How many messages a minute go with pauses of the longest kind; the outbox varies them by itself.
    fn per_minute(self, problems: &mut Problems) -> Option<u32> {
        let expected = "is not a number of milliseconds";
        let shortest: Option<u64> = number(problems, "delay.min", (self.min, expected));
        let longest = number(problems, "delay.max", (self.max, expected)).or(shortest)?;
        if longest > 60_000 {
            problems.add("delay.max", "is more than 60000; a campaign sends a message a minute at least");
        }
        let per_minute = 60_000 / longest.max(1);
        Some(u32::try_from(per_minute).unwrap_or(u32::MAX).clamp(1, CAMPAIGN_PER_MINUTE_MAX))
    }
}

impl CampaignBody {
    /// Changes to a campaign, and when it starts by itself now.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong, and for what stays as it was made.
    pub(crate) fn update(mut self) -> Result<(UpdateCampaign, Option<i64>), Failure> {
        let mut problems = Problems::default();
        for (field, is_given) in [
            ("sessionId", self.session_id.is_some()),
            ("recipients", self.recipients.is_some()),
            ("contactIds", self.contact_ids.is_some()),
            ("tags", self.tags.is_some()),
        ] {
            if is_given {
                problems.add(field, "cannot be changed; make another campaign");
            }
        }
        let name = first([&mut self.name]);
        if let Some(name) = &name {
            check_name(&mut problems, name);
        }
        let content = self.message.take().map(|Object(message)| message.read(&mut problems));
        let per_minute = self.delay.take().map(|Object(delay)| delay.per_minute(&mut problems));
        let scheduled_at_ms = self.scheduled_at(&mut problems);
        let update = UpdateCampaign { name, content, per_minute, metadata: None };
        problems.or(Some((update, scheduled_at_ms)))
    }

    fn scheduled_at(&mut self, problems: &mut Problems) -> Option<i64> {
        let text = first([&mut self.scheduled_at])?;
        let at_ms = read_time(problems, "scheduledAt", &text)?;
        let now_ms = now_ms();
        if !(now_ms..=now_ms + SCHEDULE_AHEAD_MS_MAX).contains(&at_ms) {
            problems.add("scheduledAt", "is over, or more than two years away");
        }
        Some(at_ms)
    }

    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(mut self) -> Result<Wanted, Failure> {
        let mut problems = Problems::default();
        let name = needed(&mut problems, "name", self.name.take());
        if let Some(name) = &name {
            check_name(&mut problems, name);
        }
        let session = needed(&mut problems, "sessionId", self.session_id.take());
        let content = self.message.take().map(|Object(message)| message.read(&mut problems));
        if content.is_none() {
            problems.add("message", "is missing");
        }
        let (people, contacts) =
            (self.recipients.take().unwrap_or_default().0, self.contact_ids.take().unwrap_or_default().0);
        let tags = self.tags.take().unwrap_or_default().0;
        if people.is_empty() && contacts.is_empty() && tags.is_empty() {
            problems.add("recipients", "is missing, and so are `contactIds` and `tags`; give one of them");
        }
        problems.few("recipients", &people, WASAAS_PEOPLE_MAX);
        problems.few("contactIds", &contacts, WASAAS_PEOPLE_MAX);
        problems.few("tags", &tags, TAGS_MAX);
        let phone = |(index, Loose(text)): (usize, &Word)| {
            read_phone(&mut problems, &format!("recipients.{index}"), text)
        };
        let phones: Vec<String> = people.iter().enumerate().filter_map(phone).collect();
        let contact = |(index, text): (usize, &String)| {
            problems.keep(format!("contactIds.{index}"), text.parse::<ContactId>())
        };
        let contacts: Vec<ContactId> = contacts.iter().enumerate().filter_map(contact).collect();
        let scheduled_at_ms = self.scheduled_at(&mut problems);
        let per_minute = self.delay.take().and_then(|Object(delay)| delay.per_minute(&mut problems));
        let wanted = name.zip(session).zip(content).map(|((name, session), content)| Wanted {
            name,
            session,
            content,
            phones,
            contacts,
            tags,
            scheduled_at_ms,
            per_minute,
        });
        problems.or(wanted)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<Wanted, Failure> {
        serde_json::from_value::<CampaignBody>(body).expect("it is a body").read()
    }

    #[test]
    fn a_campaign_is_a_message_and_people() {
        let wanted = read(json!({
            "name": "Spring", "sessionId": "s", "message": {"type": "text", "text": "Hello {{name}}"},
            "recipients": ["5511999999999@s.whatsapp.net", "+5511888888888"], "delay": {"min": 2000, "max": 6000},
        }))
        .expect("it is in order");
        assert_eq!(wanted.phones, ["5511999999999", "5511888888888"]);
        assert_eq!((wanted.per_minute, wanted.content.word()), (Some(10), "text"));
        let image = json!({
            "name": "Spring", "sessionId": "s", "tags": ["vip"],
            "message": {"type": "image", "caption": "look", "mediaUrl": "https://a.b/c.png"},
        });
        assert_eq!(read(image).expect("it is in order").content.kind, Some(MediaKind::Image));
    }

    #[test]
    fn a_change_names_what_may_change() {
        let update =
            |body: Value| serde_json::from_value::<CampaignBody>(body).expect("it is a body").update();
        let (changed, at_ms) = update(json!({"name": "Autumn", "delay": {"max": 1000}})).expect("in order");
        assert_eq!(
            (changed.name.as_deref(), changed.per_minute, at_ms),
            (Some("Autumn"), Some(Some(60)), None)
        );
        let failure = update(json!({"recipients": ["5511999999999"]})).expect_err("people stay");
        assert_eq!(failure.fields[0].field, "recipients");
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let check = |body: Value, expected: &[&str]| {
            let failure = read(body).expect_err("it is refused");
            let fields: Vec<&str> = failure.fields.iter().map(|field| field.field.as_str()).collect();
            assert_eq!(fields, expected);
        };
        check(json!({}), &["name", "sessionId", "message", "recipients"]);
        let message = json!({"type": "image", "text": "look"});
        check(
            json!({"name": "x", "sessionId": "s", "message": message, "recipients": ["nobody"], "contactIds": ["x"]}),
            &["message.mediaUrl", "recipients.0", "contactIds.0"],
        );
        let message = json!({"text": "hi"});
        check(
            json!({"name": "x", "sessionId": "s", "message": message, "tags": ["a"], "scheduledAt": "2001-01-01T00:00:00Z"}),
            &["scheduledAt"],
        );
    }
}
