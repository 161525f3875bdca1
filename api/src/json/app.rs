//! Apps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::account::AppRecord;
use trunkline_model::command::{NewApp, Shown, UpdateApp};
use trunkline_model::limits::WORKSPACE_NAME_BYTES_MAX;

use super::access::{Instances, Ranges, read_instances, read_ranges};
use super::account::check_name;
use super::fields::{Problems, nullable, present};
use super::key::instance_ids;
use super::time::Time;
use super::webhook::Resolve;

/// Body of `apps.create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateApp")]
pub(crate) struct CreateAppBody {
    name: String,
    /// The instances that it is bound to, by id or name; null for all.
    #[serde(default)]
    instances: Option<Instances>,
    /// Addresses that it is taken from, single or as ranges (CIDR); empty for any.
    #[serde(default)]
    allowed_ips: Ranges,
}

impl CreateAppBody {
    /// The app to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<NewApp, Failure> {
        let mut problems = Problems::default();
        check_name(&mut problems, &self.name, WORKSPACE_NAME_BYTES_MAX);
        let instances = self.instances.map(|names| read_instances(&mut problems, names, resolve));
        let allowed_ips = read_ranges(&mut problems, self.allowed_ips);
        problems.or(Some(NewApp { name: self.name, instances, allowed_ips }))
    }
}

/// Body of `apps.update`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateApp")]
pub(crate) struct UpdateAppBody {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<Instances>")]
    instances: Option<Option<Instances>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Ranges")]
    allowed_ips: Option<Ranges>,
}

impl UpdateAppBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<UpdateApp, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name, WORKSPACE_NAME_BYTES_MAX);
        }
        let instances =
            self.instances.map(|given| given.map(|names| read_instances(&mut problems, names, resolve)));
        let allowed_ips = self.allowed_ips.map(|ranges| read_ranges(&mut problems, ranges));
        problems.or(Some(UpdateApp { name: self.name, instances, allowed_ips }))
    }
}

/// What is known of an app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "App")]
pub(crate) struct AppJson<'a> {
    id: String,
    name: &'a str,
    /// How its key begins, to tell it from others.
    prefix: &'a str,
    /// The instances that it is bound to; null for all.
    instances: Option<Vec<String>>,
    /// Addresses that it is taken from; empty for any.
    allowed_ips: &'a [String],
    /// How long the key serves that the present one replaced.
    old_key_until: Option<Time>,
    created_at: Time,
}

impl<'a> AppJson<'a> {
    pub(crate) fn of(record: &'a AppRecord) -> AppJson<'a> {
        AppJson {
            id: record.id.to_string(),
            name: &record.name,
            prefix: &record.secrets.current.prefix,
            instances: instance_ids(record.instances.as_deref()),
            allowed_ips: &record.allowed_ips,
            old_key_until: record.secrets.old.as_ref().map(|old| Time(old.until_ms)),
            created_at: Time(record.created_at_ms),
        }
    }
}

/// An app whose key was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewApp")]
pub(crate) struct NewAppJson<'a> {
    #[serde(flatten)]
    known: AppJson<'a>,
    /// Its key, which is never shown again.
    key: &'a str,
}

impl<'a> NewAppJson<'a> {
    pub(crate) fn of(record: &'a AppRecord, shown: &'a Shown) -> NewAppJson<'a> {
        NewAppJson { known: AppJson::of(record), key: &shown.0 }
    }
}
