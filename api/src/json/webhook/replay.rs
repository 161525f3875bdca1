//! Which events are delivered once more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::Replay;
use trunkline_model::limits::REPLAY_EVENTS_MAX;
use trunkline_model::{Failure, InstanceId};

use super::Resolve;
use crate::json::event::event_of;
use crate::json::fields::{First, Problems, present};
use crate::json::time::read_time;

type Ids = First<String, { REPLAY_EVENTS_MAX + 1 }>;

/// Body of `webhooks.replay`: `{"events"}`, `{"from", "to", "instance"?}`, `{"instance", "after"}` or `{"dead_letters": true}`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ReplayEvents")]
pub(crate) struct ReplayBody {
    /// Ids of events.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Ids")]
    events: Option<Ids>,
    /// The first time, in RFC 3339.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    from: Option<String>,
    /// The end, in RFC 3339, which is not in it.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    to: Option<String>,
    /// Id or name.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    instance: Option<String>,
    /// Sequence number of the event before the first.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u64")]
    after: Option<u64>,
    /// Every event that was given up.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    dead_letters: Option<bool>,
}

/// How many events are delivered once more.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Replaying")]
pub(crate) struct ReplayingJson {
    pub(crate) events: u64,
}

impl ReplayBody {
    /// The events.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<Replay, Failure> {
        let mut problems = Problems::default();
        let forms = [
            self.events.is_some(),
            self.from.is_some() || self.to.is_some(),
            self.after.is_some(),
            self.dead_letters.is_some(),
        ];
        if forms.into_iter().filter(|given| *given).count() != 1 {
            problems
                .add("body", "needs exactly one of `events`, `from` with `to`, `after`, and `dead_letters`");
            return problems.or(None);
        }
        let instance = self.instance.as_deref().map(|name| read_instance(&mut problems, name, resolve));
        if self.instance.is_some() && (self.events.is_some() || self.dead_letters.is_some()) {
            problems.add("instance", "belongs to `from` and `to`, or to `after`");
        }
        let replay = if let Some(First(ids)) = self.events {
            Some(Replay::Events(read_ids(&mut problems, &ids, resolve)))
        } else if self.dead_letters == Some(true) {
            Some(Replay::DeadLetters)
        } else if let Some(after) = self.after {
            if instance.is_none() {
                problems.add("instance", "is missing; a position belongs to an instance");
            }
            instance.flatten().map(|instance| Replay::After(instance, after))
        } else if self.dead_letters.is_some() {
            problems.add("dead_letters", "is not true; leave it out to replay others");
            None
        } else {
            read_times(&mut problems, (self.from.as_deref(), self.to.as_deref()), instance.flatten())
        };
        problems.or(replay)
    }
}

fn read_instance(problems: &mut Problems, name: &str, resolve: Resolve<'_>) -> Option<InstanceId> {
    let found = resolve(name);
    if found.is_none() {
        problems.add("instance", "is no id or name of an instance of this account");
    }
    found
}

fn read_ids(problems: &mut Problems, ids: &[String], resolve: Resolve<'_>) -> Vec<(InstanceId, u64)> {
    problems.few("events", ids, REPLAY_EVENTS_MAX);
    if ids.is_empty() {
        problems.add("events", "is empty; give at least one id");
    }
    let mut found = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        // An event of another account is none of this one.
        match event_of(id).filter(|(instance, _)| resolve(&instance.to_string()) == Some(*instance)) {
            Some(event) => found.push(event),
            None => problems.add(format!("events.{index}"), "is not the id of an event of this account"),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn read_times(
    problems: &mut Problems,
    (from, to): (Option<&str>, Option<&str>),
    instance: Option<InstanceId>,
) -> Option<Replay> {
    let mut read = |field: &str, text: Option<&str>| match text {
        Some(text) => read_time(problems, field, text),
        None => {
            problems.add(field, "is missing; give `from` and `to`");
            None
        }
    };
    let (from_ms, to_ms) = (read("from", from), read("to", to));
    let (from_ms, to_ms) = (from_ms?, to_ms?);
    if from_ms >= to_ms {
        problems.add("to", "is not after `from`");
    }
    Some(Replay::Times { instance, from_ms, to_ms })
}
