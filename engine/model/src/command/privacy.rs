//! Who sees what of the account.

/// A command about privacy. Both ask WhatsApp, and need an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum PrivacyCommand {
    /// Every setting. Answered by [`super::Reply::Privacy`].
    Get,
    /// Changes settings, one after the other. Answered by [`super::Reply::Privacy`].
    Update(Vec<(PrivacySetting, PrivacyValue)>),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
        )]
        pub enum $name { $($(#[$about])* $variant,)* }

        impl $name {
            /// Every one, in order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word that the native API uses.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// Reads the word back.
            pub fn parse(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

words! {
    /// What a privacy setting is about.
    PrivacySetting {
        /// When the account was online last.
        LastSeen = "last_seen",
        /// Whether it is online now.
        Online = "online",
        /// Its picture.
        Picture = "picture",
        /// Its about text.
        About = "about",
        /// Who may add it to groups.
        Groups = "groups",
        /// Whether others learn that it read something.
        ReadReceipts = "read_receipts",
        /// Who may call it.
        Calls = "calls",
        /// Who may write to it.
        Messages = "messages",
        /// The defence against unwanted messages.
        Defense = "defense",
    }
}

words! {
    /// What a privacy setting is set to.
    PrivacyValue {
        /// Everybody.
        All = "all",
        /// Contacts.
        Contacts = "contacts",
        /// Contacts, some of them excepted.
        ContactsExcept = "contacts_except",
        /// Nobody.
        Nobody = "nobody",
        /// Whoever sees when it was online last.
        MatchLastSeen = "match_last_seen",
        /// Whoever it knows.
        Known = "known",
        /// Off.
        Off = "off",
        /// On, in its standard form.
        OnStandard = "on_standard",
    }
}

impl PrivacySetting {
    /// What this setting can be set to through the API. The list of excepted contacts lives on the phone.
    pub fn values(self) -> &'static [PrivacyValue] {
        use PrivacyValue as Value;
        match self {
            PrivacySetting::LastSeen
            | PrivacySetting::Picture
            | PrivacySetting::About
            | PrivacySetting::Groups => &[Value::All, Value::Contacts, Value::ContactsExcept, Value::Nobody],
            PrivacySetting::Online => &[Value::All, Value::MatchLastSeen],
            PrivacySetting::ReadReceipts => &[Value::All, Value::Nobody],
            PrivacySetting::Calls => &[Value::All, Value::Known, Value::Contacts],
            PrivacySetting::Messages => &[Value::All, Value::Contacts],
            PrivacySetting::Defense => &[Value::Off, Value::OnStandard],
        }
    }
}

/// The privacy settings as WhatsApp tells them. A value that this version does not know is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PrivacyView {
    /// Each setting and what it is set to, in order of declaration.
    pub settings: Vec<(PrivacySetting, PrivacyValue)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_every_setting_has_values() {
        for setting in PrivacySetting::ALL {
            assert_eq!(PrivacySetting::parse(setting.as_str()), Some(*setting));
            assert!(setting.values().len() > 1, "{setting:?}");
        }
        for value in PrivacyValue::ALL {
            assert_eq!(PrivacyValue::parse(value.as_str()), Some(*value));
        }
        assert_eq!(PrivacySetting::parse("everything"), None);
    }
}
