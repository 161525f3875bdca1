//! Privacy settings, in WhatsApp's words and in ours.

use trunkline_model::command::{PrivacyCommand, PrivacySetting, PrivacyValue, PrivacyView, Reply};
use wacore::iq::privacy::{PrivacyCategory, PrivacyValue as WireValue};

use super::{Session, iq_error};
use crate::error::SessionError;

impl Session {
    /// Does something about the account's privacy.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`] for a value that a setting does not take, or what WhatsApp
    /// answered.
    pub async fn privacy(&self, command: PrivacyCommand) -> Result<Reply, SessionError> {
        self.connected()?;
        if let PrivacyCommand::Update(changes) = command {
            for (setting, value) in changes {
                let (category, value) = (category(setting), wire_value(value));
                if !category.is_valid_value(&value) {
                    let detail = format!("`{}` does not take this value", setting.as_str());
                    return Err(SessionError::Invalid(detail));
                }
                let set = self.inner.client.set_privacy_setting(category, value).await;
                set.map_err(|error| iq_error(&error))?;
            }
        }
        let told = self.inner.client.fetch_privacy_settings().await.map_err(|error| iq_error(&error))?;
        let settings = PrivacySetting::ALL.iter().filter_map(|setting| {
            let value = told.get_value(&category(*setting))?;
            PrivacyValue::ALL
                .iter()
                .find(|known| wire_value(**known) == *value)
                .map(|known| (*setting, *known))
        });
        Ok(Reply::Privacy(PrivacyView { settings: settings.collect() }))
    }
}

fn category(setting: PrivacySetting) -> PrivacyCategory {
    match setting {
        PrivacySetting::LastSeen => PrivacyCategory::Last,
        PrivacySetting::Online => PrivacyCategory::Online,
        PrivacySetting::Picture => PrivacyCategory::Profile,
        PrivacySetting::About => PrivacyCategory::Status,
        PrivacySetting::Groups => PrivacyCategory::GroupAdd,
        PrivacySetting::ReadReceipts => PrivacyCategory::ReadReceipts,
        PrivacySetting::Calls => PrivacyCategory::CallAdd,
        PrivacySetting::Messages => PrivacyCategory::Messages,
        PrivacySetting::Defense => PrivacyCategory::DefenseMode,
    }
}

fn wire_value(value: PrivacyValue) -> WireValue {
    match value {
        PrivacyValue::All => WireValue::All,
        PrivacyValue::Contacts => WireValue::Contacts,
        PrivacyValue::ContactsExcept => WireValue::ContactBlacklist,
        PrivacyValue::Nobody => WireValue::None,
        PrivacyValue::MatchLastSeen => WireValue::MatchLastSeen,
        PrivacyValue::Known => WireValue::Known,
        PrivacyValue::Off => WireValue::Off,
        PrivacyValue::OnStandard => WireValue::OnStandard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_takes_every_value_that_the_api_offers_and_no_other() {
        for setting in PrivacySetting::ALL {
            for value in PrivacyValue::ALL {
                let offered = setting.values().contains(value);
                assert_eq!(
                    category(*setting).is_valid_value(&wire_value(*value)),
                    offered,
                    "{setting:?} {value:?}"
                );
            }
        }
    }
}
