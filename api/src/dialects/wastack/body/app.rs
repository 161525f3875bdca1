//! Apps.

use trunkline_model::command::{NewApp, UpdateApp};
use trunkline_model::limits::{KEY_ADDRESSES_MAX, KEY_INSTANCES_MAX, WORKSPACE_NAME_BYTES_MAX};
use trunkline_model::{Failure, InstanceId};

use super::message::list;
use super::{needed, text};
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::access::read_ranges;
use crate::json::account::check_name;
use crate::json::fields::{First, Problems};

loose! {
    /// An app.
    AppBody {
        /// What it is called.
        name: [name] Loose<String>,
        /// The devices that it is bound to; all when left out or empty.
        devices: [deviceIds, device_ids] First<Loose<String>, { KEY_INSTANCES_MAX + 1 }>,
        /// Addresses that it is taken from, single or as ranges; any when left out or empty.
        allowed_ips: [allowedIps, allowed_ips] First<Loose<String>, { KEY_ADDRESSES_MAX + 1 }>,
        /// What it is for; not kept.
        description: [description] Loose<String>,
    }
}

/// Gives the instance of a device.
type Resolve<'a> = &'a dyn Fn(&str) -> Option<InstanceId>;

impl AppBody {
    fn instances(&mut self, resolve: Resolve<'_>) -> Result<Option<Option<Vec<InstanceId>>>, Failure> {
        let Some(given) = self.devices() else { return Ok(None) };
        let names = list(Some(given));
        if names.len() > KEY_INSTANCES_MAX {
            return Err(wrong("deviceIds", format!("has more than {KEY_INSTANCES_MAX} devices")));
        }
        let mut found = Vec::with_capacity(names.len());
        for (index, Loose(name)) in names.iter().enumerate() {
            let id = resolve(name);
            found.push(
                id.ok_or_else(|| wrong(&format!("deviceIds.{index}"), "is no device of this account"))?,
            );
        }
        found.sort_unstable();
        found.dedup();
        Ok(Some(Some(found).filter(|found| !found.is_empty())))
    }

    fn ranges(&mut self, problems: &mut Problems) -> Option<Vec<String>> {
        let given = self.allowed_ips()?;
        let texts = First(list(Some(given)).into_iter().map(|Loose(text)| text).collect());
        Some(read_ranges(problems, texts))
    }

    /// The app to make.
    ///
    /// # Errors
    /// `VALIDATION` with the members that are wrong.
    pub(crate) fn create(mut self, resolve: Resolve<'_>) -> Result<NewApp, Failure> {
        let mut problems = Problems::default();
        let name = needed("name", self.name())?;
        check_name(&mut problems, &name, WORKSPACE_NAME_BYTES_MAX);
        let instances = self.instances(resolve)?.flatten();
        let allowed_ips = self.ranges(&mut problems).unwrap_or_default();
        problems.or(Some(NewApp { name, instances, allowed_ips }))
    }

    /// The changes to one.
    ///
    /// # Errors
    /// `VALIDATION` with the members that are wrong.
    pub(crate) fn update(mut self, resolve: Resolve<'_>) -> Result<UpdateApp, Failure> {
        let mut problems = Problems::default();
        let name = text(self.name());
        name.iter().for_each(|name| check_name(&mut problems, name, WORKSPACE_NAME_BYTES_MAX));
        let instances = self.instances(resolve)?;
        let allowed_ips = self.ranges(&mut problems);
        problems.or(Some(UpdateApp { name, instances, allowed_ips }))
    }
}
