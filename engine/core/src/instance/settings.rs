//! What people change about an instance: its name, its metadata, its webhook.

use trunkline_model::command::{Reply, UpdateInstance};
use trunkline_model::record::{RecordError, table};
use trunkline_model::{ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass};

use super::sealed;
use super::state::Instance;
use crate::log::Entries;
use crate::shard::store_failure;
use crate::webhook;

impl Instance {
    /// Applies the changes; nothing is changed, in memory or for others, unless it is on disk.
    pub(super) async fn update(&mut self, update: UpdateInstance) -> Result<Reply, Failure> {
        let UpdateInstance { name, metadata, webhook } = update;
        if let Some(Some(wanted)) = &webhook {
            let checked = self.context.webhooks.check(&wanted.url);
            checked.map_err(|refused| webhook::unusable(&refused))?;
        }
        let before = self.record.clone();
        let new_name = name.filter(|name| before.name.as_ref() != Some(name));
        if let Some(name) = &new_name {
            self.claim(name)?;
            self.record.name = Some(name.clone());
        }
        if let Some(metadata) = metadata {
            self.record.metadata = metadata;
        }
        let new_webhook = webhook.is_some();
        if let Some(webhook) = webhook {
            self.record.webhook = webhook;
        }
        let first_webhook = before.webhook.is_none() && self.record.webhook.is_some();
        let written = match self.webhook_start(first_webhook) {
            Ok(batch) => self.write_record_durably(batch).await,
            Err(error) => Err(self.unencodable(&error)),
        };
        if let Err(failure) = written {
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
        if new_webhook {
            self.start_webhook();
        }
        Ok(self.instance_reply())
    }

    fn claim(&self, name: &str) -> Result<(), Failure> {
        if self.context.directory.claim_name(self.record.account, name, self.id()) {
            return Ok(());
        }
        let detail = format!("Another instance of this account is called `{name}`.");
        Err(Failure::new(ErrorCode::NameTaken, detail))
    }

    /// An endpoint that is new to the instance hears of what happens from now on, not of the past.
    fn webhook_start(&self, is_first: bool) -> Result<Batch, RecordError> {
        let mut batch = Batch::new();
        if is_first {
            webhook::start_after(&mut batch, self.id(), self.log.newest())?;
        }
        Ok(batch)
    }

    /// (Re)starts the delivery of events to the configured endpoint.
    pub(super) fn start_webhook(&mut self) {
        self.webhook =
            self.record.webhook.as_ref().map(|config| {
                webhook::start(&self.context, self.record.account, self.id(), &self.log, config)
            });
    }

    /// Writes the record with what else is in `batch`, and waits until it is on disk.
    pub(super) async fn write_record_durably(&mut self, mut batch: Batch) -> Result<(), Failure> {
        let bytes =
            sealed::to_disk(&self.record, &self.context.sealer).map_err(|error| self.unencodable(&error))?;
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
