//! One key for a person or chat, whichever of its names a stanza used.

use crate::address::Address;
use crate::inbound::Party;

/// What is stored of a person or chat is stored under this: the phone number where it is known, otherwise the LID; a group's
/// or newsletter's id.
///
/// Ends with a zero byte, so that no key is the beginning of another, and what follows it in a longer key sorts within it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChatKey(Vec<u8>);

const END: u8 = 0;

impl ChatKey {
    /// The key of an address as it stands. One that is a LID may have a phone number, which only the store knows.
    pub fn of(address: &Address) -> ChatKey {
        let (tag, id) = match address {
            Address::Phone(digits) => (b'p', digits.as_str()),
            Address::Lid(digits) => (b'l', digits.as_str()),
            Address::Group(id) => (b'g', id.as_str()),
            Address::Newsletter(id) => (b'n', id.as_str()),
            Address::Status => (b's', ""),
        };
        let mut bytes = Vec::with_capacity(id.len() + 2);
        bytes.push(tag);
        bytes.extend_from_slice(id.as_bytes());
        bytes.push(END);
        ChatKey(bytes)
    }

    /// The key of a person or chat that a stanza named. `None` for what is neither, such as a broadcast list.
    pub fn of_party(party: &Party) -> Option<ChatKey> {
        let address = match (&party.phone, &party.lid) {
            (Some(phone), _) => Address::Phone(phone.clone()),
            (None, Some(lid)) => Address::Lid(lid.clone()),
            (None, None) => party.jid.parse().ok()?,
        };
        Some(ChatKey::of(&address))
    }

    /// The key at the beginning of `bytes`, and what follows it.
    pub fn split(bytes: &[u8]) -> Option<(ChatKey, &[u8])> {
        let end = bytes.iter().position(|byte| *byte == END)?;
        let (key, rest) = bytes.split_at(end + 1);
        let key = ChatKey(key.to_vec());
        key.address().is_some().then_some((key, rest))
    }

    /// The bytes, the last of which is zero.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The address that it stands for.
    pub fn address(&self) -> Option<Address> {
        let (tag, rest) = self.0.split_first()?;
        let id = std::str::from_utf8(rest.strip_suffix(&[END])?).ok()?.to_owned();
        match tag {
            b'p' => Some(Address::Phone(id)),
            b'l' => Some(Address::Lid(id)),
            b'g' => Some(Address::Group(id)),
            b'n' => Some(Address::Newsletter(id)),
            b's' => Some(Address::Status),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_person_has_one_key_whichever_name_came_first() {
        let party = |jid: &str, phone: Option<&str>, lid: Option<&str>| Party {
            jid: jid.into(),
            phone: phone.map(str::to_owned),
            lid: lid.map(str::to_owned),
            name: None,
        };
        let check = |party: Party, expected: Option<&str>| {
            let jid = ChatKey::of_party(&party).and_then(|key| key.address()).map(|address| address.jid());
            assert_eq!(jid.as_deref(), expected, "{party:?}");
        };
        let phone = Some("966501234567");
        check(party("7@lid", phone, Some("7")), Some("966501234567@s.whatsapp.net"));
        check(party("966501234567@s.whatsapp.net", phone, None), Some("966501234567@s.whatsapp.net"));
        check(party("7@lid", None, Some("7")), Some("7@lid"));
        check(party("120363021033254949@g.us", None, None), Some("120363021033254949@g.us"));
        check(party("123@broadcast", None, None), None);
    }

    proptest! {
        #[test]
        fn keys_are_found_again_and_none_begins_another(
            a in "[0-9]{1,16}", b in "[0-9]{1,16}", rest in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let (a, b) = (ChatKey::of(&Address::Phone(a)), ChatKey::of(&Address::Phone(b)));
            prop_assert!(a == b || !b.as_bytes().starts_with(a.as_bytes()));
            let mut longer = a.as_bytes().to_vec();
            longer.extend_from_slice(&rest);
            prop_assert_eq!(ChatKey::split(&longer), Some((a, rest.as_slice())));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            if let Some((key, rest)) = ChatKey::split(&bytes) {
                prop_assert_eq!(key.as_bytes().len() + rest.len(), bytes.len());
            }
        }
    }
}
