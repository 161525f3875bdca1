//! The APIs that the gateway speaks: its own, and those of the services whose customers it takes over.

/// An API that the gateway speaks.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
pub enum Dialect {
    /// Trunkline's own.
    Native,
    /// WAStack.
    Wastack,
    /// WASaaS.
    Wasaas,
    /// WSAPI, both of its generations.
    Wsapi,
    /// 7aduta, and WasenderAPI whose form it has.
    Aduta,
    /// Wessaal.
    Wessaal,
}

impl Dialect {
    /// Every dialect, in order of declaration.
    pub const ALL: [Dialect; 6] = [
        Dialect::Native,
        Dialect::Wastack,
        Dialect::Wasaas,
        Dialect::Wsapi,
        Dialect::Aduta,
        Dialect::Wessaal,
    ];

    /// The word that paths, records and the API use.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Native => "native",
            Dialect::Wastack => "wastack",
            Dialect::Wasaas => "wasaas",
            Dialect::Wsapi => "wsapi",
            Dialect::Aduta => "aduta",
            Dialect::Wessaal => "wessaal",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == word)
    }

    /// What the keys of this dialect begin with: the first one is that of ordinary keys.
    pub fn key_prefix(self) -> &'static str {
        match self {
            Dialect::Native => "tk_",
            Dialect::Wastack => "wa_live_",
            Dialect::Wasaas => "wsk_",
            Dialect::Wsapi => "ws_live_",
            Dialect::Aduta => "sess_",
            Dialect::Wessaal => "sk_live_",
        }
    }

    /// The dialect whose keys look like this one; `None` for what has no prefix of ours.
    pub fn of_key(presented: &str) -> Option<Dialect> {
        let other = [("wapp_", Dialect::Wastack), ("pat_", Dialect::Aduta)];
        let kinds = Dialect::ALL.map(|dialect| (dialect.key_prefix(), dialect)).into_iter().chain(other);
        kinds.into_iter().find(|(prefix, _)| presented.starts_with(prefix)).map(|(_, dialect)| dialect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_keys_tell_their_dialect() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::parse(dialect.as_str()), Some(dialect));
            assert_eq!(Dialect::of_key(&format!("{}x", dialect.key_prefix())), Some(dialect));
        }
        assert_eq!(Dialect::of_key("wapp_x"), Some(Dialect::Wastack));
        assert_eq!(Dialect::of_key("pat_x"), Some(Dialect::Aduta));
        assert_eq!((Dialect::of_key("sk_test"), Dialect::parse("other")), (None, None));
    }
}
