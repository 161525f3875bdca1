//! What the control interface shows of the world.

use serde::Serialize;

use super::{AccountId, ConnId, DeviceId, Session, World};
use crate::counters::Counters;
use crate::faults::Fault;
use crate::phone::Addressing;

/// `GET /accounts/{pn}`.
#[derive(Debug, Serialize)]
pub struct AccountReport {
    /// Phone number, digits.
    pub pn: String,
    /// LID user, digits.
    pub lid: String,
    /// Display name.
    pub push_name: String,
    /// The phone (0) and the linked companions.
    pub devices: Vec<DeviceReport>,
    /// How the last pairing ended: `linked`, or `refused: …`.
    pub last_pairing: Option<String>,
    /// The code that the phone showed last in a ceremony with a passkey.
    pub passkey_code: Option<String>,
}

/// One device of an account.
#[derive(Debug, Serialize)]
pub struct DeviceReport {
    /// Its number.
    pub id: u16,
    /// Its JID by phone number.
    pub jid: String,
    /// Its JID by LID.
    pub lid: String,
    /// Index in the signed list of key indexes.
    pub key_index: u32,
    /// Connected and logged in; phones always are.
    pub online: bool,
    /// Shown as available.
    pub available: bool,
    /// One-time keys left; none are kept for a phone, which makes them on demand.
    pub one_time_keys: usize,
    /// Stanzas it has not confirmed.
    pub queued: usize,
}

/// `GET /connections`.
#[derive(Debug, Serialize)]
pub struct ConnectionReport {
    /// Number of the connection.
    pub connection: u64,
    /// Device JID; absent for a client that is not linked yet.
    pub device: Option<String>,
}

/// `GET /stats`.
#[derive(Debug, Serialize)]
pub struct StatsReport {
    /// Accounts.
    pub accounts: usize,
    /// Accounts nothing ever happened to.
    pub idle_accounts: usize,
    /// Estimated bytes of one of those, on average.
    pub bytes_per_idle_account: usize,
    /// Estimated bytes of all accounts.
    pub account_bytes: usize,
    /// Linked companions.
    pub companions: usize,
    /// Companions connected now.
    pub online: usize,
    /// Stanzas waiting in offline queues.
    pub queued: usize,
    /// Stanzas waiting for phones.
    pub phone_work: usize,
    /// Groups.
    pub groups: usize,
    /// Bytes of stored files.
    pub media_bytes: usize,
    /// Faults armed now.
    pub faults: Vec<Fault>,
    /// Event counters.
    #[serde(flatten)]
    pub counters: Counters,
}

impl World {
    /// An account by phone number, or by LID with or without `@lid`.
    pub fn find_account(&self, name: &str) -> Option<AccountId> {
        let user = name.split_once('@').map_or(name, |(user, _)| user);
        self.accounts.by_pn(user).or_else(|| self.accounts.by_lid(user))
    }

    /// What is known of an account.
    pub fn account_report(&self, id: AccountId) -> AccountReport {
        let account = &self.accounts[id];
        let devices = account.device_numbers().map(|number| {
            let device = account.devices.get(&number);
            DeviceReport {
                id: number,
                jid: account.jid(Addressing::Pn, number).to_string(),
                lid: account.jid(Addressing::Lid, number).to_string(),
                key_index: account.key_index_of(number),
                online: device.is_none_or(|device| device.conn.is_some()),
                available: device.is_some_and(|device| device.available),
                one_time_keys: device.map_or(0, |device| device.one_time.len()),
                queued: device.map_or(0, |device| device.queue.len()),
            }
        });
        AccountReport {
            pn: account.pn.to_string(),
            lid: account.lid.to_string(),
            push_name: account.push_name.to_string(),
            devices: devices.collect(),
            last_pairing: account.extras.as_ref().and_then(|extras| extras.last_pairing.clone()),
            passkey_code: account.extras.as_ref().and_then(|extras| extras.passkey_code.clone()),
        }
    }

    /// Live connections, oldest first.
    pub fn connection_reports(&self) -> Vec<ConnectionReport> {
        let mut reports: Vec<ConnectionReport> = self
            .sessions
            .iter()
            .map(|(ConnId(connection), session)| {
                let device = match session {
                    Session::Device(id) => Some(self.jid(*id, Addressing::Pn).to_string()),
                    Session::Pairing(_) => None,
                };
                ConnectionReport { connection: *connection, device }
            })
            .collect();
        reports.sort_unstable_by_key(|report| report.connection);
        reports
    }

    /// Counters and sizes.
    pub fn stats(&self) -> StatsReport {
        let idle: Vec<usize> =
            self.accounts.iter().filter(|(_, a)| a.is_idle()).map(|(_, a)| a.owned_bytes()).collect();
        let devices = || self.accounts.iter().flat_map(|(_, account)| account.devices.values());
        StatsReport {
            accounts: self.accounts.len(),
            idle_accounts: idle.len(),
            bytes_per_idle_account: idle.iter().sum::<usize>() / idle.len().max(1),
            account_bytes: self.accounts.iter().map(|(_, account)| account.owned_bytes()).sum(),
            companions: devices().count(),
            online: devices().filter(|device| device.conn.is_some()).count(),
            queued: devices().map(|device| device.queue.len()).sum(),
            phone_work: self.phone_work.len(),
            groups: self.groups.len(),
            media_bytes: self.blobs.stored_bytes(),
            faults: self.faults.armed().to_vec(),
            counters: self.counters.clone(),
        }
    }

    /// The linked companion a JID or `<pn>:<device>` names.
    pub fn find_device(&self, name: &str) -> Option<DeviceId> {
        let user = name.split_once('@').map_or(name, |(user, _)| user);
        let (user, number) = user.split_once(':')?;
        let account = self.find_account(user)?;
        let device = number.parse().ok()?;
        self.accounts[account].devices.contains_key(&device).then_some(DeviceId { account, device })
    }

    /// A connection's client read too slowly and is dropped.
    pub fn count_slow_reader(&mut self) {
        self.counters.slow_readers += 1;
    }

    /// The live connection of a device.
    pub fn connection_of(&self, device: DeviceId) -> Option<ConnId> {
        self.conn_of(device)
    }
}
