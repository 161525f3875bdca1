//! The delivery loop of one endpoint. Its place in the log is on disk, so a restart goes on where it stopped; an event may
//! arrive twice after a crash, and carries an id by which to tell.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use trunkline_model::command::WebhookConfig;
use trunkline_model::event::Event;
use trunkline_model::record::{self, WebhookCursor, table};
use trunkline_model::retry::WEBHOOK_BACKOFF;
use trunkline_model::{AccountId, InstanceId};
use trunkline_store::{Batch, CommitClass, Key};

use super::signature;
use crate::clock;
use crate::limits::{WEBHOOK_PAGE, WEBHOOK_TIMEOUT};
use crate::log::EventLog;
use crate::place::instance_key;
use crate::shard::ShardContext;

/// A running delivery loop; it ends when this is dropped.
pub(crate) struct Deliverer(AbortHandle);

impl Drop for Deliverer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts delivering an instance's events.
pub(crate) fn start(
    context: &Arc<ShardContext>,
    account: AccountId,
    instance: InstanceId,
    log: &Arc<EventLog>,
    config: &WebhookConfig,
) -> Deliverer {
    let endpoint = Arc::new(Endpoint {
        context: Arc::clone(context),
        account,
        instance,
        log: Arc::clone(log),
        config: config.clone(),
    });
    Deliverer(context.spawner.spawn_supervised("webhook", move || Arc::clone(&endpoint).run()))
}

struct Endpoint {
    context: Arc<ShardContext>,
    account: AccountId,
    instance: InstanceId,
    log: Arc<EventLog>,
    config: WebhookConfig,
}

impl Endpoint {
    async fn run(self: Arc<Self>) {
        let mut newest = self.log.watch();
        let mut delivered = self.cursor();
        loop {
            let events = match self.log.read(delivered, WEBHOOK_PAGE) {
                Ok(events) => events,
                Err(error) => {
                    tracing::error!(instance = %self.instance, %error, "the event log cannot be read");
                    return;
                }
            };
            if events.is_empty() && newest.changed().await.is_err() {
                return;
            }
            for event in events {
                if self.wants(&event) {
                    self.deliver(&event).await;
                }
                delivered = event.sequence;
                self.remember(delivered);
            }
        }
    }

    fn wants(&self, event: &Event) -> bool {
        self.config.events.is_empty() || self.config.events.iter().any(|kind| kind == event.body.kind())
    }

    /// Tries until the endpoint takes the event: order is kept, and nothing is passed over.
    async fn deliver(&self, event: &Event) {
        let body = (self.context.encode_event)(self.account, self.instance, event);
        let mut attempts = 0;
        while let Err(outcome) = self.post(&body).await {
            metrics::counter!(crate::metrics::WEBHOOKS, "outcome" => outcome).increment(1);
            attempts += 1;
            let jitter = clock::random_u64() as u32;
            let delay_ms = WEBHOOK_BACKOFF.delay_ms(attempts, jitter).unwrap_or(WEBHOOK_BACKOFF.cap_ms);
            tracing::debug!(instance = %self.instance, attempts, outcome, "a webhook delivery failed");
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        metrics::counter!(crate::metrics::WEBHOOKS, "outcome" => "delivered").increment(1);
    }

    async fn post(&self, body: &[u8]) -> Result<(), &'static str> {
        let unix_s = clock::wall_ms() / 1_000;
        let response = self
            .context
            .webhooks
            .request(reqwest::Method::POST, &self.config.url)
            .map_err(|_| "address_refused")?
            .timeout(WEBHOOK_TIMEOUT)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .header(signature::HEADER, signature::sign(self.config.secret.as_bytes(), unix_s, body))
            .body(body.to_vec())
            .send()
            .await
            .map_err(|error| if error.is_timeout() { "timeout" } else { "unreachable" })?;
        if response.status().is_success() { Ok(()) } else { Err("refused") }
    }

    fn key(&self) -> Key {
        instance_key(self.instance, table::WEBHOOK_CURSOR, b"")
    }

    fn cursor(&self) -> u64 {
        let stored = self.context.ledger.get(&self.key()).ok().flatten();
        stored.and_then(|bytes| record::decode::<WebhookCursor>(&bytes).ok()).map_or(0, |c| c.delivered)
    }

    fn remember(&self, delivered: u64) {
        let mut batch = Batch::new();
        if let Ok(bytes) = record::encode(&WebhookCursor { delivered }) {
            batch.put(self.key(), bytes);
            // Losing this write repeats deliveries, never skips one.
            self.context.ledger.commit(batch, CommitClass::Soon).detach();
        }
    }
}
