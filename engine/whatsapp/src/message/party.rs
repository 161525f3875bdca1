//! People and chats: WhatsApp's ids in, [`Party`] out, with both names of a person where they are known.

use trunkline_model::Address;
use trunkline_model::inbound::Party;
use wacore_binary::{Jid, JidExt as _, Server};

/// A person or chat from its id and, where the stanza told it, the same person's other id.
pub(crate) fn party(jid: &Jid, other: Option<&Jid>, name: Option<&str>) -> Party {
    let (phone, lid) = names_of(jid, other);
    Party {
        jid: jid.to_non_ad_string(),
        phone,
        lid,
        name: name.filter(|name| !name.is_empty()).map(str::to_owned),
    }
}

/// Phone number and LID among the two ids of one person.
fn names_of(jid: &Jid, other: Option<&Jid>) -> (Option<String>, Option<String>) {
    let among = |wanted: fn(Server) -> bool| {
        [Some(jid), other]
            .into_iter()
            .flatten()
            .find(|jid| wanted(jid.server))
            .map(|jid| jid.user_base().to_owned())
    };
    (among(Server::is_pn_family), among(Server::is_lid_family))
}

/// The id that a message is addressed with. `None` when the address does not read as one.
pub(crate) fn address_of(address: &Address) -> Option<Jid> {
    let jid: Jid = address.jid().parse().ok()?;
    // A person or a group needs somebody in it.
    (!jid.user.is_empty() || jid.is_status_broadcast()).then_some(jid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_a_person_are_found_in_either_order() {
        let check = |jid: &str, other: Option<&str>, expected: (&str, Option<&str>, Option<&str>)| {
            let jid: Jid = jid.parse().expect("an id");
            let other: Option<Jid> = other.map(|other| other.parse().expect("an id"));
            let found = party(&jid, other.as_ref(), Some(""));
            assert_eq!((found.jid.as_str(), found.phone.as_deref(), found.lid.as_deref()), expected);
            assert_eq!(found.name, None);
        };
        let (phone, lid) = ("15550000001", "100000012345678");
        let (pn_jid, lid_jid) = ("15550000001@s.whatsapp.net", "100000012345678@lid");
        check(pn_jid, None, (pn_jid, Some(phone), None));
        check("15550000001:7@s.whatsapp.net", Some(lid_jid), (pn_jid, Some(phone), Some(lid)));
        check("100000012345678:3@lid", Some(pn_jid), (lid_jid, Some(phone), Some(lid)));
        check(lid_jid, None, (lid_jid, None, Some(lid)));
        check("120363021033254949@g.us", None, ("120363021033254949@g.us", None, None));
        check("status@broadcast", None, ("status@broadcast", None, None));
    }

    #[test]
    fn addresses_become_ids() {
        let check = |address: Address, expected: &str| {
            assert_eq!(address_of(&address).map(|jid| jid.to_string()), Some(expected.to_owned()));
        };
        check(Address::Phone("15550000001".into()), "15550000001@s.whatsapp.net");
        check(Address::Lid("100000012345678".into()), "100000012345678@lid");
        check(Address::Group("5511987650001-1614300000".into()), "5511987650001-1614300000@g.us");
        assert_eq!(address_of(&Address::Phone(String::new())), None);
    }
}
