//! Messages that are sent later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::command::{NewSchedule, UpdateSchedule};
use trunkline_model::limits::{
    MISFIRE_GRACE_SECONDS_DEFAULT, MISFIRE_GRACE_SECONDS_MAX, SCHEDULE_AHEAD_MS_MAX,
};
use trunkline_model::message::SendMessage;
use trunkline_model::plan::{RunOutcome, RunRecord, ScheduleRecord, Timing};

use super::{Resolve, check_name, read_instance};
use crate::json::fields::{Object, Problems, nullable, present};
use crate::json::send::{DraftBody, PendingFile, SendBody};
use crate::json::time::{Time, now_ms, read_time};

/// Body of `schedules.create`: `at` for once, `cron` for again and again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateSchedule")]
pub(crate) struct ScheduleBody {
    #[serde(default)]
    name: Option<String>,
    /// Id or name of the instance that sends.
    instance: String,
    /// As for `messages.send`; a file is named by its URL, and fetched when its time has come.
    #[schemars(with = "SendBody")]
    message: Object<SendBody>,
    #[serde(default)]
    #[schemars(with = "Option<Time>")]
    at: Option<String>,
    /// Minute, hour, day of the month, month, day of the week. What is due in an hour that clocks skip happens right after it.
    #[serde(default)]
    cron: Option<String>,
    /// Time zone of `cron`, of the IANA database; `UTC` unless given.
    #[serde(default)]
    timezone: Option<String>,
    /// No runs after this.
    #[serde(default)]
    #[schemars(with = "Option<Time>")]
    until: Option<String>,
    /// So many runs at the most.
    #[serde(default)]
    #[schemars(range(min = 1))]
    runs_max: Option<u32>,
    /// How late a run may be and still happen. Of several that were missed the newest happens, if it is not too late.
    #[serde(default)]
    #[schemars(range(max = MISFIRE_GRACE_SECONDS_MAX))]
    grace_seconds: Option<u32>,
}

impl ScheduleBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(
        self,
        resolve: Resolve<'_>,
        idempotency_key: Option<String>,
    ) -> Result<NewSchedule, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        let instance = read_instance(&mut problems, "instance", &self.instance, resolve);
        let times = Times {
            at: self.at.as_deref(),
            cron: self.cron.as_deref(),
            timezone: self.timezone.as_deref(),
            until: self.until.as_deref(),
            runs_max: self.runs_max,
        };
        let timing = times.read(&mut problems);
        let grace_seconds = self.grace_seconds.unwrap_or(MISFIRE_GRACE_SECONDS_DEFAULT);
        check_grace(&mut problems, grace_seconds);
        let message = read_message(&mut problems, self.message);
        let name = self.name;
        let new = match (instance, timing, message) {
            (Some(instance), Some(timing), Some(message)) => {
                Some(NewSchedule { name, instance, message, timing, grace_seconds, idempotency_key })
            }
            _ => None,
        };
        problems.or(new)
    }
}

fn check_grace(problems: &mut Problems, grace_seconds: u32) {
    if grace_seconds > MISFIRE_GRACE_SECONDS_MAX {
        problems.add("grace_seconds", format!("is more than {MISFIRE_GRACE_SECONDS_MAX}"));
    }
}

/// A message that can wait: one whose file is elsewhere.
fn read_message(problems: &mut Problems, Object(message): Object<SendBody>) -> Option<SendMessage> {
    match message.read(None) {
        Ok(draft) if draft.file != PendingFile::Nothing => {
            problems.add("message", "has a file inside; name it by its URL");
            None
        }
        Ok(draft) if draft.idempotency_key.is_some() => {
            problems.add("message.idempotency_key", "is not for schedules; each run has its own");
            None
        }
        Ok(draft) => Some(draft.message),
        Err(failure) => {
            failure.fields.into_iter().for_each(|problem| {
                problems.add(format!("message.{}", problem.field), problem.message);
            });
            None
        }
    }
}

/// Body of `schedules.update`: what is left out stays. `at` or `cron` take the place of all that was said of times before.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateSchedule")]
pub(crate) struct ScheduleChange {
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    name: Option<Option<String>>,
    /// Id or name of the instance that sends.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    instance: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "SendBody")]
    message: Option<Object<SendBody>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Time")]
    at: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    cron: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    timezone: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Time")]
    until: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u32", range(min = 1))]
    runs_max: Option<u32>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u32", range(max = MISFIRE_GRACE_SECONDS_MAX))]
    grace_seconds: Option<u32>,
}

impl ScheduleChange {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<UpdateSchedule, Failure> {
        let mut problems = Problems::default();
        if let Some(Some(name)) = &self.name {
            check_name(&mut problems, name);
        }
        let instance = self.instance;
        let instance = instance.and_then(|name| read_instance(&mut problems, "instance", &name, resolve));
        let times = Times {
            at: self.at.as_deref(),
            cron: self.cron.as_deref(),
            timezone: self.timezone.as_deref(),
            until: self.until.as_deref(),
            runs_max: self.runs_max,
        };
        let timing = if times.say_nothing() { None } else { times.read(&mut problems) };
        self.grace_seconds.iter().for_each(|seconds| check_grace(&mut problems, *seconds));
        let message = self.message.and_then(|message| read_message(&mut problems, message));
        let (name, grace_seconds) = (self.name, self.grace_seconds);
        problems.or(Some(UpdateSchedule { name, instance, message, timing, grace_seconds }))
    }
}

/// What a body says of times.
struct Times<'a> {
    at: Option<&'a str>,
    cron: Option<&'a str>,
    timezone: Option<&'a str>,
    until: Option<&'a str>,
    runs_max: Option<u32>,
}

impl Times<'_> {
    fn say_nothing(&self) -> bool {
        let texts = [self.at, self.cron, self.timezone, self.until];
        texts.iter().all(Option::is_none) && self.runs_max.is_none()
    }

    fn read(&self, problems: &mut Problems) -> Option<Timing> {
        let until_ms = self.until.and_then(|text| read_time(problems, "until", text));
        if self.runs_max == Some(0) {
            problems.add("runs_max", "is 0");
        }
        match (self.at, self.cron) {
            (Some(at), None) => {
                for (field, given) in [
                    ("timezone", self.timezone.is_some()),
                    ("until", self.until.is_some()),
                    ("runs_max", self.runs_max.is_some()),
                ] {
                    if given {
                        problems.add(field, "belongs to `cron`");
                    }
                }
                let at_ms = read_time(problems, "at", at)?;
                let now_ms = now_ms();
                if !(now_ms..=now_ms + SCHEDULE_AHEAD_MS_MAX).contains(&at_ms) {
                    problems.add("at", "is over, or more than two years away");
                }
                Some(Timing::Once(at_ms))
            }
            (None, Some(cron)) => {
                let zone = self.timezone.unwrap_or("UTC").to_owned();
                let timing =
                    Timing::Cron { expression: cron.to_owned(), zone, until_ms, runs_max: self.runs_max };
                if let Err(error) = timing.check(now_ms()) {
                    problems.add(error.field(), error.to_string());
                }
                Some(timing)
            }
            _ => {
                problems.add("at", "and `cron`: give one of them");
                None
            }
        }
    }
}

/// A schedule.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Schedule")]
pub(crate) struct ScheduleJson<'a> {
    id: String,
    name: Option<&'a str>,
    instance: String,
    /// WhatsApp id of the chat.
    to: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `active`, `paused`, `completed` or `cancelled`.
    state: &'static str,
    at: Option<Time>,
    cron: Option<&'a str>,
    timezone: Option<&'a str>,
    until: Option<Time>,
    runs_max: Option<u32>,
    grace_seconds: u32,
    next_run_at: Option<Time>,
    runs: u32,
    /// Runs that were too late.
    missed: u32,
    created_at: Time,
}

impl<'a> ScheduleJson<'a> {
    pub(crate) fn of(record: &'a ScheduleRecord) -> ScheduleJson<'a> {
        let (at, cron) = match &record.timing {
            Timing::Once(at_ms) => (Some(Time(*at_ms)), None),
            Timing::Cron { expression, zone, until_ms, runs_max } => {
                (None, Some((expression.as_str(), zone.as_str(), *until_ms, *runs_max)))
            }
        };
        ScheduleJson {
            id: record.id.to_string(),
            name: record.name.as_deref(),
            instance: record.instance.to_string(),
            to: record.message.to.jid(),
            kind: record.message.content.kind(),
            state: record.state.as_str(),
            at,
            cron: cron.map(|(expression, ..)| expression),
            timezone: cron.map(|(_, zone, ..)| zone),
            until: cron.and_then(|(_, _, until_ms, _)| until_ms).map(Time),
            runs_max: cron.and_then(|(.., runs_max)| runs_max),
            grace_seconds: record.grace_seconds,
            next_run_at: record.next_ms.map(Time),
            runs: record.runs,
            missed: record.missed,
            created_at: Time(record.created_at_ms),
        }
    }
}

/// A run of a schedule.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ScheduleRun")]
pub(crate) struct RunJson<'a> {
    due_at: Time,
    ran_at: Time,
    /// `accepted`, `refused` or `missed`.
    outcome: &'static str,
    /// The message, when it was accepted.
    message: Option<String>,
    /// The error code, when it was refused.
    error: Option<&'a str>,
    /// Times that were missed, this one and those up to the next run.
    missed: Option<u32>,
}

impl<'a> RunJson<'a> {
    pub(crate) fn of(run: &'a RunRecord) -> RunJson<'a> {
        let (outcome, message, error, missed) = match &run.outcome {
            RunOutcome::Accepted(message) => ("accepted", Some(message.to_string()), None, None),
            RunOutcome::Refused(code) => ("refused", None, Some(code.as_str()), None),
            RunOutcome::Missed(missed) => ("missed", None, None, Some(*missed)),
        };
        RunJson { due_at: Time(run.due_ms), ran_at: Time(run.ran_at_ms), outcome, message, error, missed }
    }
}
