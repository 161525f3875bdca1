//! What people change about an instance: its name, its metadata, its workspace.

use trunkline_model::command::{Reply, UpdateInstance};
use trunkline_model::record::{self, RecordError, table};
use trunkline_model::{ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass};

use super::state::Instance;
use crate::log::Entries;
use crate::shard::store_failure;

impl Instance {
    /// Applies the changes; nothing is changed, in memory or for others, unless it is on disk.
    pub(super) async fn update(&mut self, update: UpdateInstance) -> Result<Reply, Failure> {
        let UpdateInstance { name, metadata, workspace } = update;
        let before = self.record.clone();
        let new_name = name.filter(|name| before.name.as_ref() != Some(name));
        if let Some(name) = &new_name {
            self.claim(name)?;
            self.record.name = Some(name.clone());
        }
        if let Some(metadata) = metadata {
            self.record.metadata = metadata;
        }
        self.record.workspace = workspace.unwrap_or(self.record.workspace);
        if let Err(failure) = self.write_record_durably(Batch::new()).await {
            if let Some(name) = &new_name {
                self.context.directory.release_name(before.account, name, before.id);
            }
            self.record = before;
            return Err(failure);
        }
        if let Some(name) = new_name {
            if let Some(old) = &before.name {
                self.context.directory.release_name(before.account, old, before.id);
            }
            self.context.directory.rename(before.id, Some(name));
        }
        self.context.directory.move_to(before.id, self.record.workspace);
        Ok(self.instance_reply())
    }

    fn claim(&self, name: &str) -> Result<(), Failure> {
        if self.context.directory.claim_name(self.record.account, name, self.id()) {
            return Ok(());
        }
        let detail = format!("Another instance of this account is called `{name}`.");
        Err(Failure::new(ErrorCode::NameTaken, detail))
    }

    /// Writes the record with what else is in `batch`, and waits until it is on disk.
    pub(super) async fn write_record_durably(&mut self, mut batch: Batch) -> Result<(), Failure> {
        let bytes = record::encode(&self.record).map_err(|error| self.unencodable(&error))?;
        batch.put(self.key(table::INSTANCE, b""), bytes);
        let appended = self.log.append_patiently(batch, Entries::default(), CommitClass::First).await;
        let durable = match appended {
            Ok(appended) => appended.durable().await,
            Err(error) => Err(error),
        };
        durable.map_err(|error| store_failure(&error))
    }

    fn unencodable(&self, error: &RecordError) -> Failure {
        tracing::error!(instance = %self.id(), %error, "a record cannot be written");
        Failure::new(ErrorCode::Internal, "The instance could not be stored.")
    }
}
