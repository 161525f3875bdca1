//! Instances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::command::{CreateInstance, InstanceView, UpdateInstance};
use trunkline_model::{Failure, limits as model_limits};

use super::account::read_workspace;
use super::fields::{Problems, nullable, present};
use super::party::Person;
use super::raw::{RawObject, embed};
use super::time::Time;

/// Body of `instances.create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateInstance")]
pub(crate) struct CreateBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    metadata: Option<RawObject>,
    /// Id of a workspace; the account's default one when left out.
    #[serde(default)]
    workspace: Option<String>,
}

/// Body of `instances.update`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateInstance")]
pub(crate) struct UpdateBody {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<Option<RawObject>>,
    /// Id of another workspace.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    workspace: Option<String>,
}

impl CreateBody {
    /// The instance to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<CreateInstance, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        let metadata = self.metadata.map(|raw| read_metadata(&mut problems, raw));
        let workspace = self.workspace.and_then(|text| read_workspace(&mut problems, &text));
        problems.or(Some(CreateInstance { name: self.name, metadata, workspace }))
    }
}

impl UpdateBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<UpdateInstance, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        let metadata = self.metadata.map(|given| given.map(|raw| read_metadata(&mut problems, raw)));
        let workspace = self.workspace.and_then(|text| read_workspace(&mut problems, &text));
        problems.or(Some(UpdateInstance { name: self.name, metadata, workspace }))
    }
}

/// Whether a text is an absolute `http` or `https` URL with a host and without credentials.
pub(crate) fn is_http_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// A name stands in paths, so it has the characters that need no escaping there; and it must not look like an id.
pub(super) fn check_name(problems: &mut Problems, name: &str) {
    problems.bound("name", name, model_limits::INSTANCE_NAME_BYTES_MAX);
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if !well_formed {
        problems.add(
            "name",
            "has other characters than letters, digits, `.`, `_` and `-`, or does not start with a letter or digit",
        );
    } else if name.starts_with("ins_") {
        problems.add("name", "starts with `ins_`, as ids do; choose another");
    }
}

fn read_metadata(problems: &mut Problems, raw: RawObject) -> String {
    problems.bound("metadata", &raw.0, model_limits::METADATA_BYTES_MAX);
    raw.0
}

/// An instance as replies give it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Instance")]
pub(crate) struct InstanceJson<'a> {
    id: String,
    account: String,
    workspace: String,
    name: Option<&'a str>,
    state: &'static str,
    reason: Option<&'static str>,
    linked: Option<Person<'a>>,
    last_frame_age_ms: Option<u64>,
    next_attempt_at: Option<Time>,
    outbox_depth: u64,
    newest_event: u64,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
    created_at: Time,
}

impl<'a> InstanceJson<'a> {
    pub(crate) fn of(view: &'a InstanceView) -> InstanceJson<'a> {
        InstanceJson {
            id: view.id.to_string(),
            account: view.account.to_string(),
            workspace: view.workspace.to_string(),
            name: view.name.as_deref(),
            state: view.state.as_str(),
            reason: view.reason.map(|reason| reason.as_str()),
            linked: view.linked.as_ref().map(Person::of),
            last_frame_age_ms: view.last_frame_age_ms,
            next_attempt_at: view.next_attempt_at_ms.map(Time),
            outbox_depth: view.outbox_depth,
            newest_event: view.newest_event,
            metadata: embed(view.metadata.as_ref()),
            created_at: Time(view.created_at_ms),
        }
    }
}
