//! Making instances from credentials that came from elsewhere.

use std::sync::Arc;

use trunkline_model::command::{Command, ImportRequest, ImportSource, InstanceView, Reply};
use trunkline_model::instance::InstanceState;
use trunkline_model::record::InstanceRecord;
use trunkline_model::slot::PARTITIONS_DEFAULT;
use trunkline_model::{AccountId, ErrorCode, Failure, FieldError};
use trunkline_store::Ledger;
use trunkline_whatsapp::{PortableDevice, PortableError};

use super::handle::Engine;
use crate::clock;
use crate::portable;

impl Engine {
    /// Makes a linked instance, which stands still until it is told to connect: the device must not run in two places. It is
    /// on disk when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::Validation`] when the credentials cannot be read; those of [`Engine::create_instance`].
    pub async fn import_instance(
        &self,
        account: AccountId,
        wanted: ImportRequest,
    ) -> Result<InstanceView, Failure> {
        let ImportRequest { instance, source, by } = wanted;
        self.check_room()?;
        let word = source.as_str();
        let reading = tokio::task::spawn_blocking(move || read(source));
        let device = reading.await.map_err(|_| internal())??;
        let linked = device.account().map_err(|error| unusable("source", &error))?;
        let (_staying, workspace) = self.place(account, instance.workspace).await?;
        let id = self.free_id();
        let directory = &self.inner().directory;
        if let Some(name) = &instance.name
            && !directory.claim_name(account, name, id)
        {
            let detail = format!("Another instance of this account is called `{name}`.");
            return Err(Failure::new(ErrorCode::NameTaken, detail));
        }
        let shard = usize::from(id.slot().shard(PARTITIONS_DEFAULT, self.shard_count()));
        let ledger = Arc::new(self.inner().shards[shard].ledger.clone()) as Arc<dyn Ledger>;
        let record = InstanceRecord {
            id,
            account,
            workspace,
            name: instance.name.clone(),
            metadata: instance.metadata,
            state: InstanceState::Stopped,
            reason: None,
            scheduled_at_ms: None,
            linked: Some(linked),
            created_at_ms: clock::wall_ms(),
        };
        let made = match device.store(&ledger, &self.inner().sealer, id).await {
            Ok(()) => self.make(record).await,
            Err(error) => Err(unusable("source", &error)),
        };
        if let Err(failure) = made {
            directory.withdraw(id);
            if let Some(name) = &instance.name {
                directory.release_name(account, name, id);
            }
            return Err(failure);
        }
        tracing::info!(instance = %id, source = word, key = by, "an instance was made from imported credentials");
        match self.call(id, Command::NoteImport { source: word.to_owned(), by }).await? {
            Reply::Instance(view) => Ok(*view),
            _ => Err(internal()),
        }
    }
}

/// Blocks for as long as a passphrase takes.
fn read(source: ImportSource) -> Result<PortableDevice, Failure> {
    match source {
        ImportSource::Baileys(files) => {
            PortableDevice::from_baileys(&files).map_err(|error| unusable("baileys.files", &error))
        }
        ImportSource::Whatsmeow { database, jid } => PortableDevice::from_whatsmeow(database, jid.as_deref())
            .map_err(|error| match error {
                PortableError::OtherDevices(_) | PortableError::ManyDevices(_) => {
                    Failure::invalid(vec![FieldError::new("whatsmeow.jid", error.to_string())])
                }
                error => unusable("whatsmeow.database", &error),
            }),
        ImportSource::Sealed { sealed, passphrase } => {
            let plain = portable::open(&sealed, &passphrase).map_err(|error| {
                Failure::invalid(vec![FieldError::new("trunkline.sealed", error.to_string())])
            })?;
            PortableDevice::decode(&plain).map_err(|error| unusable("trunkline.sealed", &error))
        }
    }
}

/// Trouble with what was given is its giver's to mend; trouble with the disk is not.
fn unusable(field: &str, error: &PortableError) -> Failure {
    match error {
        PortableError::Store(error) => crate::shard::store_failure(error),
        error => Failure::invalid(vec![FieldError::new(field, format!("cannot be used: {error}"))]),
    }
}

fn internal() -> Failure {
    Failure::new(ErrorCode::Internal, "The credentials could not be imported.")
}
