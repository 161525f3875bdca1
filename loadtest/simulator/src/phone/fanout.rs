//! One message, many devices: who gets it, under which session, and who still lacks the group's sender key.

use std::collections::HashSet;

use buffa::MessageField;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use wacore_libsignal::protocol::{ProtocolAddress, SenderKeyName};
use waproto::whatsapp::Message;
use waproto::whatsapp::message::{DeviceSentMessage, SenderKeyDistributionMessage};

use super::bounded::BoundedMap;
use super::directory::{Addressing, Directory, GroupView};
use super::limits::SENDER_KEY_GROUPS_MAX;
use super::sent::StanzaForm;
use super::signal::{EncType, address};
use super::types::PhoneError;
use super::{Phone, live};

/// Devices that hold the phone's sender key, by group.
pub(super) struct GroupKeys {
    holders: BoundedMap<String, HashSet<ProtocolAddress>>,
}

impl Default for GroupKeys {
    fn default() -> Self {
        Self { holders: BoundedMap::new(SENDER_KEY_GROUPS_MAX) }
    }
}

impl GroupKeys {
    /// Whether somebody holds the key who is no longer among `devices`: then the key must change.
    fn somebody_left(&self, group: &str, devices: &[Target]) -> bool {
        self.holders.get(group).is_some_and(|holders| {
            let current: HashSet<_> = devices.iter().map(|device| &device.address).collect();
            holders.iter().any(|holder| !current.contains(holder))
        })
    }

    fn clear(&mut self, group: &str) {
        self.holders.insert(group.to_owned(), HashSet::new());
    }

    fn lacks(&self, group: &str, device: &ProtocolAddress) -> bool {
        self.holders.get(group).is_none_or(|holders| !holders.contains(device))
    }

    fn add(&mut self, group: &str, device: ProtocolAddress) {
        self.holders.entry_or(&group.to_owned(), HashSet::new).insert(device);
    }
}

/// A device to send to.
pub(super) struct Target {
    pub(super) jid: Jid,
    pub(super) address: ProtocolAddress,
}

impl Phone {
    /// Devices of an account, the phone itself left out when the account is its own.
    pub(super) fn devices_of(&self, user: &Jid, directory: &mut dyn Directory) -> Vec<Target> {
        let account = self.account_of(user, directory);
        let own = account == self.seed.pn;
        let devices = directory.devices(user).into_iter().filter(|entry| !own || entry.jid.device != 0);
        devices.map(|entry| Target { address: address(&account, entry.jid.device), jid: entry.jid }).collect()
    }

    /// Devices of all members of a group, in the group's addressing, the phone itself left out.
    pub(super) fn group_devices(&self, group: &GroupView, directory: &mut dyn Directory) -> Vec<Target> {
        let mut targets = Vec::new();
        for member in &group.members {
            let user = match group.addressing {
                Addressing::Pn => Jid::pn(member.as_str()),
                Addressing::Lid => match directory.lid_of(member) {
                    Some(lid) => Jid::lid(lid),
                    None => continue,
                },
            };
            targets.extend(self.devices_of(&user, directory));
        }
        targets
    }

    /// Encrypts for one device, opening a session when there is none. `None` when the device has no keys to open
    /// one with (it has gone, or refuses).
    pub(super) fn encrypt_for(
        &mut self,
        target: &Target,
        plain: &[u8],
        directory: &mut dyn Directory,
    ) -> Option<(EncType, Vec<u8>)> {
        let signal = live(&mut self.signal, &self.ring);
        if !signal.has_session(&target.address) {
            let bundle = directory.take_bundle(&target.jid)?;
            signal.open_session(&target.address, &bundle).ok()?;
        }
        signal.encrypt(&target.address, plain).ok()
    }

    /// `<to jid><enc/></to>` for each device that can be reached.
    pub(super) fn encrypt_for_all(
        &mut self,
        targets: &[Target],
        plain: &[u8],
        form: StanzaForm,
        directory: &mut dyn Directory,
    ) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(targets.len());
        for target in targets {
            if let Some((kind, sealed)) = self.encrypt_for(target, plain, directory) {
                nodes.push(to_node(&target.jid, enc_node(kind, sealed, form, None)));
            }
        }
        nodes
    }

    /// Name of the phone's own sender key in a group.
    pub(super) fn own_sender_key(&self, group: &Jid) -> SenderKeyName {
        SenderKeyName::from_parts(&group.to_non_ad_string(), address(&self.seed.pn, 0).as_str())
    }

    /// Distributes the phone's sender key to the devices that lack it: one `<to>` each. Makes a new key when a device
    /// that holds the current one has left the group, or the phone itself has forgotten it.
    pub(super) fn distribute_key(
        &mut self,
        group: &Jid,
        targets: &[Target],
        directory: &mut dyn Directory,
    ) -> Result<Vec<Node>, PhoneError> {
        let group_id = group.to_non_ad_string();
        let name = self.own_sender_key(group);
        let signal = live(&mut self.signal, &self.ring);
        if self.group_keys.somebody_left(&group_id, targets) || !signal.has_sender_key(&name) {
            signal.forget_sender_key(&name);
            self.group_keys.clear(&group_id);
        }
        let plain = self.distribution_message(group, Message::default())?;
        let form = StanzaForm::of_type("text");
        let mut nodes = Vec::new();
        for target in targets {
            if !self.group_keys.lacks(&group_id, &target.address) {
                continue;
            }
            if let Some((kind, sealed)) = self.encrypt_for(target, &plain, directory) {
                nodes.push(to_node(&target.jid, enc_node(kind, sealed, form, None)));
                self.group_keys.add(&group_id, target.address.clone());
            }
        }
        Ok(nodes)
    }

    /// `message` with the distribution of the phone's sender key added, encoded.
    pub(super) fn distribution_message(
        &mut self,
        group: &Jid,
        message: Message,
    ) -> Result<Vec<u8>, PhoneError> {
        let name = self.own_sender_key(group);
        let key = live(&mut self.signal, &self.ring).distribution(&name)?;
        let message = Message {
            sender_key_distribution_message: MessageField::some(SenderKeyDistributionMessage {
                group_id: Some(group.to_non_ad_string()),
                axolotl_sender_key_distribution_message: Some(key),
            }),
            ..message
        };
        Ok(waproto::codec::message_to_vec(&message))
    }
}

/// What own companions get: the message, wrapped with where it went. Encoded.
pub(super) fn device_sent(chat: &Jid, message: Message) -> Vec<u8> {
    waproto::codec::message_to_vec(&Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            destination_jid: Some(chat.to_non_ad_string()),
            message: MessageField::some(message),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// `<enc>` around a ciphertext; `retry_count` on resends.
pub(super) fn enc_node(kind: EncType, sealed: Vec<u8>, form: StanzaForm, retry_count: Option<u64>) -> Node {
    let mut enc = NodeBuilder::new("enc").attr("v", "2").attr("type", kind.name());
    if let Some(media_type) = form.media_type {
        enc = enc.attr("mediatype", media_type);
    }
    if form.hide_failure {
        enc = enc.attr("decrypt-fail", "hide");
    }
    if let Some(count) = retry_count {
        enc = enc.attr("count", count);
    }
    enc.bytes(sealed).build()
}

fn to_node(jid: &Jid, enc: Node) -> Node {
    NodeBuilder::new("to").attr("jid", jid).children([enc]).build()
}
