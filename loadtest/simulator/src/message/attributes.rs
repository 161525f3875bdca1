//! The attributes a delivered message carries: which names of the sender the receiver learns.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::phone::Addressing;
use crate::stanza::children;
use crate::world::account::Account;
use crate::world::names::{mode, other};

/// Attributes of the sender's stanza that reach the receiver as they are.
const KEPT: [&str; 3] = ["id", "type", "edit"];

/// Children that never reach the receiver: other devices' ciphertexts, and the sender's token.
const STRIPPED: [&str; 3] = ["participants", "enc", "tctoken"];

/// Who sent it.
pub struct Sender<'a> {
    /// The account.
    pub account: &'a Account,
    /// The device.
    pub device: u16,
}

/// What the message is to the receiving device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Case {
    /// From somebody else.
    Direct {
        /// Names used in the chat.
        family: Addressing,
    },
    /// A copy of what another device of its account sent. It must not carry the sender's other name:
    /// clients would take it for the recipient's.
    OwnCopy {
        /// Names used in the chat.
        family: Addressing,
        /// The chat, in those names.
        recipient: Jid,
        /// The chat in the other family of names.
        peer_recipient: Jid,
    },
    /// In a group.
    Group {
        /// The group.
        gid: Jid,
        /// Names used in the group.
        family: Addressing,
    },
    /// A status.
    Status,
    /// Between devices of one account, about the account itself.
    Peer,
}

/// The stanza one device gets: the sender's, its own ciphertexts, and nobody else's.
pub fn delivered(original: &Node, sender: &Sender<'_>, case: &Case, t: u64, encs: Vec<Node>) -> Node {
    let mut stanza = NodeBuilder::new("message");
    for key in KEPT {
        if let Some(value) = original.attrs.get(key) {
            stanza = stanza.attr(key, value.clone());
        }
    }
    stanza = named(stanza.attr("t", t).attr("notify", &*sender.account.push_name), sender, case);
    let forwarded = children(original).iter().filter(|child| !STRIPPED.contains(&&*child.tag)).cloned();
    stanza.children(encs.into_iter().chain(forwarded)).build()
}

fn named(stanza: NodeBuilder, sender: &Sender<'_>, case: &Case) -> NodeBuilder {
    let device = |family| sender.account.jid(family, sender.device);
    let user = |family| sender.account.jid(family, 0);
    match case {
        Case::Direct { family } => {
            let key = match family {
                Addressing::Pn => "sender_lid",
                Addressing::Lid => "sender_pn",
            };
            stanza
                .attr("from", device(*family))
                .attr("addressing_mode", mode(*family))
                .attr(key, user(other(*family)))
        }
        Case::OwnCopy { family, recipient, peer_recipient } => {
            let key = match family {
                Addressing::Pn => "peer_recipient_lid",
                Addressing::Lid => "peer_recipient_pn",
            };
            stanza
                .attr("from", device(*family))
                .attr("addressing_mode", mode(*family))
                .attr("recipient", recipient.clone())
                .attr(key, peer_recipient.clone())
        }
        Case::Group { gid, family } => {
            let key = match family {
                Addressing::Pn => "participant_lid",
                Addressing::Lid => "participant_pn",
            };
            stanza
                .attr("from", gid.clone())
                .attr("participant", device(*family))
                .attr("addressing_mode", mode(*family))
                .attr(key, user(other(*family)))
        }
        Case::Status => stanza
            .attr("from", Jid::status_broadcast())
            .attr("participant", device(Addressing::Pn))
            .attr("participant_lid", user(Addressing::Lid)),
        Case::Peer => stanza.attr("from", device(Addressing::Pn)).attr("category", "peer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stanza::{attr, empty};
    use crate::world::names::{Accounts, NewAccount};

    fn check(case: &Case, expected: &[(&str, &str)]) {
        let mut accounts = Accounts::default();
        let behaviour = Default::default();
        let new = NewAccount { pn: "5511900000001".to_owned(), push_name: Some("Ada".to_owned()), behaviour };
        let id = accounts.create(new, 1, 0).expect("created");
        accounts[id].lid = "100000000000001".into();
        let original = NodeBuilder::new("message")
            .attr("id", "A1")
            .attr("to", Jid::pn("5511900000002"))
            .attr("type", "text")
            .attr("phash", "2:xxxxxxxx")
            .attr("edit", "1")
            .children(["participants", "enc", "tctoken", "meta", "device-identity"].map(empty))
            .build();
        let sender = Sender { account: &accounts[id], device: 1 };
        let stanza = delivered(&original, &sender, case, 5, vec![empty("enc")]);
        let tags: Vec<_> = children(&stanza).iter().map(|child| &*child.tag).collect();
        assert_eq!(tags, ["enc", "meta", "device-identity"]);
        let common = [("id", "A1"), ("type", "text"), ("edit", "1"), ("t", "5"), ("notify", "Ada")];
        let expected: Vec<_> = common.iter().chain(expected).copied().collect();
        let keys: Vec<_> = stanza.attrs.keys().map(|key| &**key).collect();
        assert_eq!(keys, expected.iter().map(|(key, _)| *key).collect::<Vec<_>>());
        for (key, value) in expected {
            assert_eq!(attr(&stanza, key).as_deref(), Some(value), "{key}");
        }
    }

    const PN: &str = "5511900000001:1@s.whatsapp.net";
    const LID: &str = "100000000000001:1@lid";
    const PN_USER: &str = "5511900000001@s.whatsapp.net";
    const LID_USER: &str = "100000000000001@lid";

    #[test]
    fn direct_messages_carry_the_senders_other_name() {
        check(
            &Case::Direct { family: Addressing::Pn },
            &[("from", PN), ("addressing_mode", "pn"), ("sender_lid", LID_USER)],
        );
        check(
            &Case::Direct { family: Addressing::Lid },
            &[("from", LID), ("addressing_mode", "lid"), ("sender_pn", PN_USER)],
        );
    }

    #[test]
    fn own_copies_carry_the_recipients_other_name_instead() {
        check(
            &Case::OwnCopy { family: Addressing::Pn, recipient: Jid::pn("2"), peer_recipient: Jid::lid("3") },
            &[
                ("from", PN),
                ("addressing_mode", "pn"),
                ("recipient", "2@s.whatsapp.net"),
                ("peer_recipient_lid", "3@lid"),
            ],
        );
        check(
            &Case::OwnCopy {
                family: Addressing::Lid,
                recipient: Jid::lid("3"),
                peer_recipient: Jid::pn("2"),
            },
            &[
                ("from", LID),
                ("addressing_mode", "lid"),
                ("recipient", "3@lid"),
                ("peer_recipient_pn", "2@s.whatsapp.net"),
            ],
        );
    }

    #[test]
    fn groups_and_statuses_name_the_participant() {
        check(
            &Case::Group { gid: Jid::group("7"), family: Addressing::Lid },
            &[
                ("from", "7@g.us"),
                ("participant", LID),
                ("addressing_mode", "lid"),
                ("participant_pn", PN_USER),
            ],
        );
        check(
            &Case::Group { gid: Jid::group("7"), family: Addressing::Pn },
            &[
                ("from", "7@g.us"),
                ("participant", PN),
                ("addressing_mode", "pn"),
                ("participant_lid", LID_USER),
            ],
        );
        check(
            &Case::Status,
            &[("from", "status@broadcast"), ("participant", PN), ("participant_lid", LID_USER)],
        );
        check(&Case::Peer, &[("from", PN), ("category", "peer")]);
    }
}
