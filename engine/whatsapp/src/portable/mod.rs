//! Sessions in and out: a linked device with its keys, in a form that outlives this store, and readers for what other gateways
//! keep.
//!
//! A device that runs in two places uses the same keys twice, so whoever takes one out stops it first.

mod baileys;
mod encoded;
mod signal;
mod store;
mod whatsmeow;

use std::sync::Arc;

use trunkline_model::InstanceId;
use trunkline_model::inbound::Party;
use trunkline_model::record;
use trunkline_store::{Ledger, Sealer, StoreError};

use crate::backend::Space;
use crate::message::party;

pub use store::PortableDevice;
pub(crate) use store::{ContactToken, SyncKey};

/// Why a device could not be read or stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortableError {
    /// A file that is needed is not there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Something in a file is not what it should be. Names the place, never the content.
    #[error("`{place}` {problem}")]
    Unreadable {
        /// File, and field where it is known.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The device belongs to no account.
    #[error("the device is not linked to a WhatsApp account")]
    NotLinked,
    /// The file holds several devices, and it was not said which one is meant.
    #[error("there are {0} devices in the file: name one of them with `jid`")]
    ManyDevices(usize),
    /// The file holds devices, but not the one that was asked for.
    #[error("`jid` is none of the devices in the file, of which there are {0}")]
    OtherDevices(usize),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PortableError {
    fn unreadable(place: impl Into<String>, problem: impl Into<String>) -> PortableError {
        PortableError::Unreadable { place: place.into(), problem: problem.into() }
    }
}

impl PortableDevice {
    /// Reads the folder that Baileys' `useMultiFileAuthState` writes: `creds.json` and the key files beside it, by name.
    ///
    /// # Errors
    /// [`PortableError`].
    pub fn from_baileys(files: &[(String, Vec<u8>)]) -> Result<PortableDevice, PortableError> {
        baileys::read(files)
    }

    /// Reads a database of whatsmeow's `sqlstore`. With `jid`, the device of that JID, of which the device number may be left out;
    /// without, the only one. Blocks for as long as that takes.
    ///
    /// # Errors
    /// [`PortableError`].
    pub fn from_whatsmeow(file: Vec<u8>, jid: Option<&str>) -> Result<PortableDevice, PortableError> {
        whatsmeow::read(file, jid)
    }

    /// The device as bytes, for [`PortableDevice::decode`]. They are secret.
    ///
    /// # Errors
    /// When they would be more than a record can hold.
    pub fn encode(&self) -> Result<Vec<u8>, PortableError> {
        record::encode(self).map_err(|error| PortableError::unreadable("device", error.to_string()))
    }

    /// Reads [`PortableDevice::encode`] back.
    ///
    /// # Errors
    /// [`PortableError::Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<PortableDevice, PortableError> {
        record::decode(bytes).map_err(|error| PortableError::unreadable("device", error.to_string()))
    }

    /// The account that the device belongs to.
    ///
    /// # Errors
    /// [`PortableError::NotLinked`].
    pub fn account(&self) -> Result<Party, PortableError> {
        let device = self.device()?;
        let pn = device.pn.filter(|_| device.account.is_some()).ok_or(PortableError::NotLinked)?;
        let name = Some(device.push_name.as_str()).filter(|name| !name.is_empty());
        Ok(party(&pn.to_non_ad(), device.lid.map(|lid| lid.to_non_ad()).as_ref(), name))
    }

    /// Reads an instance's device out of the store. No session may be open.
    ///
    /// # Errors
    /// [`PortableError::NotLinked`], or those of the store.
    pub fn of_instance(
        ledger: &Arc<dyn Ledger>,
        sealer: &Arc<Sealer>,
        instance: InstanceId,
    ) -> Result<PortableDevice, PortableError> {
        store::load(&Space::new(ledger.clone(), sealer.clone(), instance))
    }

    /// Writes the device into the store, for an instance that has none. Durable on return.
    ///
    /// # Errors
    /// Those of the store; some of it may be there then.
    pub async fn store(
        self,
        ledger: &Arc<dyn Ledger>,
        sealer: &Arc<Sealer>,
        instance: InstanceId,
    ) -> Result<(), PortableError> {
        store::save(self, Space::new(ledger.clone(), sealer.clone(), instance)).await
    }
}
