//! What virtual phones ask of the service.

use rand::Rng;
use wacore_binary::Jid;

use super::names::family;
use super::{DeviceId, World};
use crate::crypto::media::MediaKind;
use crate::phone::{BlobRef, Bundle, DeviceEntry, Directory, GroupView};

impl World {
    /// A device's bundle, its oldest one-time key taken out of it for good.
    pub(crate) fn take_bundle_of(&mut self, id: DeviceId) -> Option<Bundle> {
        if id.device != 0 {
            let device = self.accounts[id.account].devices.get_mut(&id.device)?;
            return Some(device.take_bundle());
        }
        let key = self.accounts[id.account].phone_keys_given + 1;
        let bundle = self.with_phone(id.account, |phone, _| {
            let material = phone.key_material();
            Bundle {
                registration_id: material.registration_id,
                identity: material.identity,
                signed_pre_key: material.signed_pre_key,
                one_time: Some(phone.one_time_key(key)),
            }
        })?;
        // Ids are 24 bits wide and begin anew long before a phone could remember.
        self.accounts[id.account].phone_keys_given = key % 0x00ff_fffe;
        Some(bundle)
    }
}

impl Directory for World {
    fn devices(&mut self, user: &Jid) -> Vec<DeviceEntry> {
        let Some(account) = self.accounts.of(user) else { return Vec::new() };
        let account = &self.accounts[account];
        account
            .device_numbers()
            .map(|device| DeviceEntry {
                jid: account.jid(family(user), device),
                key_index: account.key_index_of(device),
            })
            .collect()
    }

    fn take_bundle(&mut self, device: &Jid) -> Option<Bundle> {
        let id = self.accounts.device_of(device)?;
        self.take_bundle_of(id)
    }

    fn lid_of(&self, pn: &str) -> Option<String> {
        self.accounts.by_pn(pn).map(|account| self.accounts[account].lid.to_string())
    }

    fn pn_of(&self, lid: &str) -> Option<String> {
        self.accounts.by_lid(lid).map(|account| self.accounts[account].pn.to_string())
    }

    fn group(&self, gid: &Jid) -> Option<GroupView> {
        let group = self.groups.get(&gid.user)?;
        let members = group.members.keys().map(|member| self.accounts[*member].pn.to_string());
        Some(GroupView { addressing: group.addressing, members: members.collect() })
    }

    fn put_blob(&mut self, kind: MediaKind, ciphertext: Vec<u8>) -> BlobRef {
        self.blobs.put(kind, ciphertext).unwrap_or_else(|refused| {
            tracing::warn!(%refused, "a virtual phone's file was not stored");
            BlobRef { direct_path: String::new(), url: String::new(), handle: String::new() }
        })
    }

    fn get_blob(&self, direct_path: &str) -> Option<&[u8]> {
        self.blobs.get(direct_path).map(|file| &file[..])
    }

    fn renew_blob(&mut self, direct_path: &str) -> Option<String> {
        self.blobs.renew(direct_path)
    }

    fn next_id(&mut self) -> String {
        let mut id = [0; 10];
        self.rng.fill_bytes(&mut id);
        hex::encode_upper(id)
    }
}
