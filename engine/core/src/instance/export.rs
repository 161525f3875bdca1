//! Taking the credentials of a number out.

use std::sync::Arc;

use trunkline_model::command::{ExportRequest, Reply};
use trunkline_model::delivery::PauseReason;
use trunkline_model::event::EventBody;
use trunkline_model::{EndpointId, ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass};
use trunkline_whatsapp::{PortableDevice, PortableError};

use super::message::{Replier, answer};
use super::state::Instance;
use crate::portable;
use crate::shard::store_failure;
use crate::spawn::TaskKind;

impl Instance {
    /// Seals the credentials of a number that stands still; the audit event is on disk before they leave.
    pub(super) async fn export(&mut self, request: ExportRequest, reply: Replier) {
        if self.stands().has_session() || self.session.is_some() || self.opening.is_some() {
            let detail =
                "Disconnect the instance first: a number that goes on would leave its export behind.";
            let failure = Failure::in_state(ErrorCode::InstanceState, self.stands(), detail);
            return answer(reply, Err(failure));
        }
        let device = PortableDevice::of_instance(&self.context.ledger, &self.context.sealer, self.id());
        let plain = match device.and_then(|device| device.encode()) {
            Ok(plain) => plain,
            Err(error) => return answer(reply, Err(unreadable(&error))),
        };
        let ExportRequest { passphrase, by } = request;
        tracing::info!(instance = %self.id(), key = by, "the credentials of an instance are exported");
        let event = (EventBody::Exported { by }, false);
        let appended = self.log.append_patiently(Batch::new(), vec![event], CommitClass::First).await;
        let log = Arc::clone(&self.log);
        self.context.spawner.spawn(TaskKind::Disposable, "export", async move {
            let durable = match appended {
                Ok(appended) => appended.durable().await,
                Err(error) => Err(error),
            };
            drop(log);
            let sealed = match durable {
                Ok(()) => tokio::task::spawn_blocking(move || portable::seal(plain, &passphrase)).await,
                Err(error) => return answer(reply, Err(store_failure(&error))),
            };
            let failed = || Failure::new(ErrorCode::Internal, "The credentials could not be sealed.");
            answer(reply, sealed.ok().and_then(Result::ok).map(Reply::Exported).ok_or_else(failed));
        });
    }

    /// Writes down where the credentials came from.
    pub(super) async fn note_import(&mut self, source: String, by: String, reply: Replier) {
        self.append(Batch::new(), vec![(EventBody::Imported { source, by }, false)], CommitClass::First)
            .await;
        self.answer_durably(reply, Ok(self.instance_reply()));
    }

    /// Writes down that an endpoint was paused because of one of its events.
    pub(super) async fn note_paused(&mut self, endpoint: EndpointId, reason: PauseReason, reply: Replier) {
        let paused = EventBody::WebhookPaused { endpoint, reason };
        self.append(Batch::new(), vec![(paused, false)], CommitClass::First).await;
        self.answer_durably(reply, Ok(Reply::Done));
    }
}

fn unreadable(error: &PortableError) -> Failure {
    match error {
        PortableError::NotLinked => {
            let detail = "The instance is not linked, so that there is nothing to export.";
            Failure::new(ErrorCode::InstanceNotLinked, detail)
        }
        PortableError::Store(error) => store_failure(error),
        error => Failure::new(ErrorCode::Internal, format!("The credentials cannot be read: {error}.")),
    }
}
