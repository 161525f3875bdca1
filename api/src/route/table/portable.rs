//! Credentials in and out.

use crate::json::instance::InstanceJson;
use crate::json::portable::{ExportBody, ExportJson, ImportBody};

super::operations! {
    /// Operations on credentials.
    Portable: PortableOperation, TABLE;
    Export: POST "/v1/instances/{instance}/export", "instances.export", Admin / Write,
        {ExportBody} => (200 ExportJson), [],
        "Gives the credentials of a disconnected instance, sealed with a passphrase; the instance's events tell of it.";
    Import: POST "/v1/instances/import", "instances.import", Admin / Write,
        {large ImportBody} => (201 InstanceJson<'_>), [],
        "Makes a linked instance from an export, a Baileys authentication folder or a whatsmeow database; connect it when the other \
         copy is gone.";
}
