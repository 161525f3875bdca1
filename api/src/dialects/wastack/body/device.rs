//! Devices.

use serde_json::{Map, Value};
use trunkline_model::Failure;
use trunkline_model::limits::METADATA_BYTES_MAX;
use trunkline_model::settings::SettingsUpdate;

use super::{anybody, needed, text};
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::fields::{Object, Problems};
use crate::json::raw::RawObject;
use crate::limits::DISPLAY_NAME_BYTES_MAX;

/// The member of an instance's metadata that holds what people call it; WSAPI's customers have it there as well.
pub(crate) const NAME: &str = "name";
/// The member that holds the number that is to be linked.
pub(crate) const PHONE: &str = "phone";
/// The member that holds the customer's own metadata.
pub(crate) const METADATA: &str = "metadata";

loose! {
    /// A device that is to be made.
    CreateBody {
        /// What people call it.
        name: [name, deviceName] Loose<String>,
        /// The number that is to be linked.
        phone: [phone, phoneNumber] Loose<String>,
        /// The caller's own object, given back with the device.
        metadata: [metadata] RawObject,
    }
}

loose! {
    /// Changes to a device.
    UpdateBody {
        /// What people call it.
        name: [name, deviceName] Loose<String>,
        /// The number that is to be linked.
        phone: [phone, phoneNumber] Loose<String>,
        /// The caller's own object.
        metadata: [metadata] RawObject,
        /// How it behaves by itself.
        settings: [settings] Object<SettingsBody>,
    }
}

loose! {
    /// How a device behaves by itself.
    SettingsBody {
        /// Whether messages are marked as read when they arrive.
        auto_read: [autoRead, auto_read] Loose<bool>,
        /// Whether calls are declined.
        reject_calls: [rejectCalls, reject_calls] Loose<bool>,
        /// Whether messages of groups are left out.
        ignore_groups: [ignoreGroups, ignore_groups] Loose<bool>,
        /// Whether the number is always shown as there.
        always_online: [alwaysOnline, always_online] Loose<bool>,
    }
}

loose! {
    /// The phone that types the code.
    PairBody {
        /// Its number.
        phone: [phone, phoneNumber, number] Loose<String>,
    }
}

/// What a device's metadata says beside its state.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct About {
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) metadata: Option<RawObject>,
}

impl About {
    /// The instance's metadata with it; `None` where nothing is said.
    ///
    /// # Errors
    /// `VALIDATION` when there is no room for it, or a member is wrong.
    pub(crate) fn beside(self, before: Option<&str>) -> Result<Option<String>, Failure> {
        let mut problems = Problems::default();
        let About { name, phone, metadata } = self;
        if name.is_none() && phone.is_none() && metadata.is_none() {
            return Ok(None);
        }
        problems.bound("name", name.as_deref().unwrap_or_default(), DISPLAY_NAME_BYTES_MAX);
        let phone = match phone {
            Some(phone) => {
                let phone = anybody(PHONE, &phone)?;
                Some(phone.phone().ok_or_else(|| wrong(PHONE, "is not a phone number"))?.to_owned())
            }
            None => None,
        };
        let mut all: Map<String, Value> =
            before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let said = [(NAME, name), (PHONE, phone)];
        all.extend(said.into_iter().filter_map(|(member, text)| Some((member.to_owned(), text?.into()))));
        if let Some(RawObject(text)) = metadata {
            all.insert(METADATA.to_owned(), serde_json::from_str(&text).unwrap_or_default());
        }
        let text = Value::Object(all).to_string();
        problems.bound(METADATA, &text, METADATA_BYTES_MAX);
        problems.or(Some(Some(text)))
    }
}

impl CreateBody {
    /// # Errors
    /// `VALIDATION` for a device without a name.
    pub(crate) fn read(mut self) -> Result<About, Failure> {
        let name = needed("name", self.name())?;
        Ok(About { name: Some(name), phone: text(self.phone()), metadata: self.metadata() })
    }
}

impl UpdateBody {
    pub(crate) fn read(mut self) -> (About, Option<SettingsUpdate>) {
        let about = About { name: text(self.name()), phone: text(self.phone()), metadata: self.metadata() };
        (about, self.settings().map(|Object(settings)| settings.read()))
    }
}

impl SettingsBody {
    fn read(mut self) -> SettingsUpdate {
        let flag = |given: Option<Loose<bool>>| given.map(|Loose(on)| on);
        SettingsUpdate {
            auto_read: flag(self.auto_read()),
            reject_calls: flag(self.reject_calls()),
            ignore_groups: flag(self.ignore_groups()),
            always_online: flag(self.always_online()),
            ..SettingsUpdate::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays() {
        let create = |json: &str| serde_json::from_str::<CreateBody>(json).expect(json).read();
        let first = create(r#"{"name":"Support Line","phone":"+91 98765 43210","metadata":{"a":1}}"#);
        let first = first.expect("a device").beside(None).expect("there is room").expect("it says something");
        let told: Value = serde_json::from_str(&first).expect("JSON");
        let expected =
            serde_json::json!({"name": "Support Line", "phone": "919876543210", "metadata": {"a": 1}});
        assert_eq!(told, expected);
        let renamed = About { name: Some("Sales".to_owned()), ..About::default() };
        let second = renamed.beside(Some(&first)).expect("there is room").expect("it says something");
        let told: Value = serde_json::from_str(&second).expect("JSON");
        assert_eq!((&told["name"], &told["phone"]), (&"Sales".into(), &"919876543210".into()));
        assert_eq!(About::default().beside(Some(&first)), Ok(None));
        assert!(create("{}").is_err());
        let long = About { name: Some("x".repeat(256)), ..About::default() };
        assert!(long.beside(None).is_err());
    }
}
