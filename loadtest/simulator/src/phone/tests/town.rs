//! A small world for tests: phones, companions that are phones under another device number, groups, files, and the
//! routing of stanzas between them.

use std::collections::{BTreeMap, HashMap, VecDeque};

use wacore_binary::{Attrs, Jid, Node, NodeContent};

use crate::crypto::media::MediaKind;
use crate::phone::{
    Addressing, Behaviour, BlobRef, Bundle, DeviceEntry, Directory, GroupView, InboxMessage, Phone,
    PhoneMessage, PhoneSeed,
};
use crate::stanza::{attr, attr_jid, child, children};

pub(super) const NOW_S: u64 = 1_790_000_000;

/// What the directory knows; phones are taken out of it while they work.
#[derive(Default)]
pub(super) struct Records {
    /// Bundles by phone number and one-time keys given out so far.
    bundles: HashMap<String, (Bundle, u32)>,
    one_time: HashMap<(String, u32), [u8; 32]>,
    groups: HashMap<String, GroupView>,
    pub(super) blobs: HashMap<String, Vec<u8>>,
    ids: u32,
    /// Bundles handed out.
    pub(super) bundles_taken: u32,
    /// Answers every request for keys with nothing.
    pub(super) keys_refused: bool,
}

/// One-time keys each phone publishes in tests.
const ONE_TIME_KEYS: u32 = 8;

pub(super) fn lid_of(pn: &str) -> String {
    format!("9{pn}")
}

impl Records {
    fn pn(&self, jid: &Jid) -> String {
        if jid.is_lid() { jid.user[1..].to_owned() } else { jid.user.to_string() }
    }
}

impl Directory for Records {
    fn devices(&mut self, user: &Jid) -> Vec<DeviceEntry> {
        let known = self.bundles.contains_key(&self.pn(user));
        known.then(|| DeviceEntry { jid: user.with_device(0), key_index: 0 }).into_iter().collect()
    }

    fn take_bundle(&mut self, device: &Jid) -> Option<Bundle> {
        if self.keys_refused {
            return None;
        }
        let pn = self.pn(device);
        let (bundle, given) = self.bundles.get_mut(&pn)?;
        *given += 1;
        self.bundles_taken += 1;
        let one_time = self.one_time.get(&(pn, *given)).map(|public| (*given, *public));
        Some(Bundle { one_time, ..bundle.clone() })
    }

    fn lid_of(&self, pn: &str) -> Option<String> {
        self.bundles.contains_key(pn).then(|| lid_of(pn))
    }

    fn pn_of(&self, lid: &str) -> Option<String> {
        lid.strip_prefix('9').filter(|pn| self.bundles.contains_key(*pn)).map(str::to_owned)
    }

    fn group(&self, gid: &Jid) -> Option<GroupView> {
        self.groups.get(gid.user.as_str()).cloned()
    }

    fn put_blob(&mut self, _kind: MediaKind, ciphertext: Vec<u8>) -> BlobRef {
        let direct_path = format!("/v/{}", self.blobs.len());
        self.blobs.insert(direct_path.clone(), ciphertext);
        BlobRef { url: format!("https://host{direct_path}"), direct_path, handle: "h".to_owned() }
    }

    fn get_blob(&self, direct_path: &str) -> Option<&[u8]> {
        self.blobs.get(direct_path).map(Vec::as_slice)
    }

    fn renew_blob(&mut self, direct_path: &str) -> Option<String> {
        let file = self.blobs.get(direct_path)?.clone();
        Some(self.put_blob(MediaKind::Document, file).direct_path)
    }

    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("ID{}", self.ids)
    }
}

/// Phones by number, and stanzas on their way.
#[derive(Default)]
pub(super) struct Town {
    pub(super) records: Records,
    phones: BTreeMap<String, Phone>,
    /// Everything delivered so far: (to, stanza).
    pub(super) delivered: Vec<(String, Node)>,
}

impl Town {
    pub(super) fn of(numbers: &[&str]) -> Self {
        let mut town = Self::default();
        for number in numbers {
            town.join(number, Behaviour::default());
        }
        town
    }

    pub(super) fn join(&mut self, pn: &str, behaviour: Behaviour) {
        let mut seed = [7; 32];
        seed[..pn.len()].copy_from_slice(pn.as_bytes());
        let seed = PhoneSeed { seed, pn: pn.to_owned(), lid: lid_of(pn), push_name: format!("name {pn}") };
        let phone = Phone::new(seed, behaviour);
        self.publish(pn, &phone);
        self.phones.insert(pn.to_owned(), phone);
    }

    fn publish(&mut self, pn: &str, phone: &Phone) {
        let material = phone.key_material();
        let bundle = Bundle {
            registration_id: material.registration_id,
            identity: material.identity,
            signed_pre_key: material.signed_pre_key,
            one_time: None,
        };
        self.records.bundles.insert(pn.to_owned(), (bundle, 0));
        for id in 1..=ONE_TIME_KEYS {
            self.records.one_time.insert((pn.to_owned(), id), phone.one_time_key(id).1);
        }
    }

    /// Replaces a phone by one of the same account that has forgotten everything.
    pub(super) fn forget_everything(&mut self, pn: &str) {
        let seed = self.phone(pn).seed().clone();
        self.phones.insert(pn.to_owned(), Phone::new(seed, Behaviour::default()));
    }

    pub(super) fn found(&mut self, gid: &str, addressing: Addressing, members: &[&str]) {
        let members = members.iter().map(|pn| (*pn).to_owned()).collect();
        self.records.groups.insert(gid.to_owned(), GroupView { addressing, members });
    }

    pub(super) fn phone(&self, pn: &str) -> &Phone {
        &self.phones[pn]
    }

    /// Lets a phone do something with the directory at hand.
    pub(super) fn with<T>(&mut self, pn: &str, act: impl FnOnce(&mut Phone, &mut dyn Directory) -> T) -> T {
        act(self.phones.get_mut(pn).unwrap(), &mut self.records)
    }

    /// Sends a message without delivering it.
    pub(super) fn write(&mut self, from: &str, to: &Jid, message: PhoneMessage) -> Node {
        self.with(from, |phone, directory| phone.send(NOW_S, to, message, directory)).unwrap().stanza
    }

    /// Sends a text and delivers everything that follows from it; the message id.
    pub(super) fn say(&mut self, from: &str, to: &Jid, text: &str) -> String {
        self.send(from, to, PhoneMessage::Text(text.to_owned()))
    }

    pub(super) fn send(&mut self, from: &str, to: &Jid, message: PhoneMessage) -> String {
        let stanza = self.write(from, to, message);
        let id = attr(&stanza, "id").unwrap().into_owned();
        self.run(from, vec![stanza]);
        id
    }

    /// Delivers stanzas of a phone and all answers, until nothing is left to say.
    pub(super) fn run(&mut self, from: &str, stanzas: Vec<Node>) {
        let mut queue: VecDeque<(String, Node)> =
            stanzas.into_iter().map(|stanza| (from.to_owned(), stanza)).collect();
        let mut turns = 0;
        while let Some((sender, stanza)) = queue.pop_front() {
            turns += 1;
            assert!(turns < 200, "phones talk without end");
            for (to, delivered) in self.route(&sender, &stanza) {
                self.delivered.push((to.clone(), delivered.clone()));
                let answers =
                    self.with(&to, |phone, directory| phone.on_stanza(NOW_S, &delivered, directory));
                queue.extend(answers.into_iter().map(|answer| (to.clone(), answer)));
            }
        }
    }

    /// What the service would deliver of a stanza: (number, stanza).
    pub(super) fn route(&self, sender: &str, stanza: &Node) -> Vec<(String, Node)> {
        match stanza.tag.as_ref() {
            "message" => self.route_message(sender, stanza),
            "receipt" => self.route_receipt(sender, stanza).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn route_message(&self, sender: &str, stanza: &Node) -> Vec<(String, Node)> {
        let to = attr_jid(stanza, "to").unwrap();
        let group = self.records.group(&to);
        let mut targets: BTreeMap<String, Vec<Node>> = BTreeMap::new();
        for entry in child(stanza, "participants").map(children).unwrap_or_default() {
            let pn = self.records.pn(&attr_jid(entry, "jid").unwrap());
            targets.entry(pn).or_default().extend(children(entry).iter().cloned());
        }
        let shared: Vec<Node> = children(stanza).iter().filter(|child| child.tag == "enc").cloned().collect();
        if let Some(single) = attr_jid(stanza, "participant") {
            targets.insert(self.records.pn(&single), shared);
        } else if let Some(group) = &group {
            for member in group.members.iter().filter(|member| *member != sender) {
                targets.entry(member.clone()).or_default().extend(shared.iter().cloned());
            }
        } else if !shared.is_empty() {
            targets.insert(self.records.pn(&to), shared);
        }
        let family = group.as_ref().map_or(to.is_lid(), |group| group.addressing == Addressing::Lid);
        let from = if family { Jid::lid(lid_of(sender)) } else { Jid::pn(sender) };
        let wrap = |encs: Vec<Node>| {
            let mut delivered = stanza.clone();
            delivered.attrs = Attrs::new();
            delivered.attrs.insert("id", attr(stanza, "id").unwrap().into_owned());
            if group.is_some() {
                delivered.attrs.insert("from", to.clone());
                delivered.attrs.insert("participant", from.clone());
            } else {
                delivered.attrs.insert("from", from.clone());
            }
            delivered.content = Some(NodeContent::Nodes(encs));
            delivered
        };
        targets.into_iter().map(|(pn, encs)| (pn, wrap(encs))).collect()
    }

    fn route_receipt(&self, sender: &str, stanza: &Node) -> Option<(String, Node)> {
        let to = attr_jid(stanza, "to")?;
        let participant = attr_jid(stanza, "participant");
        let author = self.records.pn(participant.as_ref().unwrap_or(&to));
        let mut delivered = stanza.clone();
        let family = participant.as_ref().unwrap_or(&to).is_lid();
        let reader = if family { Jid::lid(lid_of(sender)) } else { Jid::pn(sender) };
        delivered.attrs = stanza
            .attrs
            .iter()
            .filter(|(key, _)| *key != "to" && *key != "participant")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if participant.is_some() {
            delivered.attrs.insert("from", to);
            delivered.attrs.insert("participant", reader);
        } else {
            delivered.attrs.insert("from", reader);
        }
        Some((author, delivered))
    }

    /// Ids of one kind of receipt a number got: `None` for delivered.
    pub(super) fn receipts(&self, to: &str, kind: Option<&str>) -> Vec<String> {
        let receipts = self.delivered.iter().filter(|(number, node)| number == to && node.tag == "receipt");
        let receipts = receipts.filter(|(_, node)| attr(node, "type").as_deref() == kind);
        receipts.map(|(_, node)| attr(node, "id").unwrap().into_owned()).collect()
    }

    /// The only message with this id in an inbox.
    pub(super) fn got(&self, pn: &str, id: &str) -> &InboxMessage {
        self.phone(pn).inbox().find(id).unwrap_or_else(|| panic!("{pn} did not get {id}"))
    }

    /// The kinds of ciphertext in a stanza, in order.
    pub(super) fn enc_types(stanza: &Node) -> Vec<String> {
        let listed = child(stanza, "participants").map(children).unwrap_or_default();
        let listed = listed.iter().flat_map(children);
        let encs = listed.chain(children(stanza).iter().filter(|child| child.tag == "enc"));
        encs.map(|enc| attr(enc, "type").unwrap().into_owned()).collect()
    }
}
