//! Notifications the service starts: device changes, app state, keys running low.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeValue};

use super::{AccountId, DeviceId, World};
use crate::crypto::app_state::Collection;
use crate::crypto::phash::phash;
use crate::limits::ONE_TIME_KEYS_LOW;
use crate::phone::Addressing;
use crate::stanza::service;

impl World {
    /// A notification, without its content.
    pub(crate) fn notification(&mut self, from: impl Into<NodeValue>, kind: &'static str) -> NodeBuilder {
        NodeBuilder::new("notification")
            .attr("from", from)
            .attr("type", kind)
            .attr("id", self.stanza_id())
            .attr("t", self.now_s())
    }

    /// The hash of an account's device list in one family of names.
    pub(crate) fn device_hash(&self, account: AccountId, family: Addressing) -> String {
        let account = &self.accounts[account];
        let devices: Vec<Jid> = account.device_numbers().map(|device| account.jid(family, device)).collect();
        phash(&devices)
    }

    pub(super) fn announce_addition(&mut self, device: DeviceId) {
        let key_index = self.accounts[device.account].key_index_of(device.device);
        self.announce(device, "add", key_index);
    }

    pub(super) fn announce_removal(&mut self, device: DeviceId, key_index: u32) {
        self.announce(device, "remove", key_index);
    }

    fn announce(&mut self, device: DeviceId, change: &'static str, key_index: u32) {
        self.tell_own_companions(device);
        let contacts = self.accounts[device.account].extras.as_ref().map(|extras| extras.contacts.clone());
        let (ts, list) = self.key_index_list(device.account).unwrap_or_default();
        let signed = match change {
            "add" => NodeBuilder::new("key-index-list").attr("ts", ts).bytes(list).build(),
            _ => NodeBuilder::new("key-index-list").attr("ts", ts).build(),
        };
        let mut told = contacts.unwrap_or_default();
        // Clients learn of their own account's devices this way too.
        told.insert(device.account);
        for account in told {
            for companion in self.companions_of(account, Some(device)) {
                // Clients differ in the family of names their device caches are keyed by.
                for family in [Addressing::Pn, Addressing::Lid] {
                    let content = self.device_change((device, key_index), change, family, &signed);
                    let from = self.accounts[device.account].jid(family, 0);
                    let mut notification = self.notification(from, "devices");
                    if family == Addressing::Pn {
                        notification =
                            notification.attr("lid", self.accounts[device.account].jid(Addressing::Lid, 0));
                    }
                    self.deliver(companion, notification.children([content]).build());
                }
            }
        }
    }

    fn device_change(
        &self,
        changed: (DeviceId, u32),
        change: &'static str,
        family: Addressing,
        signed: &Node,
    ) -> Node {
        let (id, key_index) = changed;
        let mut device =
            NodeBuilder::new("device").attr("jid", self.jid(id, family)).attr("key-index", key_index);
        let mut node = NodeBuilder::new(change).attr("device_hash", self.device_hash(id.account, family));
        if family == Addressing::Pn {
            device = device.attr("lid", self.jid(id, Addressing::Lid));
            node = node.attr("device_lid_hash", self.device_hash(id.account, Addressing::Lid));
        }
        node.children([device.build(), signed.clone()]).build()
    }

    fn tell_own_companions(&mut self, changed: DeviceId) {
        let account = &self.accounts[changed.account];
        let devices: Vec<Node> = account
            .device_numbers()
            .map(|number| {
                NodeBuilder::new("device")
                    .attr("jid", account.jid(Addressing::Pn, number))
                    .attr("key-index", account.key_index_of(number))
                    .build()
            })
            .collect();
        let from = account.jid(Addressing::Pn, 0);
        let hash = self.device_hash(changed.account, Addressing::Pn);
        let content = NodeBuilder::new("devices").attr("dhash", hash).children(devices).build();
        for companion in self.companions_of(changed.account, Some(changed)) {
            let notification = self.notification(from.clone(), "account_sync");
            self.deliver(companion, notification.children([content.clone()]).build());
        }
    }

    /// Tells every companion but the one that made it of a new app-state version.
    pub(crate) fn notify_server_sync(&mut self, by: DeviceId, collection: Collection, version: u64) {
        let from = self.accounts[by.account].jid(Addressing::Pn, 0);
        for companion in self.companions_of(by.account, Some(by)) {
            let content = NodeBuilder::new("collection")
                .attr("name", collection.name())
                .attr("version", version)
                .build();
            let notification = self.notification(from.clone(), "server_sync");
            self.deliver(companion, notification.children([content]).build());
        }
    }

    /// Asks a companion for more one-time keys once it has few left.
    pub(crate) fn notify_if_keys_low(&mut self, id: DeviceId) {
        let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) else { return };
        let left = device.one_time.len();
        if left >= ONE_TIME_KEYS_LOW || device.told_keys_low {
            return;
        }
        device.told_keys_low = true;
        let content = NodeBuilder::new("count").attr("value", left).build();
        let notification = self.notification(service(), "encrypt").children([content]).build();
        self.deliver(id, notification);
    }

    /// Companions of an account, one of them left out.
    pub(crate) fn companions_of(&self, account: AccountId, but: Option<DeviceId>) -> Vec<DeviceId> {
        let numbers = self.accounts[account].devices.keys();
        numbers.map(|device| DeviceId { account, device: *device }).filter(|id| Some(*id) != but).collect()
    }
}
