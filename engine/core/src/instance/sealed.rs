//! The record at rest: the webhook's secret is sealed with the data key, bound to the record's place.

use trunkline_model::record::{self, InstanceRecord, RecordError, table};
use trunkline_store::{Key, Sealer, StoreError};

use crate::place::instance_key;

fn place(record: &InstanceRecord) -> Key {
    instance_key(record.id, table::INSTANCE, b"")
}

/// The bytes that go to disk.
pub(crate) fn to_disk(record: &InstanceRecord, sealer: &Sealer) -> Result<Vec<u8>, RecordError> {
    let mut stored = record.clone();
    if let Some(webhook) = &mut stored.webhook {
        let secret = std::mem::take(&mut webhook.secret);
        stored.webhook_secret_sealed = Some(sealer.seal(place(record).as_bytes(), secret.as_bytes()));
    }
    record::encode(&stored)
}

/// Opens what [`to_disk`] sealed, in place.
pub(crate) fn unseal(record: &mut InstanceRecord, sealer: &Sealer) -> Result<(), StoreError> {
    let context = place(record);
    let sealed = record.webhook_secret_sealed.take();
    if let (Some(webhook), Some(sealed)) = (&mut record.webhook, sealed) {
        let secret = sealer.unseal(context.as_bytes(), &sealed)?;
        webhook.secret = String::from_utf8_lossy(&secret).into_owned();
    }
    Ok(())
}
